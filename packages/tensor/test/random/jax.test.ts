import { expect, test } from "vitest";
import { foldIn, key, normal, randint, truncatedNormal, uniform } from "../../src/index.ts";

// Printed by jax.py with JAX 0.10.2.
test.each([
  ["uniform", uniform(key(0), [3]), [0.947667, 0.9785799, 0.33229148]],
  ["normal", normal(key(0), [3]), [1.6226422, 2.0252647, -0.43359444]],
  ["truncatedNormal", truncatedNormal(key(0), [3]), [1.4559592, 1.7147487, -0.41267535]],
  ["foldIn", foldIn(key(0), 7), [2716826189, 292468403]],
  ["randint", randint(key(0), [5], 0, 10), [9, 0, 2, 3, 1]],
] as const)("%s gives the numbers of JAX", async (_, t, expected) => {
  const x = await t.data();
  expect(x.length).toBe(expected.length);
  expected.forEach((e, i) => {
    expect(Math.abs((x[i] as number) - e)).toBeLessThan(1e-6);
  });
});
