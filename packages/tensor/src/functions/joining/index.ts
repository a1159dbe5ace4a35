export { append, insert, remove, trimZeros } from "./insert.ts";
export {
  arraySplit,
  atleast1d,
  atleast2d,
  atleast3d,
  type Blocks,
  block,
  broadcastArrays,
  broadcastShapes,
  columnStack,
  dstack,
  fliplr,
  flipud,
  hstack,
  rot90,
  vstack,
} from "./stacks.ts";
