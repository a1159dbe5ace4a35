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

interface Hole {
  readonly offset: number;
  readonly bytes: number;
}

/** Free ranges of the arena by address; neighbours are one hole, and the last one has no end. */
class Holes {
  readonly #list: Hole[] = [{ offset: 0, bytes: Number.POSITIVE_INFINITY }];

  /** Offset of the first range with room for `bytes`. */
  take(bytes: number): number {
    const i = this.#list.findIndex((h) => h.bytes >= bytes);
    const { offset, bytes: room } = this.#list[i] as Hole;
    if (room === bytes) this.#list.splice(i, 1);
    else this.#list[i] = { offset: offset + bytes, bytes: room - bytes };
    return offset;
  }

  give(offset: number, bytes: number): void {
    let [low, high] = [0, this.#list.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#list[middle] as Hole).offset > offset) high = middle;
      else low = middle + 1;
    }
    const [before, after] = [this.#list[low - 1], this.#list[low] as Hole];
    const joinsBefore = before !== undefined && before.offset + before.bytes === offset;
    const joinsAfter = offset + bytes === after.offset;
    const from = joinsBefore ? before.offset : offset;
    const end = joinsAfter ? after.offset + after.bytes : offset + bytes;
    this.#list.splice(low - Number(joinsBefore), Number(joinsBefore) + Number(joinsAfter), {
      offset: from,
      bytes: end - from,
    });
  }
}

/**
 * Places temporaries in one arena: two share bytes only if their lives do not overlap, or if a kernel writes its result over an operand that it
 * reads for the last time (`canOverwrite`). First fit in order of birth; what dies is looked up by step, so that long plans take linear time.
 */
export function layOut(
  buffers: Buffers,
  steps: readonly Step[],
  writes: readonly number[],
  canOverwrite: CanOverwrite,
): { offsets: Map<number, number>; arenaBytes: number } {
  const last = lastUses(steps);
  const offsets = new Map<number, number>();
  const holes = new Holes();
  /** Buffers that hold bytes of their own, by the step that uses them last. */
  const dying = steps.map((): number[] => []);
  let arenaBytes = 0;
  const size = (b: number): number => Math.ceil(bytesOf(buffers[b] as Buffers[number]) / ALIGN) * ALIGN;
  steps.forEach((step, i) => {
    const handedOn = new Set<number>();
    const results = step.buffers.slice(step.buffers.length - (writes[i] as number));
    for (const b of results) {
      if (buffers[b]?.role !== "temporary" || offsets.has(b)) continue;
      const bytes = size(b);
      dying[last.get(b) as number]?.push(b);
      const operand = step.buffers.find(
        (o) => o !== b && offsets.has(o) && !handedOn.has(o) && last.get(o) === i && mayReplace(step, o, canOverwrite),
      );
      if (operand === undefined) {
        const offset = bytes === 0 ? 0 : holes.take(bytes);
        offsets.set(b, offset);
        arenaBytes = Math.max(arenaBytes, offset + bytes);
      } else {
        offsets.set(b, offsets.get(operand) as number);
        handedOn.add(operand);
      }
    }
    for (const b of dying[i] as number[])
      if (!handedOn.has(b) && size(b) > 0) holes.give(offsets.get(b) as number, size(b));
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
