import { type DType, dtypes } from "../dtype.ts";
import type { Kernel, Special, Step } from "../ir/ir.ts";

const ALIGN = 64;

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
  buffers: readonly { readonly dtype: DType; readonly size: number; readonly role: string }[],
  steps: readonly Step[],
  writes: readonly number[],
  canOverwrite: (work: Kernel | Special, operand: number) => boolean,
): { offsets: Map<number, number>; arenaBytes: number } {
  const last = new Map<number, number>();
  steps.forEach((s, i) => {
    for (const b of s.buffers) last.set(b, i);
  });
  const offsets = new Map<number, number>();
  let live: Block[] = [];
  let arenaBytes = 0;
  const size = (b: number): number => {
    const t = buffers[b] as { dtype: DType; size: number };
    return Math.ceil((t.size * dtypes[t.dtype].bytes) / ALIGN) * ALIGN;
  };
  steps.forEach((step, i) => {
    live = live.filter((b) => b.until >= i);
    const results = step.buffers.slice(step.buffers.length - (writes[i] as number));
    for (const b of results) {
      if (buffers[b]?.role !== "temporary" || offsets.has(b)) continue;
      const bytes = size(b);
      const until = last.get(b) as number;
      const operand = step.buffers.findIndex(
        (o) =>
          o !== b &&
          offsets.has(o) &&
          last.get(o) === i &&
          step.buffers.every((same, j) => same !== o || canOverwrite(step.work, j)),
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
