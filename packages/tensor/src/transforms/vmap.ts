import { anything, callable, checkOptions } from "../check.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { moveaxis } from "../functions/shaping.ts";
import { said } from "../said.ts";
import { checkAxis, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { placeholderLike } from "../tensor.ts";
import { withTrace } from "../trace.ts";
import type { Structure } from "../tree.ts";
import { liveArguments, treeFlatten, treeUnflatten } from "../tree.ts";
import { batchGraph, spread } from "./batch.ts";

/** The axis of every tensor in a tree, null for "not batched"; arrays and objects give it per child. */
export type BatchAxes = number | null | readonly BatchAxes[] | { readonly [key: string]: BatchAxes };

/** Options of {@link vmap}. */
export interface VmapOptions {
  /** Batch axes of the arguments: one for all (default 0), or one entry per argument, each an axis, null, or a tree of them. */
  readonly in?: BatchAxes;
  /** Batch axes of the result: 0 by default, or a tree of axes. */
  readonly out?: BatchAxes;
}

/** The axis of each leaf, from a tree of axes that may stop early. */
function spell(op: string, s: Structure, axes: BatchAxes, out: (number | null)[]): (number | null)[] {
  if (s.kind === "leaf") {
    if (axes !== null && typeof axes !== "number")
      throw new ArgumentError(`vmap: ${op}: expected an axis or null for a tensor, got ${said(axes)}`);
    out.push(axes);
  } else if (s.kind === "array" || s.kind === "object") {
    s.children.forEach((child, i) => {
      if (axes === null || typeof axes !== "object") return spell(op, child, axes, out);
      const key = s.kind === "array" ? i : (s.keys[i] as string);
      const inner = (axes as Readonly<Record<string | number, BatchAxes>>)[key];
      if (inner === undefined && child.kind !== "static")
        throw new ArgumentError(`vmap: ${op}: no axis given for '${key}'`);
      return spell(op, child, inner ?? null, out);
    });
  }
  return out;
}

/**
 * `f` over a new axis: `f` is written for one example and runs once, on placeholders; its graph is then rewritten to work on all examples
 * at once. Arguments and results are trees. Tensors that are not batched, and those `f` captures, are shared by all examples.
 *
 * Throws ShapeError when batch sizes differ or an axis is out of range, ArgumentError when `in` or `out` does not fit the trees or nothing is
 * batched, TraceError when `f` reads a value.
 *
 * ```ts
 * const perExample = vmap(grad(loss), { in: [null, 0, 0] }); // one gradient per example
 * ```
 */
export function vmap<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: VmapOptions = {},
): (...args: A) => R {
  callable("vmap", f, "f");
  checkOptions("vmap", options, { in: anything, out: anything });
  const { in: inAxes = 0, out: outAxes = 0 } = options;
  return (...args) => {
    if (Array.isArray(inAxes) && inAxes.length !== args.length)
      throw new ArgumentError(`vmap: in: ${inAxes.length} entries for ${args.length} arguments`);
    const [leaves, input] = liveArguments("vmap", args);
    const axes = spell("in", input, inAxes, []);
    let size = -1;
    const values = leaves.map((t, i) => {
      const axis = axes[i];
      if (axis === null || axis === undefined) return t;
      const at = checkAxis("vmap", axis, t.rank, "in");
      const n = t.shape[at] as number;
      if (size >= 0 && n !== size)
        throw new ShapeError(`vmap: in: batch sizes differ: ${size} and ${n} (axis ${at} of ${show(t.shape)})`);
      size = n;
      return at === 0 ? t : moveaxis(t, at, 0);
    });
    if (size < 0) throw new ArgumentError("vmap: in: no tensor is batched");
    const [ys, output] = withTrace((trace) => {
      const examples = values.map((t, i) =>
        axes[i] === null ? t : placeholderLike({ shape: t.shape.slice(1), dtype: t.dtype }, trace),
      );
      const [outputs, structure] = treeFlatten(f(...(treeUnflatten(input, examples) as A)));
      const marked = (_: unknown, i: number): boolean => axes[i] !== null;
      const from = examples.filter(marked);
      const to = values.filter(marked).map((value) => ({ value, batched: true }));
      return [batchGraph(outputs, from, to, size), structure] as const;
    });
    const places = spell("out", output, outAxes, []);
    const results = ys.map((y, i): Tensor => {
      const axis = places[i] as number | null;
      if (axis === null) {
        if (y.batched) throw new ArgumentError(`vmap: out: result ${i} depends on the batch; give it an axis`);
        return y.value;
      }
      const full = spread(y, size);
      const at = checkAxis("vmap", axis, full.rank, "out");
      return at === 0 ? full : moveaxis(full, 0, at);
    });
    return treeUnflatten<R>(output, results);
  };
}
