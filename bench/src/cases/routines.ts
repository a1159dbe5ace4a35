import { generator, type HostArray, uniform } from "../harness/inputs.ts";
import { node } from "../harness/onnx.ts";
import { exported, type GradusLib } from "../subjects/gradus.ts";
import type { Case } from "./case.ts";

type Tensor = Parameters<GradusLib["sum"]>[0];
const MILLION = 2 ** 20;

const sort: Case = {
  name: "sort-1m",
  inputs: () => ({ x: uniform([MILLION], 1) }),
  gradus: (g, { x }) => {
    const f = g.jit(exported<(t: Tensor) => Tensor>(g, "sort"));
    return { run: () => [f(x!)] };
  },
  tfjs: (tf, put, inputs) => {
    const x = put(inputs.x!);
    return { run: () => [tf.topk(x, MILLION, true).values], canonical: ([y]) => [tf.reverse(y!)] };
  },
  jax: ({ jit, numpy: np }, { x }) => {
    const f = jit((t: typeof x & {}) => np.sort(t));
    return { run: () => [f(x!.ref)] };
  },
  ort: () => ({
    nodes: [{ op: "TopK", inputs: ["x", "k"], outputs: ["y", "at"], attributes: { largest: 0, sorted: 1 } }],
    constants: { k: { ints: [MILLION] } },
    outputs: ["y"],
  }),
};

const POINTS = 2 ** 16;

/** Real and imaginary parts. */
type Complex = { readonly re: Tensor; readonly im: Tensor };

const fft: Case = {
  name: "fft-2^16",
  flops: 5 * POINTS * Math.log2(POINTS),
  tolerance: 1e-3,
  inputs: () => ({ re: uniform([POINTS], 1), im: uniform([POINTS], 2) }),
  gradus: (g, { re, im }) => {
    const transform = exported<(x: Complex) => Complex>(g, "fft");
    const f = g.jit((x: Complex) => transform(x));
    return {
      run: () => {
        const y = f({ re: re!, im: im! });
        return [y.re, y.im];
      },
    };
  },
  tfjs: (tf, put, { re, im }) => {
    const x = tf.complex(put(re!), put(im!));
    return { run: () => [tf.fft(x)], canonical: ([y]) => [tf.real(y!), tf.imag(y!)] };
  },
  jax: ({ jit, numpy: np }, { re, im }) => {
    type T = typeof re & {};
    const f = jit((real: T, imag: T) => np.fft.fft({ real, imag }));
    return {
      run: () => {
        const { real, imag } = f(re!.ref, im!.ref);
        return [real, imag];
      },
    };
  },
  ort: () => ({
    nodes: [
      node("Unsqueeze", ["re", "ends"], "p"),
      node("Unsqueeze", ["im", "ends"], "q"),
      node("Concat", ["p", "q"], "x", { axis: 2 }),
      node("DFT", ["x"], "z", { axis: 1 }),
      node("Split", ["z", "halves"], "r", { axis: 2 }),
    ].map((n) => (n.op === "Split" ? { ...n, outputs: ["r", "i"] } : n)),
    constants: { ends: { ints: [0, 2] }, halves: { ints: [1, 1] } },
    outputs: ["r", "i"],
  }),
};

/** A symmetric matrix; with `definite`, far enough from singular for a Cholesky factor. */
function symmetric(n: number, definite: boolean): HostArray {
  const next = generator(7);
  const data = new Float32Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const x = 2 * next() - 1;
      data[i * n + j] = x;
      data[j * n + i] = x;
    }
  if (definite) for (let i = 0; i < n; i++) data[i * n + i] = 2 * Math.sqrt(n) + next();
  return { shape: [n, n], data };
}

const noSuch = "no such function";

const eigh: Case = {
  name: "eigh-256",
  tolerance: 1e-3,
  inputs: () => ({ x: symmetric(256, false) }),
  // Vectors are computed, but only values are compared: vectors are known up to their sign.
  compared: ([values]) => [values!],
  gradus: (g, { x }) => {
    const decompose = exported<(t: Tensor) => readonly [Tensor, Tensor]>(g, "linalg.eigh");
    const f = g.jit((t: Tensor) => decompose(t));
    return { run: () => [...f(x!)] };
  },
  tfjs: noSuch,
  jax: ({ jit, numpy: np }, { x }) => {
    const f = jit((t: typeof x & {}) => np.linalg.eigh(t));
    return { run: () => f(x!.ref) };
  },
  ort: noSuch,
};

const cholesky: Case = {
  name: "cholesky-512",
  flops: 512 ** 3 / 3,
  tolerance: 1e-3,
  inputs: () => ({ x: symmetric(512, true) }),
  gradus: (g, { x }) => {
    const factor = exported<(t: Tensor) => Tensor>(g, "linalg.cholesky");
    const f = g.jit((t: Tensor) => factor(t));
    return { run: () => [f(x!)] };
  },
  tfjs: noSuch,
  jax: ({ jit, numpy: np }, { x }) => {
    const f = jit((t: typeof x & {}) => np.linalg.cholesky(t));
    return { run: () => [f(x!.ref)] };
  },
  ort: noSuch,
};

export const routineCases: readonly Case[] = [sort, fft, eigh, cholesky];
