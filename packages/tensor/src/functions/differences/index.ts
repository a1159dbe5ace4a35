export {
  type DiffOptions,
  diff,
  type Ediff1dOptions,
  ediff1d,
  type NumericalGradientOptions,
  numericalGradient,
  type TrapezoidOptions,
  trapezoid,
} from "./diff.ts";
export { type InterpOptions, interp, type UnwrapOptions, unwrap } from "./interp.ts";
