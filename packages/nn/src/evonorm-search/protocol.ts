import type { Tensor } from "@gradus/tensor";
import { ArgumentError, check, grad, key, normal, realize, sum, tidy, treeLeaves } from "@gradus/tensor";
import { Pass } from "../pass.ts";
import type { Verdict } from "./evolve.ts";
import { flaw } from "./flow.ts";
import { checkGraph, type NormActGraph } from "./graph.ts";
import { NormAct } from "./layer.ts";
import { type StabilityOptions, stabilityOptions } from "./stability.ts";

/** A net with a candidate's layers in it, while it is tried. */
export interface Trial {
  /** Share of held-out examples that the net gets right, from 0 to 1, after so many training steps from its first parameters on. Asked for growing numbers. */
  readonly accuracy: (steps: number, signal?: AbortSignal) => Promise<number>;
  /** Runs the stability test, or is missing where there is none: `(options) => stabilityTest(loss, net, options)`. */
  readonly stability?: (options: StabilityOptions) => Promise<{ readonly stable: boolean }>;
  /** Gives up what it holds. */
  readonly end?: () => void;
}

/** An architecture that layers are tried in: makes a net whose normalisations and activations are those of a graph. */
export type Anchor = (graph: NormActGraph) => Trial;

/** Options of {@link protocol}. */
export interface ProtocolOptions {
  /** Training steps after which the score is taken; 2000 unless told. */
  readonly steps?: number;
  /** Training steps before the quality test, and the accuracy that it asks for; 100 and 0.2 unless told. False for no test. */
  readonly quality?: { readonly steps?: number; readonly accuracy?: number } | false;
  /** Options of the stability test; false for no test. */
  readonly stability?: StabilityOptions | false;
}

/**
 * Whether a graph gives numbers on a small batch, with numbers as derivatives, that differ from place to place and with the input.
 *
 * @returns why not, or null
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when it is no graph
 * @example
 * ```ts
 * await probe({ nodes: [{ op: "div", inputs: [0, 1] }] }); // "not finite": it divides by zero
 * ```
 */
export async function probe(graph: NormActGraph): Promise<"not finite" | "constant" | null> {
  checkGraph("probe", graph);
  const layer = new NormAct(graph, 4);
  const run = (x: Tensor): Tensor => layer.call(x, new Pass());
  const [y, slope] = tidy(() => {
    const x = normal(key(0), [4, 4, 3, 3]);
    return realize([run(x), grad((t: Tensor) => sum(run(t)))(x)] as [Tensor, Tensor]);
  });
  const parameters = tidy(() =>
    realize(treeLeaves(grad((m: NormAct) => sum(m.call(normal(key(0), [4, 4, 3, 3]), new Pass())))(layer))),
  );
  const values = (await y.data()) as Float32Array;
  const all = [values, ...(await Promise.all([slope, ...parameters].map((t) => t.data() as Promise<Float32Array>)))];
  for (const t of [y, slope, ...parameters, ...treeLeaves(layer)]) t.dispose();
  if (!all.every((list) => list.every(Number.isFinite))) return "not finite";
  // one place of a channel against the others of it
  const even = (c: number): boolean => {
    const place = values.subarray(9 * c, 9 * c + 9);
    const [low, high] = [Math.min(...place), Math.max(...place)];
    return high - low <= 1e-6 * Math.max(1, Math.abs(high), Math.abs(low));
  };
  return Array.from({ length: 16 }, (_, c) => even(c)).every(Boolean) ? "constant" : null;
}

/**
 * How the paper judges a graph, for {@link evolve}: what cannot be a layer is rejected without training; then what reads fewer held-out examples than
 * asked for after a few training steps in some anchor (quality), then what has a too steep loss near its first parameters (stability); what
 * survives is trained on, and scored by its accuracy in each anchor.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when there is no anchor, or for a bad option
 * @example
 * ```ts
 * const evaluate = protocol([residual, separable], { steps: 300, quality: { steps: 100, accuracy: 0.2 } });
 * await evaluate(genotypes.S0); // { scores: [0.93, 0.91] }
 * ```
 */
export function protocol(
  anchors: readonly Anchor[],
  options: ProtocolOptions = {},
): (graph: NormActGraph, signal?: AbortSignal) => Promise<Verdict> {
  if (!Array.isArray(anchors) || anchors.length === 0)
    throw new ArgumentError(`protocol: anchors: expected a list of functions, got ${check.said(anchors)}`);
  for (const [i, anchor] of anchors.entries()) check.callable("protocol", anchor, `anchors[${i}]`);
  const part =
    (known: Readonly<Record<string, check.Check>>): check.Check =>
    (op, value, name) =>
      value === false ? undefined : check.options(op, value as object, known, name);
  check.options("protocol", options, {
    steps: check.integer("[1, ∞)"),
    quality: part({ steps: check.integer("[1, ∞)"), accuracy: check.number("[0, 1]") }),
    stability: part(stabilityOptions),
  });
  const { steps = 2000, quality = {}, stability = {} } = options;
  return async (graph, signal) => {
    const rejected = flaw(graph) ?? (await probe(graph));
    if (rejected !== null) return { rejected };
    const trials: Trial[] = [];
    try {
      for (const anchor of anchors) {
        const trial = anchor(graph);
        trials.push(trial);
        if (quality === false) continue;
        const reached = await trial.accuracy(Math.min(steps, quality.steps ?? 100), signal);
        if (!(reached >= (quality.accuracy ?? 0.2))) return { rejected: "quality" };
      }
      if (stability !== false)
        for (const trial of trials)
          if ((await trial.stability?.(stability))?.stable === false) return { rejected: "stability" };
      const scores: number[] = [];
      for (const trial of trials) scores.push(await trial.accuracy(steps, signal));
      return scores.every(Number.isFinite) ? { scores } : { rejected: "not finite" };
    } finally {
      for (const trial of trials) trial.end?.();
    }
  };
}
