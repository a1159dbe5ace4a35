import { describe, expect, test } from "vitest";
import {
  dot,
  einsum,
  elu,
  erf,
  erfinv,
  gelu,
  grad,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  logsumexp,
  outer,
  relu,
  relu6,
  selu,
  silu,
  softmax,
  softplus,
  softsign,
  sum,
  type Tensor,
  tanhshrink,
  tensor,
  tensordot,
} from "../../src/index.ts";

const f64 = (x: readonly number[]): Tensor => tensor(Float64Array.from(x));
const close = (actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-6): void => {
  expect(actual.length).toBe(expected.length);
  expected.forEach((e, i) => {
    if (!Object.is(actual[i], e))
      expect(Math.abs((actual[i] as number) - e)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(e)));
  });
};

const activations: readonly (readonly [string, (x: Tensor) => Tensor, (x: number) => number])[] = [
  ["relu", relu, (x) => Math.max(x, 0)],
  ["relu6", relu6, (x) => Math.min(Math.max(x, 0), 6)],
  ["leakyRelu", leakyRelu, (x) => (x > 0 ? x : 0.01 * x)],
  ["elu", elu, (x) => (x > 0 ? x : Math.expm1(x))],
  ["selu", selu, (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))],
  [
    "gelu tanh",
    (x) => gelu(x, { approximate: true }),
    (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  ],
  ["silu", silu, (x) => x / (1 + Math.exp(-x))],
  ["softplus", softplus, (x) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0)],
  ["logSigmoid", logSigmoid, (x) => -Math.log1p(Math.exp(-Math.abs(x))) + Math.min(x, 0)],
  ["softsign", softsign, (x) => x / (1 + Math.abs(x))],
  ["hardtanh", hardtanh, (x) => Math.min(Math.max(x, -1), 1)],
  ["tanhshrink", tanhshrink, (x) => x - Math.tanh(x)],
];
const points = [-30, -2.3, -0.7, 0.4, 1.9, 5.5, 30];

describe.each(activations)("%s", (_, f, by) => {
  test("values", async () => close(await f(f64(points)).data(), points.map(by), 1e-12));
  test("first and second derivative are differences", async () => {
    const total = (x: Tensor): Tensor => sum(f(x));
    const h = 1e-5;
    const first = grad(total);
    close(
      await first(f64(points)).data(),
      points.map((x) => (by(x + h) - by(x - h)) / (2 * h)),
      1e-5,
    );
    const [up, down] = [
      await first(f64(points.map((x) => x + h))).data(),
      await first(f64(points.map((x) => x - h))).data(),
    ];
    close(
      await grad((x: Tensor) => sum(first(x)))(f64(points)).data(),
      points.map((_p, i) => ((up[i] as number) - (down[i] as number)) / (2 * h)),
      1e-5,
    );
  });
  test("NaN stays", async () => expect(await f(tensor(Number.NaN)).item()).toBeNaN());
});

test("extremes neither overflow nor lose derivatives", async () => {
  close(await softplus(f64([1000, -1000])).data(), [1000, 0]);
  close(await grad((x: Tensor) => sum(softplus(x)))(f64([1000, -1000, 0])).data(), [1, 0, 0.5]);
  close(await grad((y: Tensor) => sum(grad((x: Tensor) => sum(softplus(x)))(y)))(f64([0])).data(), [0.25]);
  close(await logsumexp(f64([-Infinity, -Infinity])).data(), [-Infinity]);
  close(await logsumexp(f64([Infinity, 1])).data(), [Infinity]);
  close(await softmax(f64([-Infinity, 0, 1000])).data(), [0, 0, 1]);
  close(await logSoftmax(f64([1000, 0])).data(), [0, -1000]);
  close(await logsumexp(tensor([], { dtype: "f64" })).data(), [-Infinity]);
});

test("gelu is x Φ(x); erfinv inverts erf", async () => {
  close(await gelu(f64([1])).data(), [0.8413447460685429], 1e-9);
  const u = [-0.9999999, -0.5, 0, 0.1, 0.99, 0.9999999999];
  close(await erf(erfinv(f64(u))).data(), u, 1e-14);
  close(await erfinv(f64([1, -1])).data(), [Infinity, -Infinity]);
});

test("einsum and tensordot are sums of products", async () => {
  const a = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const b = tensor([
    [1, 0],
    [2, 1],
    [0, 3],
  ]);
  expect(await einsum("ij,jk->ki", a, b).array()).toEqual([
    [5, 14],
    [11, 23],
  ]);
  expect(await einsum("ij,jk", a, b).array()).toEqual([
    [5, 11],
    [14, 23],
  ]);
  expect(await einsum("ij->", a).item()).toBe(21);
  expect(
    await einsum(
      "ii->i",
      tensor([
        [1, 2],
        [3, 4],
      ]),
    ).array(),
  ).toEqual([1, 4]);
  expect(await einsum("i,j,i->ij", tensor([1, 2]), tensor([3, 4]), tensor([5, 6])).array()).toEqual([
    [15, 20],
    [36, 48],
  ]);
  expect(
    await einsum(
      "bij,bj->bi",
      tensor([
        [
          [1, 2],
          [3, 4],
        ],
      ]),
      tensor([[5, 6]]),
    ).array(),
  ).toEqual([[17, 39]]);
  expect(await tensordot(a, b, 1).array()).toEqual([
    [5, 11],
    [14, 23],
  ]);
  expect(
    await tensordot(a, b, [
      [0, 1],
      [1, 0],
    ]).item(),
  ).toBe(28);
  expect(await dot(tensor([1, 2]), tensor([3, 4])).item()).toBe(11);
  expect(await outer(tensor([1, 2]), tensor([3, 4])).array()).toEqual([
    [3, 4],
    [6, 8],
  ]);
});
