import { anything, callable, checkOptions } from "../check.ts";
import { ArgumentError, DisposedError } from "../errors.ts";
import { inspector } from "../plan/inspector.ts";
import type { Program } from "../plan/program.ts";
import { compileGraph } from "../plan/program.ts";
import { realizeTensors } from "../plan/run.ts";
import { said } from "../said.ts";
import { disposeTensor } from "../scope.ts";
import { sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { isActive } from "../trace.ts";
import type { Structure } from "../tree.ts";
import { avalKey, countLeaves, leavesIf, liveArguments, structureKey, treeFlatten, treeUnflatten } from "../tree.ts";
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
  readonly key: string;
  readonly input: Structure;
  readonly graph: Graph;
  readonly captures: readonly Tensor[];
  readonly output: Structure;
  /** Positions of the leaves of donated arguments. */
  readonly donated: readonly number[];
  program: Program | null;
}

const accepts = ({ graph }: Entry, leaves: readonly Tensor[]): boolean =>
  leaves.every((t, i) => {
    const { dtype, shape } = graph.inputs[i] as Tensor;
    return t.dtype === dtype && sameShape(t.shape, shape);
  });

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
  let latest: Entry | null = null;
  let traces = 0;

  /** The leaves of the arguments, and the trace that fits them. */
  const bind = (args: A): [readonly Tensor[], Entry] => {
    // Most calls are like the one before, which is seen without a key being written.
    const same = latest === null ? null : leavesIf(latest.input, args);
    if (latest !== null && same !== null && accepts(latest, same) && !same.some((t) => t.disposed))
      return [same, latest];
    for (const i of [...donate, ...fixed])
      if (i >= args.length)
        throw new ArgumentError(`jit: argument ${i} is named in the options, but the call has ${args.length}`);
    for (const i of fixed)
      if (treeFlatten(args[i])[0].length > 0) throw new ArgumentError(`jit: static: argument ${i} holds tensors`);
    const [leaves, input] = liveArguments("jit", args);
    const key = `${structureKey(input)}|${leaves.map(avalKey).join(";")}`;
    const entry = cache.get(key) ?? make(key, leaves, input);
    latest = cache.has(key) ? entry : null;
    return [leaves, entry];
  };

  const make = (key: string, leaves: readonly Tensor[], input: Structure): Entry => {
    traces++;
    let output: Structure | undefined;
    const traced = trace(leaves, (inputs) => {
      const [ys, structure] = treeFlatten(f(...treeUnflatten<A>(input, inputs)));
      output = structure;
      return ys;
    });
    let at = 0;
    const donated = (input.kind === "array" ? input.children : []).flatMap((child, i) => {
      const from = at;
      at += countLeaves(child);
      return donate.includes(i) ? Array.from({ length: at - from }, (_, k) => from + k) : [];
    });
    const entry: Entry = { key, input, ...traced, output: output as Structure, donated, program: null };
    // a capture that belongs to a running transform is good for this call only
    if (!traced.captures.some(inTransform)) cache.set(key, entry);
    return entry;
  };

  const call = (...args: A): R => {
    const [leaves, entry] = bind(args);
    for (const t of entry.captures)
      if (t.disposed)
        throw new DisposedError(
          `jit: the captured tensor ${t} was disposed; pass it as an argument, or clear() the function`,
        );
    const inputs = [...leaves, ...entry.captures];
    if (inputs.some(inTransform)) return treeUnflatten<R>(entry.output, entry.graph.apply(inputs));
    const donated = new Set(entry.donated.map((i) => leaves[i] as Tensor));
    for (const t of entry.captures)
      if (donated.has(t))
        throw new ArgumentError(`jit: donate: the function also captures ${t}, so it cannot be donated`);
    realizeTensors(inputs);
    entry.program ??= compileGraph(entry.graph.inputs, optimise(entry.graph).outputs, entry.donated);
    const results = entry.program.run(inputs, inspector() ? new Set() : donated);
    if (inspector()?.finds(results)) {
      results.forEach(disposeTensor);
      realizeTensors(entry.graph.apply(inputs));
    }
    donated.forEach(disposeTensor);
    return treeUnflatten<R>(entry.output, results);
  };
  return Object.defineProperties(call, {
    clear: {
      value: () => {
        cache.clear();
        latest = null;
      },
    },
    traces: { get: () => traces },
  }) as Jitted<A, R>;
}
