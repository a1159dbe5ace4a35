import { anything, callable, checkOptions } from "../check.ts";
import { ArgumentError, DisposedError } from "../errors.ts";
import { checksNaNs, holdNaN } from "../plan/debug-nans.ts";
import type { Program } from "../plan/program.ts";
import { compileGraph } from "../plan/program.ts";
import { realizeTensors } from "../plan/run.ts";
import { said } from "../said.ts";
import { disposeTensor } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import { isActive } from "../trace.ts";
import type { Structure } from "../tree.ts";
import { avalKey, liveArguments, structureKey, treeFlatten, treeUnflatten } from "../tree.ts";
import type { Graph } from "./graph.ts";
import { trace } from "./graph.ts";
import { optimise } from "./optimise.ts";

/** Options of {@link jit}. */
export interface JitOptions {
  /** Arguments whose memory the call may take over: they are disposed by it. */
  readonly donate?: readonly number[];
  /** Arguments that hold no tensors and that the trace may depend on by value (foreign objects: by identity). */
  readonly static?: readonly number[];
}

/** A traced function; see {@link jit}. */
export interface Jitted<A extends readonly unknown[], R> {
  (...args: A): R;
  /** Forgets all traces, and with them the tensors they captured. */
  clear(): void;
  /** How often the function was traced so far. */
  readonly traces: number;
}

interface Entry {
  readonly graph: Graph;
  readonly captures: readonly Tensor[];
  readonly output: Structure;
  program: Program | null;
}

const inTransform = (t: Tensor): boolean => t.abstract || isActive(t.trace);

/**
 * `f` traced once per structure, shapes, dtypes and static values of its arguments, on placeholders; later calls bind buffers and build no
 * graph. Results are realised leaves. Inside another transform the traced graph is inlined instead, so that it can be differentiated and
 * batched. Tensors that `f` captures are bound at the time of the trace; plain numbers in the arguments are static, so pass what changes as a tensor.
 *
 * Throws TraceError when `f` reads a value, ArgumentError on a bad option, DisposedError when a captured tensor is gone.
 *
 * ```ts
 * const step = jit((w: Tensor, x: Tensor) => sub(w, mul(grad(loss)(w, x), 0.1)), { donate: [0] });
 * w = step(w, x);
 * ```
 */
export function jit<A extends readonly unknown[], R>(f: (...args: A) => R, options: JitOptions = {}): Jitted<A, R> {
  callable("jit", f, "f");
  checkOptions("jit", options, { donate: anything, static: anything });
  const { donate = [], static: fixed = [] } = options;
  for (const [name, list] of [
    ["donate", donate],
    ["static", fixed],
  ] as const)
    if (!Array.isArray(list) || !list.every((i) => Number.isInteger(i) && i >= 0))
      throw new ArgumentError(`jit: ${name}: expected argument positions, got ${said(list)}`);
  const both = donate.find((i) => fixed.includes(i));
  if (both !== undefined)
    throw new ArgumentError(`jit: donate: argument ${both} is static and has no memory to donate`);
  const cache = new Map<string, Entry>();
  let traces = 0;

  const call = (...args: A): R => {
    for (const i of [...donate, ...fixed])
      if (i >= args.length)
        throw new ArgumentError(`jit: argument ${i} is named in the options, but the call has ${args.length}`);
    for (const i of fixed)
      if (treeFlatten(args[i])[0].length > 0) throw new ArgumentError(`jit: static: argument ${i} holds tensors`);
    const [leaves, input] = liveArguments("jit", args);
    const key = `${structureKey(input)}|${leaves.map(avalKey).join(";")}`;
    let entry = cache.get(key);
    if (entry === undefined) {
      traces++;
      let output: Structure | undefined;
      const traced = trace(leaves, (inputs) => {
        const [ys, structure] = treeFlatten(f(...treeUnflatten<A>(input, inputs)));
        output = structure;
        return ys;
      });
      entry = { ...traced, output: output as Structure, program: null };
      // a capture that belongs to a running transform is good for this call only
      if (!traced.captures.some(inTransform)) cache.set(key, entry);
    }
    for (const t of entry.captures)
      if (t.disposed)
        throw new DisposedError(
          `jit: the captured tensor ${t} was disposed; pass it as an argument, or clear() the function`,
        );
    const inputs = [...leaves, ...entry.captures];
    if (inputs.some(inTransform)) return treeUnflatten<R>(entry.output, entry.graph.apply(inputs));
    const donated = new Set(donate.flatMap((i) => treeFlatten(args[i])[0]));
    for (const t of entry.captures)
      if (donated.has(t))
        throw new ArgumentError(`jit: donate: the function also captures ${t}, so it cannot be donated`);
    realizeTensors(inputs);
    entry.program ??= compileGraph(
      entry.graph.inputs,
      optimise(entry.graph).outputs,
      inputs.flatMap((t, i) => (donated.has(t) ? [i] : [])),
    );
    const results = entry.program.run(inputs, checksNaNs() ? new Set() : donated);
    if (checksNaNs() && holdNaN(results)) {
      results.forEach(disposeTensor);
      realizeTensors(entry.graph.apply(inputs));
    }
    donated.forEach(disposeTensor);
    return treeUnflatten<R>(entry.output, results);
  };
  return Object.defineProperties(call, {
    clear: { value: () => cache.clear() },
    traces: { get: () => traces },
  }) as Jitted<A, R>;
}
