import type { Tensor } from "@gradus/tensor";
import { check, dispose, mul, realize, square, sub, sum, tidy, valueAndGrad } from "@gradus/tensor";
import { positive } from "./settings.ts";

/** What a target loss knows of targets: its value, summed over the rows, and its gradient by the targets, of their shape. */
export interface TargetValue {
  readonly value: number;
  readonly grad: Tensor;
}

/**
 * A loss of the targets `z` `[n, p]` that is dear: a simulator, a service, a person. It may be a black box, with no derivative but the gradient that it gives.
 */
export type TargetLoss<B> = (z: Tensor, batch: B) => TargetValue | Promise<TargetValue>;

/**
 * The target loss of a function that can be differentiated.
 *
 * @param loss - a scalar of the targets, summed over the rows
 * @example
 * ```ts
 * const squared = differentiable((z: Tensor, { y }: Batch) => sum(square(sub(z, y))).mul(0.5));
 * ```
 */
export function differentiable<B>(loss: (z: Tensor, batch: B) => Tensor): TargetLoss<B> {
  check.callable("differentiable", loss, "loss");
  return async (z, batch) => {
    const [value, slope] = tidy(() => realize(valueAndGrad((t: Tensor) => loss(t, batch))(z)));
    const number = (await value.item()) as number;
    value.dispose();
    return { value: number, grad: slope };
  };
}

/** The number that `f` computes; its tensors are freed. */
export async function numberOf(f: () => Tensor): Promise<number> {
  const t = tidy(() => realize(f()));
  const value = (await t.item()) as number;
  t.dispose();
  return value;
}

/** A step that {@link targetLineSearch} found. */
export interface TargetStep {
  /** The step size. */
  readonly step: number;
  /** Times the loss was asked. */
  readonly calls: number;
}

/**
 * Armijo's line search in the space of targets: the longest of `from, 0.9 from, 0.81 from, …` with `l(z - a g) <= l(z) - a ‖g‖² / 2`, within `[1e-4, 1e4]`.
 *
 * @param loss - the loss, summed over rows
 * @param from - the longest step
 * @example
 * ```ts
 * const { step } = await targetLineSearch(loss, z, await loss(z), 2);
 * ```
 */
export async function targetLineSearch(
  loss: (z: Tensor) => TargetValue | Promise<TargetValue>,
  z: Tensor,
  { value, grad: g }: TargetValue,
  from: number,
): Promise<TargetStep> {
  check.callable("targetLineSearch", loss, "loss");
  check.tensor("targetLineSearch", z, "z");
  check.alike("targetLineSearch", g, z, "at.grad");
  positive("targetLineSearch", from, "from");
  const steep = await numberOf(() => sum(square(g)));
  let step = from;
  for (let calls = 1; ; calls++) {
    const there = tidy(() => realize(sub(z, mul(g, step))));
    const found = await loss(there);
    dispose([there, found.grad]);
    if (found.value <= value - 0.5 * step * steep || calls === 100)
      return { step: Math.min(1e4, Math.max(1e-4, step)), calls };
    step *= 0.9;
  }
}
