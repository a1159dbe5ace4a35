import { isFloat } from "../dtype.ts";
import { GradientError } from "../errors.ts";
import { astype } from "../functions/casting.ts";
import { zerosLike } from "../functions/fill.ts";
import { any } from "../functions/reduction.ts";
import { where } from "../functions/selection.ts";
import { reshape } from "../functions/shaping.ts";
import { planBody } from "../plan/body.ts";
import type { Aval, Primitive } from "../primitive.ts";
import { aliasOf, applyMany, placeholderLike, type Tensor } from "../tensor.ts";
import { type Batched, batchGraph, spread } from "./batch.ts";
import { pullback, pushforward } from "./differentiate.ts";
import { Graph, reach, trace } from "./graph.ts";
import { optimise } from "./optimise.ts";
import { scan } from "./scan.ts";
import { makeSwitch } from "./switch.ts";

/** A loop whose number of steps depends on its values. Inputs: consts, initial carries. Parts: final carries. */
export interface While {
  readonly consts: number;
  /** Most steps, or null for no bound. */
  readonly limit: number | null;
  /** (consts, carries) → (bool scalar). */
  readonly condition: Graph;
  /** (consts, carries) → carries. */
  readonly body: Graph;
}

interface WhileInputs {
  readonly limit: number | null;
  readonly consts: readonly Tensor[];
  readonly init: readonly Tensor[];
}

/** A while node; `condition` and `body` run once each, on placeholders, and what they capture becomes further consts. */
export function makeWhile(
  { limit, consts, init }: WhileInputs,
  condition: (consts: readonly Tensor[], carries: readonly Tensor[]) => Tensor,
  body: (consts: readonly Tensor[], carries: readonly Tensor[]) => readonly Tensor[],
): Tensor[] {
  const [k, n] = [consts.length, consts.length + init.length];
  const traced = [
    trace([...consts, ...init], (ps) => [condition(ps.slice(0, k), ps.slice(k))]),
    trace([...consts, ...init], (ps) => body(ps.slice(0, k), ps.slice(k))),
  ];
  const captures = [...new Set(traced.flatMap((t) => t.captures))];
  const [test, step] = traced.map(({ graph, captures: own }) => {
    const others = captures.map((t) => {
      const i = own.indexOf(t);
      return i < 0 ? placeholderLike(t, 0) : (graph.inputs[n + i] as Tensor);
    });
    return new Graph([...graph.inputs.slice(0, k), ...others, ...graph.inputs.slice(k, n)], graph.outputs);
  }) as [Graph, Graph];
  return applyMany(whilePrimitive, [...consts, ...captures, ...init], {
    consts: k + captures.length,
    limit,
    condition: test,
    body: step,
  });
}

const positions = <T>(list: readonly T[], holds: (x: T) => boolean): number[] =>
  list.flatMap((x, i) => (holds(x) ? [i] : []));
const place = (n: number, at: readonly number[], values: readonly Tensor[]): (Tensor | null)[] =>
  Array.from({ length: n }, (_, i) => values[at.indexOf(i)] ?? null);

export const whilePrimitive: Primitive<While> = {
  name: "while",

  infer: (inputs, { consts }) => inputs.slice(consts).map(({ shape, dtype }) => ({ shape, dtype })),

  /** Through a scan of `limit` steps, which copy their carry once the condition fails; it keeps about 2·√limit carries. */
  vjp(_, out, cts) {
    const { consts: k, limit, condition, body } = out.attributes;
    if (limit === null)
      throw new GradientError(
        "whileLoop: maxSteps: reverse mode needs a bound on the steps; give maxSteps, or use forward mode or scan",
      );
    const inputs = out.inputs.map((t) => aliasOf(t, 0));
    const consts = inputs.slice(0, k);
    const [final] = scan(
      (state: readonly Tensor[]) => {
        const more = astype(condition.apply([...consts, ...state])[0] as Tensor, "i32");
        return [makeSwitch(more, state, [(s) => s, (s) => body.apply([...consts, ...s])]), null];
      },
      inputs.slice(k) as readonly Tensor[],
      null,
      { length: limit, checkpoint: true },
    );
    return pullback(final, cts, inputs);
  },

  /** The loop again with tangents beside the carries. */
  jvp(tangents, out) {
    const { consts: k, limit, condition, body } = out.attributes;
    const [consts, init] = [out.inputs.slice(0, k), out.inputs.slice(k)];
    const live = positions(tangents.slice(0, k), (t) => t !== null);
    const moved = positions(init, (t) => isFloat(t.dtype));
    const c = init.length;
    const results = makeWhile(
      {
        limit,
        consts: [...consts, ...live.map((i) => tangents[i] as Tensor)],
        init: [...init, ...moved.map((i) => tangents[k + i] ?? zerosLike(init[i] as Tensor))],
      },
      (ks, state) => condition.apply([...ks.slice(0, k), ...state.slice(0, c)])[0] as Tensor,
      (ks, state) => {
        const given = [...ks.slice(0, k), ...state.slice(0, c)];
        const after = body.apply(given);
        const vectors = [...place(k, live, ks.slice(k)), ...place(c, moved, state.slice(c))];
        const dAfter = pushforward(after, given, vectors);
        return [...after, ...moved.map((i) => dAfter[i] ?? zerosLike(after[i] as Tensor))];
      },
    );
    return place(c, moved, results.slice(c));
  },

  /** Runs while any example goes on; those that are done keep their carries. */
  batch(inputs, batched, size, out) {
    const { consts: k, limit, condition, body } = out.attributes;
    const flags = [...batched];
    const marked = (values: readonly Tensor[]): Batched[] =>
      values.map((value, i) => ({ value, batched: flags[i] as boolean }));
    const run = (graph: Graph, values: readonly Tensor[]): Batched[] =>
      batchGraph(graph.outputs, graph.inputs, marked(values), size);
    // a carry is batched when it starts so, when a step makes it so, or when examples stop at different steps: grow the set until it is stable
    let each = false;
    for (let stable = false; !stable; ) {
      stable = true;
      const avals = inputs.map(
        (t, i): Aval => (flags[i] && !batched[i] ? { shape: [size, ...t.shape], dtype: t.dtype } : t),
      );
      trace(avals, (ps) => {
        each = run(condition, ps)[0]?.batched ?? false;
        run(body, ps).forEach((y, i) => {
          if (flags[k + i] || !(y.batched || each)) return;
          flags[k + i] = true;
          stable = false;
        });
        return [];
      });
    }
    const results = makeWhile(
      {
        limit,
        consts: inputs.slice(0, k),
        init: inputs
          .slice(k)
          .map((t, i) => (flags[k + i] ? spread({ value: t, batched: batched[k + i] as boolean }, size) : t)),
      },
      (ks, state) => any((run(condition, [...ks, ...state])[0] as Batched).value),
      (ks, state) => {
        const more = run(condition, [...ks, ...state])[0] as Batched;
        return run(body, [...ks, ...state]).map((y, i) => {
          const old = state[i] as Tensor;
          if (!flags[k + i]) return y.value;
          const next = spread(y, size);
          return each ? where(reshape(more.value, [size, ...next.shape.slice(1).map(() => 1)]), next, old) : next;
        });
      },
    );
    return results.map((t, i) => spread({ value: t, batched: flags[k + i] as boolean }, size));
  },

  lower: {
    kind: "special",
    /** Without the carries that neither the condition nor a used carry depends on, and without the consts that only these need. */
    prune(node, used) {
      const { consts: k, condition, body } = node.attributes;
      const live = [...used];
      let reached = new Set<Tensor>();
      for (let stable = false; !stable; ) {
        stable = true;
        reached = new Set(reach([...condition.outputs, ...body.outputs.filter((_, i) => live[i])], 0));
        live.forEach((l, i) => {
          if (l || !needs(reached, node.attributes, k + i)) return;
          live[i] = true;
          stable = false;
        });
      }
      const kept = positions([...node.inputs.keys()], (i) =>
        i < k ? needs(reached, node.attributes, i) : (live[i - k] as boolean),
      );
      if (kept.length === node.inputs.length) return null;
      const pick = <T>(list: readonly T[]): T[] => kept.map((i) => list[i] as T);
      const parts = applyMany(whilePrimitive, pick(node.inputs), {
        ...node.attributes,
        consts: kept.filter((i) => i < k).length,
        condition: new Graph(pick(condition.inputs), condition.outputs),
        body: new Graph(
          pick(body.inputs),
          body.outputs.filter((_, i) => live[i]),
        ),
      });
      const order = positions(live, (l) => l);
      return used.map((_, i) => parts[order.indexOf(i)] ?? null);
    },
    special({ inputs, attributes: { consts, limit, condition, body } }) {
      const plan = (g: Graph): ReturnType<typeof planBody> => planBody(g.inputs, optimise(g).outputs);
      return {
        kind: "while",
        consts,
        carries: inputs.length - consts,
        limit,
        condition: plan(condition),
        body: plan(body),
      };
    },
  },
};

const needs = (reached: ReadonlySet<Tensor>, { condition, body }: While, i: number): boolean =>
  reached.has(condition.inputs[i] as Tensor) || reached.has(body.inputs[i] as Tensor);
