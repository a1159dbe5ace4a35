import { getBackend } from "./backends/current.ts";
import { callable } from "./check.ts";
import { ArgumentError, TraceError } from "./errors.ts";
import { realizeTensors } from "./plan/run.ts";
import { disposeTensor, openScope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";
import { isActive } from "./trace.ts";
import { reach } from "./transforms/graph.ts";
import { liveLeaves, treeLeaves } from "./tree.ts";

/** Part of a running transform: its history is still needed. */
const inTransform = (t: Tensor): boolean => t.abstract || isActive(t.trace);

/**
 * Computes all tensors of a tree in one plan and lets go of their history: they become leaves that hold only their values. Returns the tree.
 * Inside a running transform history is kept, since derivatives need it, and placeholders are left alone.
 * Throws DisposedError when a tensor was disposed, TraceError for a placeholder that left its transform, OutOfMemoryError when the plan does not fit.
 *
 * ```ts
 * state = realize(update(state)); // the graph does not grow from step to step
 * ```
 */
export function realize<T>(tree: T): T {
  const concrete = liveLeaves("realize", tree, "tree")[0].filter((t) => !(t.abstract && isActive(t.trace)));
  for (const t of concrete)
    if (t.abstract)
      throw new TraceError(
        `realize: tree: ${t} is traced and has no value; return it from the traced function instead`,
      );
  realizeTensors(concrete);
  for (const t of concrete) {
    if (inTransform(t)) continue;
    t.inputs = [];
    t.pending = 0;
  }
  return tree;
}

/**
 * Runs `f`, computes the tensors it returns, and frees all other memory that was allocated meanwhile. `f` must be synchronous.
 * Inside a running transform what the result was computed from is kept as well.
 * Throws ArgumentError when `f` returns a promise, and whatever `f` throws (its memory is freed then, too).
 *
 * ```ts
 * const loss = tidy(() => mean(square(sub(predict(x), y))));
 * ```
 */
export function tidy<R>(f: () => R): R {
  callable("tidy", f, "f");
  const close = openScope();
  let keep: readonly Tensor[] = [];
  try {
    const result = f();
    if (result instanceof Promise)
      throw new ArgumentError("tidy: f: must be synchronous; realize what you need before you await");
    const leaves = treeLeaves(result);
    if (leaves.some(inTransform)) keep = reach(leaves, 0);
    else {
      realize(result);
      keep = leaves;
    }
    return result;
  } finally {
    close(keep);
  }
}

/**
 * Frees the memory of all tensors of a tree at once. Any later use of them throws DisposedError; disposing twice is harmless.
 *
 * ```ts
 * dispose(batch);
 * ```
 */
export function dispose(tree: unknown): void {
  treeLeaves(tree).forEach(disposeTensor);
}

/**
 * Bytes and buffers that the backend holds now, and the most bytes it ever held (temporaries of plans included).
 *
 * ```ts
 * const { liveBytes } = memory();
 * ```
 */
export function memory(): { liveBytes: number; liveBuffers: number; peakBytes: number } {
  return getBackend().memory();
}
