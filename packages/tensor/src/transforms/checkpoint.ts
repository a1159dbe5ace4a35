import { callable } from "../check.ts";
import type { Primitive } from "../primitive.ts";
import { barrier } from "../primitives/structure.ts";
import type { Tensor } from "../tensor.ts";
import { applyMany } from "../tensor.ts";
import type { Structure } from "../tree.ts";
import { liveArguments, treeFlatten, treeUnflatten } from "../tree.ts";
import { batchGraph, spread } from "./batch.ts";
import { pullback, pushforward } from "./differentiate.ts";
import type { Graph, Traced } from "./graph.ts";
import { trace } from "./graph.ts";

/** A call of a closed graph whose reverse pass computes the graph anew instead of keeping its intermediates. */
export const recomputed: Primitive<{ readonly graph: Graph }> = {
  name: "checkpoint",
  infer: (_, { graph }) => graph.outputs,
  vjp(first, out, cts, needs) {
    // the barrier makes the second computation wait for the cotangent, and makes it differ from the first, so that CSE cannot join them
    const inputs = out.inputs.map((x) => barrier(x, first));
    const wanted = out.inputs.flatMap((x, i) => (needs(x) ? [i] : []));
    const grads = pullback(
      out.attributes.graph.apply(inputs),
      cts,
      wanted.map((i) => inputs[i] as Tensor),
    );
    return inputs.map((_, i) => grads[wanted.indexOf(i)] ?? null);
  },
  jvp(tangents, out) {
    const n = out.inputs.length;
    const given = tangents.filter((t) => t !== null);
    let places: number[] = [];
    const traced = trace([...out.inputs, ...given], (inputs) => {
      const xs = inputs.slice(0, n);
      const vs = inputs.slice(n);
      const dys = pushforward(
        out.attributes.graph.apply(xs),
        xs,
        tangents.map((t) => (t === null ? null : (vs.shift() as Tensor))),
      );
      places = dys.flatMap((dy, i) => (dy === null ? [] : [i]));
      return dys.filter((dy) => dy !== null);
    });
    const result = call(traced, [...out.inputs, ...given]);
    return out.attributes.graph.outputs.map((_, i) => result[places.indexOf(i)] ?? null);
  },
  batch(inputs, batched, size, out) {
    const { graph } = out.attributes;
    const traced = trace(inputs, (values) =>
      batchGraph(
        graph.outputs,
        graph.inputs,
        values.map((value, i) => ({ value, batched: batched[i] as boolean })),
        size,
      ).map((y) => spread(y, size)),
    );
    return call(traced, inputs);
  },
  lower: { kind: "inline", expand: (node) => node.attributes.graph.apply(node.inputs) },
};

const call = ({ graph, captures }: Traced, inputs: readonly Tensor[]): Tensor[] =>
  applyMany(recomputed, [...inputs, ...captures], { graph });

/**
 * `f` with its intermediates forgotten: the reverse pass computes them again from the arguments, trading time for memory. Arguments and
 * results are trees; captured tensors are differentiated as well.
 *
 * Throws what `f` throws on placeholders: TraceError when it reads a value.
 *
 * ```ts
 * const block = checkpoint((x: Tensor) => relu(matmul(relu(matmul(x, a)), b)));
 * grad((x: Tensor) => block(x).sum())(x);
 * ```
 */
export function checkpoint<A extends readonly unknown[], R>(f: (...args: A) => R): (...args: A) => R {
  callable("checkpoint", f, "f");
  return (...args) => {
    const [leaves, input] = liveArguments("checkpoint", args);
    let output: Structure | undefined;
    const traced = trace(leaves, (inputs) => {
      const [ys, structure] = treeFlatten(f(...treeUnflatten<A>(input, inputs)));
      output = structure;
      return ys;
    });
    return treeUnflatten<R>(output as Structure, call(traced, leaves));
  };
}
