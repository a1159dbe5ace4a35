import type { Tensor } from "@gradus/tensor";
import { jit, key, tensor, treeLeaves, treeNames, valueAndGrad, zeros } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import * as nn from "../src/index.ts";
import { filled, isState, training } from "./help.ts";

const k = { key: key(0) };
/** Number of parameters, without state. */
const count = (model: unknown): number => {
  const names = treeNames(model);
  return treeLeaves(model).reduce((n, t, i) => n + (isState(names[i]!) ? 0 : t.size), 0);
};

describe("numbers of parameters as in the literature", () => {
  test.each<[string, () => unknown, number]>([
    ["LeNet-5", () => new nn.LeNet5(k), 61_706],
    ["MLP 784-256-256-10", () => nn.mlp([784, 256, 256, 10], k), 269_322],
    ["ResNet-18", () => nn.resnet18(k), 11_689_512],
    ["ResNet-34", () => nn.resnet34(k), 21_797_672],
    ["ResNet-50", () => nn.resnet50(k), 25_557_032],
    ["ResNet-20, zeros beside", () => nn.resnet20(k), 269_722],
    ["ResNet-20, projections", () => nn.resnet20({ ...k, shortcut: "projection" }), 272_474],
    ["ResNet-56, zeros beside", () => nn.resnet56(k), 853_018],
    ["ResNet-56, projections", () => nn.resnet56({ ...k, shortcut: "projection" }), 855_770],
    ["ViT-Ti/16", () => nn.vitTiny(k), 5_717_416],
    ["ViT-S/16", () => nn.vitSmall(k), 22_050_664],
    ["ViT-B/16", () => nn.vitBase(k), 86_567_656],
    ["Mixer-S/16", () => nn.mixerSmall(k), 18_528_264],
    ["Mixer-B/16", () => nn.mixerBase(k), 59_880_472],
    [
      "U-Net, width 64, 4 levels, 3 channels",
      () => new nn.UNet({ ...k, width: 64, levels: 4, channels: 3 }),
      31_037_633,
    ],
  ])("%s", (_, make, wanted) => expect(count(make())).toBe(wanted));

  test("by arithmetic: ResNet-6n+2 of widths w, 2w, 4w", () => {
    const formula = (n: number, w: number, projection: boolean): number => {
      const norm = (c: number): number => 2 * c;
      const block = (i: number, o: number): number => 9 * i * o + norm(o) + 9 * o * o + norm(o);
      const stage = (i: number, o: number): number => block(i, o) + (n - 1) * block(o, o);
      const beside = projection ? 2 * w * w + norm(2 * w) + 8 * w * w + norm(4 * w) : 0;
      return 27 * w + norm(w) + stage(w, w) + stage(w, 2 * w) + stage(2 * w, 4 * w) + beside + 40 * w + 10;
    };
    expect([formula(3, 16, false), formula(3, 16, true)]).toEqual([269_722, 272_474]);
    expect([formula(9, 16, false), formula(9, 16, true)]).toEqual([853_018, 855_770]);
  });
});

describe("forward and backward", () => {
  const step = (model: nn.Module, x: Tensor, labels: Tensor): [Tensor, nn.Module, nn.Module] => {
    const loss = (m: nn.Module): readonly [Tensor, nn.Module] => {
      const pass = training();
      return [nn.crossEntropy(m.call(x, pass), labels), pass.updated(m)];
    };
    const [[value, next], grads] = valueAndGrad(loss, { hasAux: true })(model);
    return [value, next, grads];
  };
  test.each<[string, () => nn.Module, number[]]>([
    ["ResNet-20", () => nn.resnet20(k), [2, 3, 32, 32]],
    ["ViT-Ti", () => nn.vitTiny({ ...k, size: 64 }), [1, 3, 64, 64]],
    ["ResNet-18", () => nn.resnet18(k), [1, 3, 64, 64]],
    ["Mixer-S", () => nn.mixerSmall({ ...k, size: 64 }), [1, 3, 64, 64]],
    ["LeNet-5", () => new nn.LeNet5(k), [2, 1, 28, 28]],
  ])("%s", async (_, make, shape) => {
    const model = make();
    const x = filled(shape, { dtype: "f32" });
    const labels = tensor(
      Array.from({ length: shape[0]! }, (_, i) => i),
      { dtype: "i32" },
    );
    const [value, next, grads] = jit(step)(model, x, labels);
    const classes = (model as nn.ResNet).fc?.weight.shape[0] ?? ("head" in model ? 1000 : 10);
    expect(Math.abs((await value.item()) - Math.log(classes))).toBeLessThan(2);
    const names = treeNames(grads);
    const still: string[] = [];
    for (const [i, t] of treeLeaves(grads).entries()) {
      const data = (await t.data()) as Float32Array;
      expect(data.every(Number.isFinite), names[i]).toBe(true);
      if (data.every((v) => v === 0)) still.push(names[i]!);
    }
    // heads that start from zeros let nothing through at first
    if (_ !== "Mixer-S") expect(still.filter((name) => !isState(name))).toEqual([]);
    expect(treeNames(next)).toEqual(treeNames(model));
  });
});

test("U-Net scores every pixel; sides that cannot be halved are refused", () => {
  const model = new nn.UNet({ ...k, channels: 3, classes: 5 });
  expect(model.call(zeros([2, 3, 16, 24])).shape).toEqual([2, 5, 16, 24]);
  expect(() => model.call(zeros([2, 3, 12, 16]))).toThrow("UNet: x: the sides of [2,3,12,16] are no multiples of 8");
});

test("blocks can be tapped by their names", () => {
  const { taps } = nn.tap(nn.resnet20(k), ["layer3.2.conv2", "layer2", "layer2.0.downsample"], zeros([1, 3, 32, 32]));
  expect([taps["layer3.2.conv2"].shape, taps.layer2.shape]).toEqual([
    [1, 64, 8, 8],
    [1, 32, 16, 16],
  ]);
  expect(taps["layer2.0.downsample"].shape).toEqual([1, 32, 16, 16]);
  const vit = nn.tap(nn.vitTiny({ ...k, size: 32 }), ["blocks.11", "patch_embed"], zeros([1, 3, 32, 32]));
  expect(vit.taps["blocks.11"].shape).toEqual([1, 5, 192]);
});
