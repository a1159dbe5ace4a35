import type { GraphNode, NormActGraph } from "./graph.ts";
import type { Op } from "./primitives.ts";

const graph = (...nodes: readonly (readonly [op: Op, ...inputs: number[]])[]): NormActGraph => ({
  nodes: nodes.map(([op, ...inputs]): GraphNode => ({ op, inputs })),
});

/** Known layers as graphs: batch norm with ReLU, and the paper's B0, S0 and S1. */
export const genotypes: Readonly<Record<"BN-ReLU" | "B0" | "S0" | "S1", NormActGraph>> = {
  // max(((x − μ) / s) v₁ + v₀, 0)
  "BN-ReLU": graph(
    ["mean_bwh", 0],
    ["neg", 4],
    ["add", 0, 5],
    ["std_bwh", 0],
    ["div", 6, 7],
    ["mul", 8, 3],
    ["add", 9, 2],
    ["max", 10, 1],
  ),
  // x / max(s, v₁ x + s_wh)
  B0: graph(["std_bwh", 0], ["std_wh", 0], ["mul", 3, 0], ["add", 6, 5], ["max", 4, 7], ["div", 0, 8]),
  // x σ(v₁ x) / s_g
  S0: graph(["mul", 3, 0], ["sigmoid", 4], ["mul", 0, 5], ["std_whg", 0], ["div", 6, 7]),
  S1: graph(["sigmoid", 0], ["mul", 0, 4], ["std_whg", 0], ["div", 5, 6]),
};
