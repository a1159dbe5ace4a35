import type { Tensor as TfTensor } from "@tensorflow/tfjs";
import { type Inputs, uniform } from "../harness/inputs.ts";
import type { JaxArray } from "../subjects/jax.ts";
import { inferenceOnly } from "../subjects/ort.ts";
import type { Case } from "./case.ts";
import { type GradusTensor, list, pick, refs, type Tree } from "./training.ts";

/** Ten million parameters in four tensors, as of a few layers. */
const sizes: Readonly<Record<string, readonly number[]>> = {
  a: [1000, 4000],
  b: [4000, 1000],
  c: [1000, 1990],
  d: [10_000],
};
const names = Object.keys(sizes);
const N = names.reduce((n, k) => n + (sizes[k] as readonly number[]).reduce((x, y) => x * y), 0);
const [RATE, DECAY, B1, B2, EPSILON] = [1e-3, 0.01, 0.9, 0.999, 1e-8];

const inputs = (): Inputs =>
  Object.fromEntries(
    names.flatMap((n, i) => [
      [n, uniform(sizes[n] as number[], i)],
      [`g_${n}`, uniform(sizes[n] as number[], 10 + i)],
    ]),
  );
const slopes = <T>(from: Tree<T>): Tree<T> => Object.fromEntries(names.map((n) => [n, from[`g_${n}`] as T]));

/** One step of AdamW on parameters and gradients that are there: memory is all it asks for. */
const adamwStep: Case = {
  name: "adamw-10m",
  inputs,
  tolerance: 1e-3,
  compared: (outputs, given) =>
    names.map((n, i) => Float64Array.from(outputs[i]!, (x, j) => (given[n]!.data[j] as number) - x)),
  gradus: async (g, given) => {
    const { adamw, applyUpdates } = await import("@gradus/optim");
    const optimizer = adamw({ learningRate: RATE, weightDecay: DECAY });
    const step = g.jit(
      (p: Tree<GradusTensor>, state: unknown, grads: Tree<GradusTensor>): [Tree<GradusTensor>, unknown] => {
        const [updates, next] = optimizer.update(grads, state, p);
        return [applyUpdates(p, updates), next];
      },
      { donate: [0, 1] },
    );
    let p: Tree<GradusTensor> = pick(given, names);
    let state: unknown = g.realize(optimizer.init(p));
    const grads = slopes(given);
    return {
      keeps: true,
      run() {
        [p, state] = step(p, state, grads);
        return list(p, names);
      },
    };
  },
  tfjs: (tf, put, given) => {
    const p = names.map((n) => tf.variable(put(given[n]!)));
    const grads = names.map((n) => put(given[`g_${n}`]!));
    const m = p.map((x) => tf.variable(tf.zerosLike(x)));
    const v = p.map((x) => tf.variable(tf.zerosLike(x)));
    let t = 0;
    return {
      keeps: true,
      run() {
        t++;
        tf.tidy(() => {
          p.forEach((x, i) => {
            const gradient = grads[i] as TfTensor;
            m[i]!.assign(m[i]!.mul(B1).add(gradient.mul(1 - B1)));
            v[i]!.assign(v[i]!.mul(B2).add(gradient.square().mul(1 - B2)));
            const u = m[i]!.div(1 - B1 ** t).div(
              v[i]!.div(1 - B2 ** t)
                .sqrt()
                .add(EPSILON),
            );
            x.assign(x.sub(u.add(x.mul(DECAY)).mul(RATE)) as never);
          });
        });
        return p;
      },
    };
  },
  jax: ({ jit, numpy: np }, given) => {
    type P = Tree<JaxArray>;
    const step = jit(((p: P, m: P, v: P, grads: P, left: JaxArray) => {
      const [c1, c2] = [left.ref.slice(0), left.slice(1)];
      const next: [Record<string, JaxArray>, Record<string, JaxArray>, Record<string, JaxArray>] = [{}, {}, {}];
      for (const n of names) {
        const gradient = grads[n]!;
        const first = m[n]!.mul(B1).add(gradient.ref.mul(1 - B1));
        const second = v[n]!.mul(B2).add(gradient.ref.mul(gradient).mul(1 - B2));
        const u = first.ref.div(c1.ref).div(np.sqrt(second.ref.div(c2.ref)).add(EPSILON));
        next[0][n] = p[n]!.ref.sub(u.add(p[n]!.mul(DECAY)).mul(RATE));
        next[1][n] = first;
        next[2][n] = second;
      }
      c1.dispose();
      c2.dispose();
      return next;
    }) as never) as unknown as (p: P, m: P, v: P, grads: P, left: JaxArray) => [P, P, P];
    let p: P = pick(given, names);
    const zero = (): P => Object.fromEntries(names.map((n) => [n, np.zeros(sizes[n] as number[])]));
    let [m, v] = [zero(), zero()];
    let t = 0;
    return {
      keeps: true,
      run() {
        t++;
        [p, m, v] = step(p, m, v, refs(slopes(given)), np.array([1 - B1 ** t, 1 - B2 ** t]));
        return list(p, names);
      },
    };
  },
  ort: inferenceOnly,
};

/** A plain copy that moves as many bytes as the step must: four arrays read and three written. */
const copy: Case = {
  name: "copy-adamw-10m",
  inputs: () => ({ x: uniform([1], 1) }),
  gradus: (_, { x }) => {
    const [from, to] = [new Float32Array(3.5 * N).fill(1), new Float32Array(3.5 * N)];
    return {
      keeps: true,
      run() {
        to.set(from);
        return [x!];
      },
    };
  },
  tfjs: "one measure is enough",
  jax: "one measure is enough",
  ort: "one measure is enough",
};

export const optimizerCases: readonly Case[] = [adamwStep, copy];
