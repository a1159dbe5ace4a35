import { det, key } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import type { Initializer } from "../src/index.ts";
import {
  Conv2d,
  fans,
  kaimingNormal,
  kaimingUniform,
  lecunNormal,
  lecunUniform,
  normalInit,
  orthogonal,
  torchUniform,
  truncatedNormalInit,
  varianceScaling,
  xavierNormal,
  xavierUniform,
} from "../src/index.ts";

const shape = [40, 20, 3, 3]; // fan in 180, out 360

describe("variance and bound", () => {
  test.each<[string, Initializer, number, number]>([
    ["kaimingUniform", kaimingUniform, 2 / 180, Math.sqrt(6 / 180)],
    ["kaimingNormal", kaimingNormal, 2 / 180, Number.POSITIVE_INFINITY],
    ["xavierUniform", xavierUniform, 2 / 540, Math.sqrt(6 / 540)],
    ["xavierNormal", xavierNormal, 2 / 540, Number.POSITIVE_INFINITY],
    ["lecunUniform", lecunUniform, 1 / 180, Math.sqrt(3 / 180)],
    ["lecunNormal", lecunNormal, 1 / 180, 2 / 0.8796 / Math.sqrt(180)],
    ["torchUniform", torchUniform, 1 / 3 / 180, 1 / Math.sqrt(180)],
    ["truncatedNormalInit(0.5)", truncatedNormalInit(0.5), 0.25 * 0.8796256610342398 ** 2, 1],
    ["normalInit(0.5)", normalInit(0.5), 0.25, Number.POSITIVE_INFINITY],
  ])("%s", async (_, init, variance, bound) => {
    const w = [...(await init(key(7), shape).data())];
    const mean = w.reduce((a, b) => a + b, 0) / w.length;
    const square = w.reduce((a, b) => a + b * b, 0) / w.length;
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(variance / w.length));
    expect(Math.abs(square / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / w.length));
    expect(w.every((v) => Math.abs(v) <= bound * (1 + 1e-6))).toBe(true);
    expect([...(await init(key(7), shape).data())]).toEqual(w);
  });
});

describe("orthogonal", () => {
  test.each([[[6, 4]], [[3, 2, 2, 2]], [[5, 5]], [[4, 0]]])("rows or columns of %j are orthonormal", async (shape) => {
    const w = orthogonal(3)(key(1), shape, "f64");
    expect(w.shape).toEqual(shape);
    const m = w.reshape([shape[0]!, w.size / shape[0]!]);
    const gram = shape[0]! >= m.shape[1]! ? m.T.matmul(m) : m.matmul(m.T);
    const n = gram.shape[0]!;
    const data = [...(await gram.data())];
    data.forEach((v, i) => expect(v).toBeCloseTo(i % (n + 1) === 0 ? 9 : 0, 10));
  });
  test("square ones of two are turned or mirrored alike often", async () => {
    const dets = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => det(orthogonal()(key(i), [2, 2], "f64")).item()),
    );
    const turned = dets.filter((d) => d > 0).length;
    expect(Math.abs(turned - 30)).toBeLessThan(4 * Math.sqrt(15));
  });
});

test("fans and errors", () => {
  expect(fans([16, 2, 5, 5])).toEqual({ in: 50, out: 400 });
  expect(() => fans([3])).toThrow("fans: shape: [3] has no fan");
  expect(() => varianceScaling(0, "in", "normal")).toThrow("varianceScaling: scale: 0 is outside (0, ∞)");
});

test("a layer's weight and bias do not share random bits", async () => {
  const layer = new Conv2d(1, 9, 1, { key: key(0) });
  expect([...(await layer.weight.data())]).not.toEqual([...(await layer.bias!.data())]);
});
