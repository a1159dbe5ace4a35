import type { Tensor } from "../tensor.ts";
import { Graph, reach } from "./graph.ts";
import type { Loop } from "./loop.ts";

/** A smaller loop with the same used parts: `parts[i]` is where part i went, −1 if it is gone. */
export interface Pruned {
  readonly inputs: readonly Tensor[];
  readonly attributes: Loop;
  readonly parts: readonly number[];
}

/**
 * What a loop can do without when only some of its parts are used: stacks nobody reads, and carries (a gradient sum for a tensor nobody
 * differentiates by) that feed nothing but themselves, with all inputs that only these need. Null when all is needed.
 */
export function pruneLoop(inputs: readonly Tensor[], attributes: Loop, used: readonly boolean[]): Pruned | null {
  const { consts, carries, body, saved } = attributes;
  const ys = body.outputs.length - carries;
  const live = Array.from({ length: carries }, (_, i) => used[i] === true);
  saved.forEach((carry, k) => {
    if (used[carries + ys + k]) live[carry] = true;
  });
  const keptYs = Array.from({ length: ys }, (_, k) => k).filter((k) => used[carries + k]);
  let reached: Set<Tensor>;
  for (let stable = false; !stable; ) {
    stable = true;
    reached = new Set(
      reach(
        body.outputs.filter((_, i) => (i < carries ? live[i] : used[i])),
        0,
      ),
    );
    for (let i = 0; i < carries; i++)
      if (!live[i] && reached.has(body.inputs[consts + i] as Tensor)) {
        live[i] = true;
        stable = false;
      }
  }
  const keptCarries = live.flatMap((l, i) => (l ? [i] : []));
  const keptSaved = saved.flatMap((carry, k) => (used[carries + ys + k] ? [{ carry, k }] : []));
  const keptInputs = body.inputs.flatMap((t, i) =>
    (i >= consts && i < consts + carries ? live[i - consts] : reached.has(t)) ? [i] : [],
  );
  if (
    keptCarries.length === carries &&
    keptYs.length === ys &&
    keptSaved.length === saved.length &&
    keptInputs.length === inputs.length
  )
    return null;
  const order = [...keptCarries, ...keptYs.map((k) => carries + k), ...keptSaved.map(({ k }) => carries + ys + k)];
  const outputs = [...keptCarries, ...keptYs.map((k) => carries + k)].map((i) => body.outputs[i] as Tensor);
  return {
    inputs: keptInputs.map((i) => inputs[i] as Tensor),
    attributes: {
      ...attributes,
      consts: keptInputs.filter((i) => i < consts).length,
      carries: keptCarries.length,
      body: new Graph(
        keptInputs.map((i) => body.inputs[i] as Tensor),
        outputs,
      ),
      saved: keptSaved.map(({ carry }) => keptCarries.indexOf(carry)),
    },
    parts: used.map((_, i) => order.indexOf(i)),
  };
}
