import { uniform } from "../harness/inputs.ts";
import { type Node, node } from "../harness/onnx.ts";
import type { Case } from "./case.ts";

const FOUR_MILLION = 2 ** 22;

/** ((tanh(1.1 x + 0.3) x − 0.5)² + x) · 0.7 − x: nine operations that one pass over memory can do. */
const tanhChain: Case = {
  name: "tanh-chain-4m",
  inputs: () => ({ x: uniform([FOUR_MILLION], 1) }),
  gradus: (g, { x }) => {
    const f = g.jit((t: typeof x & {}) => {
      const bent = g.sub(g.mul(g.tanh(g.add(g.mul(t, 1.1), 0.3)), t), 0.5);
      return g.sub(g.mul(g.add(g.mul(bent, bent), t), 0.7), t);
    });
    return { run: () => [f(x!)] };
  },
  tfjs: (_, put, inputs) => {
    const x = put(inputs.x!);
    return {
      run: () => {
        const bent = x.mul(1.1).add(0.3).tanh().mul(x).sub(0.5);
        return [bent.mul(bent).add(x).mul(0.7).sub(x)];
      },
    };
  },
  jax: ({ jit, numpy: np }, { x }) => {
    const f = jit((t: typeof x & {}) => {
      const bent = np.tanh(t.ref.mul(1.1).add(0.3)).mul(t.ref).sub(0.5);
      return bent.ref.mul(bent).add(t.ref).mul(0.7).sub(t);
    });
    return { run: () => [f(x!.ref)] };
  },
  ort: () => {
    const nodes: Node[] = [
      node("Mul", ["x", "c11"], "t1"),
      node("Add", ["t1", "c03"], "t2"),
      node("Tanh", ["t2"], "t3"),
      node("Mul", ["t3", "x"], "t4"),
      node("Sub", ["t4", "c05"], "t5"),
      node("Mul", ["t5", "t5"], "t6"),
      node("Add", ["t6", "x"], "t7"),
      node("Mul", ["t7", "c07"], "t8"),
      node("Sub", ["t8", "x"], "y"),
    ];
    const constants = { c11: { float: 1.1 }, c03: { float: 0.3 }, c05: { float: 0.5 }, c07: { float: 0.7 } };
    return { nodes, constants, outputs: ["y"] };
  },
};

const sum: Case = {
  name: "sum-4m",
  flops: FOUR_MILLION,
  tolerance: 1e-3,
  inputs: () => ({ x: uniform([FOUR_MILLION], 1, { low: 0 }) }),
  gradus: (g, { x }) => {
    const f = g.jit((t: typeof x & {}) => g.sum(t));
    return { run: () => [f(x!)] };
  },
  tfjs: (tf, put, inputs) => {
    const x = put(inputs.x!);
    return { run: () => [tf.sum(x)] };
  },
  jax: ({ jit, numpy: np }, { x }) => {
    const f = jit((t: typeof x & {}) => np.sum(t));
    return { run: () => [f(x!.ref)] };
  },
  ort: () => ({ nodes: [node("ReduceSum", ["x"], "y", { keepdims: 0 })], outputs: ["y"] }),
};

const softmax: Case = {
  name: "softmax-1024x1024",
  inputs: () => ({ x: uniform([1024, 1024], 1, { low: -4, high: 4 }) }),
  gradus: (g, { x }) => {
    const f = g.jit((t: typeof x & {}) => g.softmax(t, -1));
    return { run: () => [f(x!)] };
  },
  tfjs: (tf, put, inputs) => {
    const x = put(inputs.x!);
    return { run: () => [tf.softmax(x)] };
  },
  jax: ({ jit, nn }, { x }) => {
    const f = jit((t: typeof x & {}) => nn.softmax(t, -1));
    return { run: () => [f(x!.ref)] };
  },
  ort: () => ({ nodes: [node("Softmax", ["x"], "y", { axis: -1 })], outputs: ["y"] }),
};

const EPSILON = 1e-5;

const layernorm: Case = {
  name: "layernorm-1024x1024",
  inputs: () => ({ x: uniform([1024, 1024], 1), scale: uniform([1024], 2), shift: uniform([1024], 3) }),
  gradus: (g, { x, scale, shift }) => {
    type T = typeof x & {};
    const f = g.jit((t: T, a: T, b: T) => {
      const centred = g.sub(t, g.mean(t, -1, { keepDims: true }));
      const variance = g.mean(g.mul(centred, centred), -1, { keepDims: true });
      return g.add(g.mul(g.div(centred, g.sqrt(g.add(variance, EPSILON))), a), b);
    });
    return { run: () => [f(x!, scale!, shift!)] };
  },
  tfjs: (tf, put, inputs) => {
    const [x, a, b] = [put(inputs.x!), put(inputs.scale!), put(inputs.shift!)];
    return {
      run: () => {
        const centred = x.sub(tf.mean(x, -1, true));
        const variance = tf.mean(tf.square(centred), -1, true);
        return [
          centred
            .div(tf.sqrt(variance.add(EPSILON)))
            .mul(a)
            .add(b),
        ];
      },
    };
  },
  jax: ({ jit, numpy: np }, { x, scale, shift }) => {
    type T = typeof x & {};
    const f = jit((t: T, a: T, b: T) => {
      const centred = t.ref.sub(np.mean(t, -1, { keepdims: true }));
      const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
      return centred
        .div(np.sqrt(variance.add(EPSILON)))
        .mul(a)
        .add(b);
    });
    return { run: () => [f(x!.ref, scale!.ref, shift!.ref)] };
  },
  ort: () => ({
    nodes: [node("LayerNormalization", ["x", "scale", "shift"], "y", { axis: -1, epsilon: { float: EPSILON } })],
    outputs: ["y"],
  }),
};

export const elementwiseCases: readonly Case[] = [tanhChain, sum, softmax, layernorm];
