import { permuted, uniform } from "../harness/inputs.ts";
import { node } from "../harness/onnx.ts";
import { inferenceOnly } from "../subjects/ort.ts";
import type { Case } from "./case.ts";

interface Shape {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
}

const standard: Shape = { batch: 32, inputs: 16, outputs: 32, size: 28, kernel: 3, stride: 1, padding: 1, groups: 1 };

const outOf = (s: Shape): number => Math.floor((s.size + 2 * s.padding - s.kernel) / s.stride) + 1;
const flopsOf = (s: Shape): number =>
  2 * s.batch * s.outputs * outOf(s) ** 2 * (s.inputs / s.groups) * s.kernel * s.kernel;
const xOf = (s: Shape): number[] => [s.batch, s.inputs, s.size, s.size];
const wOf = (s: Shape): number[] => [s.outputs, s.inputs / s.groups, s.kernel, s.kernel];
const yOf = (s: Shape): number[] => [s.batch, s.outputs, outOf(s), outOf(s)];

// tfjs computes in NHWC and HWIO; a depthwise kernel is [height, width, inputs, outputs per input].
const NHWC = [0, 2, 3, 1];
const NCHW = [0, 3, 1, 2];
const HWIO = [2, 3, 1, 0];
const OIHW = [3, 2, 0, 1];
const HWOI = [2, 3, 0, 1];

const forward = (name: string, s: Shape): Case => ({
  name,
  flops: flopsOf(s),
  inputs: () => ({ x: uniform(xOf(s), 1), w: uniform(wOf(s), 2) }),
  gradus: (g, { x, w }) => {
    const { stride, padding, groups } = s;
    const f = g.jit((p: typeof x & {}, q: typeof x & {}) => g.conv(p, q, { stride, padding, groups }));
    return { run: () => [f(x!, w!)] };
  },
  tfjs: (tf, put, { x, w }) => {
    const depthwise = s.groups > 1;
    const [p, q] = [put(permuted(x!, NHWC)), put(permuted(w!, depthwise ? HWOI : HWIO))] as [never, never];
    return {
      run: () => [
        depthwise
          ? tf.depthwiseConv2d(p, q, s.stride, s.padding, "NHWC", 1, "floor")
          : tf.conv2d(p, q, s.stride, s.padding, "NHWC", 1, "floor"),
      ],
      canonical: ([y]) => [tf.transpose(y!, NCHW)],
    };
  },
  jax: ({ jit, lax }, { x, w }) => {
    const padding: [number, number][] = [
      [s.padding, s.padding],
      [s.padding, s.padding],
    ];
    const f = jit((p: typeof x & {}, q: typeof x & {}) =>
      lax.convGeneralDilated(p, q, [s.stride, s.stride], padding, { featureGroupCount: s.groups }),
    );
    return { run: () => [f(x!.ref, w!.ref)] };
  },
  ort: () => ({
    nodes: [
      node("Conv", ["x", "w"], "y", {
        kernel_shape: [s.kernel, s.kernel],
        strides: [s.stride, s.stride],
        pads: [s.padding, s.padding, s.padding, s.padding],
        group: s.groups,
      }),
    ],
    outputs: ["y"],
  }),
});

const PADS: [number, number][] = [
  [1, 1],
  [1, 1],
];

const gradWeight: Case = {
  name: "conv-grad-weight",
  flops: flopsOf(standard),
  inputs: () => ({ x: uniform(xOf(standard), 1), dy: uniform(yOf(standard), 2) }),
  tolerance: 1e-3,
  gradus: (g, { x, dy }) => {
    const w = g.realize(g.zeros(wOf(standard)));
    const f = g.jit((at: typeof w, p: typeof w, d: typeof w) =>
      g.grad((q: typeof w) => g.sum(g.mul(g.conv(p, q, { padding: 1 }), d)))(at),
    );
    return { run: () => [f(w, x!, dy!)] };
  },
  tfjs: (tf, put, { x, dy }) => {
    const [p, d] = [put(permuted(x!, NHWC)), put(permuted(dy!, NHWC))];
    const [o, i, h, w] = wOf(standard);
    const settings = { strides: 1, pad: 1, dataFormat: "NHWC", dimRoundingMode: "floor", filterShape: [h, w, i, o] };
    return {
      run: () => [tf.engine().runKernel("Conv2DBackpropFilter", { x: p, dy: d }, settings as never) as typeof p],
      canonical: ([y]) => [tf.transpose(y!, OIHW)],
    };
  },
  jax: ({ jit, grad, lax, numpy: np }, { x, dy }) => {
    const w = np.zeros(wOf(standard));
    const f = jit((at: typeof w, p: typeof w, d: typeof w) =>
      grad((q: typeof w) => lax.convGeneralDilated(p.ref, q, [1, 1], PADS).mul(d.ref).sum())(at),
    );
    return { run: () => [f(w.ref, x!.ref, dy!.ref)] };
  },
  ort: inferenceOnly,
};

const gradInput: Case = {
  name: "conv-grad-input",
  flops: flopsOf(standard),
  inputs: () => ({ w: uniform(wOf(standard), 1), dy: uniform(yOf(standard), 2) }),
  gradus: (g, { w, dy }) => {
    const x = g.realize(g.zeros(xOf(standard)));
    const f = g.jit((at: typeof x, q: typeof x, d: typeof x) =>
      g.grad((p: typeof x) => g.sum(g.mul(g.conv(p, q, { padding: 1 }), d)))(at),
    );
    return { run: () => [f(x, w!, dy!)] };
  },
  tfjs: (tf, put, { w, dy }) => {
    const [filter, d] = [put(permuted(w!, HWIO)), put(permuted(dy!, NHWC))];
    const [n, c, height, width] = xOf(standard);
    const inputShape = [n, height, width, c];
    const settings = { strides: 1, pad: 1, dataFormat: "NHWC", dimRoundingMode: "floor", inputShape };
    return {
      run: () => [tf.engine().runKernel("Conv2DBackpropInput", { dy: d, filter }, settings as never) as typeof d],
      canonical: ([y]) => [tf.transpose(y!, NCHW)],
    };
  },
  jax: ({ jit, grad, lax, numpy: np }, { w, dy }) => {
    const x = np.zeros(xOf(standard));
    const f = jit((at: typeof x, q: typeof x, d: typeof x) =>
      grad((p: typeof x) => lax.convGeneralDilated(p, q.ref, [1, 1], PADS).mul(d.ref).sum())(at),
    );
    return { run: () => [f(x.ref, w!.ref, dy!.ref)] };
  },
  ort: () => ({
    nodes: [node("ConvTranspose", ["dy", "w"], "y", { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] })],
    outputs: ["y"],
  }),
};

export const convCases: readonly Case[] = [
  forward("conv-fwd", standard),
  gradWeight,
  gradInput,
  forward("conv-1x1", { ...standard, inputs: 64, outputs: 64, kernel: 1, padding: 0 }),
  forward("conv-depthwise", { ...standard, inputs: 64, outputs: 64, groups: 64 }),
  forward("conv-strided", { ...standard, stride: 2 }),
];
