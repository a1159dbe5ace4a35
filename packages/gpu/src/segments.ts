import type { Plan, PlanBuffer, Step } from "@gradus/tensor";

/** Consecutive steps of a plan that run in one place. */
export interface Segment {
  readonly host: boolean;
  readonly steps: readonly Step[];
  /** Buffers (of the whole plan) that the steps read and that were written before, and those that they write and that are asked for later. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
}

/** Splits a plan into runs of steps that `onHost` sends to the CPU and runs of those that stay. A buffer is written by the step that names it first. */
export function segments(plan: Plan, onHost: (step: Step) => boolean): Segment[] {
  const groups: { host: boolean; from: number; steps: Step[] }[] = [];
  plan.steps.forEach((step, i) => {
    const host = onHost(step);
    const last = groups.at(-1);
    if (last !== undefined && last.host === host) last.steps.push(step);
    else groups.push({ host, from: i, steps: [step] });
  });
  const last = new Map<number, number>();
  plan.steps.forEach((s, i) => {
    for (const b of s.buffers) last.set(b, i);
  });
  for (const b of plan.outputs) last.set(b, Number.POSITIVE_INFINITY);
  const written = new Set(plan.inputs);
  return groups.map(({ host, from, steps }) => {
    const used = [...new Set(steps.flatMap((s) => s.buffers))];
    const reads = used.filter((b) => written.has(b));
    const writes = used.filter((b) => !written.has(b) && (last.get(b) as number) >= from + steps.length);
    for (const b of used) written.add(b);
    return { host, steps, reads, writes };
  });
}

/** A segment as a plan of its own. */
export function planOf(plan: Plan, { steps, reads, writes }: Segment): Plan {
  const role = (b: number): PlanBuffer["role"] =>
    reads.includes(b) ? "input" : writes.includes(b) ? "output" : "temporary";
  return {
    ...plan,
    buffers: plan.buffers.map((b, i) => ({ ...b, role: role(i) })),
    inputs: reads,
    outputs: writes,
    steps,
    inherits: writes.map(() => -1),
  };
}
