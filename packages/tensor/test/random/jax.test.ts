import { expect, test } from "vitest";
import { key, normal, uniform } from "../../src/index.ts";

// Numbers shown in the documentation of jax.random, for keys in partitionable mode (the default since JAX 0.5): key(0), shape (3,).
test.each([
  ["uniform", uniform(key(0), [3]), [0.947667, 0.9785799, 0.33229148]],
  ["normal", normal(key(0), [3]), [1.6226422, 2.0252647, -0.43359444]],
] as const)("%s gives the numbers of JAX", async (_, t, expected) => {
  const x = await t.data();
  expected.forEach((e, i) => expect(x[i]).toBeCloseTo(e, 6));
});
