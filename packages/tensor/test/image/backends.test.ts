import { describe, expect, test } from "vitest";
import type { DType } from "../../src/index.ts";
import * as g from "../../src/index.ts";
import { draw } from "../draw.ts";
import { imageFunctions } from "./cases.ts";

type Tensor = g.Tensor;

/** Values and the gradients of their weighted sum. */
async function results(backend: g.Backend, c: (typeof imageFunctions)[number], dtype: DType): Promise<number[][]> {
  await g.setBackend(backend);
  const inputs = c.inputs.map((arg, i) => draw(arg, i + 1, dtype));
  const floats = inputs.flatMap((t, i) => (g.isFloat(t.dtype) ? [i] : []));
  const y = c.f(...inputs);
  const weights = draw({ shape: y.shape, domain: "small" }, 99, dtype);
  const grads = g.gradient(
    g.sum(g.mul(y, weights)),
    floats.map((i) => inputs[i] as Tensor),
    { unconnected: "zeros" },
  );
  const all = await Promise.all([y, ...grads].map((t) => t.data()));
  return all.map((t) => Array.from(t as ArrayLike<number>));
}

const bounds: Partial<Record<DType, number>> = { f64: 1e-13, f32: 2e-5 };

describe.each(["f64", "f32"] as const)("wasm as js, values and gradients, %s", (dtype) => {
  test.each(imageFunctions.map((c) => [c.name, c] as const))("%s", async (_, c) => {
    const expected = await results(g.jsBackend(), c, dtype);
    const actual = await results(g.wasmBackend(), c, dtype);
    actual.forEach((list, k) => {
      const scale = Math.max(1, ...(expected[k] as number[]).map(Math.abs));
      const error = Math.max(0, ...list.map((v, i) => Math.abs(v - ((expected[k] as number[])[i] as number))));
      expect(error / scale).toBeLessThanOrEqual(bounds[dtype] as number);
    });
  });
});
