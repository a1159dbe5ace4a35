import { checkOptions, checkTensor, flag } from "../check.ts";
import { cumulative, recurrencePrimitive } from "../primitives/recurrence.ts";
import { checkAxis, sizeOf } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";
import { zerosLike } from "./fill.ts";
import { meet, type TensorLike } from "./operands.ts";
import { concat, reshape, slice } from "./shaping.ts";

/** Options of running folds. */
export interface CumulativeOptions {
  /** From the last element to the first; default false. */
  readonly reverse?: boolean;
}

/** x as [outer, n, inner] around `axis`. */
function around(x: Tensor, axis: number): Tensor {
  return reshape(x, [sizeOf(x.shape.slice(0, axis)), x.shape[axis] as number, sizeOf(x.shape.slice(axis + 1))]);
}

function running(name: string, op: "sum" | "max" | "min", x: Tensor, axis: number, options: CumulativeOptions): Tensor {
  checkTensor(name, x);
  checkOptions(name, options, { reverse: flag });
  const along = checkAxis(name, axis, x.rank);
  const y = x.dtype === "bool" && op === "sum" ? astype(x, "i32") : x;
  return reshape(apply(cumulative, [around(y, along)], { op, reverse: options.reverse ?? false }), x.shape);
}

/**
 * Running sum along `axis` (default the last).
 *
 * ```ts
 * cumsum(tensor([1, 2, 3])); // [1, 3, 6]
 * ```
 * Throws ShapeError for a bad axis, ArgumentError for an unknown option.
 */
export const cumsum = (x: Tensor, axis = -1, options: CumulativeOptions = {}): Tensor =>
  running("cumsum", "sum", x, axis, options);

/** Running maximum along `axis` (default the last); the first of equals takes the derivative, NaN stays. Throws ShapeError for a bad axis. */
export const cummax = (x: Tensor, axis = -1, options: CumulativeOptions = {}): Tensor =>
  running("cummax", "max", x, axis, options);

/** Running minimum along `axis` (default the last); the first of equals takes the derivative, NaN stays. Throws ShapeError for a bad axis. */
export const cummin = (x: Tensor, axis = -1, options: CumulativeOptions = {}): Tensor =>
  running("cummin", "min", x, axis, options);

/** Running product along `axis` (default the last); its derivative is right at zeros too. Throws ShapeError for a bad axis. */
export function cumprod(x: Tensor, axis = -1, options: CumulativeOptions = {}): Tensor {
  checkTensor("cumprod", x);
  checkOptions("cumprod", options, { reverse: flag });
  const along = checkAxis("cumprod", axis, x.rank);
  return reshape(products(around(x.dtype === "bool" ? astype(x, "i32") : x, along), options.reverse ?? false), x.shape);
}

/** h₀ = x₀, hⱼ = xⱼ·hⱼ₋₁: the recurrence is started by its drive alone. */
function products(x: Tensor, reverse: boolean): Tensor {
  const [outer, n, inner] = x.shape as [number, number, number];
  if (n === 0) return x;
  const first = slice(x, [0, reverse ? n - 1 : 0, 0], [outer, reverse ? n : 1, inner]);
  const none = zerosLike(slice(x, [0, 1, 0], [outer, n, inner]));
  return apply(recurrencePrimitive, [x, concat(reverse ? [none, first] : [first, none], 1)], { reverse });
}

/**
 * The linear recurrence h[j] = a[j]·h[j−1] + b[j] along `axis` (default the last), from h[−1] = 0; operands broadcast.
 * Throws ShapeError if shapes do not broadcast.
 */
export function recurrence(a: TensorLike, b: TensorLike, axis = -1, options: CumulativeOptions = {}): Tensor {
  checkOptions("recurrence", options, { reverse: flag });
  const [p, q] = meet("recurrence", a, b);
  const along = checkAxis("recurrence", axis, p.rank);
  return reshape(
    apply(recurrencePrimitive, [around(p, along), around(q, along)], { reverse: options.reverse ?? false }),
    p.shape,
  );
}
