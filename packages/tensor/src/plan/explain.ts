import { checkTensor } from "../check.ts";
import { dtypes } from "../dtype.ts";
import { indexKey } from "../ir/index-expr.ts";
import type { Instruction, Kernel, Plan, Step } from "../ir/ir.ts";
import type { Tensor } from "../tensor.ts";
import { capture } from "./capture.ts";
import { lower } from "./lower.ts";
import { pieces } from "./pieces.ts";

/**
 * What computing the given tensors takes, as text: the fused kernels, their buffers, and the planned bytes. Nothing is
 * computed. `GRADUS_DEBUG=plan` prints the steps alone of every plan that is compiled.
 *
 * ```ts
 * console.log(explain(add(x, 1).tanh().sum()));
 * ```
 */
export function explain(...tensors: readonly Tensor[]): string {
  tensors.forEach((t, i) => checkTensor("explain", t, `tensors[${i}]`));
  const wanted = tensors.filter((t) => t.storage === null && t.host === null);
  if (wanted.length === 0) return "plan: nothing to compute";
  const graph = capture(wanted);
  const list = graph.nodes.map(
    (t, i) => `  ${i}: ${t.primitive.name}(${graph.inputs[i]?.join(", ")}) ${t.dtype} [${t.shape}]`,
  );
  // a long graph is run in pieces, each with a plan of its own
  const plans = pieces(graph).map((piece) => describePlan(lower(piece.graph)));
  return `graph: ${list.length} nodes\n${list.join("\n")}\n${plans.join("\n")}`;
}

/** A plan as text: its buffers and bytes, and the instructions of every kernel. */
function describePlan(plan: Plan): string {
  const lines = [`plan: ${plan.steps.length} steps, arena ${plan.arenaBytes} B, peak ${plan.peakBytes} B`];
  plan.buffers.forEach((b, i) => {
    const bytes = b.size * dtypes[b.dtype].bytes;
    lines.push(
      `  b${i} ${b.role} ${b.dtype} × ${b.size} (${bytes} B${b.role === "temporary" ? ` at ${b.offset}` : ""})`,
    );
  });
  plan.steps.forEach((s, i) => {
    lines.push(...describeStep(s, i));
  });
  return lines.join("\n");
}

function describeStep({ work, buffers }: Step, i: number): string[] {
  const on = buffers.map((b) => `b${b}`).join(" ");
  if (work.kind === "scan") return [`  ${i}: scan × ${work.length} on ${on}`, ...nested(work.body)];
  if (work.kind === "switch") return [`  ${i}: switch on ${on}`, ...work.branches.flatMap(nested)];
  if (work.kind === "while") return [`  ${i}: while on ${on}`, ...nested(work.condition), ...nested(work.body)];
  if (work.kind !== "loops") return [`  ${i}: ${work.kind === "routine" ? work.name : work.kind} on ${on}`];
  const hint = work.contraction === undefined ? "" : ` as ${work.contraction.kind}`;
  const fold = work.reduce.length === 0 ? "" : ` fold [${work.reduce}] by ${work.accumulators.map((a) => a.op)}`;
  return [
    `  ${i}: ${work.name} over [${work.loops}]${fold}${hint} on ${on}`,
    ...block("inner", work.inner),
    ...block("outer", work.outer),
    ...stores(work),
  ];
}

const nested = (plan: Plan): string[] =>
  describePlan(plan)
    .split("\n")
    .map((l) => `    ${l}`);

const block = (name: string, list: readonly Instruction[]): string[] =>
  list.length === 0 ? [] : [`       ${name}: ${list.map(show).join("; ")}`];

const stores = (k: Kernel): string[] =>
  k.stores.map((s) => `       store ${s.buffer}[${indexKey(s.index)}] = %${s.value}`);

function show(x: Instruction, i: number): string {
  const guards =
    "guards" in x && x.guards.length > 0
      ? ` if ${x.guards.map((g) => `${g.low}≤${indexKey(g.of)}<${g.high}`).join("&")}`
      : "";
  switch (x.op) {
    case "const":
      return `%${i}=${x.value}`;
    case "index":
      return `%${i}=${indexKey(x.index)}`;
    case "load":
      return `%${i}=${x.buffer}[${indexKey(x.index)}]${guards}`;
    case "guard":
      return `%${i}=${guards}`;
    default:
      return `%${i}=${x.op} ${["a", "b", "c"].flatMap((k) => (k in x ? [`%${(x as unknown as Record<string, number>)[k]}`] : [])).join(" ")}`;
  }
}
