import { checkTensor } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { said } from "../../said.ts";
import { checkAxis, show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { astype } from "../casting.ts";
import { along } from "../differences/diff.ts";
import type { TensorLike } from "../operands.ts";
import { fitting } from "../picking/fitting.ts";
import { argmax } from "../reduction.ts";
import { chunk, concat, flip, reshape } from "../shaping.ts";
import { countNow } from "../sorting/nonzero.ts";

/** x itself and the axis, or x flattened. */
function target(op: string, x: Tensor, axis: number | undefined): [x: Tensor, axis: number] {
  checkTensor(op, x);
  return axis === undefined ? [reshape(x, [x.size]), 0] : [x, checkAxis(op, axis, x.rank)];
}

function positions(op: string, index: unknown, low: number, high: number): number[] {
  const list = Array.isArray(index) ? index : [index];
  for (const i of list)
    if (!Number.isInteger(i) || i < low || i > high)
      throw new ArgumentError(`${op}: index: expected integers in [${low}, ${high}], got ${said(i)}`);
  return list;
}

/** `values` after `x` along `axis`; without one, both flattened. Throws ShapeError when shapes do not fit. */
export function append(x: Tensor, values: Tensor, axis?: number): Tensor {
  const [p, at] = target("append", x, axis);
  checkTensor("append", values, "values");
  const q = axis === undefined ? reshape(values, [values.size]) : values;
  if (q.rank !== p.rank || q.shape.some((n, i) => i !== at && n !== p.shape[i]))
    throw new ShapeError(`append: values: ${show(q.shape)} differs from x ${show(p.shape)} outside axis ${at}`);
  return concat([p, q], at);
}

/**
 * `x` with `values` before position `index` of an axis, or before each of several positions (of x, negative ones counting from the end), one slice of values each;
 * without an axis x is flattened. `values` broadcasts to the slices.
 *
 * @throws {@link ArgumentError} for a position outside the axis, {@link ShapeError} for a bad axis or values that do not fit, {@link DTypeError} for values that do
 * not fit the dtype
 * @example
 * ```ts
 * insert(tensor([1, 2, 3]), [0, 2], tensor([10, 20])); // [10, 1, 2, 20, 3]
 * ```
 */
export function insert(x: Tensor, index: number | readonly number[], values: TensorLike, axis?: number): Tensor {
  const [t, at] = target("insert", x, axis);
  const n = t.shape[at] as number;
  const list = positions("insert", index, -n, n).map((i) => (i < 0 ? i + n : i));
  const news = fitting("insert", t, values);
  // one position takes a whole block of any length
  const count = Array.isArray(index) || news.rank < t.rank ? list.length : (news.shape[at] as number);
  const shape = t.shape.map((m, i) => (i === at ? count : m));
  const block = fitting("insert", t, news, "values", shape);
  const blocks =
    Array.isArray(index) && list.length > 0
      ? chunk(
          block,
          list.map(() => 1),
          at,
        )
      : [block];
  if (list.length === 0) return t;
  const order = list.map((_, i) => i).sort((a, b) => (list[a] as number) - (list[b] as number) || a - b);
  const cuts = [0, ...order.map((i) => list[i] as number), n];
  const pieces = chunk(
    t,
    cuts.slice(1).map((c, i) => c - (cuts[i] as number)),
    at,
  );
  return concat(
    pieces.flatMap((p, i) => (i < order.length ? [p, blocks[order[i] as number] as Tensor] : [p])),
    at,
  );
}

/**
 * `x` without the slices at a position, or at several, of an axis (negative ones count from the end); without an axis x is flattened.
 *
 * @throws {@link ArgumentError} for a position outside the axis, {@link ShapeError} for a bad axis
 * @example
 * ```ts
 * remove(tensor([1, 2, 3]), [0, -1]); // [2]
 * ```
 */
export function remove(x: Tensor, index: number | readonly number[], axis?: number): Tensor {
  const [t, at] = target("remove", x, axis);
  const n = t.shape[at] as number;
  const gone = new Set(positions("remove", index, -n, n - 1).map((i) => (i < 0 ? i + n : i)));
  const cuts = [-1, ...[...gone].sort((a, b) => a - b), n];
  const kept = cuts
    .slice(1)
    .flatMap((c, i) => ((cuts[i] as number) + 1 < c ? [along(t, at, (cuts[i] as number) + 1, c)] : []));
  return kept.length === 0 ? along(t, at, 0, 0) : concat(kept, at);
}

/**
 * A vector without its zeros at the front and at the back, or only on the sides named. Its size depends on the values, which are awaited.
 *
 * @throws {@link ShapeError} unless x has one axis, {@link ArgumentError} for another side, {@link TraceError} for a traced x
 */
export async function trimZeros(x: Tensor, sides: "both" | "front" | "back" = "both"): Promise<Tensor> {
  checkTensor("trimZeros", x);
  if (x.rank !== 1) throw new ShapeError(`trimZeros: x: expected one axis, got ${show(x.shape)}`);
  if (!["both", "front", "back"].includes(sides))
    throw new ArgumentError(`trimZeros: sides: ${said(sides)} is unknown; use both, front, back`);
  const mask = astype(x, "bool");
  const n = x.size;
  if ((await countNow("trimZeros", mask)) === 0) return along(x, 0, 0, 0);
  const first = sides === "back" ? 0 : await argmax(mask).item();
  const last = sides === "front" ? 0 : await argmax(flip(mask)).item();
  return along(x, 0, first, n - last);
}
