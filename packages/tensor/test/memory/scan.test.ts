import { afterEach, expect, test } from "vitest";
import * as g from "../../src/index.ts";

type T = g.Tensor;
const initial = g.getBackend();
afterEach(() => g.setBackend(initial));

const SIZE = 1024;
const BYTES = 4 * SIZE;

/** The most bytes that a gradient through `length` steps took, on a backend that has done nothing else; and the gradient. */
function peak(length: number, checkpoint: boolean): { bytes: number; gradient: number } {
  g.setBackend(g.wasmBackend());
  const f = (c: T): T => g.scan((s: T) => [s.mul(0.999).sin(), null], c, null, { length, checkpoint })[0].sum();
  const c = g.realize(g.linspace(-1, 1, SIZE).mul(1));
  const { liveBytes } = g.memory();
  const slopes = g.jit(g.grad(f))(c).dataSync();
  return { bytes: g.memory().peakBytes - liveBytes, gradient: slopes[SIZE / 4] as number };
}

test("a gradient through 10,000 steps of scan keeps about 2√n carries when checkpointed, else all n", () => {
  const short = peak(2500, true);
  const long = peak(10_000, true);
  expect(long.bytes).toBeLessThan((2 * 100 + 20) * BYTES);
  expect(long.bytes / short.bytes).toBeLessThan(2.2);
  const all = peak(2500, false);
  expect(all.bytes).toBeGreaterThan(2500 * BYTES);
  expect(short.gradient).toBeCloseTo(all.gradient, 6);
  expect(Number.isFinite(long.gradient)).toBe(true);
});
