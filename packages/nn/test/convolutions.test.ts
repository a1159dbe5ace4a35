import type { Tensor } from "@gradus/tensor";
import { conv, key, mul, pad, sum, tensor } from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as nn from "../src/index.ts";
import { filled, same } from "./help.ts";

const f64 = { dtype: "f64" } as const;
const inner = (a: Tensor, b: Tensor): Promise<number> => sum(mul(a, b)).item();

describe("a transposed convolution is the adjoint of the convolution: ⟨conv x, y⟩ = ⟨x, convᵀ y⟩", () => {
  const layers = {
    1: [nn.Conv1d, nn.ConvTranspose1d],
    2: [nn.Conv2d, nn.ConvTranspose2d],
    3: [nn.Conv3d, nn.ConvTranspose3d],
  } as const;
  test.each([1, 2, 3] as const)("over %i axes, any options", async (axes) => {
    const each = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
      fc.array(arbitrary, { minLength: axes, maxLength: axes });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          size: each(fc.integer({ min: 3, max: axes === 3 ? 4 : 7 })),
          kernel: each(fc.integer({ min: 1, max: 3 })),
          stride: each(fc.integer({ min: 1, max: 3 })),
          dilation: each(fc.integer({ min: 1, max: 2 })),
          padding: each(fc.integer({ min: 0, max: 2 })),
          groups: fc.constantFrom(1, 2),
        }),
        async ({ size, kernel, stride, dilation, padding, groups }) => {
          const span = kernel.map((k, i) => (k - 1) * dilation[i]! + 1);
          fc.pre(size.every((n, i) => n + 2 * padding[i]! >= span[i]!));
          const common = { key: key(1), bias: false, stride, padding, dilation, groups, ...f64 } as never;
          const [Conv, Transpose] = layers[axes] as never as [
            new (a: number, b: number, k: number[], o: object) => nn.Conv2d,
            new (a: number, b: number, k: number[], o: object) => nn.ConvTranspose2d,
          ];
          const forward = new Conv(2, 4, kernel, common);
          const x = filled([2, 2, ...size]);
          const y = forward.call(x);
          const left = size.map((n, i) => (n + 2 * padding[i]! - span[i]!) % stride[i]!);
          const back = new Transpose(4, 2, kernel, { ...(common as object), outputPadding: left });
          expect(back.weight.shape).toEqual(forward.weight.shape);
          const z = filled(y.shape, { seed: 3 });
          const transposed = nn.loadStateDict(back, new Map([["weight", forward.weight]])).call(z);
          expect(transposed.shape).toEqual(x.shape);
          const [a, b] = [await inner(y, z), await inner(x, transposed)];
          expect(Math.abs(a - b)).toBeLessThan(1e-12 * (1 + Math.abs(a)) * x.size);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("padding modes: as the image padded beforehand", () => {
  test.each([
    ["reflect", "reflect"],
    ["replicate", "edge"],
    ["circular", "wrap"],
  ] as const)("%s", async (paddingMode, mode) => {
    const layer = new nn.Conv2d(2, 3, 3, { key: key(0), padding: [1, 2], paddingMode, ...f64 });
    const plain = new nn.Conv2d(2, 3, 3, { key: key(0), ...f64 });
    const x = filled([2, 2, 5, 4]);
    await same(
      layer.call(x),
      plain.call(
        pad(
          x,
          [
            [0, 0],
            [0, 0],
            [1, 1],
            [2, 2],
          ],
          mode,
        ),
      ),
      12,
    );
  });
  test("same: as many outputs as inputs; an even kernel has one element more after than before", async () => {
    const layer = new nn.Conv1d(1, 1, 4, { key: key(0), padding: "same", dilation: 3, bias: false, ...f64 });
    const x = filled([1, 1, 11]);
    await same(layer.call(x), conv(x, layer.weight, { dilation: 3, padding: [[4, 5]] }), 12);
  });
});

test("depthwise: each channel by its own kernel", async () => {
  const layer = new nn.Conv2d(3, 3, 3, { key: key(0), groups: 3, bias: false, ...f64 });
  expect(layer.weight.shape).toEqual([3, 1, 3, 3]);
  const x = filled([2, 3, 5, 5]);
  const y = layer.call(x);
  for (const c of [0, 1, 2])
    await same(y.at(null, [c, c + 1]), conv(x.at(null, [c, c + 1]), layer.weight.at([c, c + 1])), 12);
});

test("as PyTorch starts them, weight and bias are within 1/√fan of zero; transposed ones count the fan from the other side", () => {
  const [a, b] = [
    new nn.Conv3d(4, 6, [1, 2, 3], { key: key(0), groups: 2 }),
    new nn.ConvTranspose3d(4, 6, [1, 2, 3], { key: key(0), groups: 2 }),
  ];
  expect([a.weight.shape, a.bias!.shape]).toEqual([[6, 2, 1, 2, 3], [6]]);
  expect([b.weight.shape, b.bias!.shape]).toEqual([[4, 3, 1, 2, 3], [6]]);
});

test("global pooling is adaptive pooling to one element", async () => {
  const x = filled([2, 3, 4, 5]);
  await same(new nn.GlobalPool().call(x), new nn.AdaptiveAvgPool2d(1).call(x).reshape([2, 3]), 12);
  await same(new nn.GlobalPool("max").call(x), new nn.AdaptiveMaxPool2d(1).call(x).reshape([2, 3]), 12);
});

test("pixels are shuffled as written out", async () => {
  const y = await new nn.PixelShuffle(2).call(tensor([0, 1, 2, 3], { shape: [1, 4, 1, 1] })).data();
  expect([...y]).toEqual([0, 1, 2, 3]);
});
