import { broadcastTo } from "../functions/shaping.ts";
import type { Tensor } from "../tensor.ts";
import { between, interpret, rebuild } from "./graph.ts";

/** A tensor and whether its axis 0 is the batch. */
export interface Batched {
  readonly value: Tensor;
  readonly batched: boolean;
}

/** `outputs` with the batched or plain `to[i]` in the place of `from[i]`: one call of the batch rule per node that a batched input reaches. */
export function batchGraph(
  outputs: readonly Tensor[],
  from: readonly Tensor[],
  to: readonly Batched[],
  size: number,
): Batched[] {
  const env = new Map<Tensor, Batched | readonly Batched[]>(from.map((x, i) => [x, to[i] as Batched]));
  const plain = (value: Tensor): Batched => ({ value, batched: false });
  interpret<Batched>(between(outputs, from), env, plain, (node, inputs) => {
    const flags = inputs.map((x) => x.batched);
    const values = inputs.map((x) => x.value);
    const batched = flags.includes(true);
    const out = batched ? node.primitive.batch(values, flags, size, node) : rebuild(node, values);
    return Array.isArray(out)
      ? (out as readonly Tensor[]).map((value) => ({ value, batched }))
      : { value: out as Tensor, batched };
  });
  return outputs.map((t) => (env.get(t) as Batched | undefined) ?? plain(t));
}

/** The value with its batch axis in front, repeated where it had none. */
export const spread = ({ value, batched }: Batched, size: number): Tensor =>
  batched ? value : broadcastTo(value, [size, ...value.shape]);
