import type { DType } from "../src/dtype.ts";
import * as a from "../src/functions/arithmetic.ts";
import { astype, bitcast } from "../src/functions/casting.ts";
import * as compare from "../src/functions/comparison.ts";
import { conv } from "../src/functions/convolution.ts";
import { cummax, cummin, cumprod, cumsum, recurrence } from "../src/functions/cumulative.ts";
import * as e from "../src/functions/elementary.ts";
import { gather, scatterAdd, scatterMax, scatterMin, scatterSet, takeAlongAxis } from "../src/functions/indexing.ts";
import { iota } from "../src/functions/iota.ts";
import { matmul } from "../src/functions/matmul.ts";
import { avgPool, maxPool, reduceWindow } from "../src/functions/pooling.ts";
import * as r from "../src/functions/reduction.ts";
import { where } from "../src/functions/selection.ts";
import * as s from "../src/functions/shaping.ts";
import { searchsorted } from "../src/functions/sorting/search.ts";
import { argsort, sort, topK } from "../src/functions/sorting/sort.ts";
import { comb, gammasgn, poch } from "../src/functions/special/combinatorial.ts";
import { besselJ, expn } from "../src/functions/special/integrals.ts";
import { reducePrecision } from "../src/functions/special/precision.ts";
import { convolution } from "../src/primitives/convolution.ts";
import { randomBits } from "../src/primitives/random-bits.ts";
import { barrier, padPrimitive } from "../src/primitives/structure.ts";
import { pick, place } from "../src/primitives/window-choice.ts";
import { apply, type Tensor } from "../src/tensor.ts";
import { fourierCases } from "./fft/cases.ts";
import { imageCases } from "./image/cases.ts";
import { tridiagonalCases } from "./polynomial/cases.ts";
import { sparseCases } from "./sparse/cases.ts";
import { specialCases } from "./special/cases.ts";

/** Where an argument is drawn from: reals of a function's domain, or integers below `below` (and above −`below` if signed). */
export type Domain = "any" | "positive" | "unit" | "above1" | "small";

/** One argument of a case. */
export interface Argument {
  readonly shape: readonly number[];
  /** Default: the float dtype under test. */
  readonly dtype?: DType;
  /** Default "any". */
  readonly domain?: Domain;
  /** Fixed values instead of drawn ones. */
  readonly data?: readonly number[];
}

/** A call on small arguments that every suite can make: derivatives, batching, conformance. */
export interface Case {
  readonly name: string;
  readonly inputs: readonly Argument[];
  readonly f: (...inputs: Tensor[]) => Tensor;
  /** Integer or bool arguments accepted as well, beside floats. */
  readonly integers?: boolean;
  /** Terms added up per element: what a comparison of floats has to allow for. */
  readonly terms?: number;
}

const one = (
  name: string,
  f: (x: Tensor) => Tensor,
  domain: Domain = "any",
  shape: readonly number[] = [2, 3],
  more: Partial<Case> = {},
): Case => ({
  name,
  inputs: [{ shape, domain }],
  f,
  ...more,
});
const two = (
  name: string,
  f: (x: Tensor, y: Tensor) => Tensor,
  p: Argument,
  q: Argument,
  more: Partial<Case> = {},
): Case => ({ name, inputs: [p, q], f: f as Case["f"], ...more });
const x23: Argument = { shape: [2, 3] };
const positive: Argument = { shape: [2, 3], domain: "positive" };
const rows = (...data: number[]): Argument => ({ shape: [data.length], dtype: "i32", data });
const int = { integers: true };

const unary: Case[] = [
  one("neg", a.neg, "any", [2, 3], int),
  one("abs", e.abs, "any", [2, 3], int),
  one("sign", e.sign, "any", [2, 3], int),
  one("floor", e.floor),
  one("ceil", e.ceil),
  one("round", e.round),
  one("trunc", e.trunc),
  one("sqrt", e.sqrt, "positive"),
  one("exp", e.exp),
  one("expm1", e.expm1),
  one("log", e.log, "positive"),
  one("log1p", e.log1p, "positive"),
  one("sin", e.sin),
  one("cos", e.cos),
  one("tan", e.tan, "small"),
  one("asin", e.asin, "unit"),
  one("acos", e.acos, "unit"),
  one("atan", e.atan),
  one("sinh", e.sinh),
  one("cosh", e.cosh),
  one("tanh", e.tanh),
  one("asinh", e.asinh),
  one("acosh", e.acosh, "above1"),
  one("atanh", e.atanh, "unit"),
  one("erf", e.erf),
  one("sigmoid", e.sigmoid),
  one("isNaN", e.isNaN),
  one("square", a.square, "any", [2, 3], int),
  one("pow 3", (x) => a.pow(x, 3), "any", [2, 3], int),
  one("pow -2", (x) => a.pow(x, -2), "positive"),
  one("clip", (x) => a.clip(x, -1.5, 1.5)),
  one("reciprocal", a.reciprocal, "positive"),
];

const binary: Case[] = [
  two("add", a.add, x23, x23, int),
  two("add broadcast", a.add, x23, { shape: [3] }, int),
  two("sub", a.sub, { shape: [2, 1] }, x23, int),
  two("mul", a.mul, x23, { shape: [] }, int),
  two("div", a.div, x23, positive, int),
  two("rem", a.rem, x23, positive, int),
  two("mod", a.mod, x23, positive, int),
  two("pow", a.pow, positive, x23),
  two("pow at zero", a.pow, { shape: [3], data: [0, 1, 2] }, { shape: [3], data: [2, 3, 0] }),
  two("atan2", a.atan2, positive, x23),
  two("maximum", a.maximum, x23, x23, int),
  two("minimum", a.minimum, x23, x23, int),
  two("equal", compare.equal, x23, x23, int),
  two("less", compare.less, x23, x23, int),
  two("lessEqual", compare.lessEqual, x23, x23, int),
  two("where", (x, y) => where(compare.less(x, 0), x, y), x23, { shape: [3] }, int),
];

const structure: Case[] = [
  one("cast", (x) => astype(astype(x, "f64"), "f32")),
  one("cast to i32", (x) => astype(x, "i32")),
  one("cast to bool", (x) => astype(x, "bool")),
  { name: "bitcast", inputs: [{ shape: [3], dtype: "f32" }], f: (x) => bitcast(x as Tensor, "u32") },
  one("reshape", (x) => s.reshape(x, [3, 2]), "any", [2, 3], int),
  one("reshape of permute", (x) => s.reshape(s.permute(x, [2, 0, 1]), [4, 6]), "any", [2, 3, 4], int),
  one("broadcastTo", (x) => s.broadcastTo(x, [4, 2, 3]), "any", [2, 1], int),
  one("broadcastInDim", (x) => s.broadcastInDim(x, [2, 4, 3], [0, 2]), "any", [2, 3], int),
  one("permute", (x) => s.permute(x, [2, 0, 1]), "any", [2, 3, 4], int),
  one("transpose", s.transpose, "any", [2, 3], int),
  one("slice", (x) => s.slice(x, [1, 0], [5, 3], [2, 1]), "any", [6, 4], int),
  one("slice to nothing", (x) => s.slice(x, [1, 2], [1, 3]), "any", [2, 3], int),
  one("flip", (x) => s.flip(x, 1), "any", [2, 3], int),
  one("flip all", (x) => s.flip(x), "any", [2, 3], int),
  one(
    "pad",
    (x) =>
      s.pad(
        x,
        [
          [1, 2],
          [0, 1],
        ],
        2,
      ),
    "any",
    [2, 3],
    int,
  ),
  one(
    "pad negative and interior",
    (x) => apply(padPrimitive, [x], { low: [-1, 2], high: [1, -2], interior: [1, 2], value: 1 }),
    "any",
    [3, 4],
    int,
  ),
  one("flip of pad", (x) => s.flip(s.pad(x, [[1, 0]], 2)), "any", [3], int),
  one(
    "pad of nothing",
    (x) =>
      s.pad(x, [
        [1, 0],
        [0, 1],
      ]),
    "any",
    [1, 0],
    int,
  ),
  two("concat", (x, y) => s.concat([x, y, x], 1), x23, { shape: [2, 2] }, int),
  two("stack", (x, y) => s.stack([x, y], 1), x23, x23, int),
  one("roll", (x) => s.roll(x, 2, 1), "any", [2, 5], int),
  one("tile", (x) => s.tile(x, [2, 3]), "any", [2, 3], int),
  { name: "iota", inputs: [], f: () => iota([2, 3], { axis: 0, dtype: "i32" }) },
  two("barrier", (x, y) => barrier(x, y), x23, x23),
  one("stopGradient", (x) => s.stopGradient(a.mul(x, 2))),
];

const reduction: Case[] = [
  one("sum", (x) => r.sum(x), "any", [2, 3], { terms: 6, ...int }),
  one("sum of axis", (x) => r.sum(x, [0, 2]), "any", [2, 3, 4], { terms: 8, ...int }),
  one("sum keepDims", (x) => r.sum(x, 1, { keepDims: true }), "any", [2, 3], { terms: 3, ...int }),
  one("sum of nothing", (x) => r.sum(x, 0), "any", [0, 3], int),
  one("prod", (x) => r.prod(x, 1), "any", [2, 4], { terms: 4, ...int }),
  {
    name: "prod with zeros",
    inputs: [{ shape: [3, 3], data: [0, 2, 3, 0, 0, 4, 1, 2, 3] }],
    f: (x) => r.prod(x as Tensor, 1),
  },
  one("max", (x) => r.max(x, 1), "any", [3, 4], int),
  one("min", (x) => r.min(x), "any", [3, 4], int),
  one("argmax", (x) => r.argmax(x, 0), "any", [3, 4], int),
  one("argmin", (x) => r.argmin(x), "any", [3, 4], int),
  one("mean", (x) => r.mean(x, 0), "any", [3, 4], { terms: 3 }),
  one("variance", (x) => r.variance(x, 1, { correction: 1 }), "any", [3, 4], { terms: 8 }),
  one("norm", (x) => r.norm(x, 1), "positive", [3, 4], { terms: 4 }),
  one("any", (x) => r.any(x, 1), "any", [3, 4], int),
  one("all", (x) => r.all(x), "any", [3, 4], int),
];

const products: Case[] = [
  two("matmul", matmul, { shape: [3, 4] }, { shape: [4, 5] }, { terms: 4, ...int }),
  two("matmul batched", matmul, { shape: [2, 1, 3, 4] }, { shape: [3, 4, 2] }, { terms: 4, ...int }),
  two("matmul shared right", matmul, { shape: [2, 3, 4] }, { shape: [4, 2] }, { terms: 4, ...int }),
  two("matmul vectors", matmul, { shape: [4] }, { shape: [4] }, { terms: 4, ...int }),
  two(
    "matmul transposed",
    (x, y) => matmul(s.transpose(x), y),
    { shape: [4, 3] },
    { shape: [4, 2] },
    { terms: 4, ...int },
  ),
  two("matmul of nothing", matmul, { shape: [3, 0] }, { shape: [0, 2] }, int),
  two("conv 1d", (x, w) => conv(x, w, { padding: 1 }), { shape: [2, 2, 5] }, { shape: [3, 2, 3] }, { terms: 6 }),
  two(
    "conv 2d strided",
    (x, w) => conv(x, w, { stride: 2, padding: [1, 0] }),
    { shape: [2, 2, 6, 5] },
    { shape: [3, 2, 3, 2] },
    { terms: 12 },
  ),
  two(
    "conv 2d groups",
    (x, w) => conv(x, w, { groups: 2, dilation: [1, 2], padding: "same" }),
    { shape: [1, 4, 4, 5] },
    { shape: [6, 2, 2, 3] },
    { terms: 12 },
  ),
  two("conv depthwise", (x, w) => conv(x, w, { groups: 3 }), { shape: [2, 3, 5] }, { shape: [3, 1, 2] }, { terms: 2 }),
  two("conv 3d", (x, w) => conv(x, w), { shape: [1, 2, 3, 3, 3] }, { shape: [2, 2, 2, 2, 2] }, { terms: 16 }),
  two(
    "convolution, general",
    (x, w) =>
      apply(convolution, [x, w], {
        stride: [2, 1],
        low: [2, -1],
        high: [-1, 3],
        lhsDilation: [2, 3],
        rhsDilation: [1, 2],
        groups: 2,
      }),
    { shape: [2, 4, 4, 3] },
    { shape: [2, 2, 3, 2] },
    { terms: 12 },
  ),
];

const choice = { input: [2, 4, 5], size: [1, 2, 2], stride: [1, 2, 3], dilation: [1, 1, 2] };
const windows: Case[] = [
  one(
    "window sum",
    (x) =>
      reduceWindow(x, "sum", [2, 3], {
        stride: [1, 2],
        padding: [
          [1, 0],
          [1, 1],
        ],
      }),
    "any",
    [3, 6],
    { terms: 6, ...int },
  ),
  one("window sum dilated", (x) => reduceWindow(x, "sum", 2, { dilation: 2, stride: 2 }), "any", [7], {
    terms: 2,
    ...int,
  }),
  one("window max", (x) => reduceWindow(x, "max", 2, { padding: 1 }), "any", [3, 4], int),
  one("window min", (x) => reduceWindow(x, "min", [1, 2], { dilation: [1, 2] }), "any", [3, 5], int),
  one("maxPool", (x) => maxPool(x, 2), "any", [2, 1, 4, 5], int),
  one("maxPool overlapping", (x) => maxPool(x, 3, { stride: 2, padding: 1 }), "any", [1, 2, 5, 5], int),
  two(
    "pick",
    (x, code) => apply(pick, [x, code], choice),
    { shape: [2, 4, 5] },
    { shape: [2, 2, 2], dtype: "i32", data: [0, 3, 1, 1, 2, 0, 3, 2] },
    int,
  ),
  two(
    "place",
    (y, code) => apply(place, [y, code], { ...choice, input: [2, 5, 7] }),
    { shape: [2, 2, 2] },
    { shape: [2, 2, 2], dtype: "i32", data: [3, 1, 0, 2, 1, 2, 0, 3] },
    int,
  ),
  one("avgPool", (x) => avgPool(x, 2, { padding: 1 }), "any", [1, 2, 4, 4], { terms: 4 }),
];

const indexing: Case[] = [
  two("gather", (x, i) => gather(x, i), { shape: [4, 3] }, rows(3, 0, 3), int),
  two("gather clamped", (x, i) => gather(x, i, 1), { shape: [2, 3] }, rows(-2, 1, 7), int),
  {
    name: "gather table",
    inputs: [{ shape: [4, 2] }, { shape: [2, 2], dtype: "i32", data: [0, 3, 1, 1] }],
    f: (x, i) => gather(x as Tensor, i as Tensor),
    ...int,
  },
  {
    name: "takeAlongAxis",
    inputs: [{ shape: [2, 3] }, { shape: [2, 2], dtype: "i32", data: [2, 0, 1, 1] }],
    f: (x, i) => takeAlongAxis(x as Tensor, i as Tensor),
    ...int,
  },
  ...(["scatterAdd", "scatterSet", "scatterMax", "scatterMin"] as const).map((name): Case => {
    const f = { scatterAdd, scatterSet, scatterMax, scatterMin }[name];
    return {
      name,
      inputs: [{ shape: [4, 2] }, rows(1, 3, 1, 9, -1), { shape: [5, 2] }],
      f: (x, i, u) => f(x as Tensor, i as Tensor, u as Tensor),
      ...int,
    };
  }),
];

const running: Case[] = [
  one("cumsum", (x) => cumsum(x), "any", [2, 4], { terms: 4, ...int }),
  one("cumsum reversed", (x) => cumsum(x, 0, { reverse: true }), "any", [4, 2], { terms: 4, ...int }),
  one("cumprod", (x) => cumprod(x), "any", [2, 4], { terms: 4, ...int }),
  {
    name: "cumprod with zeros",
    inputs: [{ shape: [2, 4], data: [2, 0, 3, 4, 0, 1, 0, 2] }],
    f: (x) => cumprod(x as Tensor, 1, { reverse: true }),
  },
  one("cummax", (x) => cummax(x, 1), "any", [2, 5], int),
  one("cummin reversed", (x) => cummin(x, 0, { reverse: true }), "any", [5, 2], int),
  two("recurrence", (p, q) => recurrence(p, q, 1), { shape: [2, 4, 2] }, { shape: [2, 4, 2] }, { terms: 4 }),
  two(
    "recurrence reversed",
    (p, q) => recurrence(p, q, 0, { reverse: true }),
    { shape: [4] },
    { shape: [3, 4].slice(1) },
    { terms: 4 },
  ),
];

const sorting: Case[] = [
  one("sort", (x) => sort(x), "any", [3, 5], int),
  one("sort of axis, descending", (x) => sort(x, 0, { descending: true }), "any", [4, 3], int),
  one("argsort", (x) => argsort(x), "any", [2, 60], int),
  one("topK", (x) => topK(x, 2, 0)[0], "any", [4, 3], int),
  two("searchsorted", (x, v) => searchsorted(sort(x), v), { shape: [2, 5] }, { shape: [2, 3] }, int),
];

const bits: Case[] = [
  {
    name: "randomBits",
    inputs: [{ shape: [2], dtype: "u32", data: [0x13198a2e, 0x03707344] }],
    f: (k) => apply(randomBits, [k as Tensor], { shape: [2, 3], words: "xor" }),
  },
  {
    name: "randomBits, both words",
    inputs: [{ shape: [3, 2], dtype: "u32" }],
    f: (k) => apply(randomBits, [k as Tensor], { shape: [2], words: "both" }),
  },
];

const specialMore: Case[] = [
  one("besselJ of order 2", (x) => besselJ(2, x)),
  one("expn of order 3", (x) => expn(3, x), "positive"),
  two("comb", comb, { shape: [2, 3], domain: "above1" }, { shape: [2, 3], domain: "unit" }),
  two("poch", poch, positive, positive),
  one("gammasgn", (x) => gammasgn(x)),
  one("reducePrecision to f16", (x) => reducePrecision(x, 5, 10)),
];

/** Every primitive at least once, through its functions. */
export const cases: readonly Case[] = [
  ...unary,
  ...binary,
  ...structure,
  ...reduction,
  ...products,
  ...windows,
  ...indexing,
  ...running,
  ...sorting,
  ...bits,
  ...fourierCases,
  ...specialCases,
  ...specialMore,
  ...sparseCases,
  ...tridiagonalCases,
  ...imageCases,
];
