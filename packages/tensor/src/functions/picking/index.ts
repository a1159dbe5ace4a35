export { choose, fillDiagonal, type Piece, piecewise, select, trilIndices, triuIndices } from "./select.ts";
export {
  dynamicSlice,
  dynamicUpdateSlice,
  indices,
  type OutsideMode,
  put,
  putAlongAxis,
  ravelMultiIndex,
  type Start,
  type TakeOptions,
  take,
  unravelIndex,
} from "./take.ts";
