import { checkOptions, integer } from "../../check.ts";
import { solveSquare } from "../../primitives/linalg/solve.ts";
import type { Tensor } from "../../tensor.ts";
import { cond } from "../../transforms/cond.ts";
import { forLoop } from "../../transforms/while-loop.ts";
import { add, clip, div, maximum, mul, pow, sub } from "../arithmetic.ts";
import { less, lessEqual } from "../comparison.ts";
import { eye } from "../creation.ts";
import { ceil, log } from "../elementary.ts";
import { matmul } from "../matmul.ts";
import { any } from "../reduction.ts";
import { where } from "../selection.ts";
import { stopGradient } from "../shaping.ts";
import { checkSquare } from "./check.ts";
import { matrixNorm } from "./norms.ts";

/** Options of {@link expm}. */
export interface ExpmOptions {
  /** Most squarings; default 16. Matrices with a 1-norm above 5.37·2^maxSquarings give NaN. */
  readonly maxSquarings?: number;
}

/** Largest 1-norm for which the approximant is exact to f64, and its numerator's coefficients (Higham 2005, table 2.3) over the first. */
const reach = 5.371920351148152;
const coefficients = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
].map((x) => x / 64764752532480000);

/** The [13/13] Padé approximant of the exponential. */
function pade13(a: Tensor): Tensor {
  const one = eye(a.shape.at(-1) as number, undefined, { dtype: a.dtype });
  const a2 = matmul(a, a);
  const a4 = matmul(a2, a2);
  const a6 = matmul(a2, a4);
  /** Σ c[k]·Aᵏ over the even powers from that of c[first] to c[first + 12]. */
  const even = (first: number): Tensor => {
    const [c0, c2, c4, c6, c8, c10, c12] = Array.from(
      { length: 7 },
      (_, i) => coefficients[first + 2 * i] as number,
    ) as [number, number, number, number, number, number, number];
    const high = matmul(a6, add(add(mul(a6, c12), mul(a4, c10)), mul(a2, c8)));
    return add(add(high, mul(a6, c6)), add(add(mul(a4, c4), mul(a2, c2)), mul(one, c0)));
  };
  const [u, v] = [matmul(a, even(1)), even(0)];
  return solveSquare(sub(v, u), add(v, u));
}

/**
 * The exponential Σ Aᵏ/k! of `a` [..., n, n], by scaling, a Padé approximant and squaring: Higham, "The scaling and squaring method for the matrix
 * exponential revisited" (2005). Each matrix of a batch is squared as often as it needs.
 *
 * Differentiable to any order in both modes, through its own steps. Infinite or NaN elements, and norms that {@link ExpmOptions.maxSquarings} does not
 * reach, give NaN.
 *
 * @throws {@link ShapeError} unless `a` is square, {@link DTypeError} unless it is f32 or f64, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * expm(tensor([[0, 1], [0, 0]])); // [[1, 1], [0, 1]]
 * ```
 */
export function expm(a: Tensor, options: ExpmOptions = {}): Tensor {
  checkSquare("expm", a, "a");
  checkOptions("expm", options, { maxSquarings: integer("[0, 1000]") });
  const { maxSquarings = 16 } = options;
  if (a.size === 0) return a;
  const size = matrixNorm(stopGradient(a), { ord: 1, keepDims: true });
  const times = maximum(ceil(div(log(div(size, reach)), Math.LN2)), 0);
  const start = pade13(mul(a, pow(0.5, clip(times, 0, maxSquarings))));
  const squared = forLoop(
    0,
    maxSquarings,
    (i, r: Tensor) => {
      const active = less(i, times);
      const step = (x: Tensor): Tensor => where(active, matmul(x, x), x);
      return cond(any(active), step, (x: Tensor) => x, r);
    },
    start,
  );
  return where(lessEqual(times, maxSquarings), squared, Number.NaN);
}
