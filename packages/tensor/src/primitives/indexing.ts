import { isFloat } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { div, mul } from "../functions/arithmetic.ts";
import { astype } from "../functions/casting.ts";
import { equal, less, lessEqual, logicalAnd } from "../functions/comparison.ts";
import { zeros, zerosLike } from "../functions/fill.ts";
import { iota } from "../functions/iota.ts";
import { where } from "../functions/selection.ts";
import { broadcastTo, reshape } from "../functions/shaping.ts";
import type { Primitive } from "../primitive.ts";
import { apply, type Tensor } from "../tensor.ts";
import { scatterRows } from "./scatter-rows.ts";

const ints = (name: string, indices: Tensor): void => {
  if (indices.dtype !== "i32")
    throw new DTypeError(`${name}: indices: expected i32, got ${indices.dtype}; cast it first`);
};

/** Folds the batch axis into axis 0 ("outer") of each operand; an index table shared by all outer rows stays shared if it may. */
function fold(inputs: readonly Tensor[], batched: readonly boolean[], size: number, indicesAt: number): Tensor[] {
  const data = inputs.find((_, i) => i !== indicesAt) as Tensor;
  const outer = (batched[inputs.indexOf(data)] ? data.shape[1] : data.shape[0]) as number;
  const shared = !batched[indicesAt] && (inputs[indicesAt] as Tensor).shape[0] === 1;
  return inputs.map((t, i) => {
    if (i === indicesAt && shared) return t;
    const whole = batched[i] ? t : broadcastTo(t, [size, ...t.shape]);
    const [, , ...rest] = whole.shape;
    const full = i === indicesAt ? broadcastTo(whole, [size, outer, ...rest]) : whole;
    return reshape(full, [size * outer, ...rest]);
  });
}

const unfold = (t: Tensor, size: number): Tensor =>
  reshape(t, [size, (t.shape[0] as number) / size, ...t.shape.slice(1)]);

/** Rows of x [outer, n, inner] by indices [outer or 1, m] (i32, clamped to the ends): [outer, m, inner]. */
export const take: Primitive<null> = {
  name: "take",
  infer([x, indices]) {
    ints("take", indices as Tensor);
    const [outer, , inner] = (x as Tensor).shape as [number, number, number];
    return { shape: [outer, (indices as Tensor).shape[1] as number, inner], dtype: (x as Tensor).dtype };
  },
  vjp(ct, out) {
    const [x, indices] = out.inputs as [Tensor, Tensor];
    return [
      isFloat(x.dtype)
        ? apply(scatter, [zeros(x.shape, { dtype: ct.dtype }), clampTo(indices, x.shape[1] as number), ct], {
            mode: "add",
          })
        : null,
      null,
    ];
  },
  jvp: ([dx], out) => (dx ? apply(take, [dx, out.inputs[1] as Tensor], null) : null),
  batch: (inputs, batched, size) => unfold(apply(take, fold(inputs, batched, size, 1), null), size),
  lower: {
    kind: "map",
    emit(b, node, index) {
      const [x, indices] = node.inputs as [Tensor, Tensor];
      const [o, m, i] = index as [never, never, never];
      const row = b.value(indices, [indices.shape[0] === 1 ? { constant: 0, terms: [] } : o, m]);
      return b.value(x, [o, b.dynamic(row, x.shape[1] as number), i]);
    },
  },
};

function clampTo(indices: Tensor, n: number): Tensor {
  const low = where(less(indices, 0), zerosLike(indices), indices);
  return where(less(low, n), low, zerosLike(low, n - 1));
}

/**
 * base [outer, n, inner] with updates [outer, m, inner] added to, put in the place of, or compared with the rows that indices [outer or 1, m] name;
 * rows out of range are skipped.
 */
export const scatter: Primitive<{ readonly mode: "add" | "set" | "max" | "min" }> = {
  name: "scatter",
  infer([base, indices]) {
    ints("scatter", indices as Tensor);
    return { shape: (base as Tensor).shape, dtype: (base as Tensor).dtype };
  },
  vjp(ct, out) {
    const [base, indices, updates] = out.inputs as [Tensor, Tensor, Tensor];
    if (!isFloat(base.dtype)) return [null, null, null];
    const { mode } = out.attributes;
    if (mode === "max" || mode === "min") {
      const { ofBase, ofUpdates, count } = winners(out);
      const share = div(ct, count);
      return [mul(share, ofBase), null, mul(apply(take, [share, indices], null), ofUpdates)];
    }
    const n = base.shape[1] as number;
    const picked = apply(take, [ct, indices], null);
    const inside = spreadRows(logicalAnd(lessEqual(0, indices), less(indices, n)), updates);
    if (mode === "add") return [ct, null, where(inside, picked, zerosLike(picked))];
    // Of several updates to one row the last stays: only it has a derivative.
    const order = iota(indices.shape, { axis: 1, dtype: "i32" });
    const [outer, m] = indices.shape as [number, number];
    const last = apply(scatter, [zeros([outer, n, 1], { dtype: "i32" }), indices, reshape(order, [outer, m, 1])], {
      mode: "set",
    });
    const won = equal(reshape(apply(take, [last, indices], null), [outer, m]), order);
    return [
      apply(scatter, [ct, indices, zerosLike(updates)], { mode: "set" }),
      null,
      where(logicalAnd(inside, spreadRows(won, updates)), picked, zerosLike(picked)),
    ];
  },
  jvp([db, , du], out) {
    if (!db && !du) return null;
    const [base, indices, updates] = out.inputs as [Tensor, Tensor, Tensor];
    const { mode } = out.attributes;
    if (mode === "add" || mode === "set")
      return apply(scatter, [db ?? zerosLike(base), indices, du ?? zerosLike(updates)], out.attributes);
    const { ofBase, ofUpdates, count } = winners(out);
    const moved = apply(
      scatter,
      [db ? mul(db, ofBase) : zerosLike(base), indices, du ? mul(du, ofUpdates) : zerosLike(updates)],
      { mode: "add" },
    );
    return div(moved, count);
  },
  batch: (inputs, batched, size, out) => unfold(apply(scatter, fold(inputs, batched, size, 1), out.attributes), size),
  lower: {
    kind: "special",
    special(node) {
      const [base, indices] = node.inputs as [Tensor, Tensor];
      const [outer, n, inner] = base.shape as [number, number, number];
      const m = indices.shape[1] as number;
      const { mode } = node.attributes;
      const work = { mode, dtype: node.dtype, outer, n, m, inner, batchedIndices: indices.shape[0] !== 1 };
      return { kind: "scatter", ...work, run: (arrays) => scatterRows(work, arrays) };
    },
  },
};

/** 1 where an element of base or updates is the extreme that stays, and how many such there are: they share the derivative evenly. */
function winners(out: Tensor): { readonly ofBase: Tensor; readonly ofUpdates: Tensor; readonly count: Tensor } {
  const [base, indices, updates] = out.inputs as [Tensor, Tensor, Tensor];
  const inside = spreadRows(logicalAnd(lessEqual(0, indices), less(indices, base.shape[1] as number)), updates);
  const ofBase = astype(equal(base, out), base.dtype);
  const ofUpdates = astype(logicalAnd(inside, equal(updates, apply(take, [out, indices], null))), base.dtype);
  return { ofBase, ofUpdates, count: apply(scatter, [ofBase, indices, ofUpdates], { mode: "add" }) };
}

const spreadRows = (mask: Tensor, like: Tensor): Tensor => broadcastTo(reshape(mask, [...mask.shape, 1]), like.shape);
