import { isFloat } from "../dtype.ts";
import { choleskyPrimitive } from "../primitives/linalg/cholesky.ts";
import { cofactorPrimitive, detPrimitive } from "../primitives/linalg/det.ts";
import { eighPrimitive } from "../primitives/linalg/eigh.ts";
import { luPrimitive } from "../primitives/linalg/lu.ts";
import { pinvPrimitive } from "../primitives/linalg/pinv.ts";
import { qrPrimitive } from "../primitives/linalg/qr.ts";
import { reflectorsPrimitive } from "../primitives/linalg/reflectors.ts";
import { solvePrimitive } from "../primitives/linalg/solve.ts";
import { svdPrimitive } from "../primitives/linalg/svd.ts";
import { triangularInversePrimitive, triangularSolvePrimitive } from "../primitives/linalg/triangular-solve.ts";
import type { Tensor } from "../tensor.ts";
import { flag, number } from "./fields.ts";
import { has, type Rules, rule, sameAval } from "./rule.ts";

const isMatrix = (t: Tensor): boolean => t.rank >= 2 && isFloat(t.dtype);
const matrix = ([a]: readonly Tensor[]): boolean => isMatrix(a as Tensor);
const square = ([a]: readonly Tensor[]): boolean =>
  isMatrix(a as Tensor) && (a as Tensor).shape.at(-1) === (a as Tensor).shape.at(-2);
/** [..., n, n] and right sides [..., n, k]. */
const system = ([a, b]: readonly Tensor[]): boolean =>
  square([a as Tensor]) &&
  isMatrix(b as Tensor) &&
  has(a as Tensor, [...(b as Tensor).shape.slice(0, -1), (a as Tensor).shape.at(-1) as number], (b as Tensor).dtype);

/** Factorisations and systems. */
export const matrices = (): Rules => ({
  cholesky: rule(choleskyPrimitive, 1, {}, square),
  triangularSolve: rule(triangularSolvePrimitive, 2, { lower: flag, transposed: flag, unit: flag }, system),
  triangularInverse: rule(triangularInversePrimitive, 1, { lower: flag, unit: flag }, square),
  pinv: rule(pinvPrimitive, 1, { rcond: number }, matrix),
  reflectors: rule(
    reflectorsPrimitive,
    1,
    {},
    (inputs) => matrix(inputs) && (inputs[0] as Tensor).shape.at(-1)! <= (inputs[0] as Tensor).shape.at(-2)!,
  ),
  qr: rule(qrPrimitive, 1, { complete: flag }, matrix),
  det: rule(detPrimitive, 1, {}, square),
  cofactors: rule(cofactorPrimitive, 1, {}, square),
  solve: rule(solvePrimitive, 4, { transposed: flag }, (inputs) => {
    const [a, lu, permutation, b] = inputs as [Tensor, Tensor, Tensor, Tensor];
    return system([a, b]) && sameAval(a, lu) && has(permutation, a.shape.slice(0, -1), "i32");
  }),
  svd: rule(svdPrimitive, 1, { full: flag }, matrix),
  lu: rule(luPrimitive, 1, {}, matrix),
  eigh: rule(eighPrimitive, 1, {}, square),
});
