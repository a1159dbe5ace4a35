import { expect } from "vitest";
import * as g from "../../src/index.ts";

/** The arguments of the scripts that print reference values: n-th elements by one formula, exact in both languages up to one division. */
export const x = (seed: number, ...shape: number[]): g.Tensor => {
  const n = shape.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: n }, (_, i) => ((i * 7919 + seed * 104729) % 1009) / 1009 - 0.5);
  return g.tensor(data, { shape });
};

export const read = async (t: g.Tensor): Promise<number[]> => Array.from((await t.data()) as ArrayLike<number>);

/** Asserts that the elements of `t` are those expected, up to `tolerance` of the largest (at least 1). */
export async function near(t: g.Tensor, expected: readonly number[], tolerance = 2e-12): Promise<void> {
  const actual = await read(t);
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  actual.forEach((v, i) => {
    const e = expected[i] as number;
    if (!(Math.abs(v - e) <= tolerance * scale)) throw new Error(`element ${i} is ${v} instead of ${e}`);
  });
}

/** ⟨a, b⟩ */
export const inner = (a: g.Tensor, b: g.Tensor): g.Tensor => g.sum(g.mul(a, b));
