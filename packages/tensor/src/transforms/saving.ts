import { callable } from "../check.ts";
import { add } from "../functions/arithmetic.ts";
import { sum } from "../functions/reduction.ts";
import type { Primitive } from "../primitive.ts";
import { alignBatch } from "../primitives/batching.ts";
import { barrier, broadcast } from "../primitives/structure.ts";
import type { Tensor } from "../tensor.ts";
import { applyMany, part } from "../tensor.ts";
import type { Structure } from "../tree.ts";
import { liveArguments, treeFlatten, treeUnflatten } from "../tree.ts";
import { batchGraph, spread } from "./batch.ts";
import { batchRule } from "./custom.ts";
import type { Rule } from "./differentiate.ts";
import { pullback, pushforward } from "./differentiate.ts";
import type { Graph } from "./graph.ts";
import { between, interpret, partsOf, rebuild, trace } from "./graph.ts";

/** How a tensor of a graph is kept for the derivatives that read its value. */
export interface Saver {
  /** What is kept of the value: computed together with it, before anything else reads it. */
  store(value: Tensor): readonly Tensor[];
  /**
   * What derivatives read in the place of the value, of its shape and dtype. `see` gives what they read in the place of another tensor of the
   * graph. It must not use tensors from outside.
   */
  restore(kept: readonly Tensor[], see: (t: Tensor) => Tensor): Tensor;
}

/** The graph of a function, as {@link saving} shows it. */
export interface SavingGraph {
  /** Placeholders: the leaves of the arguments, then what the function captures. */
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** All that depends on an input, inputs first. */
  readonly nodes: readonly Tensor[];
}

type Grads = readonly (Tensor | null)[];
type Backward = (
  inputs: readonly Tensor[],
  parts: readonly Tensor[],
  cts: Grads,
  needs: (input: number) => boolean,
) => Grads;

/** A call of a closed graph, whose reverse pass reads what was kept. */
const saved: Primitive<{ readonly graph: Graph; readonly backward: Backward }> = {
  name: "saving",
  infer: (_, { graph }) => graph.outputs,
  vjp: (_, out, cts, needs) =>
    out.attributes.backward(out.inputs, partsOf(out), cts, (i) => needs(out.inputs[i] as Tensor)),
  jvp: (tangents, out) => pushforward(out.attributes.graph.apply(out.inputs), out.inputs, tangents),
  batch(inputs, batched, size, out) {
    const { graph, backward } = out.attributes;
    const traced = trace(inputs, (values) =>
      batchGraph(
        graph.outputs,
        graph.inputs,
        values.map((value, i) => ({ value, batched: batched[i] as boolean })),
        size,
      ).map((y) => spread(y, size)),
    );
    const n = inputs.length;
    const all = graph.outputs.map(() => true);
    return applyMany(saved, [...inputs, ...traced.captures], {
      graph: traced.graph,
      backward: (xs, ys, cts, needs) => {
        const given = cts.flatMap((ct) => (ct === null ? [] : [ct]));
        const grads = batchRule(
          (x, y, v) => {
            let next = 0;
            return backward(
              x,
              y,
              cts.map((ct) => (ct === null ? null : (v[next++] as Tensor))),
              needs,
            );
          },
          [xs.slice(0, n), ys, given],
          [batched, all, given.map(() => true)],
          size,
        );
        // an argument that all examples share collects the cotangents of all
        return xs.map((_, i) => {
          const g = grads[i] ?? null;
          return g === null || batched[i] ? g : sum(g, 0);
        });
      },
    });
  },
  lower: { kind: "inline", expand: (node) => node.attributes.graph.apply(node.inputs) },
};

/** The value of the second input, with the derivatives of the first. */
const standIn: Primitive<Readonly<Record<string, never>>> = {
  name: "standIn",
  infer: ([, value]) => [value as Tensor],
  vjp: (ct) => [ct, null],
  jvp: ([dx]) => [dx as Tensor | null],
  batch: (inputs, batched, size) => applyMany(standIn, alignBatch(inputs, batched, size), {}),
  lower: { kind: "inline", expand: (node) => [node.inputs[1] as Tensor] },
};

/** Spread so far, a value costs little beside what it is spread to. */
const LITTLE = 4;

/** What depends on inputs alone by cheap functions: parameters, and views of them. */
function lightOnes({ inputs, nodes }: SavingGraph): Set<Tensor> {
  const inside = new Set(nodes);
  const light = new Set<Tensor>(inputs);
  for (const t of nodes) if (isCheap(t) && t.inputs.every((x) => light.has(x) || !inside.has(x))) light.add(t);
  return light;
}

const isCheap = ({ primitive: { lower } }: Tensor): boolean => lower.kind === "map" || lower.kind === "alias";

/** The tensors whose values are kept as they are: what is cheap to compute from other kept ones is not. */
function keptExactly({ inputs, nodes }: SavingGraph, savers: ReadonlyMap<Tensor, Saver>): Tensor[] {
  const known = new Set<Tensor>(inputs);
  const inside = new Set(nodes);
  const exact: Tensor[] = [];
  for (const t of nodes) {
    if (known.has(t) || t.parts !== null) continue;
    const cheap = isCheap(t) && t.inputs.every((x) => known.has(x) || !inside.has(x));
    const little = t.primitive === broadcast && t.size >= LITTLE * (t.inputs[0] as Tensor).size;
    if (savers.has(t) || cheap || little) known.add(t);
    else exact.push(t);
  }
  return exact;
}

/** The reverse pass: every rule is asked on stand-ins, of which `parts` holds what was kept. */
function reverse(
  shown: SavingGraph,
  savers: ReadonlyMap<Tensor, Saver>,
  places: { readonly kept: ReadonlyMap<Tensor, readonly number[]>; readonly exact: ReadonlyMap<Tensor, number> },
): Backward {
  const { inputs: xs, outputs, nodes } = shown;
  const ends = [...outputs, ...places.exact.keys()];
  const at = [...outputs.keys(), ...places.exact.values()];
  const light = lightOnes(shown);
  return (inputs, parts, cts, needs) => {
    const env = new Map<Tensor, Tensor>(xs.map((x, i) => [x, inputs[i] as Tensor]));
    const inside = new Set(nodes);
    const see = (t: Tensor): Tensor => {
      const known = env.get(t);
      if (known !== undefined || !inside.has(t) || t.parts !== null) return known ?? t;
      const saver = savers.get(t);
      const exact = places.exact.get(t);
      let s: Tensor;
      if (saver !== undefined) {
        const kept = (places.kept.get(t) as readonly number[]).map((i) => parts[i] as Tensor);
        [s] = applyMany(standIn, [parts[exact as number] as Tensor, saver.restore(kept, see)], {}) as [Tensor];
      } else s = exact === undefined ? (rebuild(t, t.inputs.map(see)) as Tensor) : (parts[exact] as Tensor);
      env.set(t, s);
      return s;
    };
    nodes.forEach(see);
    const wanted = xs.filter((_, i) => needs(i));
    /** The rule of a node, asked on stand-ins. */
    const rule: Rule = (node, ct, all, inner) => {
      const result = rebuild(node, node.inputs.map(see));
      const out = Array.isArray(result) ? ((result as readonly Tensor[])[0]?.inputs[0] as Tensor) : (result as Tensor);
      const found = node.primitive.vjp(ct, out, all, (s) =>
        node.inputs.some((x, k) => out.inputs[k] === s && inner(x)),
      );
      if (!savers.has(node)) return found;
      const given = found.filter((g) => g !== null);
      const env = new Map<Tensor, Tensor | readonly Tensor[]>([[out, see(node)]]);
      interpret(between(given, [out]), env, (t) => t, rebuild);
      return found.map((g) => (g === null ? null : ((env.get(g) as Tensor | undefined) ?? g)));
    };
    const sums = wanted.map((): Tensor | null => null);
    const grads = pullback(
      ends,
      at.map((i) => cts[i] ?? null),
      wanted,
      (node, ct, all, inner) => {
        const found = rule(node, ct, all, inner);
        // what goes to parameters goes all the way at once, and the rest waits for it: else every cotangent would be kept for them
        const direct = (k: number): boolean =>
          found[k] !== null && light.has(node.inputs[k] as Tensor) && inner(node.inputs[k] as Tensor);
        const own = node.inputs.flatMap((_, k) => (direct(k) ? [k] : []));
        if (own.length === 0 || own.length === node.inputs.length) return found;
        const ready = pullback(
          own.map((k) => node.inputs[k] as Tensor),
          own.map((k) => found[k] as Tensor),
          wanted,
          rule,
        );
        ready.forEach((g, i) => {
          const before = sums[i] ?? null;
          if (g !== null) sums[i] = before === null ? g : add(before, g);
        });
        return found.map((g, k) =>
          g === null || own.includes(k) ? null : ready.reduce((x: Tensor, y) => (y === null ? x : barrier(x, y)), g),
        );
      },
    );
    const total = grads.map((g, i) => (g && sums[i] ? add(g, sums[i]) : (g ?? sums[i] ?? null)));
    return inputs.map((_, i) => total[wanted.indexOf(xs[i] as Tensor)] ?? null);
  };
}

/**
 * `f` whose reverse pass reads, in the place of the values of some of its tensors, what was kept of them: in fewer bits, say. Values of `f` do not
 * change. What is cheap to compute from what is kept is computed again, the rest is kept as it is; forward mode is exact, and derivatives of
 * derivatives take a stand-in for the value that it stands for.
 *
 * `choose` sees the graph of a call and says how tensors of it are kept. The result is that of `f`, and what was kept, in the order of the map.
 * Arguments and results are trees; captured tensors are differentiated as well.
 *
 * Throws ArgumentError unless `f` and `choose` are functions, and what `f` throws on placeholders: TraceError when it reads a value.
 *
 * ```ts
 * const half = { store: (x: Tensor) => [cast(x, "f16")], restore: ([x]) => cast(x, "f32") };
 * const light = saving(f, ({ nodes }) => new Map(nodes.filter((t) => t.rank === 4).map((t) => [t, half])));
 * grad((x: Tensor) => light(x)[0].sum())(x);
 * ```
 */
export function saving<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  choose: (graph: SavingGraph) => ReadonlyMap<Tensor, Saver>,
): (...args: A) => [result: R, kept: Tensor[][]] {
  callable("saving", f, "f");
  callable("saving", choose, "choose");
  return (...args) => {
    const [leaves, input] = liveArguments("saving", args);
    let output: Structure | undefined;
    const { graph, captures } = trace(leaves, (xs) => {
      const [ys, structure] = treeFlatten(f(...treeUnflatten<A>(input, xs)));
      output = structure;
      return ys;
    });
    const shown = { inputs: graph.inputs, outputs: graph.outputs, nodes: between(graph.outputs, graph.inputs) };
    const given = [...leaves, ...captures];
    const kept = new Map<Tensor, readonly number[]>();
    const exact = new Map<Tensor, number>();
    let savers: ReadonlyMap<Tensor, Saver> = new Map();
    const whole = trace(given, (xs) => {
      savers = choose(shown);
      const env = new Map<Tensor, Tensor | readonly Tensor[]>(graph.inputs.map((t, i) => [t, xs[i] as Tensor]));
      const more: Tensor[] = [];
      const push = (t: Tensor): number => graph.outputs.length + more.push(t) - 1;
      const save = (node: Tensor, value: Tensor): Tensor => {
        const saver = savers.get(node);
        if (saver === undefined) return value;
        const stored = saver.store(value);
        exact.set(node, push(value));
        kept.set(node, stored.map(push));
        // whatever reads the value waits until it is stored, so that it need not be kept for that
        return stored.reduce((x, s) => barrier(x, s), value);
      };
      const get = (t: Tensor): Tensor => (env.get(t) as Tensor | undefined) ?? t;
      for (const node of shown.nodes) {
        if (env.has(node)) continue;
        if (node.parts !== null) env.set(node, rebuild(node, node.inputs.map(get)));
        else {
          const value =
            node.primitive === part
              ? ((env.get(node.inputs[0] as Tensor) as readonly Tensor[])[node.attributes.index] as Tensor)
              : (rebuild(node, node.inputs.map(get)) as Tensor);
          env.set(node, save(node, value));
        }
      }
      for (const t of keptExactly(shown, savers)) exact.set(t, push(env.get(t) as Tensor));
      return [...graph.outputs.map(get), ...more];
    });
    const parts = applyMany(saved, [...given, ...whole.captures], {
      graph: whole.graph,
      backward: reverse(shown, savers, { kept, exact }),
    });
    return [
      treeUnflatten<R>(output as Structure, parts.slice(0, graph.outputs.length)),
      [...savers.keys()].map((t) => (kept.get(t) ?? []).map((i) => parts[i] as Tensor)),
    ];
  };
}
