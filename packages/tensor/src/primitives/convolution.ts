import { isFloat } from "../dtype.ts";
import { add } from "../functions/arithmetic.ts";
import { flip, pad, permute, reshape, slice } from "../functions/shaping.ts";
import { addIndex, divIndex, modIndex, offsetIndex, scaleIndex } from "../ir/index-expr.ts";
import type { Guard, Index } from "../ir/ir.ts";
import type { Primitive } from "../primitive.ts";
import { apply, type Tensor } from "../tensor.ts";

export interface Convolution {
  readonly stride: readonly number[];
  /** Padding before and after each spatial axis; negative values cut off. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
  readonly groups: number;
}

const dilated = (n: number, d: number): number => (n === 0 ? 0 : (n - 1) * d + 1);
const at = (a: readonly number[], i: number): number => a[i] as number;

/** x [n, g·ci, …in] ∗ w [g·co, ci, …kernel] → [n, g·co, …out]: cross-correlation, as in the field. Its two derivatives are convolutions again. */
export const convolution: Primitive<Convolution> = {
  name: "convolution",
  infer([x, w], c) {
    const [p, q] = [x as Tensor, w as Tensor];
    const spatial = c.stride.map((s, i) => {
      const room =
        dilated(at(p.shape, i + 2), at(c.lhsDilation, i)) +
        at(c.low, i) +
        at(c.high, i) -
        dilated(at(q.shape, i + 2), at(c.rhsDilation, i));
      return room < 0 ? 0 : Math.floor(room / s) + 1;
    });
    return { shape: [at(p.shape, 0), at(q.shape, 0), ...spatial], dtype: p.dtype };
  },
  vjp(ct, out) {
    const [x, w] = out.inputs as [Tensor, Tensor];
    return isFloat(out.dtype)
      ? [transposed(ct, x.shape.slice(2), w, out.attributes), byKernel(ct, x, w, out.attributes)]
      : [null, null];
  },
  jvp([dx, dw], out) {
    const [x, w] = out.inputs as [Tensor, Tensor];
    const p = dx ? apply(convolution, [dx, w], out.attributes) : null;
    const q = dw ? apply(convolution, [x, dw], out.attributes) : null;
    return p && q ? add(p, q) : (p ?? q);
  },
  batch(inputs, batched, size, out) {
    const [x, w] = inputs as [Tensor, Tensor];
    const c = out.attributes;
    const [n, channels] = out.shape as [number, number];
    const spatial = out.shape.slice(2);
    if (!batched[1]) {
      const y = apply(convolution, [reshape(x, [size * n, ...x.shape.slice(2)]), w], c);
      return reshape(y, [size, n, ...y.shape.slice(1)]);
    }
    // Each example's kernels act as further groups; an unbatched input serves all of them.
    const [, co, ci, ...kernel] = w.shape as [number, number, number, ...number[]];
    if (!batched[0]) {
      const g = c.groups;
      const kernels = reshape(swapLeading(reshape(w, [size, g, co / g, ci, ...kernel])), [co * size, ci, ...kernel]);
      const y = reshape(apply(convolution, [x, kernels], c), [n, g, size, co / g, ...spatial]);
      return reshape(permute(y, [2, 0, 1, ...rest(3, y.rank)]), [size, n, channels, ...spatial]);
    }
    const wide = reshape(swapLeading(x), [n, size * (x.shape[2] as number), ...x.shape.slice(3)]);
    const y = apply(convolution, [wide, reshape(w, [size * co, ci, ...kernel])], { ...c, groups: size * c.groups });
    return swapLeading(reshape(y, [n, size, channels, ...spatial]));
  },
  lower: {
    kind: "reduce",
    op: () => "sum",
    extents: (node) => (node.inputs[1] as Tensor).shape.slice(1),
    emit(b, node, index, inner) {
      const [x, w] = node.inputs as [Tensor, Tensor];
      const c = node.attributes;
      const [n, co, ...o] = index as [Index, Index, ...Index[]];
      const [ci, ...k] = inner as [Index, ...Index[]];
      const perGroup = at(w.shape, 0) / c.groups;
      const channel = addIndex(scaleIndex(divIndex(co, perGroup), at(w.shape, 1)), ci);
      const guards: Guard[] = [];
      const position = o.map((e, i) => {
        const p = offsetIndex(
          addIndex(scaleIndex(e, at(c.stride, i)), scaleIndex(k[i] as Index, at(c.rhsDilation, i))),
          -at(c.low, i),
        );
        guards.push({ of: p, low: 0, high: dilated(at(x.shape, i + 2), at(c.lhsDilation, i)) });
        if (c.lhsDilation[i] === 1) return p;
        guards.push({ of: modIndex(p, at(c.lhsDilation, i)), low: 0, high: 1 });
        return divIndex(p, at(c.lhsDilation, i));
      });
      const left = b.guarded(guards, node.dtype, () => b.value(x, [n, channel, ...position]), 0);
      return b.binary("mul", node.dtype, left, b.value(w, [co, ci, ...k]));
    },
    contraction(node, a, b) {
      const [x, w] = node.inputs as [Tensor, Tensor];
      const { stride, low, lhsDilation, rhsDilation, groups } = node.attributes;
      const [batch, channels, ...input] = x.shape as [number, number, ...number[]];
      const [out, , ...kernel] = w.shape as [number, number, ...number[]];
      const output = node.shape.slice(2);
      const geometry = {
        batch,
        groups,
        inChannels: channels / groups,
        outChannels: out / groups,
        input,
        kernel,
        output,
        stride,
        low,
        lhsDilation,
        rhsDilation,
      };
      return { kind: "conv", a, b, conv: geometry };
    },
  },
};

const rest = (from: number, rank: number): number[] => Array.from({ length: rank - from }, (_, i) => from + i);
const swapLeading = (t: Tensor): Tensor => permute(t, [1, 0, ...rest(2, t.rank)]);
const spatialAxes = (t: Tensor): number[] => rest(2, t.rank);

/** Kernels [g·co, ci, …] with input and output channels of each group in each other's place: [g·ci, co, …]. */
function exchanged(w: Tensor, g: number): Tensor {
  const [co, ci, ...kernel] = w.shape as [number, number, ...number[]];
  const apart = reshape(w, [g, co / g, ci, ...kernel]);
  return reshape(permute(apart, [0, 2, 1, ...rest(3, apart.rank)]), [g * ci, co / g, ...kernel]);
}

/**
 * The adjoint by x of spatial sizes `input`: the cotangent, dilated by the stride, convolved with the flipped kernels of which input and output
 * channels change places.
 */
export function transposed(ct: Tensor, input: readonly number[], w: Tensor, c: Convolution): Tensor {
  const kernel = w.shape.slice(2);
  const parts = kernel.map((k, i) => Math.ceil(k / at(c.stride, i)));
  const plain = [...c.lhsDilation, ...c.rhsDilation].every((d) => d === 1) && c.low.every((p) => p >= 0);
  if (plain && parts.some((u, i) => u < at(kernel, i))) return byPhases(ct, input, w, c, parts);
  const low = kernel.map((k, i) => dilated(k, at(c.rhsDilation, i)) - 1 - at(c.low, i));
  const high = kernel.map(
    (k, i) =>
      dilated(at(input, i), at(c.lhsDilation, i)) -
      1 +
      dilated(k, at(c.rhsDilation, i)) -
      dilated(at(ct.shape, i + 2), at(c.stride, i)) -
      at(low, i),
  );
  return apply(convolution, [ct, exchanged(flip(w, spatialAxes(w)), c.groups)], {
    stride: c.lhsDilation,
    low,
    high,
    lhsDilation: c.stride,
    rhsDilation: c.rhsDilation,
    groups: c.groups,
  });
}

/**
 * The same without products by the zeros between: element q·s + r of the padded input gets only from kernel elements u·s + r, so that each phase r is a
 * convolution with a kernel of its own, ⌈k/s⌉ long. Phases are further channels, which are then interleaved.
 */
function byPhases(
  ct: Tensor,
  input: readonly number[],
  w: Tensor,
  { stride, low, groups }: Convolution,
  parts: readonly number[],
): Tensor {
  const [d, n, channels] = [input.length, ct.shape[0] as number, groups * (w.shape[1] as number)];
  const grown = pad(exchanged(w, groups), [
    [0, 0],
    [0, 0],
    ...parts.map((u, i): [number, number] => [0, u * at(stride, i) - at(w.shape, i + 2)]),
  ]);
  // [channels, co, u₁, s₁, u₂, s₂, …] → [channels, s₁, s₂, …, co, u₁, u₂, …], u reversed
  const apart = reshape(grown, [...grown.shape.slice(0, 2), ...parts.flatMap((u, i) => [u, at(stride, i)])]);
  const phases = input.map((_, i) => 3 + 2 * i);
  const steps = input.map((_, i) => 2 + 2 * i);
  const kernels = reshape(permute(flip(apart, steps), [0, ...phases, 1, ...steps]), [
    channels * stride.reduce((p, s) => p * s, 1),
    grown.shape[1] as number,
    ...parts,
  ]);
  const count = input.map((size, i) => Math.ceil((size + at(low, i)) / at(stride, i)));
  const one = stride.map(() => 1);
  const y = apply(convolution, [ct, kernels], {
    stride: one,
    low: parts.map((u) => u - 1),
    high: count.map((q, i) => q - at(ct.shape, i + 2)),
    lhsDilation: one,
    rhsDilation: one,
    groups,
  });
  const woven = permute(reshape(y, [n, channels, ...stride, ...count]), [
    0,
    1,
    ...input.flatMap((_, i) => [2 + d + i, 2 + i]),
  ]);
  return slice(
    reshape(woven, [n, channels, ...count.map((q, i) => q * at(stride, i))]),
    [0, 0, ...low],
    [n, channels, ...input.map((size, i) => size + at(low, i))],
  );
}

/** dL/dw: the input convolved with the cotangent over the batch; stride and kernel dilation change places. */
function byKernel(ct: Tensor, x: Tensor, w: Tensor, c: Convolution): Tensor {
  const g = c.groups;
  const [n, channels, ...input] = x.shape as [number, number, ...number[]];
  const ci = channels / g;
  const left = reshape(permute(reshape(x, [n, g, ci, ...input]), [2, 1, 0, ...rest(3, x.rank + 1)]), [
    ci,
    g * n,
    ...input,
  ]);
  const right = swapLeading(ct);
  const high = input.map(
    (size, i) =>
      (at(w.shape, i + 2) - 1) * at(c.rhsDilation, i) +
      dilated(at(ct.shape, i + 2), at(c.stride, i)) -
      dilated(size, at(c.lhsDilation, i)) -
      at(c.low, i),
  );
  return swapLeading(
    apply(convolution, [left, right], {
      stride: c.rhsDilation,
      low: c.low,
      high,
      lhsDilation: c.lhsDilation,
      rhsDilation: c.stride,
      groups: g,
    }),
  );
}
