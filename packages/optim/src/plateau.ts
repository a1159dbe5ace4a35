import type { Tensor } from "@gradus/tensor";
import { add, cast, check, greaterEqual, less, maximum, mul, tensor, where } from "@gradus/tensor";
import { mapFloats, start } from "./leaf.ts";
import { careful, need, type Optimizer } from "./optimizer.ts";
import { atLeastZero, count, settings } from "./settings.ts";

/** Options of {@link reduceOnPlateau}. */
export interface PlateauOptions {
  /** Factor at each plateau; 0.1 unless told. */
  readonly factor?: number;
  /** Values without progress that make a plateau; 10 unless told. */
  readonly patience?: number;
  /** Share by which a value must be below the best to count as progress; 1e-4 unless told. */
  readonly threshold?: number;
  /** Least scale; 0 unless told. */
  readonly floor?: number;
  /** Losses averaged to one value, for example the steps of an epoch; 1 unless told. */
  readonly every?: number;
}

/** State of {@link reduceOnPlateau}: f32 and i32 scalars. */
export interface PlateauState {
  /** What updates are multiplied by. */
  readonly scale: Tensor;
  /** Lowest value so far. */
  readonly best: Tensor;
  /** Values since then. */
  readonly waited: Tensor;
  /** Sum of the losses of the value that is being averaged. */
  readonly sum: Tensor;
  /** How many they are. */
  readonly seen: Tensor;
}

/**
 * Multiplies updates by a scale that is multiplied by `factor` whenever the loss has not fallen for `patience` values: put it after a method in a
 * {@link chain}. It reads `context.value`, which {@link train} gives.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range; at `update` without `context.value`
 * @example
 * ```ts
 * const optimizer = chain(sgd({ learningRate: 0.1 }), reduceOnPlateau({ patience: 3, every: data.steps }));
 * ```
 */
export function reduceOnPlateau(options: PlateauOptions = {}): Optimizer<PlateauState> {
  const { factor, patience, threshold, floor, every } = settings("reduceOnPlateau", options, {
    factor: [check.number("(0, 1)"), 0.1],
    patience: [count, 10],
    threshold: [atLeastZero, 1e-4],
    floor: [atLeastZero, 0],
    every: [count, 1],
  });
  return careful("reduceOnPlateau", {
    init: () => ({
      scale: tensor(1),
      best: tensor(Infinity),
      waited: start(),
      sum: tensor(0),
      seen: start(),
    }),
    update(grads, state, _params, context) {
      const loss = cast(need("reduceOnPlateau", context, "value"), "f32");
      check.tensor("reduceOnPlateau", state?.scale, "state.scale");
      const sum = add(state.sum, loss);
      const seen = add(state.seen, 1);
      const full = greaterEqual(seen, every);
      const value = mul(sum, 1 / every);
      const better = less(value, mul(state.best, 1 - threshold));
      const waited = where(better, 0, add(state.waited, 1));
      const flat = greaterEqual(waited, patience);
      const scale = where(flat, maximum(mul(state.scale, factor), floor), state.scale);
      const keep = (next: Tensor, old: Tensor): Tensor => where(full, cast(next, old.dtype), old);
      const next = {
        scale: keep(scale, state.scale),
        best: keep(where(better, value, state.best), state.best),
        waited: keep(where(flat, 0, waited), state.waited),
        sum: where(full, 0, sum),
        seen: where(full, 0, seen),
      };
      return [mapFloats((g) => mul(g, cast(next.scale, g.dtype)), grads), next];
    },
  });
}
