import { type Inputs, oneHot, permuted, uniform } from "../harness/inputs.ts";
import { type Node, node } from "../harness/onnx.ts";
import type { JaxArray } from "../subjects/jax.ts";
import { inferenceOnly } from "../subjects/ort.ts";
import type { Case } from "./case.ts";
import { type GradusTensor, list, type Model, pick, refs, type Tree, trainingCase } from "./training.ts";

const BATCH = 64;
const [ONE, TWO, CLASSES] = [16, 32, 10];
const FLAT = TWO * 7 * 7;

const parameters = (seed: number): Inputs => ({
  w1: uniform([ONE, 1, 3, 3], seed, { low: -0.3, high: 0.3 }),
  b1: uniform([ONE], seed + 1, { low: -0.1, high: 0.1 }),
  w2: uniform([TWO, ONE, 3, 3], seed + 2, { low: -0.15, high: 0.15 }),
  b2: uniform([TWO], seed + 3, { low: -0.1, high: 0.1 }),
  w3: uniform([FLAT, CLASSES], seed + 4, { low: -0.05, high: 0.05 }),
  b3: uniform([CLASSES], seed + 5, { low: -0.1, high: 0.1 }),
});

const inputs = (): Inputs => ({
  x: uniform([BATCH, 1, 28, 28], 100),
  t: oneHot(BATCH, CLASSES, 101),
  ...parameters(1),
});

/** Cross-entropy of: convolution 3x3, relu, max pooling, twice, and a linear layer. */
const cnn: Model = {
  parameters: Object.keys(parameters(1)),
  data: ["x", "t"],
  gradus: (g) => (p, x, t) => {
    const block = (h: GradusTensor, i: number, n: number): GradusTensor =>
      g.maxPool(g.relu(g.add(g.conv(h, p[`w${i}`]!, { padding: 1 }), g.reshape(p[`b${i}`]!, [1, n, 1, 1]))), 2);
    const flat = g.reshape(block(block(x!, 1, ONE), 2, TWO), [BATCH, FLAT]);
    const logits = g.add(g.matmul(flat, p.w3!), p.b3!);
    return g.neg(g.mean(g.sum(g.mul(t!, g.logSoftmax(logits, -1)), -1)));
  },
  tfjs: (tf) => (p, x, t) => {
    type T = typeof x & {};
    const block = (h: T, i: number): T =>
      tf.maxPool(
        tf.relu(tf.add(tf.conv2d(h as never, p[`w${i}`] as never, 1, 1), p[`b${i}`]!)) as never,
        2,
        2,
        "valid",
      );
    const flat = tf.reshape(block(block(x!, 1), 2), [BATCH, FLAT]);
    const logits = tf.add(tf.matMul(flat, p.w3!), p.b3!);
    return tf.neg(tf.mean(tf.sum(tf.mul(t!, tf.logSoftmax(logits)), -1)));
  },
  jax:
    ({ numpy: np, nn, lax }) =>
    (p, x, t) => {
      const pads: [number, number][] = [
        [1, 1],
        [1, 1],
      ];
      const block = (h: JaxArray, i: number, n: number): JaxArray =>
        lax.reduceWindow(
          nn.relu(lax.convGeneralDilated(h, p[`w${i}`]!, [1, 1], pads).add(p[`b${i}`]!.reshape([1, n, 1, 1]))),
          (window) => np.max(window),
          [2, 2],
          [2, 2],
        );
      const flat = block(block(x!, 1, ONE), 2, TWO).reshape([BATCH, FLAT]);
      const logits = np.matmul(flat, p.w3!).add(p.b3!);
      return np.mean(t!.mul(nn.logSoftmax(logits, -1)).sum(-1)).neg();
    },
  // NHWC and HWIO; the rows of the linear layer follow the order of its input.
  toTfjs: ({ x, w1, w2, w3, ...rest }) => ({
    ...rest,
    x: permuted(x!, [0, 2, 3, 1]),
    w1: permuted(w1!, [2, 3, 1, 0]),
    w2: permuted(w2!, [2, 3, 1, 0]),
    w3: { ...permuted({ shape: [TWO, 7, 7, CLASSES], data: w3!.data }, [1, 2, 0, 3]), shape: [FLAT, CLASSES] },
  }),
  fromTfjs: (tf, { w1, w2, w3, ...rest }) => ({
    ...rest,
    w1: tf.transpose(w1!, [3, 2, 0, 1]),
    w2: tf.transpose(w2!, [3, 2, 0, 1]),
    w3: tf.transpose(tf.reshape(w3!, [7, 7, TWO, CLASSES]), [2, 0, 1, 3]),
  }),
};

const layers = [2 * BATCH * ONE * 28 * 28 * 9, 2 * BATCH * TWO * 14 * 14 * ONE * 9, 2 * BATCH * FLAT * CLASSES];
const forwardFlops = layers.reduce((a, b) => a + b, 0);
const gradientFlops = 3 * forwardFlops - (layers[0] as number);

const loss: Case = {
  name: "cnn-loss",
  flops: forwardFlops,
  inputs,
  gradus: (g, given) => {
    const f = g.jit(cnn.gradus(g));
    const p = pick(given, cnn.parameters);
    return { run: () => [f(p, given.x!, given.t!)] };
  },
  tfjs: (tf, put, given) => {
    const arrays = Object.entries(cnn.toTfjs!(given)).map(([n, x]) => [n, put(x)] as const);
    const { x, t, ...p } = Object.fromEntries(arrays);
    const f = cnn.tfjs(tf);
    return { run: () => [f(p, x!, t!)] };
  },
  jax: (jax, given) => {
    const f = jax.jit(cnn.jax(jax) as never) as unknown as (p: Tree<JaxArray>, x: JaxArray, t: JaxArray) => JaxArray;
    const p = pick(given, cnn.parameters);
    return { run: () => [f(refs(p), given.x!.ref, given.t!.ref)] };
  },
  ort: () => {
    const block = (from: string, i: number, to: string): Node[] => [
      node("Conv", [from, `w${i}`, `b${i}`], `c${i}`, { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      node("Relu", [`c${i}`], `r${i}`),
      node("MaxPool", [`r${i}`], to, { kernel_shape: [2, 2], strides: [2, 2] }),
    ];
    const nodes = [
      ...block("x", 1, "h1"),
      ...block("h1", 2, "h2"),
      node("Reshape", ["h2", "flat"], "h3"),
      node("Gemm", ["h3", "w3", "b3"], "logits"),
      node("LogSoftmax", ["logits"], "logp", { axis: -1 }),
      node("Mul", ["t", "logp"], "picked"),
      node("ReduceSum", ["picked", "last"], "each", { keepdims: 0 }),
      node("ReduceMean", ["each"], "mean", { keepdims: 0 }),
      node("Neg", ["mean"], "y"),
    ];
    return { nodes, constants: { flat: { ints: [BATCH, FLAT] }, last: { ints: [-1] } }, outputs: ["y"] };
  },
};

const direction = (p: string): string => `v_${p}`;

/** Hessian of the loss times a direction, forward over reverse. */
const hvp: Case = {
  name: "hvp",
  tolerance: 2e-3,
  inputs: () => ({
    ...inputs(),
    ...Object.fromEntries(Object.entries(parameters(50)).map(([n, x]) => [direction(n), x])),
  }),
  gradus: (g, given) => {
    const f = g.jit((p: Tree<GradusTensor>, v: Tree<GradusTensor>, x: GradusTensor, t: GradusTensor) =>
      g.hvp(cnn.gradus(g), p, v, x, t),
    );
    const p = pick(given, cnn.parameters);
    const v = Object.fromEntries(cnn.parameters.map((n) => [n, given[direction(n)] as GradusTensor]));
    return { run: () => list(f(p, v, given.x!, given.t!), cnn.parameters) };
  },
  tfjs: "the derivatives of convolution and pooling have none themselves",
  jax: (jax, given) => {
    type P = Tree<JaxArray>;
    const slope = jax.grad(cnn.jax(jax)) as unknown as (p: P, x: JaxArray, t: JaxArray) => P;
    const f = jax.jit(((p: P, v: P, x: JaxArray, t: JaxArray) => {
      const [primal, tangent] = jax.jvp(((q: P) => slope(q, x.ref, t.ref)) as never, [p] as never, [v] as never) as [
        P,
        P,
      ];
      jax.tree.dispose(primal as never);
      x.dispose();
      t.dispose();
      return tangent;
    }) as never) as unknown as (p: P, v: P, x: JaxArray, t: JaxArray) => P;
    const p = pick(given, cnn.parameters);
    const v = Object.fromEntries(cnn.parameters.map((n) => [n, given[direction(n)] as JaxArray]));
    return { run: () => list(f(refs(p), refs(v), given.x!.ref, given.t!.ref), cnn.parameters) };
  },
  ort: inferenceOnly,
};

export const cnnStep: Case = trainingCase({ name: "cnn-step", flops: gradientFlops, inputs }, cnn);
export const cnnCases: readonly Case[] = [loss, hvp];
