import { type DType, isFloat } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { add, div, maximum, mod, mul, rem, sub } from "../functions/arithmetic.ts";
import { zeros } from "../functions/fill.ts";
import { iota } from "../functions/iota.ts";
import { broadcastInDim, reshape } from "../functions/shaping.ts";
import { addIndex, offsetIndex, scaleIndex } from "../ir/index-expr.ts";
import type { Index, ReduceOp } from "../ir/ir.ts";
import type { Primitive } from "../primitive.ts";
import { show, sizeOf } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { foldPrimitive } from "./frames.ts";
import { scatter, take } from "./indexing.ts";
import { type Choice, pick, place } from "./window-choice.ts";

/** A window over every axis of the input; size 1 and stride 1 where an axis takes no part. */
export interface Window {
  readonly op: Extract<ReduceOp, "sum" | "max" | "min" | "argmax" | "argmin">;
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly dilation: readonly number[];
}

const at = (a: readonly number[], i: number): number => a[i] as number;

/** What padding counts as. */
export function neutral(op: ReduceOp, dtype: DType): number {
  const limits: Partial<Record<DType, readonly [number, number]>> = {
    i32: [-(2 ** 31), 2 ** 31 - 1],
    u32: [0, 2 ** 32 - 1],
    i8: [-128, 127],
    u8: [0, 255],
    bool: [0, 1],
  };
  const [low, high] = limits[dtype] ?? [-Infinity, Infinity];
  if (op === "max" || op === "argmax") return low;
  if (op === "min" || op === "argmin") return high;
  return op === "prod" ? 1 : 0;
}

/** Fold over sliding windows; argmax and argmin give the row-major position in the window (i32). */
export const reduceWindowPrimitive: Primitive<Window> = {
  name: "reduceWindow",
  infer([x], w) {
    const { shape, dtype } = x as Tensor;
    const out = shape.map((n, i) => {
      const room = n + at(w.low, i) + at(w.high, i) - ((at(w.size, i) - 1) * at(w.dilation, i) + 1);
      if (room < 0)
        throw new ShapeError(`reduceWindow: window ${show(w.size)} does not fit into ${show(shape)} with its padding`);
      return Math.floor(room / at(w.stride, i)) + 1;
    });
    return { shape: out, dtype: w.op === "argmax" || w.op === "argmin" ? "i32" : dtype };
  },
  vjp(ct, out) {
    const x = out.inputs[0] as Tensor;
    if (!isFloat(x.dtype) || out.dtype === "i32") return [null];
    const w = out.attributes;
    if (w.op !== "sum" && apart(w)) return [apply(place, [ct, code(out)], choice(out))];
    if (w.op !== "sum") {
      const flat = apply(
        scatter,
        [zeros([1, x.size, 1], { dtype: ct.dtype }), winners(out), reshape(ct, [1, ct.size, 1])],
        { mode: "add" },
      );
      return [reshape(flat, x.shape)];
    }
    if (x.size === 0) return [zeros(x.shape, { dtype: ct.dtype })];
    // Each input element gathers the cotangents of the windows that cover it.
    const windows = broadcastInDim(
      ct,
      [...w.size, ...out.shape],
      out.shape.map((_, i) => x.rank + i),
    );
    return [apply(foldPrimitive, [windows], { ...w, input: x.shape, count: out.shape })];
  },
  jvp([dx], out) {
    const x = out.inputs[0] as Tensor;
    if (!dx || !isFloat(x.dtype) || out.dtype === "i32") return null;
    if (out.attributes.op === "sum") return apply(reduceWindowPrimitive, [dx], out.attributes);
    if (apart(out.attributes)) return apply(pick, [dx, code(out)], choice(out));
    return reshape(apply(take, [reshape(dx, [1, x.size, 1]), winners(out)], null), out.shape);
  },
  batch([x], _, __, out) {
    const w = out.attributes;
    return apply(reduceWindowPrimitive, [x as Tensor], {
      op: w.op,
      size: [1, ...w.size],
      stride: [1, ...w.stride],
      low: [0, ...w.low],
      high: [0, ...w.high],
      dilation: [1, ...w.dilation],
    });
  },
  lower: {
    kind: "reduce",
    op: (node) => node.attributes.op,
    extents: (node) => node.attributes.size,
    emit(b, node, index, inner) {
      const x = node.inputs[0] as Tensor;
      const w = node.attributes;
      const position = index.map((e, i) =>
        offsetIndex(
          addIndex(scaleIndex(e, at(w.stride, i)), scaleIndex(inner[i] as Index, at(w.dilation, i))),
          -at(w.low, i),
        ),
      );
      const guards = position.map((of, i) => ({ of, low: 0, high: at(x.shape, i) }));
      return b.guarded(guards, x.dtype, () => b.value(x, position), neutral(w.op, x.dtype));
    },
  },
};

/** True when no element is in two windows, and none begins in padding: its first winner then is an element. */
const apart = (w: Window): boolean =>
  w.size.every((n, i) => at(w.low, i) === 0 && (n - 1) * at(w.dilation, i) < at(w.stride, i));
const choice = ({ inputs, attributes: { size, stride, dilation } }: Tensor<Window>): Choice => ({
  input: (inputs[0] as Tensor).shape,
  size,
  stride,
  dilation,
});

/** Row-major position in each window of its first winner. */
const code = ({ inputs, attributes }: Tensor<Window>): Tensor =>
  apply(reduceWindowPrimitive, inputs, { ...attributes, op: attributes.op === "max" ? "argmax" : "argmin" });

/** Positions in the flat input of each window's first winner: [1, windows], i32. */
function winners(out: Tensor<Window>): Tensor {
  const { attributes } = out;
  return reshape(
    positions(out.inputs[0] as Tensor, { ...attributes, op: attributes.op === "max" ? "argmax" : "argmin" }),
    [1, sizeOf(out.shape)],
  );
}

/** Row-major positions, in the axes from `first` on, of each window's first winner, in the shape of the windows, i32. */
export function positions(x: Tensor, w: Window, first = 0): Tensor {
  let code = apply(reduceWindowPrimitive, [x], w) as Tensor;
  const { shape } = code;
  let flat: Tensor | null = null;
  let stride = 1;
  // what is left of the code at the outermost axis of the window is the position there
  const outermost = w.size.findIndex((n) => n > 1);
  const times = (t: Tensor, n: number): Tensor => (n === 1 ? t : mul(t, n));
  for (let i = x.rank - 1; i >= first; i--) {
    const size = at(w.size, i);
    const from = times(iota(shape, { axis: i, dtype: "i32" }), at(w.stride, i));
    const start = at(w.low, i) === 0 ? from : sub(from, at(w.low, i));
    const place = size === 1 ? start : add(start, times(i === outermost ? code : rem(code, size), at(w.dilation, i)));
    if (size > 1) code = div(code, size);
    // padding is met first, and wins where nothing exceeds it: then the first element that is there stands for it
    const real = at(w.low, i) > 0 ? maximum(place, mod(start, at(w.dilation, i))) : place;
    const part = times(real, stride);
    flat = flat === null ? part : add(flat, part);
    stride *= at(x.shape, i);
  }
  return flat ?? zeros(shape, { dtype: "i32" });
}
