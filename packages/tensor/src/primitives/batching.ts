import { broadcastTo } from "../functions/shaping.ts";
import type { Tensor } from "../tensor.ts";

/** Gives every input the batch axis: unbatched ones are broadcast along a new axis 0. */
export function alignBatch(inputs: readonly Tensor[], batched: readonly boolean[], size: number): Tensor[] {
  return inputs.map((t, i) => (batched[i] ? t : broadcastTo(t, [size, ...t.shape])));
}
