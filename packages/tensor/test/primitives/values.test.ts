import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DType } from "../../src/dtype.ts";
import { ArgumentError, DTypeError, type GradusError, ShapeError } from "../../src/errors.ts";
import { add, clip, div, maximum, mul, pow, rem, sub } from "../../src/functions/arithmetic.ts";
import { astype, bitcast } from "../../src/functions/casting.ts";
import { equal, logicalNot } from "../../src/functions/comparison.ts";
import { conv } from "../../src/functions/convolution.ts";
import { cummax, cummin, cumprod, cumsum, recurrence } from "../../src/functions/cumulative.ts";
import { floor, round, sqrt } from "../../src/functions/elementary.ts";
import { gather, scatterAdd, scatterMax, scatterMin, scatterSet, takeAlongAxis } from "../../src/functions/indexing.ts";
import { matmul } from "../../src/functions/matmul.ts";
import { avgPool, maxPool, reduceWindow } from "../../src/functions/pooling.ts";
import { all, any, argmax, argmin, max, mean, prod, sum, variance } from "../../src/functions/reduction.ts";
import { where } from "../../src/functions/selection.ts";
import {
  broadcastInDim,
  broadcastTo,
  chunk,
  concat,
  expandDims,
  flatten,
  flip,
  moveaxis,
  pad,
  permute,
  repeat,
  reshape,
  roll,
  slice,
  squeeze,
  stack,
  swapaxes,
  tile,
  transpose,
  unstack,
} from "../../src/functions/shaping.ts";
import { convolution } from "../../src/primitives/convolution.ts";
import { randomBits, threefry } from "../../src/primitives/random-bits.ts";
import { aliasOf, apply, hostTensor, type Tensor } from "../../src/tensor.ts";
import { pullback } from "../../src/transforms/differentiate.ts";
import { defined } from "../definitions/index.ts";
import { hostArray, Machine, values } from "../reference.ts";

const make = (data: readonly number[], shape: readonly number[] = [data.length], dtype: DType = "f64"): Tensor =>
  hostTensor(hostArray(data, dtype), shape, dtype);
const ints = (...data: number[]): Tensor => make(data, [data.length], "i32");
const count = (shape: readonly number[]): number[] =>
  Array.from({ length: shape.reduce((p, q) => p * q, 1) }, (_, i) => i + 1);
const counted = (...shape: number[]): Tensor => make(count(shape), shape);
const dtypeOf = (t: Tensor): DType => t.dtype;

describe("promotion", () => {
  const x = (d: DType): Tensor => make([1, 0], [2], d);
  test("numbers are weakly typed", () => {
    expect(dtypeOf(add(x("f16"), 2))).toBe("f16");
    expect(dtypeOf(add(x("u8"), 2))).toBe("u8");
    expect(dtypeOf(add(x("i32"), 2.5))).toBe("f32");
    expect(dtypeOf(sub(1, x("f64")))).toBe("f64");
    expect(dtypeOf(add(x("bool"), 2))).toBe("i32");
    expect(dtypeOf(equal(x("i8"), 1))).toBe("bool");
  });
  test.each([
    ["u8", "i8", "i32"],
    ["u32", "i32", "i32"],
    ["f16", "i8", "f16"],
    ["f16", "i32", "f32"],
    ["f32", "f16", "f32"],
    ["bool", "u8", "u8"],
    ["i32", "f64", "f64"],
  ] as const)("%s with %s is %s", (p, q, r) => {
    expect(dtypeOf(mul(x(p), x(q)))).toBe(r);
    expect(dtypeOf(where(x("bool"), x(q), x(p)))).toBe(r);
  });
  test("real functions take integers as f32", () => expect(dtypeOf(sqrt(x("i32")))).toBe("f32"));
});

describe("values by hand", () => {
  const rows: readonly (readonly [string, Tensor, readonly number[], readonly number[]])[] = [
    ["integer division", div(ints(7, -7, 7, 1), ints(2, 2, -2, 0)), [4], [3, -3, -3, 0]],
    ["remainder", rem(ints(7, -7, 5), ints(3, 3, 0)), [3], [1, -1, 0]],
    ["round half to even", round(make([0.5, 1.5, -0.5, 2.5])), [4], [0, 2, -0, 2]],
    ["pow of a negative", pow(make([-2, 3]), 3), [2], [-8, 27]],
    ["pow of integers", pow(ints(-2, 3), 3), [2], [-8, 27]],
    ["clip", clip(make([-2, 0.5, 2]), null, 1), [3], [-2, 0.5, 1]],
    ["maximum with NaN", maximum(make([Number.NaN, 1]), 3), [2], [Number.NaN, 3]],
    ["not", logicalNot(ints(0, 2)), [2], [1, 0]],
    ["floor", floor(make([-1.5, 1.5])), [2], [-2, 1]],
    ["saturating cast", astype(make([1e20, -1e20, Number.NaN, -1.7]), "i32"), [4], [2147483647, -2147483648, 0, -1]],
    ["wrapping cast", astype(ints(300, -1), "u8"), [2], [44, 255]],
    ["bitcast", bitcast(make([1, -2], [2], "f32"), "u32"), [2], [0x3f800000, 0xc0000000]],
    ["sum of axis", sum(counted(2, 3), 0), [3], [5, 7, 9]],
    ["sum of nothing", sum(make([], [0, 2]), 0), [2], [0, 0]],
    ["prod of nothing", prod(make([], [0])), [], [1]],
    ["max", max(make([1, 5, 5, 2], [2, 2]), 1), [2], [5, 5]],
    ["argmax: first winner", argmax(make([1, 5, 5, 2])), [], [1]],
    ["argmin: NaN wins", argmin(make([1, Number.NaN, 0, 2])), [], [1]],
    ["mean", mean(counted(2, 2), 1), [2], [1.5, 3.5]],
    ["mean of integers", mean(ints(1, 2)), [], [1.5]],
    ["variance", variance(make([1, 3])), [], [1]],
    ["any of nothing", any(make([], [0])), [], [0]],
    ["all of nothing", all(make([], [0])), [], [1]],
    ["permute", permute(counted(1, 2, 3), [2, 0, 1]), [3, 1, 2], [1, 4, 2, 5, 3, 6]],
    ["moveaxis", moveaxis(counted(2, 3), 0, -1), [3, 2], [1, 4, 2, 5, 3, 6]],
    ["swapaxes", swapaxes(counted(2, 3), 0, 1), [3, 2], [1, 4, 2, 5, 3, 6]],
    ["broadcastInDim", broadcastInDim(make([1, 2]), [2, 2], [0]), [2, 2], [1, 1, 2, 2]],
    ["slice", slice(counted(3, 3), [1], [3]), [2, 3], [4, 5, 6, 7, 8, 9]],
    ["slice with steps", slice(counted(5), [0], [5], [2]), [3], [1, 3, 5]],
    ["flip", flip(counted(2, 2), 1), [2, 2], [2, 1, 4, 3]],
    ["pad", pad(counted(2), [[1, 2]], 9), [5], [9, 1, 2, 9, 9]],
    ["concat", concat([counted(1, 2), make([7], [1, 1])], 1), [1, 3], [1, 2, 7]],
    ["stack", stack([counted(2), counted(2)], 1), [2, 2], [1, 1, 2, 2]],
    ["chunk", chunk(counted(4), [1, 3])[1] as Tensor, [3], [2, 3, 4]],
    ["unstack", unstack(counted(2, 2), 1)[1] as Tensor, [2], [2, 4]],
    ["roll", roll(counted(4), 1), [4], [4, 1, 2, 3]],
    ["tile", tile(counted(2), [2]), [4], [1, 2, 1, 2]],
    ["repeat", repeat(counted(2), 2, 0), [4], [1, 1, 2, 2]],
    ["flatten", flatten(counted(2, 1, 2), 1), [2, 2], [1, 2, 3, 4]],
    ["squeeze", squeeze(expandDims(counted(2), 0)), [2], [1, 2]],
    ["matmul", matmul(counted(2, 2), counted(2, 2)), [2, 2], [7, 10, 15, 22]],
    ["matmul of vectors", matmul(counted(3), counted(3)), [], [14]],
    ["conv", conv(counted(1, 1, 4), make([1, 0, -1], [1, 1, 3]), { padding: 1 }), [1, 1, 4], [-2, -2, -2, 3]],
    ["maxPool", maxPool(counted(1, 1, 2, 4), 2), [1, 1, 1, 2], [6, 8]],
    ["avgPool counts its padding", avgPool(counted(1, 1, 2), 2, { padding: 1, stride: 2 }), [1, 1, 2], [0.5, 1]],
    ["window sum", reduceWindow(counted(4), "sum", 2), [3], [3, 5, 7]],
    ["gather", gather(counted(3), ints(2, 0, 9)), [3], [3, 1, 3]],
    ["takeAlongAxis", takeAlongAxis(counted(2, 2), make([1, 0], [2, 1], "i32")), [2, 1], [2, 3]],
    ["scatterAdd", scatterAdd(counted(3), ints(0, 2, 2, 5, -1), 10), [3], [11, 2, 23]],
    ["scatterSet: the last stays", scatterSet(counted(3), ints(1, 1), make([7, 8])), [3], [1, 8, 3]],
    ["scatterMax", scatterMax(counted(3), ints(0, 2), make([5, 1])), [3], [5, 2, 3]],
    ["scatterMin", scatterMin(counted(3), ints(0, 2), make([5, 1])), [3], [1, 2, 1]],
    ["cumsum reversed", cumsum(counted(3), 0, { reverse: true }), [3], [6, 5, 3]],
    ["cumprod", cumprod(counted(4)), [4], [1, 2, 6, 24]],
    ["cummax", cummax(make([1, 3, 2, Number.NaN, 5])), [5], [1, 3, 3, Number.NaN, Number.NaN]],
    ["cummin reversed", cummin(make([1, 3, 2]), 0, { reverse: true }), [3], [1, 2, 2]],
    ["recurrence", recurrence(make([9, 2, 3]), make([1, 1, 1])), [3], [1, 3, 10]],
  ];
  test.each(rows)("%s", (_, t, shape, expected) => {
    expect(t.shape).toEqual(shape);
    expect(values(t)).toEqual(expected);
    // the definitions that the conformance suite trusts are held to the same numbers
    expect(defined([t])[0]?.data).toEqual(expected);
  });
});

describe("derivatives at special points", () => {
  const derivative = (f: (x: Tensor) => Tensor, data: readonly number[], shape?: readonly number[]): number[] => {
    const x = aliasOf(make(data, shape), 0);
    const y = f(x);
    return values(pullback([y], [make(new Array<number>(y.size).fill(1), y.shape)], [x])[0] as Tensor);
  };
  test("ties of max share evenly", () => expect(derivative((x) => max(x), [2, 1, 2])).toEqual([0.5, 0, 0.5]));
  test("the first winner of a window takes all", () =>
    expect(derivative((x) => reduceWindow(x, "max", 2), [3, 3, 1])).toEqual([1, 1, 0]));
  test("the first of running equals takes all", () =>
    expect(derivative((x) => cummax(x), [1, 1, 0])).toEqual([3, 0, 0]));
  test("prod with one zero", () => expect(derivative((x) => prod(x), [2, 0, 3])).toEqual([0, 6, 0]));
  test("prod with two zeros", () => expect(derivative((x) => prod(x), [0, 0, 3])).toEqual([0, 0, 0]));
  test("cumprod with a zero", () => expect(derivative((x) => cumprod(x), [2, 0, 3])).toEqual([1, 8, 0]));
  test("the last of repeated updates takes all", () =>
    expect(derivative((u) => scatterSet(counted(2), ints(0, 0), u), [5, 6])).toEqual([0, 1]));
  test("equals of scatterMax share", () =>
    expect(derivative((u) => scatterMax(make([0, 9]), ints(0, 0, 1), u), [4, 4, 1])).toEqual([0.5, 0.5, 0]));
});

/** Convolution from its definition: y[n, o, p] = Σ x̃[n, c, s·p + d·k] w[o, c, k], where x̃ is dilated and padded. */
function direct(
  x: number[][],
  w: number[][],
  c: { stride: number; low: number; high: number; lhs: number; rhs: number },
): number[] {
  const ci = w.length / 2;
  const kernel = (w[0] as number[]).length;
  const padded = x.map((row) => {
    const wide = row.flatMap((v, i) => (i === 0 ? [v] : [...new Array<number>(c.lhs - 1).fill(0), v]));
    const left = c.low < 0 ? wide.slice(-c.low) : [...new Array<number>(c.low).fill(0), ...wide];
    return c.high < 0 ? left.slice(0, c.high) : [...left, ...new Array<number>(c.high).fill(0)];
  });
  const out: number[] = [];
  for (let o = 0; o < 2; o++)
    for (let p = 0; p * c.stride + (kernel - 1) * c.rhs < (padded[0] as number[]).length; p++) {
      let s = 0;
      for (let i = 0; i < ci; i++)
        for (let k = 0; k < kernel; k++)
          s +=
            ((padded[i] as number[])[p * c.stride + k * c.rhs] as number) * ((w[o * ci + i] as number[])[k] as number);
      out.push(s);
    }
  return out;
}

test("convolution agrees with its definition for any geometry", () => {
  const geometry = fc.record({
    n: fc.integer({ min: 1, max: 6 }),
    k: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    low: fc.integer({ min: -1, max: 3 }),
    high: fc.integer({ min: -1, max: 3 }),
    lhs: fc.integer({ min: 1, max: 3 }),
    rhs: fc.integer({ min: 1, max: 3 }),
    seed: fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 40, maxLength: 40 }),
  });
  fc.assert(
    fc.property(geometry, ({ n, k, stride, low, high, lhs, rhs, seed }) => {
      fc.pre((n - 1) * lhs + 1 + Math.min(0, low) + Math.min(0, high) >= 1);
      fc.pre((n - 1) * lhs + 1 + low + high >= (k - 1) * rhs + 1);
      const x = [0, 1].map((c) => seed.slice(c * n, c * n + n));
      const w = [0, 1, 2, 3].map((r) => seed.slice(20 + r * k, 20 + r * k + k));
      const y = apply(convolution, [make(x.flat(), [1, 2, n]), make(w.flat(), [2, 2, k])], {
        stride: [stride],
        low: [low],
        high: [high],
        lhsDilation: [lhs],
        rhsDilation: [rhs],
        groups: 1,
      });
      expect(values(y).map((v) => v + 0)).toEqual(direct(x, w, { stride, low, high, lhs, rhs }).map((v) => v + 0));
    }),
    { numRuns: 200 },
  );
});

test("reshape, transpose and broadcast compose as on nested arrays", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      (m, n, b) => {
        const x = counted(m, n);
        const t = reshape(transpose(broadcastTo(x, [b, m, n])), [b * n, m]);
        const expected = Array.from({ length: b * n * m }, (_, i) => (i % m) * n + (Math.floor(i / m) % n) + 1);
        expect(values(t)).toEqual(expected);
      },
    ),
  );
});

describe("Threefry-2x32-20", () => {
  // Known answers of the Random123 distribution (kat_vectors). The counter of element 0 is (0, 0).
  const both = (k0: number, k1: number, n = 1): number[] =>
    values(apply(randomBits, [make([k0, k1], [2], "u32")], { shape: [n], words: "both" }));
  test("key 0, counter 0", () => expect(both(0, 0)).toEqual([0x6b200159, 0x99ba4efe]));
  test.each([
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
  ])("known answer of key %i %i, counter %i %i", (k0, k1, c0, c1, x0, x1) => {
    const b = new Machine(new Map());
    const u = (n: number): number => b.constant("u32", n);
    expect(threefry(b, u(k0), u(k1), u(c0), u(c1)).map(b.get)).toEqual([x0, x1]);
  });
  test("words fold by xor", () => {
    const words = both(5, 7, 3);
    const folded = values(apply(randomBits, [make([5, 7], [2], "u32")], { shape: [3], words: "xor" }));
    expect(folded).toEqual([0, 1, 2].map((i) => ((words[2 * i] as number) ^ (words[2 * i + 1] as number)) >>> 0));
  });
});

describe("errors name function and argument", () => {
  const x = counted(2, 3);
  const bad: readonly (readonly [string, () => unknown, new (m: string) => GradusError, RegExp])[] = [
    ["add", () => add(x, counted(2)), ShapeError, /^add: .*\[2,3\].*\[2\]/],
    ["add of text", () => add(x, "1" as never), ArgumentError, /^add: b/],
    ["reshape", () => reshape(x, [4]), ShapeError, /^reshape: shape/],
    ["broadcastTo", () => broadcastTo(x, [3, 3]), ShapeError, /^broadcastTo: shape/],
    ["permute", () => permute(x, [0, 0]), ShapeError, /^permute: axes/],
    ["sum", () => sum(x, 2), ShapeError, /^sum: axes/],
    ["sum option", () => sum(x, 0, { keepdims: true } as never), ArgumentError, /^sum: keepdims: unknown option/],
    ["max of nothing", () => max(make([], [0])), ShapeError, /^max: x/],
    ["slice", () => slice(x, [0, 0], [2, 4]), ArgumentError, /^slice: /],
    ["pad", () => pad(x, [[1, 1]]), ShapeError, /^pad: padding/],
    ["concat", () => concat([x, counted(3, 2)]), ShapeError, /^concat: /],
    ["concat of none", () => concat([]), ArgumentError, /^concat: /],
    [
      "matmul",
      () => matmul(counted(3, 4), counted(5, 6)),
      ShapeError,
      /^matmul: inner sizes differ: a is \[3,4\], b is \[5,6\] \(4 ≠ 5\)$/,
    ],
    ["conv", () => conv(counted(1, 2, 4), counted(1, 3, 2)), ShapeError, /^conv: w: channels/],
    [
      "conv option",
      () => conv(counted(1, 1, 4), counted(1, 1, 2), { strides: 1 } as never),
      ArgumentError,
      /^conv: strides: unknown option/,
    ],
    ["maxPool", () => maxPool(counted(1, 1, 2), 3), ShapeError, /^maxPool: size/],
    ["maxPool padding", () => maxPool(counted(1, 1, 2), 1, { padding: 1 }), ArgumentError, /^maxPool: padding/],
    ["gather", () => gather(x, counted(2)), DTypeError, /^gather: indices/],
    ["scatterAdd", () => scatterAdd(x, ints(0), counted(4)), ShapeError, /^scatterAdd: updates/],
    ["scatterAdd dtype", () => scatterAdd(ints(1), ints(0), counted(1)), DTypeError, /^scatterAdd: updates/],
    ["cumsum", () => cumsum(x, 5), ShapeError, /^cumsum: axis/],
    ["cast", () => astype(x, "f128" as never), DTypeError, /dtype/],
  ];
  test.each(bad)("%s", (_, f, type, message) => {
    let error: unknown;
    try {
      f();
    } catch (e) {
      error = e;
    }
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain("\n");
  });
});
