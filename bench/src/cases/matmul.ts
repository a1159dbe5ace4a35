import { uniform } from "../harness/inputs.ts";
import { node } from "../harness/onnx.ts";
import type { GpuImplementation } from "../subjects/gpu.ts";
import type { Case } from "./case.ts";

const noFloat64 = "no float64";

/** Rows of a flat matrix, as gpu.js reads them. */
const rows = (data: ArrayLike<number>, n: number): Float32Array[] =>
  Array.from({ length: data.length / n }, (_, i) =>
    Float32Array.from({ length: n }, (_, j) => data[i * n + j] as number),
  );

const gpu: GpuImplementation = (lib, { a, b }) => {
  const [n, depth] = a!.shape as [number, number];
  const [left, right] = [rows(a!.data, depth), rows(b!.data, n)];
  const multiply = lib.createKernel(
    function (p: Float32Array[], q: Float32Array[]) {
      let sum = 0;
      for (let k = 0; k < this.constants.depth; k++) sum += p[this.thread.y]![k]! * q[k]![this.thread.x]!;
      return sum;
    },
    { output: [n, n], constants: { depth } },
  );
  return { run: () => [multiply(left, right)] };
};

const product = (
  name: string,
  left: readonly number[],
  right: readonly number[],
  flops: number,
  { f64 = false, ...rest }: Partial<Case> & { f64?: boolean } = {},
): Case => ({
  name,
  flops,
  inputs: () => ({ a: uniform(left, 1, { f64 }), b: uniform(right, 2, { f64 }) }),
  gradus: (g, { a, b }) => {
    const f = g.jit(g.matmul);
    return { run: () => [f(a!, b!)] };
  },
  tfjs: (tf, put, { a, b }) => {
    const [p, q] = [put(a!), put(b!)];
    return { run: () => [tf.matMul(p, q)] };
  },
  jax: ({ jit, numpy }, { a, b }) => {
    const f = jit(numpy.matmul);
    return { run: () => [f(a!.ref, b!.ref)] };
  },
  ort: () => ({ nodes: [node("MatMul", ["a", "b"], "y")], outputs: ["y"] }),
  ...rest,
});

const square = (n: number, rest: Partial<Case> = {}): Case => product(`matmul-${n}`, [n, n], [n, n], 2 * n ** 3, rest);

const [M, K, N] = [517, 389, 731];

/** All four ways in which the factors may lie in memory, one after the other. */
const odd: Case = {
  name: "matmul-odd",
  flops: 4 * 2 * M * K * N,
  inputs: () => ({ a: uniform([M, K], 1), b: uniform([K, N], 2), at: uniform([K, M], 3), bt: uniform([N, K], 4) }),
  gradus: (g, { a, b, at, bt }) => {
    const nn = g.jit(g.matmul);
    const tn = g.jit((p: typeof a & {}, q: typeof a & {}) => g.matmul(p.T, q));
    const nt = g.jit((p: typeof a & {}, q: typeof a & {}) => g.matmul(p, q.T));
    const tt = g.jit((p: typeof a & {}, q: typeof a & {}) => g.matmul(p.T, q.T));
    return { run: () => [nn(a!, b!), tn(at!, b!), nt(a!, bt!), tt(at!, bt!)] };
  },
  tfjs: (tf, put, inputs) => {
    const [a, b, at, bt] = [put(inputs.a!), put(inputs.b!), put(inputs.at!), put(inputs.bt!)];
    return {
      run: () => [
        tf.matMul(a, b),
        tf.matMul(at, b, true),
        tf.matMul(a, bt, false, true),
        tf.matMul(at, bt, true, true),
      ],
    };
  },
  jax: ({ jit, numpy: np }, { a, b, at, bt }) => {
    const nn = jit(np.matmul);
    const tn = jit((p: typeof a & {}, q: typeof a & {}) => np.matmul(p.transpose(), q));
    const nt = jit((p: typeof a & {}, q: typeof a & {}) => np.matmul(p, q.transpose()));
    const tt = jit((p: typeof a & {}, q: typeof a & {}) => np.matmul(p.transpose(), q.transpose()));
    return { run: () => [nn(a!.ref, b!.ref), tn(at!.ref, b!.ref), nt(a!.ref, bt!.ref), tt(at!.ref, bt!.ref)] };
  },
  ort: () => ({
    nodes: [
      node("Transpose", ["at"], "p", { perm: [1, 0] }),
      node("Transpose", ["bt"], "q", { perm: [1, 0] }),
      node("MatMul", ["a", "b"], "nn"),
      node("MatMul", ["p", "b"], "tn"),
      node("MatMul", ["a", "q"], "nt"),
      node("MatMul", ["p", "q"], "tt"),
    ],
    outputs: ["nn", "tn", "nt", "tt"],
  }),
};

export const matmulCases: readonly Case[] = [
  square(64),
  square(128),
  square(256, { gpu }),
  square(512, { gpu }),
  square(1024),
  square(2048, { tooSlow: ["tfjs-cpu"] }),
  odd,
  product("matmul-f64-512", [512, 512], [512, 512], 2 * 512 ** 3, { f64: true, tfjs: noFloat64 }),
  product("batched-matmul", [16, 256, 256], [16, 256, 256], 16 * 2 * 256 ** 3),
  product("matvec-4096", [4096, 4096], [4096, 1], 2 * 4096 ** 2, { tolerance: 1e-3 }),
];
