import { checkOptions, flag } from "../../check.ts";
import { ShapeError } from "../../errors.ts";
import { solveTriangle } from "../../primitives/linalg/triangular-solve.ts";
import { show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { transpose } from "../shaping.ts";
import { checkMatrix, checkSquare, pair } from "./check.ts";

/** Options of {@link triangularSolve}. */
export interface TriangularOptions {
  /** T is lower triangular; default false (upper). */
  readonly lower?: boolean;
  /** Solve with Tᵀ in place of T; default false. */
  readonly transpose?: boolean;
  /** Take the diagonal of T as ones; default false. */
  readonly unitDiagonal?: boolean;
  /** Solve T·X = B; if false, X·T = B. Default true. */
  readonly left?: boolean;
}

/**
 * X with T·X = B for triangular `t` [..., n, n] and `b` [..., n, k] (or X·T = B and `b` [..., k, n], with `left: false`); leading axes broadcast.
 *
 * The other triangle of `t` is not read. A zero on the diagonal gives infinities or NaN. Differentiable to any order in both modes (Giles 2008).
 *
 * @throws {@link ShapeError} unless `t` is square and fits `b`, {@link DTypeError} unless both are f32 or f64, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * triangularSolve(tensor([[2, 0], [1, 2]]), tensor([[6], [7]]), { lower: true }); // [[3], [2]]
 * ```
 */
export function triangularSolve(t: Tensor, b: Tensor, options: TriangularOptions = {}): Tensor {
  const op = "triangularSolve";
  checkSquare(op, t, "t");
  checkMatrix(op, b, "b");
  checkOptions(op, options, { lower: flag, transpose: flag, unitDiagonal: flag, left: flag });
  const { lower = false, transpose: transposed = false, unitDiagonal: unit = false, left = true } = options;
  const n = t.shape.at(-1) as number;
  if (left) return solveTriangle(...pair(op, t, b, n, "t"), { lower, transposed, unit });
  if (b.shape.at(-1) !== n)
    throw new ShapeError(`${op}: b: expected ${n} columns to go with t ${show(t.shape)}, got ${show(b.shape)}`);
  return transpose(solveTriangle(...pair(op, t, transpose(b), n, "t"), { lower, transposed: !transposed, unit }));
}
