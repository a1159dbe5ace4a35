import * as g from "../../src/index.ts";
import type { Argument, Case, Domain } from "../cases.ts";

type Tensor = g.Tensor;
const one = (name: string, shape: readonly number[], f: (x: Tensor) => Tensor, domain: Domain = "any"): Case => ({
  name,
  inputs: [{ shape, domain }],
  f,
});
const many = (name: string, shapes: readonly (readonly number[])[], f: (...x: Tensor[]) => Tensor): Case => ({
  name,
  inputs: shapes.map((shape) => ({ shape, domain: "small" })),
  f,
});
/** With a last argument of integers, which are the same in every example of a batch unless they take part in it. */
const beside = (
  name: string,
  shape: readonly number[],
  data: readonly number[],
  f: (x: Tensor, i: Tensor) => Tensor,
): Case => ({
  name,
  inputs: [{ shape }, { shape: [data.length], dtype: "i32", data } as Argument],
  f: (x, i) => f(x as Tensor, i as Tensor),
});
const named = (domain: Domain, ...names: readonly (keyof typeof g)[]): Case[] =>
  names.map((name) => one(name, [2, 3], g[name] as unknown as (x: Tensor) => Tensor, domain));
const weigh = (parts: readonly Tensor[]): Tensor => g.concat(parts.map((t, i) => g.flatten(g.mul(g.mul(t, t), i + 1))));
const i32 = (...data: number[]): Tensor => g.tensor(data, { dtype: "i32" });
const edges = (): Tensor => g.tensor([-2, -0.5, 0.4, 3], { dtype: "f64" });
/** 0.5 to 1.5 in place of (−1, 1), ascending along the axis. */
const places = (x: Tensor): Tensor => g.cumsum(g.add(g.mul(g.tanh(x), 0.5), 1));

const statistics: Case[] = [
  one("quantile", [2, 5], (x) => g.quantile(x, 0.3, 1)),
  one("quantile of several", [4, 2], (x) =>
    g.quantile(x, g.tensor([0.1, 0.77], { dtype: "f64" }), 0, { method: "hazen" }),
  ),
  one("quantile in the middle, kept", [2, 5], (x) => g.quantile(x, 0.4, 1, { method: "midpoint", keepDims: true })),
  many("quantile by its share", [[5], []], (x, q) => g.quantile(x, g.mul(g.add(g.tanh(q), 1.1), 0.45))),
  one("percentile", [6], (x) => g.percentile(x, 61)),
  one("median", [2, 4], (x) => g.median(x)),
  one("nanquantile", [2, 5], (x) => g.nanquantile(g.sqrt(x), 0.6, 1), "positive"),
  one("nanpercentile", [5], (x) => g.nanpercentile(x, 20)),
  one("nanmedian", [2, 3], (x) => g.nanmedian(x, 1)),
  ...(["nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd"] as const).map((name) =>
    one(name, [3, 4], (x) => g[name](g.where(g.greater(g.iota([3, 4]), 2.5), Number.NaN, x), 1)),
  ),
  one("nancumsum", [2, 3], (x) => g.nancumsum(x)),
  one("nancumprod", [2, 3], (x) => g.nancumprod(x)),
  one("ptp", [2, 4], (x) => g.ptp(x, 1)),
  many(
    "average",
    [
      [2, 3],
      [2, 3],
    ],
    (x, w) => g.average(x, 1, { weights: g.exp(w) }),
  ),
  many("average of one axis", [[2, 3], [3]], (x, w) => g.average(x, 1, { weights: g.exp(w), keepDims: true })),
  one("cov", [2, 4], (x) => g.cov(x)),
  many("cov with weights", [[2, 4], [4]], (x, w) => g.cov(x, null, { weights: g.exp(w) })),
  many(
    "corrcoef",
    [
      [2, 5],
      [1, 5],
    ],
    (x, y) => g.corrcoef(x, y),
  ),
  many("histogram", [[4], [4]], (x, w) => g.histogram(g.stopGradient(x), edges(), { weights: g.sin(w) })[0]),
  one("histogramBinEdges", [4], (x) => g.histogramBinEdges(x, 3)),
  many(
    "histogramdd",
    [[4, 2], [4]],
    (x, w) =>
      g.histogramdd(g.stopGradient(x), [edges(), 2], {
        weights: g.sin(w),
        range: [
          [-3, 3],
          [-3, 3],
        ],
      })[0],
  ),
  many(
    "histogram2d",
    [[4], [4], [4]],
    (x, y, w) => g.histogram2d(g.stopGradient(x), g.stopGradient(y), edges(), { weights: g.sin(w), density: true })[0],
  ),
  beside("bincount", [4], [1, 3, 1, 0], (w, i) => g.bincount(i, { weights: g.sin(w), length: 4 })),
];

const differences: Case[] = [
  one("diff", [2, 4], (x) => g.diff(g.sin(x))),
  one("diff twice with ends", [4, 2], (x) => g.diff(g.sin(x), 2, 0, { prepend: 0, append: 1 })),
  one("ediff1d", [2, 2], (x) => g.ediff1d(g.sin(x), { toEnd: 1 })),
  one("numericalGradient", [2, 4], (x) => g.numericalGradient(g.sin(x), { edgeOrder: 2 })),
  many("numericalGradient between places", [[2, 4], [4]], (x, p) => g.numericalGradient(x, { spacing: places(p) })),
  many("trapezoid", [[2, 4], [4]], (y, p) => g.trapezoid(y, { x: places(p) })),
  many("interp", [[3], [4], [4]], (x, p, y) => g.interp(g.add(x, 2), places(p), y)),
  many("interp with a period", [[3], [3]], (x, y) =>
    g.interp(x, g.tensor([0.1, 0.7, 1.4], { dtype: "f64" }), y, { period: 2 }),
  ),
  one("unwrap", [2, 4], (x) => g.unwrap(g.mul(g.sin(x), 7))),
];

const square = (list: readonly Tensor[]): readonly Tensor[] => list.map((t) => g.mul(t, t));
const joining: Case[] = [
  one("atleast1d", [], (x) => g.sin(g.atleast1d(x))),
  one("atleast2d", [3], (x) => g.sin(g.atleast2d(x))),
  one("atleast3d", [3], (x) => g.sin(g.atleast3d(x))),
  many(
    "hstack",
    [
      [2, 1],
      [2, 2],
    ],
    (x, y) => g.hstack(square([x, y])),
  ),
  many("vstack", [[3], [2, 3]], (x, y) => g.vstack(square([x, y]))),
  many(
    "dstack",
    [
      [2, 2],
      [2, 2],
    ],
    (x, y) => g.dstack(square([x, y])),
  ),
  many("columnStack", [[2], [2, 2]], (x, y) => g.columnStack(square([x, y]))),
  many(
    "block",
    [
      [2, 2],
      [2, 1],
    ],
    (x, y) => g.block([[...square([x, y])], [...square([x, y])]]),
  ),
  one("arraySplit", [5, 2], (x) => weigh(g.arraySplit(x, 3))),
  one("arraySplit at places", [2, 5], (x) => weigh(g.arraySplit(x, [1, 3], 1))),
  many("broadcastArrays", [[2, 1], [3]], (x, y) => weigh(g.broadcastArrays([x, y]))),
  one("fliplr", [2, 3], (x) => g.sin(g.fliplr(x))),
  one("flipud", [2, 3], (x) => g.sin(g.flipud(x))),
  one("rot90", [2, 3], (x) => g.sin(g.rot90(x))),
  one("rot90 back", [2, 3], (x) => g.sin(g.rot90(x, -1))),
  many(
    "append",
    [
      [2, 2],
      [1, 2],
    ],
    (x, y) => g.sin(g.append(x, y, 0)),
  ),
  many("insert", [[2, 3], [2]], (x, y) => g.sin(g.insert(x, [2, 0], y, 1))),
  one("remove", [2, 4], (x) => g.sin(g.remove(x, [0, -2], 1))),
  one("broadcastInDim", [2], (x) => g.sin(g.broadcastInDim(x, [2, 3], [0]))),
];

const picking: Case[] = [
  beside("take", [2, 3], [5, -1, 0], (x, i) => g.sin(g.take(x, i, { mode: "wrap" }))),
  beside("take filled", [4, 2], [1, -1, 2], (x, i) => g.sin(g.take(x, i, { axis: 0, mode: "fill" }))),
  beside("put", [2, 3], [5, -1, 0], (x, i) => g.sin(g.put(x, i, g.sum(x)))),
  {
    name: "putAlongAxis",
    inputs: [{ shape: [2, 3] }, { shape: [2, 1], dtype: "i32", data: [2, 0] }, { shape: [2, 1] }],
    f: (x, i, v) => g.sin(g.putAlongAxis(x as Tensor, i as Tensor, v as Tensor)),
  },
  many("select", [[4], [4], []], (x, y, z) => g.select([g.less(x, 0), g.less(y, 0)], [g.sin(x), g.sin(y)], g.sin(z))),
  one("piecewise", [5], (x) => g.piecewise(x, [g.less(x, 0)], [(t) => g.sin(t), (t) => g.exp(t)])),
  many("choose", [[3], [3]], (x, y) => g.choose(i32(1, 0, 1), [g.sin(x), g.cos(y)])),
  many("fillDiagonal", [[3, 3], []], (x, v) => g.sin(g.fillDiagonal(x, v))),
  beside("dynamicSlice", [4, 3], [1, 5], (x, i) => g.sin(g.dynamicSlice(x, i, [2, 2]))),
  {
    name: "dynamicUpdateSlice",
    inputs: [{ shape: [3, 3] }, { shape: [2, 1] }, { shape: [2], dtype: "i32", data: [1, 2] }],
    f: (x, u, i) => g.sin(g.dynamicUpdateSlice(x as Tensor, u as Tensor, i as Tensor)),
  },
];

const elementwise: Case[] = [
  ...named("any", "celu", "hardSigmoid", "hardSilu", "hardSwish", "mish", "squareplus", "sparsePlus", "sparseSigmoid"),
  ...named("any", "hardshrink", "softshrink", "nanToNum", "standardize", "dawsn", "expi"),
  ...named("positive", "log1mexp", "rsqrt", "exp1", "spence", "factorial"),
  one("celu with alpha", [4], (x) => g.celu(x, 0.7)),
  one("glu", [2, 4], (x) => g.glu(x)),
  many("standardize by given ones", [[2, 3], [3], [3]], (x, m, v) =>
    g.standardize(x, 0, { mean: m, variance: g.exp(v) }),
  ),
  many("fmax", [[4], [4]], (x, y) => g.fmax(g.sin(x), y)),
  many("fmin", [[4], [4]], (x, y) => g.fmin(g.sin(x), y)),
  one("spence near 1", [4], (x) => g.spence(g.add(g.mul(x, 0.02), 1)), "small"),
  one("expn", [2, 3], (x) => g.expn(3, g.exp(x)), "small"),
  one("sici", [2, 3], (x) => weigh(g.sici(x)), "positive"),
  one("fresnel", [2, 3], (x) => weigh(g.fresnel(x)), "small"),
  one("besselJ", [2, 3], (x) => g.besselJ(2, x)),
  many("poch", [[3], []], (x, m) => g.poch(g.exp(x), g.exp(m))),
  many("comb", [[3], []], (n, k) => g.comb(g.add(g.exp(n), 3), g.exp(k))),
  many("boxcox", [[3], [3]], (x, l) => g.boxcox(g.exp(x), l)),
  one("boxcox at the logarithm", [3], (l) => g.boxcox(2.5, g.mul(l, 1e-3))),
  many("boxcox1p", [[3], []], (x, l) => g.boxcox1p(g.exp(x), l)),
  many("sphHarm", [[3], []], (t, p) => {
    const { re, im } = g.sphHarm(3, -2, t, p);
    return g.stack([re, im]);
  }),
];

const products: Case[] = [
  many(
    "inner",
    [
      [2, 3],
      [4, 3],
    ],
    (a, b) => g.inner(a, b),
  ),
  many("matvec", [[2, 2, 3], [3]], (a, v) => g.matvec(a, v)),
  many(
    "vecmat",
    [
      [2, 3],
      [3, 2],
    ],
    (v, a) => g.vecmat(v, a),
  ),
  many(
    "einsum with dots",
    [
      [2, 2, 3],
      [1, 3],
    ],
    (a, b) => g.einsum("...ij,...j->...i", a, b),
  ),
  many("einsum of four", [[2, 3], [3, 2], [2, 2], [2]], (a, b, c, d) => g.einsum("ij,jk,kl,l->i", a, b, c, d)),
  many(
    "dotProductAttention",
    [
      [2, 2, 2],
      [3, 1, 2],
      [3, 1, 2],
    ],
    (q, k, v) => g.dotProductAttention(q, k, v),
  ),
  many("dotProductAttention with a mask", [[2, 2, 2], [3, 2, 2], [3, 2, 1], [3]], (q, k, v, bias) =>
    g.dotProductAttention(q, k, v, { causal: true, window: 1, scale: 0.8, bias }),
  ),
  many("polydiv", [[4], [2]], (a, b) => weigh(g.polydiv(a, g.add(b, 2)))),
  one("poly", [3], (x) => g.poly(x)),
  one("cumlogsumexp", [2, 5], (x) => g.cumlogsumexp(x)),
  one("reduce", [2, 5], (x) => g.reduce(x, 1, g.mul, 1)),
  many(
    "sortKeyVal",
    [
      [2, 4],
      [2, 4],
    ],
    (k, v) => weigh(g.sortKeyVal(k, v)),
  ),
  one("applyAlongAxis", [3, 2], (x) => g.applyAlongAxis((v) => g.mul(v, g.sum(v)), 0, x)),
];

/** Functions by the names of NumPy and JAX, on the table of derivatives. */
export const arrayFunctions: readonly Case[] = [
  ...statistics,
  ...differences,
  ...joining,
  ...picking,
  ...elementwise,
  ...products,
];
