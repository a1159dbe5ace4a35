import { isFloat } from "../dtype.ts";
import { lessEqual } from "../functions/comparison.ts";
import { zerosLike } from "../functions/fill.ts";
import { where } from "../functions/selection.ts";
import { reshape } from "../functions/shaping.ts";
import { planBody } from "../plan/body.ts";
import type { Primitive } from "../primitive.ts";
import { applyMany, placeholderLike, type Tensor } from "../tensor.ts";
import { batchGraph, spread } from "./batch.ts";
import { pullback, pushforward } from "./differentiate.ts";
import { Graph, reach, trace } from "./graph.ts";
import { optimise } from "./optimise.ts";

type Branch = (operands: readonly Tensor[]) => readonly Tensor[];

/** Closed graphs with the same inputs and outputs, of which one is run. */
export interface Switch {
  readonly branches: readonly Graph[];
}

/** The outputs of the branch that `index` (i32 scalar) names. Every branch runs once, on placeholders; what they capture becomes further operands. */
export function makeSwitch(index: Tensor, operands: readonly Tensor[], branches: readonly Branch[]): Tensor[] {
  const traced = branches.map((f) => trace(operands, (xs) => f(xs)));
  const captures = [...new Set(traced.flatMap((t) => t.captures))];
  const n = operands.length;
  const graphs = traced.map(({ graph, captures: own }) => {
    const others = captures.map((t) => {
      const i = own.indexOf(t);
      return i < 0 ? placeholderLike(t, 0) : (graph.inputs[n + i] as Tensor);
    });
    return new Graph([...graph.inputs.slice(0, n), ...others], graph.outputs);
  });
  return applyMany(switchPrimitive, [index, ...operands, ...captures], { branches: graphs });
}

/** Positions of the inputs that the outputs at `outputs` depend on in some branch. */
function needed(branches: readonly Graph[], outputs: readonly number[]): number[] {
  const reached = branches.map(
    (g) =>
      new Set(
        reach(
          outputs.map((i) => g.outputs[i] as Tensor),
          0,
        ),
      ),
  );
  return (branches[0] as Graph).inputs.flatMap((_, i) =>
    branches.some((g, b) => reached[b]?.has(g.inputs[i] as Tensor)) ? [i] : [],
  );
}

const present = (list: readonly (Tensor | null)[]): number[] => list.flatMap((t, i) => (t === null ? [] : [i]));
const pick = <T>(list: readonly (T | null)[], at: readonly number[]): T[] => at.map((i) => list[i] as T);
const place = (n: number, at: readonly number[], values: readonly Tensor[]): (Tensor | null)[] =>
  Array.from({ length: n }, (_, i) => values[at.indexOf(i)] ?? null);

export const switchPrimitive: Primitive<Switch> = {
  name: "switch",

  infer: (_, { branches }) => (branches[0] as Graph).outputs.map(({ shape, dtype }) => ({ shape, dtype })),

  /** The transposed branches under the same index; a branch computes its forward pass again. */
  vjp(_, out, cts) {
    const [index, ...operands] = out.inputs as [Tensor, ...Tensor[]];
    const { branches } = out.attributes;
    const n = operands.length;
    const live = present(cts);
    const wanted = needed(branches, live).filter((i) => isFloat((operands[i] as Tensor).dtype));
    if (wanted.length === 0) return out.inputs.map(() => null);
    const grads = makeSwitch(
      index,
      [...operands, ...pick(cts, live)],
      branches.map((graph) => (xs) => {
        const given = xs.slice(0, n);
        const found = pullback(pick(graph.apply(given), live), xs.slice(n), given);
        return wanted.map((i) => found[i] ?? zerosLike(given[i] as Tensor));
      }),
    );
    return [null, ...place(n, wanted, grads)];
  },

  jvp([, ...tangents], out) {
    const [index, ...operands] = out.inputs as [Tensor, ...Tensor[]];
    const { branches } = out.attributes;
    const n = operands.length;
    const live = present(tangents);
    const { outputs } = branches[0] as Graph;
    const moved = outputs.flatMap((y, i) =>
      isFloat(y.dtype) && needed(branches, [i]).some((k) => live.includes(k)) ? [i] : [],
    );
    if (moved.length === 0) return outputs.map(() => null);
    const results = makeSwitch(
      index,
      [...operands, ...pick(tangents, live)],
      branches.map((graph) => (xs) => {
        const given = xs.slice(0, n);
        const ys = graph.apply(given);
        const dys = pushforward(ys, given, place(n, live, xs.slice(n)));
        return moved.map((i) => dys[i] ?? zerosLike(ys[i] as Tensor));
      }),
    );
    return place(outputs.length, moved, results);
  },

  /** One index for all examples runs one batched branch; an index per example runs every branch and selects. */
  batch([index, ...operands], [each, ...flags], size, out) {
    const { branches } = out.attributes;
    const run = (graph: Graph, xs: readonly Tensor[]): Tensor[] =>
      batchGraph(
        graph.outputs,
        graph.inputs,
        xs.map((value, i) => ({ value, batched: flags[i] as boolean })),
        size,
      ).map((y) => spread(y, size));
    if (!each)
      return makeSwitch(
        index as Tensor,
        operands,
        branches.map((g) => (xs) => run(g, xs)),
      );
    const results = branches.map((g) => run(g, operands));
    return (results[0] as Tensor[]).map((first, i) =>
      results.slice(1).reduce((y, branch, k) => {
        const from = lessEqual(k + 1, index as Tensor);
        return where(reshape(from, [size, ...first.shape.slice(1).map(() => 1)]), branch[i] as Tensor, y);
      }, first),
    );
  },

  lower: {
    kind: "special",
    prune(node, used) {
      const { branches } = node.attributes;
      const outputs = used.flatMap((u, i) => (u ? [i] : []));
      const inputs = needed(branches, outputs);
      if (outputs.length === used.length && inputs.length === node.inputs.length - 1) return null;
      const parts = applyMany(
        switchPrimitive,
        [node.inputs[0] as Tensor, ...inputs.map((i) => node.inputs[i + 1] as Tensor)],
        { branches: branches.map((g) => new Graph(pick(g.inputs, inputs), pick(g.outputs, outputs))) },
      );
      return used.map((_, i) => parts[outputs.indexOf(i)] ?? null);
    },
    special({ inputs, attributes: { branches } }, used) {
      return {
        kind: "switch",
        inputs: inputs.length - 1,
        branches: branches.map((g) => {
          const wanted = g.outputs.filter((_, i) => used[i]);
          return planBody(g.inputs, optimise(new Graph(g.inputs, wanted)).outputs);
        }),
      };
    },
  },
};
