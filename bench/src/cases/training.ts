import type { Tensor as TfTensor } from "@tensorflow/tfjs";
import type { Inputs } from "../harness/inputs.ts";
import type { GradusImplementation, GradusLib } from "../subjects/gradus.ts";
import type { JaxArray, JaxImplementation, JaxLib } from "../subjects/jax.ts";
import { inferenceOnly } from "../subjects/ort.ts";
import type { TfjsImplementation, TfjsLib } from "../subjects/tfjs-drive.ts";
import type { Case } from "./case.ts";

/** Large for so small models: the first step must change the parameters visibly, as the change is what is compared. */
export const LEARNING_RATE = 0.1;

export type Tree<T> = Readonly<Record<string, T>>;
export type GradusTensor = Parameters<GradusLib["sum"]>[0];

/** A scalar loss of parameters and data, in each library. In jax-js it consumes all it is given. */
export interface Model {
  readonly parameters: readonly string[];
  readonly data: readonly string[];
  readonly gradus: (g: GradusLib) => (p: Tree<GradusTensor>, ...data: GradusTensor[]) => GradusTensor;
  readonly tfjs: (tf: TfjsLib) => (p: Tree<TfTensor>, ...data: TfTensor[]) => TfTensor;
  readonly jax: (jax: JaxLib) => (p: Tree<JaxArray>, ...data: JaxArray[]) => JaxArray;
  /** Inputs in the layout of tfjs, and its parameters back in ours. */
  readonly toTfjs?: (inputs: Inputs) => Inputs;
  readonly fromTfjs?: (tf: TfjsLib, p: Tree<TfTensor>) => Tree<TfTensor>;
}

export const pick = <T>(from: Tree<T>, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(names.map((n) => [n, from[n] as T]));
export const list = <T>(from: Tree<T>, names: readonly string[]): T[] => names.map((n) => from[n] as T);

/** References to the arrays of a record, to be consumed. */
export const refs = (p: Tree<JaxArray>): Record<string, JaxArray> =>
  Object.fromEntries(Object.entries(p).map(([n, x]) => [n, x.ref]));

const gradus =
  (model: Model): GradusImplementation =>
  (g, inputs) => {
    const loss = model.gradus(g);
    const step = g.jit(
      (p: Tree<GradusTensor>, ...data: GradusTensor[]) => {
        const [value, slope] = g.valueAndGrad(loss)(p, ...data);
        const next = Object.fromEntries(
          model.parameters.map((n) => [n, g.sub(p[n]!, g.mul((slope as Tree<GradusTensor>)[n]!, LEARNING_RATE))]),
        );
        return [value, next] as const;
      },
      { donate: [0] },
    );
    const data = list(inputs, model.data);
    let state: Tree<GradusTensor> = pick(inputs, model.parameters);
    let value: GradusTensor | undefined;
    return {
      keeps: true,
      run() {
        value?.dispose();
        [value, state] = step(state, ...data);
        return [value, ...list(state, model.parameters)];
      },
    };
  };

const jaxStep =
  (model: Model): JaxImplementation =>
  (jax, inputs) => {
    const loss = model.jax(jax);
    const step = jax.jit((p: Tree<JaxArray>, ...data: JaxArray[]) => {
      const [value, slope] = jax.valueAndGrad(loss)(refs(p), ...data) as [JaxArray, Tree<JaxArray>];
      const next = Object.fromEntries(model.parameters.map((n) => [n, p[n]!.sub(slope[n]!.mul(LEARNING_RATE))]));
      return [value, next] as never;
    }) as unknown as (p: Tree<JaxArray>, ...data: JaxArray[]) => [JaxArray, Tree<JaxArray>];
    let state: Tree<JaxArray> = pick(inputs, model.parameters);
    let value: JaxArray | undefined;
    return {
      keeps: true,
      run() {
        value?.dispose();
        [value, state] = step(state, ...list(inputs, model.data).map((x) => x.ref));
        return [value, ...list(state, model.parameters)];
      },
    };
  };

const tfjs =
  (model: Model): TfjsImplementation =>
  (tf, put, given) => {
    const { parameters } = model;
    const inputs = Object.fromEntries(Object.entries(model.toTfjs?.(given) ?? given).map(([n, x]) => [n, put(x)]));
    const loss = model.tfjs(tf);
    const data = list(inputs, model.data);
    const named = (ps: readonly TfTensor[]): Tree<TfTensor> =>
      Object.fromEntries(parameters.map((n, i) => [n, ps[i] as TfTensor]));
    let state = list(inputs, parameters);
    let value: TfTensor | undefined;
    return {
      keeps: true,
      run() {
        const before = state;
        value?.dispose();
        [value, ...state] = tf.tidy(() => {
          const { value: now, grads } = tf.valueAndGrads((...ps: TfTensor[]) => loss(named(ps), ...data) as never)(
            before,
          );
          return [now as TfTensor, ...before.map((p, i) => p.sub(grads[i]!.mul(LEARNING_RATE)))];
        }) as [TfTensor, ...TfTensor[]];
        tf.dispose(before);
        return [value, ...state];
      },
      canonical: ([now, ...ps]) => [now!, ...list(model.fromTfjs?.(tf, named(ps)) ?? named(ps), parameters)],
    };
  };

/** The loss, and the change of each parameter: an error in a derivative would drown in the parameters themselves. */
const changes =
  (parameters: readonly string[]): NonNullable<Case["compared"]> =>
  ([loss, ...after], inputs) => [
    loss!,
    ...after.map((values, i) => {
      const before = inputs[parameters[i] as string]!.data;
      return Float64Array.from(values, (x, j) => (before[j] as number) - x);
    }),
  ];

/** A step of gradient descent with a model, compiled where the library compiles. */
export const trainingCase = (row: Pick<Case, "name" | "flops" | "inputs" | "tooSlow">, model: Model): Case => ({
  tolerance: 2e-3,
  ...row,
  compared: changes(model.parameters),
  gradus: gradus(model),
  tfjs: tfjs(model),
  jax: jaxStep(model),
  ort: inferenceOnly,
});
