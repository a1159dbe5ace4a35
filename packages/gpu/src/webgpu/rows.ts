import type { Instruction, Kernel, Plan, PlanBuffer, Step } from "@gradus/tensor";
import { affine } from "@gradus/tensor/backend";
import type { Gpu } from "./gpu.ts";
import { Taken } from "./memory.ts";
import { Shader } from "./recorder.ts";
import { bytesOf, type Runner, runnerOf } from "./steps.ts";
import { product } from "./wgsl/positions.ts";
import { type Home, keeps, lanesFor, printRows, type RowStep, type Rows } from "./wgsl/rows.ts";
import type { Target } from "./wgsl/schedule.ts";
import { perWord } from "./wgsl/types.ts";

// Softmax, norms and their derivatives are kernels that fold rows and kernels that go along them again. Where such follow one another they become one shader, in which
// a workgroup has a row: what one step gives the next stays in variables.

const MOST_STEPS = 12;

/** Whether rows are many enough, or short enough, that no more than one workgroup should have each. */
const worth = ({ cpu }: Target, rows: number, n: number): boolean =>
  n > 1 && (cpu ? rows >= 64 : n <= 4096 || (n <= 65536 && rows >= 256));

/** How a kernel goes along rows; null where it does not. */
function rowStep({ work, buffers }: Step, rows: number, n: number): RowStep | null {
  if (work.kind !== "loops" || work.contraction !== undefined) return null;
  const { loops, reduce } = work;
  const size = product(loops);
  if (size === rows && reduce.length === 0) return { kernel: work, buffers, each: false, outer: loops.length };
  if (size === rows) {
    // a fold of what is read many times, as products are, gains more by sharing that
    const once = work.inner.some((x) => x.op === "load" && (work.buffers[x.buffer]?.size ?? 0) >= rows * n);
    return once && product(reduce) === n ? { kernel: work, buffers, each: false, outer: loops.length } : null;
  }
  if (size !== rows * n || reduce.length > 0) return null;
  for (let outer = 0, before = 1; outer < loops.length; before *= loops[outer++] as number)
    if (before === rows && product(loops.slice(outer)) === n) return { kernel: work, buffers, each: true, outer };
  return null;
}

/** Whether a step reads what the group wrote only where it is itself: its own row, or its own element of it. */
function readsOwn({ kernel, buffers, outer }: RowStep, written: ReadonlySet<number>, rows: number): boolean {
  const { loops, reduce } = kernel;
  const check = (list: readonly Instruction[], extents: readonly number[]): boolean =>
    list.every((x) => {
      if (x.op !== "load" || !written.has(buffers[x.buffer] as number)) return true;
      const flat = affine(x.index, extents.length);
      if (x.guards.length > 0 || flat === null || flat.constant !== 0) return false;
      const whole = (kernel.buffers[x.buffer] as Kernel["buffers"][number]).size === rows;
      const counted = whole ? extents.slice(0, outer) : extents;
      return extents.every(
        (m, l) => m === 1 || flat.strides[l] === (l < counted.length ? product(counted.slice(l + 1)) : 0),
      );
    });
  return check(kernel.inner, [...loops, ...reduce]) && check(kernel.outer, loops);
}

/** Steps that follow one another, and become one shader. */
export interface Group {
  readonly steps: readonly Step[];
  readonly rows: Rows;
  readonly homes: ReadonlyMap<number, Home>;
  /** Buffers of the plan that the shader is bound to. */
  readonly memory: readonly number[];
}

/** Splits steps that the device does into single ones and groups. */
export function grouped(gpu: Gpu, steps: readonly Step[], plan: Plan): (Step | Group)[] {
  const out: (Step | Group)[] = [];
  const users = new Map<number, Step[]>();
  for (const step of plan.steps) for (const b of new Set(step.buffers)) users.set(b, [...(users.get(b) ?? []), step]);
  for (let i = 0; i < steps.length; ) {
    const group = groupAt(gpu, steps, i, plan, users);
    out.push(group ?? (steps[i] as Step));
    i += group?.steps.length ?? 1;
  }
  return out;
}

function groupAt(
  gpu: Gpu,
  all: readonly Step[],
  from: number,
  plan: Plan,
  users: ReadonlyMap<number, readonly Step[]>,
): Group | null {
  const first = (all[from] as Step).work;
  if (first.kind !== "loops" || first.accumulators.length === 0) return null;
  const [rows, n] = [product(first.loops), product(first.reduce)];
  if (!worth(gpu.target, rows, n)) return null;
  const steps: RowStep[] = [];
  const written = new Set<number>();
  for (const step of all.slice(from, from + MOST_STEPS)) {
    const next = rowStep(step, rows, n);
    if (next === null || !readsOwn(next, written, rows)) break;
    steps.push(next);
    written.add(next.buffers[next.kernel.stores[0]?.buffer as number] as number);
  }
  // the longest run of them that can be bound and stored
  for (; steps.length > 1; steps.pop()) {
    const group = settle(gpu, all.slice(from, from + steps.length), { rows, n, steps }, plan, users);
    if (group !== null) return group;
  }
  return null;
}

/** Where results go: to memory if others read them, or if they are too long for variables. Null: more buffers than can be bound, or elements that share words. */
function settle(
  { target, limits, device }: Gpu,
  steps: readonly Step[],
  rows: Rows,
  plan: Plan,
  users: ReadonlyMap<number, readonly Step[]>,
): Group | null {
  const lanes = lanesFor(rows.n, target);
  const homes = new Map<number, Home>();
  for (const { kernel, buffers, each } of rows.steps) {
    const b = buffers[kernel.stores[0]?.buffer as number] as number;
    const kept = !each || keeps(rows.n, lanes);
    const outside =
      plan.buffers[b]?.role === "output" || (users.get(b) as readonly Step[]).some((s) => !steps.includes(s));
    homes.set(b, { kept, memory: outside || !kept });
  }
  const memory = [...new Set(steps.flatMap((s) => s.buffers))].filter((b) => homes.get(b)?.memory ?? true);
  const folds = rows.steps.reduce((sum, { kernel }) => sum + kernel.accumulators.length, 0);
  const fits =
    memory.length <= limits.operands &&
    steps.every((s) => s.buffers.every((b) => bytesOf(plan.buffers[b] as PlanBuffer) <= limits.binding)) &&
    8 * lanes * folds <= device.limits.maxComputeWorkgroupStorageSize &&
    [...homes].every(([b, { memory: stored }]) => !stored || perWord((plan.buffers[b] as PlanBuffer).dtype) === 1);
  return fits ? { steps, rows, homes, memory } : null;
}

/** The runner of a group, on the buffers of its `memory`. Where a result takes the place of an operand its steps run apart. */
export function groupRunner(gpu: Gpu, { steps, rows, homes, memory }: Group, plan: Plan): Runner {
  const shader = new Shader(gpu, printRows(rows, memory, homes, gpu.target));
  let apart: Runner[] | null = null;
  return (r, buffers, fail) => {
    const at = (b: number): GPUBuffer => buffers[memory.indexOf(b)] as GPUBuffer;
    if (new Set(buffers).size === buffers.length) return shader.run(r, buffers);
    apart ??= steps.map((step) => runnerOf(gpu, step, plan));
    const taken = new Taken(gpu.pool, fail);
    try {
      const inside = new Map<number, GPUBuffer>();
      for (const [b, home] of homes)
        if (!home.memory) inside.set(b, taken.take(bytesOf(plan.buffers[b] as PlanBuffer)));
      steps.forEach((step, i) => {
        apart?.[i]?.(
          r,
          step.buffers.map((b) => inside.get(b) ?? at(b)),
          fail,
        );
      });
    } finally {
      taken.give();
    }
  };
}
