/**
 * What authors of backends share: arithmetic on index expressions, the meaning of numbers, and the reference interpreter.
 *
 * @module
 */
export { collapse } from "../ir/collapse.ts";
export { convert, wrap } from "../ir/evaluate.ts";
export {
  addIndex,
  affine,
  divIndex,
  indexKey,
  modIndex,
  offsetIndex,
  rangeOf,
  scaleIndex,
} from "../ir/index-expr.ts";
export { f16ToNumber, numberToF16 } from "../ir/scalar-math.ts";
export { neutral } from "../primitives/window.ts";
export { runSpecial } from "./js/control.ts";
export { runPlan } from "./js/index.ts";
export { runKernel } from "./js/kernel.ts";
