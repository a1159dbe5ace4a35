import { checkGraph, initial, type NormActGraph } from "./graph.ts";
import { momentOf } from "./primitives.ts";

/** Along what the value of a node may vary. */
export interface Varying {
  /** It is computed from x. */
  readonly input: boolean;
  readonly batch: boolean;
  readonly channels: boolean;
  readonly space: boolean;
}

const still: Varying = { input: false, batch: false, channels: false, space: false };
const vector: Varying = { ...still, channels: true };
const start: readonly Varying[] = [{ input: true, batch: true, channels: true, space: true }, still, vector, vector];

/** Per node, what is there before the operations first: along what it may vary. */
export function varying({ nodes }: NormActGraph): readonly Varying[] {
  const all = [...start];
  for (const { op, inputs } of nodes) {
    const from = inputs.map((i) => all[i] as Varying);
    const any = (what: keyof Varying): boolean => from.some((v) => v[what]);
    const extent = momentOf(op)?.extent;
    all.push({
      input: any("input"),
      batch: any("batch") && extent !== "bwh",
      channels: any("channels") && extent !== "whc",
      space: any("space") && extent === undefined,
    });
  }
  return all;
}

/**
 * Why a graph cannot be a layer, by its structure alone: `"without x"`, or `"even in space"` when every position gets the same value; null where
 * nothing speaks against it. Most random graphs end here.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when it is no graph
 * @example
 * ```ts
 * flaw({ nodes: [{ op: "mean_wh", inputs: [0] }] }); // "even in space"
 * ```
 */
export function flaw(graph: NormActGraph): "without x" | "even in space" | null {
  checkGraph("flaw", graph);
  const last = varying(graph)[initial.length + graph.nodes.length - 1] as Varying;
  return last.space ? null : last.input ? "even in space" : "without x";
}
