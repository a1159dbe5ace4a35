import { callable, checkOptions } from "../check.ts";
import { isFloat } from "../dtype.ts";
import { ArgumentError, GradientError, ShapeError, TraceError } from "../errors.ts";
import { zerosLike } from "../functions/fill.ts";
import { sum } from "../functions/reduction.ts";
import type { Aval, Primitive } from "../primitive.ts";
import { sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { aliasOf, applyMany } from "../tensor.ts";
import { isActive } from "../trace.ts";
import type { Structure } from "../tree.ts";
import { leavesLike, liveArguments, treeFlatten, treeStructure, treeUnflatten } from "../tree.ts";
import { batchGraph, spread } from "./batch.ts";
import { pullback } from "./differentiate.ts";
import type { Graph } from "./graph.ts";
import { close, partsOf, trace } from "./graph.ts";

/** A derivative rule on flat lists: values in, values out, and the cotangents (vjp) or tangents (jvp). */
export type FlatRule = (
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  vectors: readonly Tensor[],
) => readonly (Tensor | null)[];

export interface Custom {
  readonly graph: Graph;
  /** How many inputs are arguments; the others are captured. */
  readonly args: number;
  readonly vjp: FlatRule;
  readonly jvp: FlatRule;
}

const fill = (vectors: readonly (Tensor | null)[], like: readonly Tensor[]): Tensor[] =>
  like.map((x, i) => vectors[i] ?? zerosLike(x));

/** The rules say nothing of captured tensors, so a derivative by one is an error rather than zero. */
function refuse(captured: boolean): void {
  if (captured)
    throw new GradientError(
      "customGradient: f: captures a tensor that is being differentiated; pass it as an argument, or stopGradient it",
    );
}

export const custom: Primitive<Custom> = {
  name: "customGradient",
  infer: (_, { graph }) => graph.outputs,
  vjp(_, out, cts, needs) {
    const { args, vjp } = out.attributes;
    refuse(out.inputs.slice(args).some((x) => isFloat(x.dtype) && needs(x)));
    const outputs = partsOf(out);
    const grads = vjp(out.inputs.slice(0, args), outputs, fill(cts, outputs));
    return out.inputs.map((_, i) => grads[i] ?? null);
  },
  jvp(tangents, out) {
    const { args, jvp } = out.attributes;
    refuse(tangents.slice(args).some((t) => t !== null));
    const inputs = out.inputs.slice(0, args);
    return jvp(inputs, partsOf(out), fill(tangents, inputs));
  },
  batch(inputs, batched, size, out) {
    const { graph, args, vjp, jvp } = out.attributes;
    const flags = batched.slice(0, args);
    const all = graph.outputs.map(() => true);
    const traced = trace(inputs, (values) =>
      batchGraph(
        graph.outputs,
        graph.inputs,
        values.map((value, i) => ({ value, batched: batched[i] as boolean })),
        size,
      ).map((y) => spread(y, size)),
    );
    return applyMany(custom, [...inputs, ...traced.captures], {
      graph: traced.graph,
      args,
      // an argument that all examples share collects the cotangents of all
      vjp: (xs, ys, cts) =>
        batchRule(vjp, [xs, ys, cts], [flags, all, all], size).map((g, i) => (g === null || flags[i] ? g : sum(g, 0))),
      jvp: (xs, ys, vs) => batchRule(jvp, [xs, ys, vs], [flags, all, flags], size),
    });
  },
  lower: { kind: "inline", expand: (node) => node.attributes.graph.apply(node.inputs) },
};

/** A rule on examples as one on batches: groups of values, and which of them are batched. */
export function batchRule(
  rule: FlatRule,
  groups: readonly (readonly Tensor[])[],
  flags: readonly (readonly boolean[])[],
  size: number,
): (Tensor | null)[] {
  const marks = flags.flat();
  const values = groups.flat();
  const [a, b] = [groups[0]?.length ?? 0, groups[1]?.length ?? 0];
  const example = (t: Tensor, i: number): Aval => ({ shape: marks[i] ? t.shape.slice(1) : t.shape, dtype: t.dtype });
  let results: (Tensor | null)[] = [];
  trace(values.map(example), (ps) => {
    const ys = rule(ps.slice(0, a), ps.slice(a, a + b), ps.slice(a + b));
    const found = ys.filter((y) => y !== null);
    for (const t of close(ps, found, ps[0]?.id ?? 0).captures)
      if (t.abstract && !isActive(t.trace))
        throw new TraceError("customGradient: rules: capture a tensor that vmap batches; pass it as an argument");
    const out = batchGraph(
      found,
      ps,
      values.map((value, i) => ({ value, batched: marks[i] as boolean })),
      size,
    );
    results = ys.map((y) => (y === null ? null : spread(out.shift() as (typeof out)[number], size)));
    return [];
  });
  return results;
}

/** The transpose of a linear rule: both vjp from jvp and jvp from vjp, since each is the adjoint of the other. */
function transpose(rule: FlatRule, side: "inputs" | "outputs"): FlatRule {
  return (inputs, outputs, vectors) => {
    const probes = (side === "inputs" ? inputs : outputs).map((t) => aliasOf(zerosLike(t), 0));
    const images = rule(inputs, outputs, probes);
    const some = images.flatMap((image, i) =>
      image === null || !isFloat(image.dtype) ? [] : [[image, vectors[i] as Tensor] as const],
    );
    return pullback(
      some.map(([y]) => y),
      some.map(([, v]) => v),
      probes,
    );
  };
}

/** Derivative rules of {@link customGradient}; either may be missing and then follows from the other by transposition. */
export interface CustomRules<A extends readonly unknown[], R> {
  /** Cotangents of the arguments (null for none), given that of the result, the result, and the arguments. */
  readonly vjp?: (cotangent: R, result: R, ...args: A) => readonly unknown[];
  /** Tangent of the result, given tangents of the arguments, the result, and the arguments. */
  readonly jvp?: (tangents: A, result: R, ...args: A) => R;
}

/**
 * `f` with derivatives of your own, in both modes and of any order (the rules are differentiated in turn). Arguments and results are trees.
 * Rules must be linear in the vector they get. Tensors that `f` captures are constants: differentiating by one throws GradientError in both modes.
 *
 * Throws ArgumentError when no rule is given or a rule's result does not look like the arguments (or the result); ShapeError on a wrong shape.
 *
 * ```ts
 * const clipped = customGradient((x: Tensor) => x, { vjp: (ct) => [clip(ct, -1, 1)] });
 * ```
 */
export function customGradient<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  rules: CustomRules<A, R>,
): (...args: A) => R {
  callable("customGradient", f, "f");
  if (rules === undefined) throw new ArgumentError("customGradient: rules: give vjp, jvp, or both");
  checkOptions("customGradient", rules, { vjp: callable, jvp: callable }, "rules");
  const { vjp, jvp } = rules;
  if (vjp === undefined && jvp === undefined) throw new ArgumentError("customGradient: rules: give vjp, jvp, or both");
  return (...args) => {
    const [leaves, input] = liveArguments("customGradient", args);
    let output: Structure | undefined;
    const { graph, captures } = trace(leaves, (inputs) => {
      const [ys, structure] = treeFlatten(f(...treeUnflatten<A>(input, inputs)));
      output = structure;
      return ys;
    });
    const shape = output as Structure;
    const flatVjp: FlatRule | undefined =
      vjp &&
      ((xs, ys, cts) =>
        flatGrads(
          vjp(treeUnflatten<R>(shape, cts), treeUnflatten<R>(shape, ys), ...treeUnflatten<A>(input, xs)),
          treeUnflatten<A>(input, xs),
        ));
    const flatJvp: FlatRule | undefined =
      jvp &&
      ((xs, ys, vs) =>
        checked(
          "jvp",
          ys,
          leavesLike(
            "customGradient",
            shape,
            jvp(treeUnflatten<A>(input, vs), treeUnflatten<R>(shape, ys), ...treeUnflatten<A>(input, xs)),
            "jvp",
          ),
        ));
    const attributes: Custom = {
      graph,
      args: leaves.length,
      vjp: flatVjp ?? transpose(flatJvp as FlatRule, "inputs"),
      jvp: flatJvp ?? transpose(flatVjp as FlatRule, "outputs"),
    };
    return treeUnflatten<R>(shape, applyMany(custom, [...leaves, ...captures], attributes));
  };
}

function flatGrads(grads: readonly unknown[], args: readonly unknown[]): (Tensor | null)[] {
  if (!Array.isArray(grads) || grads.length !== args.length)
    throw new ArgumentError(`customGradient: vjp: return an array of ${args.length} cotangents, one per argument`);
  return args.flatMap((arg, i): readonly (Tensor | null)[] => {
    const like = treeFlatten(arg)[0];
    if (grads[i] === null || grads[i] === undefined) return like.map(() => null);
    return checked("vjp", like, leavesLike("customGradient", treeStructure(arg), grads[i], `vjp[${i}]`));
  });
}

function checked(rule: string, like: readonly Tensor[], vectors: readonly Tensor[]): readonly Tensor[] {
  vectors.forEach((v, i) => {
    const x = like[i] as Tensor;
    if (!sameShape(v.shape, x.shape))
      throw new ShapeError(`customGradient: ${rule}: leaf ${i} has shape ${show(v.shape)}, expected ${show(x.shape)}`);
  });
  return vectors;
}
