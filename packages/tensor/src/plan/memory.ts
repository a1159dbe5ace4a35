import { type DType, dtypes } from "../dtype.ts";
import type { Kernel, Special, Step } from "../ir/ir.ts";

const ALIGN = 64;

/** Whether the result of some work may take the place of the operand at a position. */
type CanOverwrite = (work: Kernel | Special, operand: number) => boolean;

type Buffers = readonly { readonly dtype: DType; readonly size: number; readonly role: string }[];

const bytesOf = ({ dtype, size }: { dtype: DType; size: number }): number => size * dtypes[dtype].bytes;

/** Step of the last use of each buffer. */
function lastUses(steps: readonly Step[]): Map<number, number> {
  const last = new Map<number, number>();
  steps.forEach((s, i) => {
    for (const b of s.buffers) last.set(b, i);
  });
  return last;
}

/** True when the step reads `o` only where its result may lie. */
const mayReplace = (step: Step, o: number, canOverwrite: CanOverwrite): boolean =>
  step.buffers.every((same, k) => same !== o || canOverwrite(step.work, k));

interface Block {
  readonly offset: number;
  readonly bytes: number;
  readonly until: number;
}

/**
 * Places temporaries in one arena: two share bytes only if their lives do not overlap, or if a kernel writes its result over an operand that it
 * reads for the last time (`canOverwrite`). First fit in order of birth.
 */
export function layOut(
  buffers: Buffers,
  steps: readonly Step[],
  writes: readonly number[],
  canOverwrite: CanOverwrite,
): { offsets: Map<number, number>; arenaBytes: number } {
  const last = lastUses(steps);
  const offsets = new Map<number, number>();
  let live: Block[] = [];
  let arenaBytes = 0;
  const size = (b: number): number => Math.ceil(bytesOf(buffers[b] as Buffers[number]) / ALIGN) * ALIGN;
  steps.forEach((step, i) => {
    live = live.filter((b) => b.until >= i);
    const results = step.buffers.slice(step.buffers.length - (writes[i] as number));
    for (const b of results) {
      if (buffers[b]?.role !== "temporary" || offsets.has(b)) continue;
      const bytes = size(b);
      const until = last.get(b) as number;
      const operand = step.buffers.findIndex(
        (o) => o !== b && offsets.has(o) && last.get(o) === i && mayReplace(step, o, canOverwrite),
      );
      if (operand >= 0) {
        const offset = offsets.get(step.buffers[operand] as number) as number;
        offsets.set(b, offset);
        if (bytes > 0) live = live.filter((x) => x.offset !== offset || x.bytes === 0);
        live.push({ offset, bytes, until });
        continue;
      }
      live.sort((p, q) => p.offset - q.offset);
      let offset = 0;
      for (const x of live) {
        if (x.offset - offset >= bytes) break;
        offset = Math.max(offset, x.offset + x.bytes);
      }
      offsets.set(b, offset);
      live.push({ offset, bytes, until });
      arenaBytes = Math.max(arenaBytes, offset + bytes);
    }
  });
  return { offsets, arenaBytes };
}

/** Which donated input each output takes over: one of its bytes that is read for the last time before, or by, the step that writes the output. */
export function inherit(
  buffers: Buffers,
  steps: readonly Step[],
  writes: readonly number[],
  donated: readonly number[],
  canOverwrite: CanOverwrite,
): Map<number, number> {
  const last = lastUses(steps);
  const heirs = new Map<number, number>();
  const left = new Set(donated);
  steps.forEach((step, i) => {
    for (const b of step.buffers.slice(step.buffers.length - (writes[i] as number))) {
      const to = buffers[b] as Buffers[number];
      if (to.role !== "output" || heirs.has(b)) continue;
      for (const d of left) {
        const until = last.get(d) ?? -1;
        if (bytesOf(buffers[d] as Buffers[number]) !== bytesOf(to) || until > i) continue;
        if (until === i && !mayReplace(step, d, canOverwrite)) continue;
        heirs.set(b, d);
        left.delete(d);
        break;
      }
    }
  });
  return heirs;
}
