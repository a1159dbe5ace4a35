import type { Tensor } from "@gradus/tensor";
import { add, iota, key, mul, reshape, sin, sum, tensor, treeLeaves, treeMap, treeNames, zeros } from "@gradus/tensor";
import { expect } from "vitest";
import { Pass } from "../src/index.ts";

/** Numbers that are neither symmetric nor monotone. */
export const some = (n: number, scale = 1, seed = 0): number[] =>
  Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898 + 1 + seed * 0.7) * scale);

/** A tensor of {@link some} numbers. */
export const filled = (shape: readonly number[], { dtype = "f64", scale = 1, seed = 0 } = {}): Tensor =>
  tensor(
    some(
      shape.reduce((a, b) => a * b, 1),
      scale,
      seed,
    ),
    { shape: [...shape], dtype: dtype as "f64" },
  );

/** Asserts that numbers agree to so many digits after the point. */
export const close = (got: ArrayLike<number>, wanted: ArrayLike<number>, digits = 5): void => {
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) expect(got[i], `element ${i}`).toBeCloseTo(wanted[i] as number, digits);
};

/** Asserts that tensors agree in shape and to so many digits. */
export async function same(got: Tensor, wanted: Tensor, digits = 10): Promise<void> {
  expect(got.shape).toEqual(wanted.shape);
  close(await got.data(), await wanted.data(), digits);
}

/** `Σ cᵢ yᵢ` over all tensors of a tree, with weights that tell elements apart. */
export const weighed = (tree: unknown): Tensor =>
  treeLeaves(tree)
    .filter((t) => t.dtype.startsWith("f"))
    .map((t) => sum(mul(reshape(sin(add(mul(iota([Math.max(1, t.size)], { dtype: t.dtype }), 1.7), 0.3)), t.shape), t)))
    .reduce((a, b) => add(a, b), zeros([], { dtype: "f64" }));

/** Whether a tensor of a module is state, which has no derivative. */
export const isState = (name: string): boolean => /(^|\.)(running_mean|running_var|num_batches_tracked)$/.test(name);

/** `tree + t · direction` on float parameters, where the direction is made of {@link some} numbers. */
export const moved = <T>(tree: T, by: Tensor, seed = 3): T => {
  const names = treeNames(tree);
  let n = -1;
  return treeMap((t) => {
    n++;
    const still = !t.dtype.startsWith("f") || isState(names[n] as string);
    return still ? t : add(t, mul(filled(t.shape, { seed: seed + n }), by));
  }, tree);
};

/** A training pass with a key of its own. */
export const training = (seed = 1): Pass => new Pass({ key: key(seed) });

// biome-ignore lint/suspicious/noExplicitAny: tables call modules of all kinds
export type Any = any;
