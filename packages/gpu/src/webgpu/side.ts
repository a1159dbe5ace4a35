import type { Plan, PlanBuffer, Step } from "@gradus/tensor";
import type { Gpu } from "./gpu.ts";
import { fitsWhole } from "./parts/windows.ts";
import { Shader } from "./recorder.ts";
import { type Group, groupRunner } from "./rows.ts";
import { stagesOf } from "./stages.ts";
import { bytesOf, type Runner, runnerOf } from "./steps.ts";
import { printKernel } from "./wgsl/kernel.ts";
import { product } from "./wgsl/positions.ts";
import type { Program } from "./wgsl/program.ts";
import { printRows } from "./wgsl/rows.ts";
import { printSide } from "./wgsl/side.ts";

// Steps that need nothing of one another are one dispatch, in which each has workgroups of its own.

type Item = Step | Group;

/** Bytes of results that may be made earlier than their step says, whatever it costs. */
const SMALL = 2 ** 16;
/** Items that stand beside one another at most, and places that an item may stand earlier. */
const MOST_ITEMS = 8;
const BACK = 64;

const usedBy = (x: Item): readonly number[] => ("work" in x ? x.buffers : x.memory);
const itemRunner = (gpu: Gpu, x: Item, plan: Plan): Runner =>
  "work" in x ? runnerOf(gpu, x, plan) : groupRunner(gpu, x, plan);

type Printer = (same: number) => Program;

/** How a step or a group is printed where it is one shader, products aside; `same` as for kernels. */
function printer({ target, limits }: Gpu, x: Item): Printer | null {
  if (!("work" in x)) return () => printRows(x.rows, x.memory, x.homes, target);
  const { work } = x;
  return work.kind === "loops" &&
    work.contraction === undefined &&
    product(work.loops) > 0 &&
    fitsWhole(work, limits) &&
    stagesOf(work, target) === null
    ? (same) => printKernel(work, same, target)
    : null;
}

/** Which buffers of the plan it may write; those that were written before it reads. */
const writtenBy = (x: Item): readonly number[] =>
  "work" in x ? (x.work.kind === "loops" ? x.buffers.slice(-1) : x.buffers) : x.memory.filter((b) => x.homes.has(b));

/** Splits items into lists of those that run at once: each stands beside the first that it can stand beside, after all that it needs. */
export function sides(gpu: Gpu, items: readonly Item[], plan: Plan): (readonly Item[])[] {
  const places: Item[][] = [];
  /** The place of the last reader, and that of the writer, of a buffer. */
  const [reader, writer] = [new Map<number, number>(), new Map<number, number>()];
  const last = new Map<number, Step>();
  for (const s of plan.steps) for (const b of s.buffers) last.set(b, s);
  const heirs = new Map(plan.outputs.map((b, i) => [b, plan.inputs[plan.inherits[i] as number]]));
  const bytes = (b: number): number => bytesOf(plan.buffers[b] as PlanBuffer);
  const is = (role: PlanBuffer["role"]) => (b: number) => plan.buffers[b]?.role === role;
  const printed = new Map<Item, Program | null>();
  const shader = (x: Item): Program | null => {
    let found = printed.get(x);
    if (found === undefined) printed.set(x, (found = printer(gpu, x)?.(-1) ?? null));
    return found;
  };

  for (const item of items) {
    const writes = writtenBy(item).filter((b) => !is("input")(b) && !writer.has(b));
    const reads = usedBy(item).filter((b) => !writes.includes(b));
    const after = Math.max(
      ...reads.map((b) => writer.get(b) ?? -1),
      ...writes.map((b) => reader.get(heirs.get(b) ?? -1) ?? -1),
    );
    const steps = "work" in item ? [item] : item.steps;
    const made = writes.filter(is("temporary")).reduce((n, b) => n + bytes(b), 0);
    /** Whether it takes no more memory to run at a place: what is read for the last time may be as large as the results. */
    const light = (at: number): boolean =>
      made <= SMALL ||
      reads.some(
        (b) =>
          is("temporary")(b) && bytes(b) >= made && steps.includes(last.get(b) as Step) && (reader.get(b) ?? -1) <= at,
      );
    const fits = (others: readonly Item[]): boolean => {
      if (others.length === MOST_ITEMS) return false;
      const all = [...others, item].map((x) => ({ used: usedBy(x), made: shader(x)?.made }));
      const size = all[0]?.made?.size ?? 0;
      const operands = new Set(
        all.flatMap(({ used, made }) => made?.buffers.map((b) => used[b.buffer] as number) ?? []),
      );
      const inherited = [...operands].filter((b) => operands.has(heirs.get(b) ?? -1)).length;
      const shared = all.reduce((n, { made }) => n + (made?.declarations.split("var<workgroup>").length ?? 0) - 1, 0);
      return (
        all.every(({ made }) => made?.size === size) &&
        operands.size - inherited <= gpu.limits.operands &&
        8 * size * shared <= gpu.device.limits.maxComputeWorkgroupStorageSize
      );
    };
    let at = printer(gpu, item) === null ? places.length : Math.max(after + 1, places.length - BACK);
    while (at < places.length && !(light(at) && fits(places[at] as Item[]))) at++;
    (places[at] ??= []).push(item);
    for (const b of writes) writer.set(b, at);
    for (const b of reads) reader.set(b, Math.max(at, reader.get(b) ?? -1));
  }
  return places;
}

/** The runner of items that run at once, and the buffers of the plan that it runs on. Where one of those is the memory of another but for a result's operand, they run apart. */
export function sideRunner(gpu: Gpu, items: readonly Item[], plan: Plan): { used: readonly number[]; run: Runner } {
  if (items.length === 1) {
    const [item] = items as [Item];
    return { used: usedBy(item), run: itemRunner(gpu, item, plan) };
  }
  const memory = [...new Set(items.flatMap(usedBy))];
  const places = items.map((x) => usedBy(x).map((b) => memory.indexOf(b)));
  const shaders = new Map<string, { readonly shader: Shader; readonly bindings: readonly number[] }>();
  let apart: Runner[] | null = null;
  const run: Runner = (r, buffers, fail) => {
    // the operand in whose memory a step's result lies
    const same = items.map((x, i) => {
      const own = (places[i] as number[]).map((b) => buffers[b]);
      return "work" in x ? own.slice(0, -1).indexOf(own.at(-1)) : -1;
    });
    let found = shaders.get(same.join());
    if (found === undefined) {
      const program = printSide(
        items.map((x, i) => ({
          program: (printer(gpu, x) as Printer)(same[i] as number),
          at: places[i] as number[],
        })),
      );
      found = { shader: new Shader(gpu, program), bindings: program.bindings };
      shaders.set(same.join(), found);
    }
    const { shader, bindings } = found;
    const seen = new Set(bindings);
    if (bindings.length <= gpu.limits.operands && new Set([...seen].map((b) => buffers[b])).size === seen.size)
      return shader.run(r, buffers);
    apart ??= items.map((x) => itemRunner(gpu, x, plan));
    apart.forEach((run, i) => {
      run(
        r,
        (places[i] as number[]).map((b) => buffers[b] as GPUBuffer),
        fail,
      );
    });
  };
  return { used: memory, run };
}
