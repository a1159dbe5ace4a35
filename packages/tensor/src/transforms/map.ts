import { callable, checkOptions, integer } from "../check.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { concat, reshape, slice } from "../functions/shaping.ts";
import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { liveLeaves, treeMap, treeUnflatten } from "../tree.ts";
import { scan } from "./scan.ts";
import { vmap } from "./vmap.ts";

/** Options of {@link map}. */
export interface MapOptions {
  /** How many slices are worked on at a time, as by vmap; default 1. */
  readonly batchSize?: number;
}

/**
 * `f` of every slice of `xs` along axis 0, one after another, stacked: a scan without a carry, with the memory of one step. With `batchSize`, that many
 * slices at a time. Arguments and results are trees. Differentiable in both modes.
 *
 * ```ts
 * map((row: Tensor) => sort(row), matrix, { batchSize: 16 });
 * ```
 * Throws ArgumentError for a bad option or no tensors, ShapeError when leading sizes differ, TraceError when `f` reads a value.
 */
export function map<X, Y>(f: (x: X) => Y, xs: X, options: MapOptions = {}): Y {
  callable("map", f, "f");
  checkOptions("map", options, { batchSize: integer("[1, ∞)") });
  const { batchSize = 1 } = options;
  const [leaves, structure] = liveLeaves("map", xs, "xs");
  const each = (g: (x: X) => Y, of: X): Y => scan((_: null, x: X) => [null, g(x)], null, of)[1];
  if (leaves.length === 0) throw new ArgumentError("map: xs: holds no tensor");
  const n = (leaves[0] as Tensor).shape[0] as number;
  for (const t of leaves)
    if (t.rank === 0 || t.shape[0] !== n)
      throw new ShapeError(`map: xs: leading sizes differ: ${show((leaves[0] as Tensor).shape)} and ${show(t.shape)}`);
  if (batchSize === 1) return each(f, xs);
  const chunks = Math.floor(n / batchSize);
  const full = chunks * batchSize;
  const all = vmap(f);
  const part = (make: (t: Tensor) => Tensor): X => treeUnflatten<X>(structure, leaves.map(make));
  const rest = (): Y => all(part((t) => slice(t, [full], [n])));
  if (chunks === 0) return n === 0 ? each(f, xs) : rest();
  const blocks = each(
    all,
    part((t) => reshape(slice(t, [0], [full]), [chunks, batchSize, ...t.shape.slice(1)])),
  );
  const flat = treeMap((t) => reshape(t, [full, ...t.shape.slice(2)]), blocks);
  return full === n ? flat : treeMap((a, b) => concat([a, b as Tensor]), flat, rest());
}
