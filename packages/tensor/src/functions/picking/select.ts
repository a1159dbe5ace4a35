import { checkTensor, integer, oneOf } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { said } from "../../said.ts";
import { show } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import { clip, mod } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { equal, logicalAnd } from "../comparison.ts";
import { tril, triu } from "../creation.ts";
import { ones, zeros } from "../fill.ts";
import { iota } from "../iota.ts";
import { asTensor, checkIntegers, type TensorLike } from "../operands.ts";
import { where } from "../selection.ts";
import { nonzero } from "../sorting/nonzero.ts";
import { inName } from "../statistics/nan.ts";
import { fitting } from "./fitting.ts";

function list(op: string, argument: string, value: unknown): readonly TensorLike[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new ArgumentError(`${op}: ${argument}: expected a list of at least one, got ${said(value)}`);
  value.forEach((x, i) => {
    if (typeof x !== "number" && typeof x !== "boolean") checkTensor(op, x, `${argument}[${i}]`);
  });
  return value as readonly TensorLike[];
}

/**
 * The choice that stands beside the first condition that is true, `otherwise` (default 0) where none is; all broadcast, choices are promoted.
 *
 * @throws {@link ArgumentError} unless both lists have one length, at least 1, {@link ShapeError} if shapes do not broadcast
 * @example
 * ```ts
 * select([less(x, 0), greater(x, 1)], [0, 1], x); // x limited to [0, 1]
 * ```
 */
export function select(
  conditions: readonly TensorLike[],
  choices: readonly TensorLike[],
  otherwise: TensorLike = 0,
): Tensor {
  const [c, x] = [list("select", "conditions", conditions), list("select", "choices", choices)];
  if (c.length !== x.length)
    throw new ArgumentError(`select: choices: expected ${c.length}, one per condition, got ${x.length}`);
  const start = asTensor("select", otherwise, x.find((t) => t instanceof Tensor)?.dtype ?? null, "otherwise");
  return inName("select", () =>
    c.reduceRight<Tensor>((y, condition, i) => where(condition, x[i] as TensorLike, y), start),
  );
}

/** A function of the whole tensor, or its value. */
export type Piece = TensorLike | ((x: Tensor) => TensorLike);

/**
 * One function, or value, per condition, each where its condition is true; a last one more stands where none is (default 0). Of several true conditions the last
 * counts. Every function sees all of x, so a NaN derivative passes also where it was not chosen.
 *
 * @throws {@link ArgumentError} for another number of functions, {@link ShapeError} if shapes do not broadcast
 * @example
 * ```ts
 * piecewise(x, [less(x, 0)], [(t) => t.neg(), (t) => t]); // |x|
 * ```
 */
export function piecewise(x: Tensor, conditions: readonly TensorLike[], functions: readonly Piece[]): Tensor {
  checkTensor("piecewise", x);
  const c = list("piecewise", "conditions", conditions);
  if (!Array.isArray(functions) || (functions.length !== c.length && functions.length !== c.length + 1))
    throw new ArgumentError(`piecewise: functions: expected ${c.length} or ${c.length + 1}, got ${said(functions)}`);
  const value = (f: Piece): TensorLike => (typeof f === "function" ? f(x) : f);
  const rest = functions.length > c.length ? value(functions.at(-1) as Piece) : 0;
  return inName("piecewise", () =>
    c.reduce<Tensor>((y, condition, i) => where(condition, value(functions[i] as Piece), y), where(false, x, rest)),
  );
}

/**
 * Of several choices the one that integers `which` number, place by place; all broadcast, choices are promoted. Numbers outside are moved to the nearest choice, or
 * counted round by "wrap".
 *
 * @throws {@link DTypeError} for floats, {@link ArgumentError} for no choices or another mode, {@link ShapeError} if shapes do not broadcast
 */
export function choose(which: Tensor, choices: readonly TensorLike[], mode: "clip" | "wrap" = "clip"): Tensor {
  checkTensor("choose", which, "which");
  checkIntegers("choose", which, "which");
  const x = list("choose", "choices", choices);
  oneOf("clip", "wrap")("choose", mode, "mode");
  const i = astype(which, "i32");
  const n = mode === "wrap" ? mod(i, x.length) : clip(i, 0, x.length - 1);
  const last = asTensor("choose", x.at(-1) as TensorLike, null);
  return inName("choose", () =>
    x.slice(0, -1).reduceRight<Tensor>((y, c, k) => where(equal(n, k), c, y), where(equal(n, n), last, last)),
  );
}

/** `x` with `value` where all coordinates are equal. Throws ShapeError below rank 2 or if the value does not broadcast, DTypeError if it does not fit. */
export function fillDiagonal(x: Tensor, value: TensorLike): Tensor {
  checkTensor("fillDiagonal", x);
  if (x.rank < 2) throw new ShapeError(`fillDiagonal: x: expected rank 2 or more, got ${show(x.shape)}`);
  const v = fitting("fillDiagonal", x, value, "value", x.shape);
  const place = (axis: number): Tensor => iota(x.shape, { axis, dtype: "i32" });
  const same = x.shape.slice(1).map((_, i) => equal(place(0), place(i + 1)));
  return where(same.reduce(logicalAnd), v, x);
}

/** @inline */
type Triangle = (n: number, k?: number, m?: number) => [rows: Tensor, columns: Tensor];
const triangle =
  (op: string, part: typeof tril, counted: (row: number, k: number, m: number) => number): Triangle =>
  (n, k = 0, m = n) => {
    integer("[0, 32767]")(op, n, "n");
    integer("[-32768, 32767]")(op, k, "k");
    integer("[0, 32767]")(op, m, "m");
    let size = 0;
    for (let i = 0; i < n; i++) size += counted(i, k, m);
    return (
      size === 0
        ? [zeros([0], { dtype: "i32" }), zeros([0], { dtype: "i32" })]
        : nonzero(part(ones([n, m]), k), { size })
    ) as [Tensor, Tensor];
  };
const within = (x: number, m: number): number => Math.min(Math.max(x, 0), m);

/**
 * Rows and columns (i32) of the elements on and below the k-th diagonal of an n × m matrix (m = n unless told), in row-major order.
 *
 * @throws {@link ArgumentError} for a size that is no integer in `[0, 32767]`
 */
export const trilIndices: Triangle = triangle("trilIndices", tril, (i, k, m) => within(i + k + 1, m));

/** As {@link trilIndices}, on and above the k-th diagonal. */
export const triuIndices: Triangle = triangle("triuIndices", triu, (i, k, m) => m - within(i + k, m));
