import { isFloat } from "../dtype.ts";
import { add, mul } from "../functions/arithmetic.ts";
import { less, logicalAnd, logicalNot, logicalOr } from "../functions/comparison.ts";
import { isNaN as isnan } from "../functions/elementary.ts";
import { full, zerosLike } from "../functions/fill.ts";
import { iota } from "../functions/iota.ts";
import { where } from "../functions/selection.ts";
import { pad, permute, reshape, slice } from "../functions/shaping.ts";
import type { Primitive } from "../primitive.ts";
import type { Shape } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { alignBatch } from "./batching.ts";
import { scatter, take } from "./indexing.ts";
import { runningCode } from "./running.ts";
import { runCumulative, runRecurrence } from "./running-rows.ts";

interface Direction {
  readonly reverse: boolean;
}

/** The neighbour before (or, reversed, after) each element of the middle axis; 0 at the start. */
export function previous(x: Tensor, reverse: boolean): Tensor {
  const n = x.shape[1] as number;
  const padded = pad(x, [[0, 0], reverse ? [0, 1] : [1, 0], [0, 0]]);
  const [outer, , inner] = x.shape as [number, number, number];
  return reverse ? slice(padded, [0, 1, 0], [outer, n + 1, inner]) : slice(padded, [0, 0, 0], [outer, n, inner]);
}

type Recurrence = Primitive<Direction>;

/** The same recurrence as `out`, of other numbers. */
const again = (out: Tensor<Direction>, a: Tensor, b: Tensor, reverse = out.attributes.reverse): Tensor =>
  apply(out.primitive as Recurrence, [a, b], { reverse });

const infer: Recurrence["infer"] = ([a]) => a as Tensor;
const vjp: Recurrence["vjp"] = (ct, out) => {
  if (!isFloat(out.dtype)) return [null, null];
  const { reverse } = out.attributes;
  const g = again(out, previous(out.inputs[0] as Tensor, !reverse), ct, !reverse);
  return [mul(g, previous(out, reverse)), g];
};
const jvp: Recurrence["jvp"] = ([da, db], out) => {
  if (!da && !db) return null;
  const drive = da ? mul(da, previous(out, out.attributes.reverse)) : null;
  return again(out, out.inputs[0] as Tensor, drive && db ? add(drive, db) : ((drive ?? db) as Tensor));
};
const batch: Recurrence["batch"] = (inputs, batched, size, out) => {
  const [a, b] = alignBatch(inputs, batched, size).map((t) =>
    reshape(t, [size * (t.shape[1] as number), ...t.shape.slice(2)]),
  ) as [Tensor, Tensor];
  return reshape(again(out, a, b), [size, ...out.shape]);
};
const workOf = ({ shape, dtype, attributes }: Tensor<Direction>) => {
  const [outer, n, inner] = shape as [number, number, number];
  return { kind: "recurrence", dtype, outer, n, inner, reverse: attributes.reverse } as const;
};

/**
 * h[j] = a[j]·h[j−1] + b[j] along the middle axis of [outer, n, inner], from h[−1] = 0. Closed under differentiation: the tangent follows the
 * same recurrence, the cotangent the reversed one.
 */
export const recurrencePrimitive: Recurrence = {
  name: "recurrence",
  infer,
  vjp,
  jvp,
  batch,
  lower: {
    kind: "special",
    special(node) {
      const work = workOf(node);
      return {
        ...work,
        run: (arrays) => runRecurrence(work, arrays),
        code: runningCode({ ...work, op: "recurrence" }),
      };
    },
  },
};

interface Cumulative extends Direction {
  readonly op: "sum" | "max" | "min";
}

/** Running sum, maximum or minimum along the middle axis of [outer, n, inner]. */
export const cumulative: Primitive<Cumulative> = {
  name: "cumulative",
  infer: ([x]) => x as Tensor,
  vjp(ct, out) {
    const { op, reverse } = out.attributes;
    if (!isFloat(out.dtype)) return [null];
    if (op === "sum") return [apply(cumulative, [ct], { op, reverse: !reverse })];
    const rows = asRows(ct);
    return [fromRows(apply(scatter, [zerosLike(rows), winner(out), rows], { mode: "add" }), out.shape)];
  },
  jvp([dx], out) {
    if (!dx || !isFloat(out.dtype)) return null;
    if (out.attributes.op === "sum") return apply(cumulative, [dx], out.attributes);
    return fromRows(apply(take, [asRows(dx), winner(out)], null), out.shape);
  },
  batch([x], _, size, out) {
    const [, outer, n, inner] = (x as Tensor).shape as [number, number, number, number];
    return reshape(apply(cumulative, [reshape(x as Tensor, [size * outer, n, inner])], out.attributes), [
      size,
      outer,
      n,
      inner,
    ]);
  },
  lower: {
    kind: "special",
    special(node) {
      const [outer, n, inner] = node.shape as [number, number, number];
      const of = { ...node.attributes, dtype: node.dtype, outer, n, inner };
      return { kind: "cumulative", ...of, run: (arrays) => runCumulative(of.op, of, arrays), code: runningCode(of) };
    },
  },
};

/** [outer, n, inner] as [outer·inner, n, 1]: rows in which each element is addressed alone. */
function asRows(x: Tensor): Tensor {
  const [outer, n, inner] = x.shape as [number, number, number];
  return reshape(permute(x, [0, 2, 1]), [outer * inner, n, 1]);
}

function fromRows(rows: Tensor, shape: Shape): Tensor {
  const [outer, n, inner] = shape as [number, number, number];
  return permute(reshape(rows, [outer, inner, n]), [0, 2, 1]);
}

/**
 * For each element of a running extreme the position of the element that set it, as [outer·inner, n] i32. Only the first of equals sets a new
 * record, and the last record is a running extreme of positions.
 */
function winner(out: Tensor<Cumulative>): Tensor {
  const { op, reverse } = out.attributes;
  const x = out.inputs[0] as Tensor;
  const before = previous(out, reverse);
  const record = logicalOr(
    op === "max" ? less(before, x) : less(x, before),
    logicalAnd(isnan(x), logicalNot(isnan(before))),
  );
  const n = x.shape[1] as number;
  const positions = where(
    record,
    iota(x.shape, { axis: 1, dtype: "i32" }),
    full(x.shape, reverse ? n - 1 : 0, { dtype: "i32" }),
  );
  const [outer, , inner] = x.shape as [number, number, number];
  return reshape(asRows(apply(cumulative, [positions], { op: reverse ? "min" : "max", reverse })), [outer * inner, n]);
}
