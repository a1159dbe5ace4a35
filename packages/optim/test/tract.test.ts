import { Conv2d, Linear, Sequential, stateDict } from "@gradus/nn";
import type { Tensor } from "@gradus/tensor";
import {
  add,
  conv,
  grad,
  jit,
  key,
  matmul,
  mean,
  mul,
  normal,
  relu,
  reshape,
  square,
  sub,
  sum,
  tensor,
  transpose,
  treeNames,
} from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tract, tractGrad, untract } from "../src/index.ts";

const f64 = { dtype: "f64" } as const;
const near = (got: Iterable<number>, wanted: readonly number[], within = 1e-7): void => {
  const all = [...got];
  expect(all.length).toBe(wanted.length);
  wanted.forEach((w, i) => expect(Math.abs(all[i]! - w)).toBeLessThan(within));
};
const x = tensor([[1, 0, 2], [0, 1, -1]], f64); // biome-ignore format: rows of a matrix
const gz = tensor([[0.5, -0.25], [0.1, 0.2]], f64); // biome-ignore format: rows of a matrix
const vanilla = [0.5, 0.1, 0.9, -0.25, 0.2, -0.7];
const values = async (t: Tensor): Promise<number[]> => [...(await t.data())] as number[];

describe("the gradient", () => {
  const wanted = [0.34946237, 0.40860215, 0.29032258, -0.04032258, 0.14516129, -0.22580645];
  test.each(["primal", "dual", "auto"] as const)("in %s form", async (form) => {
    near(await values(tractGrad(x, gz, { form })), wanted, 1e-8);
  });
  test("the step of the outputs: their own gradient for a small ridge", async () => {
    const step = async (lambda: number): Promise<number[]> =>
      values(matmul(x, transpose(tractGrad(x, gz, { lambda, form: "primal" }))));
    near(await step(1e-8), [1, -0.5, 0.2, 0.4]);
    near(await step(0.1), [0.93010753, -0.49193548, 0.11827957, 0.37096774], 1e-8);
    near(await values(matmul(x, transpose(matmul(transpose(gz), x)))), [2.3, -1.65, -0.8, 0.9], 1e-12);
  });
  test("limits: the ordinary gradient for a large ridge; inputs ten times as large", async () => {
    near(await values(mul(tractGrad(x, gz, { lambda: 1e6 }), 1e6)), vanilla, 3e-6);
    const large = await values(tractGrad(mul(x, 10), gz));
    near(large, [0.03994011, 0.04989022, 0.02999, -0.0033422, 0.01664116, -0.02332556], 1e-8);
    near(
      large,
      (await values(tractGrad(x, gz, { lambda: 1e-3 }))).map((v) => v / 10),
      1e-12,
    );
  });
  test("one number; one-hot rows", async () => {
    near(await values(tractGrad(tensor([[2]], f64), tensor([[1]], f64))), [0.48780488], 1e-8);
    near(await values(tractGrad(tensor([[0.1]], f64), tensor([[1]], f64))), [0.90909091], 1e-8);
    const rows = tensor([[1, 0], [1, 0], [0, 1]], f64); // biome-ignore format: rows of a matrix
    near(await values(tractGrad(rows, tensor([[0.3], [0.6], [-0.9]], f64))), [1.17391304, -2.07692308], 1e-8);
  });
  test("it solves the ridge regression that it is derived from", async () => {
    const objective = (d: Tensor): Tensor =>
      add(sum(square(sub(mul(transpose(gz), -2), matmul(d, transpose(x))))), mul(sum(square(d)), 0.1 * 2));
    const best = mul(tractGrad(x, gz), -1);
    expect(await objective(best).item()).toBeCloseTo(0.10188172, 7);
    near(await values(grad(objective)(best)), Array(6).fill(0), 1e-12);
  });
  test("both forms agree; a rotation of the inputs rotates it; the same zeros as the ordinary gradient", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), fc.nat(), async (b, n, seed) => {
        const rows = normal(key(seed), [b, n], f64);
        const slopes = normal(key(seed + 1), [b, 3], f64);
        const primal = await values(tractGrad(rows, slopes, { form: "primal" }));
        near(await values(tractGrad(rows, slopes, { form: "dual" })), primal, 1e-9);
        const { q } = rotation(n, seed + 2);
        near(await values(tractGrad(matmul(rows, q), slopes)), await values(matmul(tractGrad(rows, slopes), q)), 1e-9);
      }),
      { numRuns: 25 },
    );
  });
});

/** A Householder reflection. */
function rotation(n: number, seed: number): { q: Tensor } {
  const v = reshape(normal(key(seed), [n], f64), [n, 1]);
  const eye = tensor(
    Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? 1 : 0))),
    f64,
  );
  return { q: sub(eye, mul(matmul(v, transpose(v)), sum(square(v)).pow(-1).mul(2))) };
}

describe("layers", () => {
  test("a convolution: rows are patches, all of them", async () => {
    const image = tensor([1, 2, 0, 0, 1, 3, 2, 1, 1], { shape: [1, 1, 3, 3], ...f64 });
    const slopes = tensor([0.1, -0.2, 0.3, 0.05], { shape: [1, 1, 2, 2], ...f64 });
    const layer = new Conv2d(1, 1, 2, { key: key(0), dtype: "f64" });
    const slope = (l: Conv2d): Tensor => grad((m: Conv2d) => sum(mul(m.call(image), slopes)))(l).weight;
    near(await values(slope(layer)), [-0.25, 0.65, 0.45, -0.15], 1e-12);
    near(await values(slope(tract(layer))), [-0.47153161, 0.23590414, 0.33888263, -0.02229579], 1e-8);
  });

  test("outputs, gradients of inputs and bias, names and tensors are the plain layer's, bit for bit", async () => {
    for (const [plain, shape] of [
      [new Linear(5, 4, { key: key(1) }), [3, 2, 5]],
      [new Conv2d(4, 6, 3, { key: key(1), padding: 1, stride: 2, groups: 2 }), [2, 4, 5, 5]],
      [new Conv2d(2, 3, [2, 3], { key: key(1), padding: 2, dilation: 2, paddingMode: "reflect" }), [2, 2, 7, 7]],
    ] as [Linear | Conv2d, number[]][]) {
      const wrapped = tract(plain);
      const input = normal(key(2), shape);
      const loss = (layer: typeof plain, at: Tensor): Tensor => mean(square(layer.call(at) as Tensor));
      expect(await values(wrapped.call(input))).toEqual(await values(plain.call(input)));
      const [a, b] = [plain, wrapped].map(
        (l) => grad(loss, { argnums: [0, 1] } as never)(l, input) as unknown as [Linear, Tensor],
      );
      expect(await values(b![1])).toEqual(await values(a![1]));
      expect(await values(b![0].bias!)).toEqual(await values(a![0].bias!));
      expect(await values(b![0].weight)).not.toEqual(await values(a![0].weight));
      expect([...stateDict(wrapped).keys()]).toEqual([...stateDict(plain).keys()]);
      expect(wrapped.weight).toBe(plain.weight);
      const back = untract(wrapped);
      expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(plain));
      expect(treeNames(back)).toEqual(treeNames(plain));
    }
  });

  test("groups, strides, dilation: each group by a matrix of its own, as written out", async () => {
    const layer = new Conv2d(4, 2, 2, { key: key(3), groups: 2, stride: 2, dilation: 2, padding: 1, dtype: "f64" });
    const input = normal(key(4), [3, 4, 6, 6], f64);
    const slopes = normal(key(5), layer.call(input).shape, f64);
    const got = grad((m: Conv2d) => sum(mul(m.call(input), slopes)))(tract(layer, { lambda: 0.2 })).weight;
    for (const g of [0, 1]) {
      // Each tap of each channel by a convolution with a single one.
      const rows: Tensor[] = [];
      for (const c of [0, 1])
        for (const i of [0, 1])
          for (const j of [0, 1]) {
            const one = Array.from({ length: 16 }, (_, k) => (k === ((2 * g + c) * 2 + i) * 2 + j ? 1 : 0));
            const kernel = tensor(one, { shape: [1, 4, 2, 2], ...f64 });
            rows.push(reshape(conv(input, kernel, { stride: 2, dilation: 2, padding: 1 }), [-1]));
          }
      const matrix = transpose(tensor(await Promise.all(rows.map(values)), f64));
      const own = (await values(slopes)).filter((_, k) => Math.floor(k / (slopes.size / 6)) % 2 === g);
      const wanted = await values(tractGrad(matrix, tensor(own, { shape: [own.length, 1], ...f64 }), { lambda: 0.2 }));
      near((await values(got)).slice(8 * g, 8 * g + 8), wanted, 1e-10);
    }
  });

  test("in a network, jitted; f16 is computed in 32 bits", async () => {
    const net = new Sequential(tract(new Linear(3, 4, { key: key(0) })), relu, new Linear(4, 1, { key: key(1) }));
    const loss = (m: Sequential, at: Tensor): Tensor => mean(square(m.call(at)));
    const input = normal(key(2), [6, 3]);
    const slope = grad(loss);
    const [eager, jitted] = [slope(net, input), jit(slope)(net, input)];
    near(await values((jitted[0] as Linear).weight), await values((eager[0] as Linear).weight), 1e-5);
    const half = new Linear(3, 4, { key: key(0), dtype: "f16" });
    const g = grad((m: Linear) => mean(square(m.call(mul(input, 30).astype("f16")))))(tract(half)).weight;
    expect(g.dtype).toBe("f16");
    for (const v of await values(g)) expect(Number.isFinite(v)).toBe(true);
  });

  test("the outputs of few rows move along their own gradient, which the ordinary step does not", async () => {
    const input = normal(key(7), [16, 64], f64);
    const cosine = async (step: Tensor, slope: Tensor): Promise<number> => {
      const [a, b] = [await values(step), await values(slope)];
      let total = 0;
      for (let r = 0; r < 16; r++) {
        const [p, q] = [a.slice(4 * r, 4 * r + 4), b.slice(4 * r, 4 * r + 4)];
        total += p.reduce((s, v, i) => s + v * q[i]!, 0) / (Math.hypot(...p) * Math.hypot(...q)) / 16;
      }
      return total;
    };
    const slopes = normal(key(8), [16, 4], f64);
    expect(await cosine(matmul(input, transpose(tractGrad(input, slopes, { lambda: 0.01 }))), slopes)).toBeGreaterThan(
      0.99,
    );
    expect(await cosine(matmul(input, transpose(matmul(transpose(slopes), input))), slopes)).toBeLessThan(0.98);
  });
});
