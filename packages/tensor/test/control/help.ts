import { expect } from "vitest";
import * as g from "../../src/index.ts";
import { make } from "../draw.ts";

/** An f64 tensor. */
export const f64 = (data: readonly number[], shape: readonly number[] = [data.length]): g.Tensor =>
  make(data, shape, "f64");

export const read = (t: g.Tensor): number[] => [...t.dataSync()];

export function near(actual: readonly number[], expected: readonly number[], digits = 8): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((x, i) => expect(x).toBeCloseTo(expected[i] as number, digits));
}

/** Gradients of a scalar function by central differences. */
export function differences(f: (x: g.Tensor) => g.Tensor, x: g.Tensor, h = 1e-5): number[] {
  const data = read(x);
  return data.map((_, i) => {
    const at = (s: number): number =>
      f(
        f64(
          data.map((v, k) => (k === i ? v + s : v)),
          x.shape,
        ),
      ).itemSync();
    return (at(h) - at(-h)) / (2 * h);
  });
}

/** Reverse mode against differences, forward mode against reverse mode, and both ways to second derivatives. */
export function checkDerivatives(f: (x: g.Tensor) => g.Tensor, x: g.Tensor): void {
  const gradient = g.grad(f);
  near(read(gradient(x)), differences(f, x), 6);
  const v = f64(
    Array.from({ length: x.size }, (_, i) => Math.cos(3 * i + 1)),
    x.shape,
  );
  const [, dy] = g.jvp(f, [x], [v]);
  near(read(dy), [read(gradient(x).mul(v).sum())[0] as number]);
  const along = (t: g.Tensor): g.Tensor => gradient(t).mul(v).sum();
  const reverse = read(g.grad(along)(x));
  const [, forward] = g.jvp(gradient, [x], [v]);
  near(read(forward), reverse);
  near(reverse, differences(along, x), 5);
}
