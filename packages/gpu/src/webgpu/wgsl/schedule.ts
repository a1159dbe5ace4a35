import type { Kernel } from "@gradus/tensor";
import { affine } from "@gradus/tensor/backend";
import type { Shared, Tile } from "./block.ts";
import { productOf } from "./factors.ts";
import { product } from "./positions.ts";
import { tilesFor } from "./tiles.ts";

/** What schedules depend on: a CPU that plays a GPU has few cores, and its workgroups wait for one another at a price. */
export interface Target {
  readonly cpu: boolean;
  /** Whether invocations can ask their neighbours for values. */
  readonly subgroups: boolean;
  /** The fewest invocations that a subgroup has. */
  readonly subgroupSize: number;
  /** Sums of products are tiled however small they are; for tests. */
  readonly always?: boolean;
}

/** How a kernel is spread. */
export interface Schedule {
  /** Loops that an invocation does several steps of. */
  readonly tiles: readonly Tile[];
  /** Whether a workgroup folds together. */
  readonly together: boolean;
  /** Loads that the invocations of a workgroup share, being at the same steps of the `common` loops. */
  readonly shared: Shared | null;
  readonly common: readonly number[];
  /** Invocations of a workgroup. */
  readonly lanes: number;
}

const LANES = 64;

/** Chooses tiles first; a workgroup folds together what then leaves the device idle. */
export function schedule(kernel: Kernel, target: Target, tiled: boolean): Schedule {
  const { loops, reduce, inner, accumulators } = kernel;
  const { cpu } = target;
  const terms = product(reduce);
  const none = { tiles: [], shared: null, common: [], lanes: LANES };
  if (accumulators.length === 0) return { ...none, together: false };
  // A workgroup that folds together stands for all its lanes.
  const long = terms >= 4 * LANES;
  const tiling = tiled ? tilesFor(kernel, target, cpu ? 64 : long ? 256 : 8192, none) : none;
  if (!long || tiling.shared !== null) return { ...tiling, together: false };
  const own = tiling.tiles.filter((t) => t.loop < loops.length);
  const elements = product(loops) / product(own.map((t) => t.steps));
  // lanes that fold together share out single terms
  const apart = (together: boolean): Schedule => ({ ...tiling, tiles: together ? own : tiling.tiles, together });
  if (cpu) return apart(elements < 16 && terms >= 4096);
  const last = loops.length + reduce.length - 1;
  const rows = inner.some((x) => x.op === "load" && affine(x.index, last + 1)?.strides[last] === 1);
  // of a matrix and few vectors: a workgroup takes a row, and each of its lanes every vector
  const found = productOf(kernel);
  const small = [found?.left, found?.right].find((f) => f !== undefined && f.size <= 8);
  if (rows && small !== undefined && product(loops) < 65536 * small.size) {
    const tiles = tiled && small.loops.length === 1 ? [{ loop: small.loops[0] as number, steps: small.size }] : [];
    return { ...none, tiles, together: true };
  }
  const few = elements < 4096;
  return apart(few || (tiling.tiles.length === 0 && rows && (reduce.at(-1) as number) >= LANES && elements < 65536));
}
