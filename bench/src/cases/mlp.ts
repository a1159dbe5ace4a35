import { type Inputs, oneHot, uniform } from "../harness/inputs.ts";
import type { JaxArray } from "../subjects/jax.ts";
import { inferenceOnly } from "../subjects/ort.ts";
import type { Case } from "./case.ts";
import { type GradusTensor, list, type Model, pick, refs, type Tree, trainingCase } from "./training.ts";

const SIZES = [784, 256, 256, 10] as const;
const LAYERS = SIZES.length - 1;

const inputs = (batch: number) => (): Inputs => ({
  x: uniform([batch, SIZES[0]], 100, { low: 0 }),
  t: oneHot(batch, SIZES[LAYERS] as number, 101),
  ...Object.fromEntries(
    Array.from({ length: LAYERS }, (_, i) => {
      const [n, m] = [SIZES[i] as number, SIZES[i + 1] as number];
      const bound = Math.sqrt(6 / n);
      return [
        [`w${i}`, uniform([n, m], 2 * i, { low: -bound, high: bound })],
        [`b${i}`, uniform([m], 2 * i + 1, { low: -0.1, high: 0.1 })],
      ] as const;
    }).flat(),
  ),
});

const layers = Array.from({ length: LAYERS }, (_, i) => i);

/** Cross-entropy of a perceptron with rectified layers; a vector is a batch of one. */
export const mlp: Model = {
  parameters: layers.flatMap((i) => [`w${i}`, `b${i}`]),
  data: ["x", "t"],
  gradus: (g) => (p, x, t) => {
    const logits = layers.reduce((h, i) => {
      const y = g.add(g.matmul(h, p[`w${i}`]!), p[`b${i}`]!);
      return i < LAYERS - 1 ? g.relu(y) : y;
    }, x!);
    return g.neg(g.mean(g.sum(g.mul(t!, g.logSoftmax(logits, -1)), -1)));
  },
  tfjs: (tf) => (p, x, t) => {
    const logits = layers.reduce((h, i) => {
      const y = tf.add(tf.matMul(h, p[`w${i}`]!), p[`b${i}`]!);
      return i < LAYERS - 1 ? tf.relu(y) : y;
    }, x!);
    return tf.neg(tf.mean(tf.sum(tf.mul(t!, tf.logSoftmax(logits)), -1)));
  },
  jax:
    ({ numpy: np, nn }) =>
    (p, x, t) => {
      const logits = layers.reduce((h, i) => {
        const y = np.matmul(h, p[`w${i}`]!).add(p[`b${i}`]!);
        return i < LAYERS - 1 ? nn.relu(y) : y;
      }, x!);
      return np.mean(t!.mul(nn.logSoftmax(logits, -1)).sum(-1)).neg();
    },
};

const weights = layers.map((i) => (SIZES[i] as number) * (SIZES[i + 1] as number));
const forwardFlops = (batch: number): number => 2 * batch * weights.reduce((a, b) => a + b, 0);
/** Forward, and twice as much backward, less the derivative by the data. */
const gradientFlops = (batch: number): number => 3 * forwardFlops(batch) - 2 * batch * (weights[0] as number);

const EXAMPLES = 64;
const noVmap = "no vmap";

/** Gradients of the perceptron, of the mean loss or of each example's. */
const gradient = (name: string, perExample: boolean): Case => ({
  name,
  flops: gradientFlops(EXAMPLES),
  tolerance: 1e-3,
  inputs: inputs(EXAMPLES),
  gradus: (g, given) => {
    const slope = g.grad(mlp.gradus(g)) as (
      p: Tree<GradusTensor>,
      x: GradusTensor,
      t: GradusTensor,
    ) => Tree<GradusTensor>;
    const f = g.jit(perExample ? g.vmap(slope, { in: [null, 0, 0] }) : slope);
    const p = pick(given, mlp.parameters);
    return { run: () => list(f(p, given.x!, given.t!), mlp.parameters) };
  },
  tfjs: perExample
    ? noVmap
    : (tf, put, given) => {
        const ps = list(given, mlp.parameters).map(put);
        const [x, t] = [put(given.x!), put(given.t!)];
        const loss = mlp.tfjs(tf);
        const named = (qs: (typeof x)[]) => Object.fromEntries(mlp.parameters.map((n, i) => [n, qs[i] as typeof x]));
        const f = tf.grads((...qs: (typeof x)[]) => loss(named(qs), x, t) as never);
        return { run: () => f(ps) };
      },
  jax: (jax, given) => {
    const slope = jax.grad(mlp.jax(jax)) as unknown as (p: Tree<JaxArray>, x: JaxArray, t: JaxArray) => Tree<JaxArray>;
    const f = jax.jit(
      (perExample ? jax.vmap(slope as never, [null, 0, 0]) : slope) as never,
    ) as unknown as typeof slope;
    const p = pick(given, mlp.parameters);
    return { run: () => list(f(refs(p), given.x!.ref, given.t!.ref), mlp.parameters) };
  },
  ort: inferenceOnly,
});

/** An uncompiled training step as a graph, and its key in the cache of plans. */
const graphBuild: Case = {
  name: "graph-build",
  inputs: inputs(128),
  compared: () => [],
  gradus: async (g, given) => {
    const { capture } = await import("../../../packages/tensor/src/plan/capture.ts");
    const p = pick(given, mlp.parameters);
    const loss = mlp.gradus(g);
    return {
      keeps: true,
      run() {
        const [value, slope] = g.valueAndGrad(loss)(p, given.x!, given.t!);
        const next = mlp.parameters.map((n) => g.sub(p[n]!, g.mul((slope as Tree<GradusTensor>)[n]!, 0.1)));
        if (capture([value, ...next]).kinds.length === 0) throw new Error("no graph");
        return [];
      },
    };
  },
  tfjs: "builds no graph",
  jax: (jax, given) => {
    const loss = mlp.jax(jax);
    const trace = jax.makeJaxpr((p: Tree<JaxArray>, x: JaxArray, t: JaxArray) => {
      const [value, slope] = jax.valueAndGrad(loss)(refs(p), x, t) as [JaxArray, Tree<JaxArray>];
      return [value, ...mlp.parameters.map((n) => p[n]!.sub(slope[n]!.mul(0.1)))];
    });
    const p = pick(given, mlp.parameters);
    return {
      keeps: true,
      run() {
        trace(refs(p), given.x!.ref, given.t!.ref).jaxpr.dispose();
        return [];
      },
    };
  },
  ort: "reads finished graphs",
};

export const mlpStep: Case = trainingCase({ name: "mlp-step", flops: gradientFlops(128), inputs: inputs(128) }, mlp);
export const mlpCases: readonly Case[] = [gradient("mlp-grad", false), gradient("per-example-grads", true)];
export const graphCases: readonly Case[] = [graphBuild];
