import type { Key, Tensor } from "@gradus/tensor";
import { ArgumentError, check, checkpoint, treeLeaves, treeMap } from "@gradus/tensor";
import { Module, ran } from "./module.ts";
import { Pass } from "./pass.ts";

/**
 * Runs a module whose intermediates are forgotten and computed anew for the derivative: `checkpoint` of `@gradus/tensor`, with the {@link Pass} handed on, so
 * that random layers draw the same numbers again and running statistics are noted once.
 *
 * @param module - such as a block of a network
 * @param args - what its `call` takes, a pass among it
 * @returns what its `call` returns
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `module` is none; else what the module throws
 * @example
 * ```ts
 * forward(x: Tensor, pass?: Pass) {
 *   return this.blocks.reduce((h, block) => checkpointed(block, h, pass), x);
 * }
 * ```
 */
export function checkpointed<M extends Module>(module: M, ...args: Parameters<M["forward"]>): ReturnType<M["forward"]> {
  if (!(module instanceof Module))
    throw new ArgumentError(`checkpointed: module: expected a module, got ${check.said(module)}`);
  const at = args.findIndex((arg: unknown) => arg instanceof Pass);
  const pass = at < 0 ? undefined : (args[at] as Pass);
  /** Places, among the tensors of the module, of the states that are noted. */
  let noted: number[] = [];
  const run = checkpoint((m: M, rest: unknown[], key: Key | undefined): [ReturnType<M["forward"]>, Tensor[]] => {
    if (pass === undefined) return [m.call(...(rest as Parameters<M["forward"]>)), []];
    const inner = new Pass({ training: pass.training, ...(key && { key }) });
    const output = m.call(...(rest.with(at, inner) as Parameters<M["forward"]>));
    const leaves = treeLeaves(m);
    noted = [...inner.changes.keys()].map((state) => leaves.indexOf(state));
    return [output, [...inner.changes.values()]];
  });
  const now = pass === undefined ? module : treeMap((t) => pass.current(t), module);
  const rest = args.map((arg: unknown, i) => (i === at ? null : arg));
  const [output, states] = run(now, rest, pass?.keyIfAny());
  const given = treeLeaves(module);
  for (const [i, next] of states.entries()) pass?.note(given[noted[i] as number] as Tensor, next);
  ran(module, output);
  return output;
}
