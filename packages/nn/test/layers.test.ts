import { key, relu, tensor, treeNames, zeros } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import {
  AvgPool2d,
  Conv2d,
  Dropout,
  Dropout2d,
  DropPath,
  Flatten,
  Linear,
  MaxPool2d,
  Module,
  Pass,
  Sequential,
} from "../src/index.ts";
import { close, filled, some, training } from "./help.ts";

/** Images by the definition, one loop per index. */
function slowConv(
  x: ArrayLike<number>,
  xs: number[],
  w: ArrayLike<number>,
  ws: number[],
  bias: ArrayLike<number>,
  stride: number[],
  padding: number[],
  dilation: number[],
  groups: number,
): number[] {
  const [N, C, H, W] = xs as [number, number, number, number];
  const [O, I, KH, KW] = ws as [number, number, number, number];
  const OH = Math.floor((H + 2 * padding[0]! - dilation[0]! * (KH - 1) - 1) / stride[0]!) + 1;
  const OW = Math.floor((W + 2 * padding[1]! - dilation[1]! * (KW - 1) - 1) / stride[1]!) + 1;
  const out: number[] = [];
  for (let n = 0; n < N; n++)
    for (let o = 0; o < O; o++)
      for (let i = 0; i < OH; i++)
        for (let j = 0; j < OW; j++) {
          let sum = bias[o]!;
          for (let c = 0; c < I; c++)
            for (let p = 0; p < KH; p++)
              for (let q = 0; q < KW; q++) {
                const h = i * stride[0]! + p * dilation[0]! - padding[0]!;
                const v = j * stride[1]! + q * dilation[1]! - padding[1]!;
                const channel = Math.floor(o / (O / groups)) * I + c;
                if (h >= 0 && h < H && v >= 0 && v < W)
                  sum += x[((n * C + channel) * H + h) * W + v]! * w[((o * I + c) * KH + p) * KW + q]!;
              }
          out.push(sum);
        }
  return out;
}

describe("Linear", () => {
  test("x Wᵀ + b over the last axis", async () => {
    const layer = new Linear(3, 2, { key: key(0) });
    const x = tensor(some(12), { shape: [2, 2, 3] });
    const [w, b] = [await layer.weight.data(), await layer.bias!.data()];
    const wanted: number[] = [];
    for (let r = 0; r < 4; r++)
      for (let o = 0; o < 2; o++)
        wanted.push(b[o]! + [0, 1, 2].reduce((s, i) => s + some(12)[r * 3 + i]! * w[o * 3 + i]!, 0));
    const y = layer.call(x);
    expect(y.shape).toEqual([2, 2, 2]);
    close(await y.data(), wanted);
  });
  test("without bias, and wrong input", () => {
    const layer = new Linear(3, 2, { key: key(0), bias: false });
    expect(treeNames(layer)).toEqual(["weight"]);
    expect(() => layer.call(zeros([1, 4]))).toThrow("Linear: x: last axis of [1,4] is not the layer's 3 inputs");
    expect(() => new Linear(0, 2, { key: key(0) })).toThrow("Linear: inputs: expected an integer >= 1, got 0");
  });
});

describe("Conv2d", () => {
  test.each([
    [[1, 1], [0, 0], [1, 1], 1],
    [[2, 1], [1, 2], [1, 1], 1],
    [[1, 2], [2, 2], [2, 1], 2],
    [[1, 1], [1, 1], [1, 1], 4],
  ] as [[number, number], [number, number], [number, number], number][])(
    "stride %j, padding %j, dilation %j, groups %i",
    async (stride, padding, dilation, groups) => {
      const layer = new Conv2d(4, 8, [3, 2], { key: key(1), stride, padding, dilation, groups });
      const xs = [2, 4, 7, 6];
      const data = some(2 * 4 * 7 * 6);
      const wanted = slowConv(
        data,
        xs,
        await layer.weight.data(),
        [...layer.weight.shape],
        await layer.bias!.data(),
        stride,
        padding,
        dilation,
        groups,
      );
      close(await layer.call(tensor(data, { shape: xs })).data(), wanted);
    },
  );
  test("errors", () => {
    expect(() => new Conv2d(3, 4, 3, { key: key(0), groups: 2 })).toThrow(
      "Conv2d: groups: 2 does not divide 3 inputs and 4 outputs",
    );
    expect(() => new Conv2d(3, 4, 3, { key: key(0), padding: -1 })).toThrow(
      "Conv2d: padding: expected an integer >= 0, got -1",
    );
    expect(() => new Conv2d(3, 4, 3, { key: key(0) }).call(zeros([1, 1, 8, 8]))).toThrow(
      "Conv2d: x: expected [batch, 3, height, width], got [1,1,8,8]",
    );
  });
});

describe("pooling", () => {
  const x = tensor(some(2 * 5 * 6), { shape: [1, 2, 5, 6] });
  const windows = (fold: (w: number[]) => number, pad: boolean): number[] => {
    const data = some(60);
    const out: number[] = [];
    const [OH, OW] = pad ? [3, 4] : [2, 3];
    for (let c = 0; c < 2; c++)
      for (let i = 0; i < OH; i++)
        for (let j = 0; j < OW; j++) {
          const w: number[] = [];
          for (let p = 0; p < 2; p++)
            for (let q = 0; q < 2; q++) {
              const [h, v] = [i * 2 + p - (pad ? 1 : 0), j * 2 + q - (pad ? 1 : 0)];
              if (h >= 0 && h < 5 && v >= 0 && v < 6) w.push(data[c * 30 + h * 6 + v]!);
            }
          out.push(fold(w));
        }
    return out;
  };
  test("max", async () => {
    close(
      await new MaxPool2d(2).call(x).data(),
      windows((w) => Math.max(...w), false),
    );
    close(
      await new MaxPool2d(2, { padding: 1 }).call(x).data(),
      windows((w) => Math.max(...w), true),
    );
  });
  test("mean counts padding as zeros", async () => {
    close(
      await new AvgPool2d(2).call(x).data(),
      windows((w) => w.reduce((a, b) => a + b) / 4, false),
    );
    close(
      await new AvgPool2d(2, { padding: 1 }).call(x).data(),
      windows((w) => w.reduce((a, b) => a + b) / 4, true),
    );
  });
  test("errors", () => {
    expect(() => new MaxPool2d(0)).toThrow("MaxPool2d: kernel: expected an integer >= 1, got 0");
    expect(() => new AvgPool2d(2).call(zeros([2, 2]))).toThrow(
      "AvgPool2d: x: expected [batch, channels, height, width], got [2,2]",
    );
  });
});

describe("Dropout", () => {
  const x = tensor(new Array(10_000).fill(2));
  test("zeros the share asked for, keeps the mean, repeats with the key", async () => {
    const y = await new Dropout(0.25).call(x, training(3)).data();
    const zero = y.filter((v) => v === 0).length;
    expect(Math.abs(zero / 10_000 - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 10_000));
    expect(new Set(y)).toEqual(new Set([0, Math.fround(2 / 0.75)]));
    expect(await new Dropout(0.25).call(x, training(3)).data()).toEqual(y);
    expect(await new Dropout(0.25).call(x, training(4)).data()).not.toEqual(y);
  });
  test("whole channels, whole examples", async () => {
    const t = filled([40, 6, 5], { dtype: "f32" });
    const zero = async (y: ReturnType<typeof zeros>, block: number): Promise<boolean[]> => {
      const values = [...(await y.data())];
      return Array.from({ length: values.length / block }, (_, i) => {
        const part = values.slice(i * block, (i + 1) * block).map((v) => v === 0);
        expect(new Set(part).size).toBe(1);
        return part[0]!;
      });
    };
    const channels = await zero(new Dropout2d(0.5).call(t, training(5)), 5);
    const examples = await zero(new DropPath(0.5).call(t, training(5)), 30);
    for (const list of [channels, examples]) {
      const share = list.filter(Boolean).length / list.length;
      expect(Math.abs(share - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / list.length));
    }
  });
  test("identity unless a pass trains; layers of one pass draw different bits; rates out of range", async () => {
    expect(new Dropout(0.5).call(x)).toBe(x);
    expect(new Dropout(0.5).call(x, new Pass({ training: false }))).toBe(x);
    const pass = training(1);
    const [first, second] = [new Dropout(0.5).call(x, pass), new Dropout(0.5).call(x, pass)];
    expect(await first.data()).not.toEqual(await second.data());
    expect(() => new Dropout(0.5).call(x, new Pass())).toThrow("Dropout: pass: it has no key");
    for (const rate of [-0.1, 1, Number.NaN]) expect(() => new Dropout(rate)).toThrow("Dropout: rate:");
  });
});

describe("Sequential", () => {
  const model = new Sequential(
    new Flatten(),
    new Linear(4, 3, { key: key(0) }),
    relu,
    new Dropout(0.5),
    new Linear(3, 2, { key: key(1) }),
  );
  test("names as in PyTorch", () =>
    expect(treeNames({ features: model })).toEqual([
      "features.1.weight",
      "features.1.bias",
      "features.4.weight",
      "features.4.bias",
    ]));
  test("applies its layers in order, with a key for each", async () => {
    const x = tensor(some(8), { shape: [2, 2, 2] });
    const byHand = (model[4] as Linear).call(relu((model[1] as Linear).call(tensor(some(8), { shape: [2, 4] }))));
    close(await model.call(x).data(), [...(await byHand.data())]);
    expect(await model.call(x, training(1)).data()).not.toEqual(await model.call(x).data());
  });
  test("errors", () => {
    expect(() => new Sequential(3 as never)).toThrow("Sequential: layers[0]: expected a module or a function, got 3");
    expect(() => new Flatten(2).call(zeros([2, 2]))).toThrow("Flatten: x: [2,2] has no axis 2");
  });
});

test("a module is a tree: fields in order, settings apart", () => {
  class Net extends Module {
    readonly conv = new Conv2d(1, 2, 3, { key: key(0) });
    readonly blocks = [new Linear(2, 2, { key: key(1) }), new Linear(2, 2, { key: key(2), bias: false })];
    forward(x: ReturnType<typeof zeros>): ReturnType<typeof zeros> {
      return x;
    }
  }
  expect(treeNames(new Net())).toEqual([
    "conv.weight",
    "conv.bias",
    "blocks.0.weight",
    "blocks.0.bias",
    "blocks.1.weight",
  ]);
});
