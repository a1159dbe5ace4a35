import { Linear, Sequential } from "@gradus/nn";
import type { Key, Tensor } from "@gradus/tensor";
import {
  add,
  eigvalsh,
  hessian,
  key,
  matmul,
  mul,
  normal,
  relu,
  reshape,
  split,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  transpose,
} from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  activeShares,
  conditionNumber,
  filterNormalized,
  gaussianFlatness,
  lambdaMax,
  landscape,
  ntk,
} from "../examples/shared/sharpness.ts";

const f64 = { dtype: "f64" } as const;
const numbers = async (t: Tensor): Promise<number[]> => [...(await t.data())] as number[];

interface Point {
  readonly x: Tensor;
  readonly y: Tensor;
}
const bowl = (p: Point, scale: Tensor): Tensor => mul(add(mul(square(p.x), 4), square(p.y)), mul(scale, 0.5));
const point: Point = { x: tensor(1, f64), y: tensor(1, f64) };
const one = tensor(1, f64);

describe("the largest eigenvalue of the Hessian", () => {
  const exact = { tolerance: 1e-12, iterations: 200 };
  test("a quadratic: 4, and 1 for y alone", async () => {
    const find = lambdaMax(bowl);
    expect(Math.abs((await find(point, one, { key: key(0), ...exact })) - 4)).toBeLessThan(1e-6);
    const block = (name: string): boolean => name === "y";
    expect(Math.abs((await find(point, one, { key: key(0), block, ...exact })) - 1)).toBeLessThan(1e-6);
    expect(Math.abs((await find(point, tensor(2.5, f64), { key: key(1), ...exact })) - 10)).toBeLessThan(1e-6);
  });
  test("where the largest in size is negative, the largest in sign is found", async () => {
    const saddle = (p: Point, scale: Tensor): Tensor => mul(sub(square(p.x), mul(square(p.y), 3)), scale);
    const found = await lambdaMax(saddle)(point, one, { key: key(3), ...exact });
    expect(Math.abs(found - 2)).toBeLessThan(1e-6);
  });
  test("it is that of the dense Hessian", async () => {
    const find = lambdaMax((w: Tensor, a: Tensor) => mul(sum(mul(w, matmul(a, w))), 0.5));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e6 }), async (seed) => {
        const [k, l] = split(key(seed)) as [Key, Key];
        const b = normal(k, [5, 5], f64);
        const a = add(b, transpose(b));
        const w = normal(l, [5], f64);
        const dense = hessian((x: Tensor) => mul(sum(mul(x, matmul(a, x))), 0.5))(w);
        const wanted = Math.max(...(await numbers(eigvalsh(dense as Tensor))));
        const found = await find(w, a, { key: k, tolerance: 1e-13, iterations: 20_000 });
        expect(Math.abs(found - wanted)).toBeLessThan(1e-4 * (1 + Math.abs(wanted)));
      }),
      { numRuns: 20 },
    );
  });
});

describe("the neural tangent kernel", () => {
  test("two linear layers of one unit", async () => {
    const f = (w: { one: Tensor; two: Tensor }, x: Tensor): Tensor => mul(mul(w.two, w.one), x);
    const kernel = ntk(f)({ one: tensor(2, f64), two: tensor(3, f64) }, tensor([1, 2], f64));
    expect(await numbers(kernel)).toEqual([13, 26, 26, 52]);
    expect(await conditionNumber(kernel)).toBe(Number.POSITIVE_INFINITY);
  });
  test("two ReLUs of which each example sees one", async () => {
    const f = (w: { inner: Tensor; outer: Tensor }, x: Tensor): Tensor =>
      sum(mul(w.outer, relu(mul(w.inner, reshape(x, [-1, 1])))), 1);
    const params = { inner: tensor([1, -1], f64), outer: tensor([1, 2], f64) };
    const kernel = ntk(f)(params, tensor([1, -2], f64));
    expect(await numbers(kernel)).toEqual([2, 0, 0, 20]);
    expect(Math.abs((await conditionNumber(kernel)) - 10)).toBeLessThan(1e-9);
  });
  test("the kernel of sums is the sum of the full kernel's parts", async () => {
    const w = { a: normal(key(1), [3, 2], f64), b: normal(key(2), [2], f64) };
    const f = (p: typeof w, x: Tensor): Tensor => add(matmul(x, p.a).tanh(), p.b);
    const x = normal(key(3), [4, 3], f64);
    const full = await numbers(ntk(f, "full")(w, x));
    const sums = await numbers(ntk(f)(w, x));
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 4; j++) {
        const part = [0, 1].flatMap((c) => [0, 1].map((d) => full[(2 * i + c) * 8 + 2 * j + d] as number));
        expect(part.reduce((s, v) => s + v, 0)).toBeCloseTo(sums[4 * i + j] as number, 9);
      }
  });
});

test("flatness: noise adds σ² tr H / 2 to a quadratic at its minimum", async () => {
  const lowest = { x: tensor(0, f64), y: tensor(0, f64) };
  const at = await gaussianFlatness(bowl)(lowest, one, { key: key(5), sigma: 0.1, draws: 400 });
  expect(Math.abs(at - 0.025)).toBeLessThan(0.006);
  expect(await gaussianFlatness(bowl)(point, one, { key: key(5), sigma: 0, draws: 1 })).toBe(2.5);
});

describe("the landscape", () => {
  const params = { kernel: normal(key(1), [3, 2, 5], f64), rows: normal(key(2), [4, 3], f64), bias: tensor([1], f64) };
  test("each row of a direction has the norm of the parameter's; vectors stay", async () => {
    const d = filterNormalized(params, key(7));
    for (const name of ["kernel", "rows"] as const) {
      const norms = (t: Tensor): Promise<number[]> =>
        numbers(sqrt(sum(square(reshape(t, [t.shape[0] as number, -1])), 1)));
      const wanted = await norms(params[name]);
      (await norms(d[name])).forEach((n, i) => expect(Math.abs(n - (wanted[i] as number))).toBeLessThan(1e-12));
    }
    expect(await numbers(d.bias)).toEqual([0]);
  });
  test("it is the loss at w + a d₁ + b d₂", async () => {
    const rows = await landscape(bowl)(
      point,
      one,
      [
        { x: one, y: tensor(0, f64) },
        { x: tensor(0, f64), y: one },
      ],
      [-1, 0, 2],
    );
    const wanted = [-1, 0, 2].map((b) => [-1, 0, 2].map((a) => (4 * (1 + a) ** 2 + (1 + b) ** 2) / 2));
    rows.forEach((row, i) => row.forEach((v, j) => expect(v).toBeCloseTo((wanted[i] as number[])[j] as number, 12)));
  });
});

test("shares of hidden units that are above zero", async () => {
  const net = new Sequential(
    new Linear(3, 8, { key: key(0), ...f64 }),
    relu,
    new Linear(8, 2, { key: key(1), ...f64 }),
  );
  const x = normal(key(2), [6, 3], f64);
  const hidden = await numbers((net[0] as Linear).call(x));
  const found = await activeShares<typeof net, "0">(["0"])(net, x);
  expect(found["0"]).toBeCloseTo(hidden.filter((v) => v > 0).length / hidden.length, 6);
});
