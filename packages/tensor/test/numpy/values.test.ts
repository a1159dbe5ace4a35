import { beforeAll, describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import * as given from "./values.ts";

type Tensor = g.Tensor;
const f64 = (data: Parameters<typeof g.tensor>[0]): Tensor => g.tensor(data, { dtype: "f64" });
const i32 = (data: Parameters<typeof g.tensor>[0]): Tensor => g.tensor(data, { dtype: "i32" });
const [x, y, w, v, s, holes, cube, q, k, val, bits] = (
  ["x", "y", "w", "v", "s", "holes", "cube", "q", "k", "val", "bits"] as const
).map((name) => f64(given[name])) as [
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
];
const i = i32(given.i);
const flat = (t: Tensor): Tensor => g.reshape(t, [t.size]);
const column = (t: Tensor, j: number): Tensor => g.at(t, null, j);
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const methods: Readonly<Record<string, g.QuantileMethod>> = {
  linear: "linear",
  lower: "lower",
  higher: "higher",
  midpoint: "midpoint",
  nearest: "nearest",
  interpolated_inverted_cdf: "interpolatedInvertedCdf",
  hazen: "hazen",
  weibull: "weibull",
  median_unbiased: "medianUnbiased",
  normal_unbiased: "normalUnbiased",
};
const harmonics: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 0],
  [1, 1],
  [2, -1],
  [5, 3],
  [7, -4],
  [30, 12],
];

/** The call beside each value. */
const calls: Readonly<Record<string, () => Tensor | Promise<Tensor>>> = {
  ...Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      `quantile ${name}`,
      () => g.quantile(x, f64([0, 0.2, 0.55, 1]), 1, { method }),
    ]),
  ),
  percentile: () => g.percentile(x, 37.5),
  "quantile kept": () => g.quantile(cube, f64([0.25, 0.5]), [0, 2], { keepDims: true }),
  median: () => g.median(cube, [0, 1]),
  nanmedian: () => g.nanmedian(holes, 1),
  nanquantile: () => g.nanquantile(holes, f64([0.1, 0.8]), 0),
  nanpercentile: () => g.nanpercentile(holes, 30),
  ...Object.fromEntries(
    (
      [
        "nansum",
        "nanprod",
        "nanmax",
        "nanmin",
        "nanmean",
        "nanvar",
        "nanstd",
        "nanargmax",
        "nanargmin",
        "nancumsum",
        "nancumprod",
      ] as const
    ).map((name) => [name, () => g[name](holes, 1)]),
  ),
  "nanvar ddof": () => g.nanvar(holes, 0, { correction: 1 }),
  ptp: () => g.ptp(x, 0),
  countNonzero: () => g.countNonzero(g.floor(g.abs(x)), 1),
  average: () => g.average(x, 1, { weights: w }),
  "average 1d": () => g.average(x, 0, { weights: column(w, 0) }),
  cov: () => g.cov(x),
  "cov y": () => g.cov(x, y, { rows: false, correction: 0 }),
  "cov weights": () => g.cov(x, null, { counts: i32([1, 2, 3, 1]), weights: g.at(w, 0) }),
  "cov scalar": () => g.cov(v),
  corrcoef: () => g.corrcoef(x, y),
  histogram: () => g.histogram(x, 4)[0],
  "histogram edges": () => g.histogram(x, 4)[1],
  "histogram density": () => g.histogram(x, f64([-3, -1, 0.5, 4]), { weights: w, density: true })[0],
  "histogram range": () => g.histogram(x, 3, { range: [-1, 1] })[0],
  histogramdd: () => g.histogramdd(g.at(x, null, [0, 2]), [2, 3])[0],
  histogram2d: () => g.histogram2d(flat(x), flat(y), 3, { density: true })[0],
  histogramBinEdges: () => g.histogramBinEdges(g.ones([4], { dtype: "f64" }), 3),
  bincount: () => g.bincount(i),
  "bincount weights": () => g.bincount(i, { weights: v, length: 7 }),
  diff: () => g.diff(x, 2, 0),
  "diff ends": () => g.diff(v, 1, -1, { prepend: 1, append: f64([4, 5]) }),
  ediff1d: () => g.ediff1d(x, { toBegin: -9, toEnd: f64([8, 9]) }),
  numericalGradient: () => g.numericalGradient(x, { spacing: 0.5 }),
  "numericalGradient places": () => g.numericalGradient(v, { spacing: s }),
  "numericalGradient order 2": () => g.numericalGradient(v, { spacing: s, edgeOrder: 2 }),
  trapezoid: () => g.trapezoid(x, { dx: 0.5, axis: 0 }),
  "trapezoid places": () => g.trapezoid(v, { x: s }),
  interp: () => g.interp(f64([-3, -2, -0.7, 1.25, 3, 9]), s, v),
  "interp ends": () => g.interp(f64([-3, 9, 0.3]), s, v, { left: -100, right: 100 }),
  "interp period": () => g.interp(f64([-3, 9, 0.3, 2.9]), g.flip(s), v, { period: 3 }),
  unwrap: () => g.unwrap(g.mul(x, 3), { axis: 1 }),
  "unwrap period": () => g.unwrap(f64([0, 2, 4, 1, 3, 0.5]), { period: 4 }),
  hstack: () => g.hstack([x, y]),
  "hstack 1": () => g.hstack([v, s]),
  vstack: () => g.vstack([v, s]),
  dstack: () => g.dstack([v, s]),
  columnStack: () => g.columnStack([v, g.outer(s, f64([1, 2]))]),
  block: () => g.block([[x, g.ones([3, 2], { dtype: "f64" })], [g.zeros([1, 6], { dtype: "f64" })]]),
  arraySplit: () => g.concat(g.arraySplit(g.transpose(x), 3).map((t) => g.sum(t, 0))),
  append: () => g.append(x, y, 0),
  insert: () => g.insert(x, [1, 3, -1], f64([[5, 6, 7]]), 1),
  "insert flat": () => g.insert(x, 2, f64([5, 6])),
  remove: () => g.remove(x, [0, -2], 1),
  trimZeros: () => g.trimZeros(f64([0, 0, 1, 0, 2, 0])),
  rot90: () => g.concat([-1, 0, 1, 2, 3, 6].map((n) => flat(g.rot90(x, n)))),
  "rot90 axes": () => g.rot90(cube, 1, [2, 0]),
  take: () => g.take(x, i32([5, 0, -2]), { mode: "wrap" }),
  "take clip": () => g.take(x, i32([5, 0, -2]), { axis: 1 }),
  put: () => g.put(x, i32([0, 5, -1]), f64([9, 8])),
  putAlongAxis: () => g.putAlongAxis(x, g.argmax(x, 1, { keepDims: true }), -9, 1),
  "putAlongAxis 0": () => g.putAlongAxis(x, i32([[2, 0, 1, -1]]), f64([[1, 2, 3, 4]]), 0),
  unravelIndex: () => g.stack(g.unravelIndex(i32([5, 11, 0]), [3, 2, 2])),
  ravelMultiIndex: () => g.ravelMultiIndex([i32([3, 6, -1]), i32([4, 5, 1])], [7, 3], "wrap"),
  "ravelMultiIndex clip": () => g.ravelMultiIndex([i32([3, 6, -1]), i32([4, 5, 1])], [7, 3]),
  indices: () => g.indices([2, 3]),
  select: () => g.select([g.less(x, -1), g.less(x, 1)], [x, g.mul(x, 10)], 5),
  piecewise: () => g.piecewise(x, [g.less(x, 0), g.greater(x, 1)], [(t) => t.neg(), (t) => t.mul(t), 7]),
  choose: () => g.choose(i32([2, 0, 5, -1]), [g.at(v, [0, 4]), g.at(s, [0, 4]), g.ones([4], { dtype: "f64" })], "wrap"),
  fillDiagonal: () => g.fillDiagonal(x, 3),
  trilIndices: () => g.stack(g.trilIndices(3, 1, 4)),
  triuIndices: () => g.stack(g.triuIndices(4, -1, 3)),
  dynamicSlice: () => g.dynamicSlice(x, i32([2, 1]), [2, 3]),
  dynamicUpdateSlice: () => g.dynamicUpdateSlice(x, g.at(y, [0, 2], [0, 2]), [1, i32(9)]),
  isclose: () => g.isclose(f64([1, 1e10, inf, nan, 0]), f64([1 + 1e-6, 1.1e10, inf, nan, 1e-9])),
  nanToNum: () => g.nanToNum(f64([nan, 1, inf, -inf]), { nan: 3, neginf: -5 }),
  fmax: () => g.fmax(f64([1, nan, 3]), f64([2, 4, nan])),
  fmin: () => g.fmin(f64([1, nan, 3]), f64([2, 4, nan])),
  inner: () => g.inner(x, y),
  matvec: () => g.matvec(x, g.at(y, 0)),
  vecmat: () => g.vecmat(column(y, 0), x),
  polydiv: () => g.concat(g.polydiv(v, f64([2, 1, -3]))),
  poly: () => g.poly(v),
  geomspace: () => g.geomspace(-1, -1000, 4, { dtype: "f64" }),
  logspace: () => g.logspace(0, 3, 4, { base: 2, dtype: "f64" }),
  spacing: () => g.spacing(f64([1, 1e-300, 0, 3e10])),
  comb: () => g.comb(f64([5, 10, 60, 5.5, 200]), f64([2, 10, 30, 2.5, 100])),
  cumlogsumexp: () => g.cumlogsumexp(x),
  "einsum dots": () => g.einsum("...ij,jk->...ik", cube, g.transpose(x)),
  "einsum broadcast": () => g.einsum("...i,...i", cube, g.at(x, [0, 1])),
  "einsum four": () => g.einsum("ij,kj,kl,ml->im", x, y, w, x),
  applyAlongAxis: () => g.applyAlongAxis((t) => g.at(g.outer(t, t), [0, 2]), 1, cube),
  celu: () => g.celu(x),
  hardSigmoid: () => g.hardSigmoid(x),
  hardSilu: () => g.hardSilu(x),
  mish: () => g.mish(x),
  squareplus: () => g.squareplus(x),
  sparsePlus: () => g.sparsePlus(x),
  sparseSigmoid: () => g.sparseSigmoid(x),
  glu: () => g.glu(x),
  standardize: () => g.standardize(x),
  log1mexp: () => g.log1mexp(w),
  attention: () => g.dotProductAttention(q, k, val),
  "attention causal": () => g.dotProductAttention(q, k, val, { causal: true, scale: 0.3 }),
  "attention window": () => g.dotProductAttention(q, k, val, { window: [1, 0] }),
  "attention lengths": () =>
    g.dotProductAttention(q, k, val, { keyLengths: i32(given.lengths), queryLengths: i32([3, 1]) }),
  "attention mask": () =>
    g.dotProductAttention(q, k, val, {
      mask: g.greater(g.mod(g.reshape(g.arange(18), [3, 6]), 3), 0),
      bias: g.arange(0, 6, 1, { dtype: "f64" }),
    }),
  boxcox: () => g.boxcox(f64([0.5, 2, 3, 1e-3]), f64([0, 1e-9, 2, -0.3])),
  boxcox1p: () => g.boxcox1p(f64([0.5, 2, 1e-9, -0.3]), f64([0, 1e-9, 2, -0.3])),
  gammasgn: () => g.gammasgn(f64([2, -0.5, -1.5, -2.5])),
  sphHarm: () =>
    g.stack(
      harmonics.map(([l, m]) => {
        const { re, im } = g.sphHarm(l, m, f64(0.7), f64(2.1));
        return g.stack([re, im]);
      }),
    ),
  reducePrecision: () => g.reducePrecision(bits, 5, 10),
};

test("every value has a call, every call a value", () => {
  expect(Object.keys(calls).toSorted()).toEqual(Object.keys(given.values).toSorted());
});

describe.each(["js", "wasm"] as const)("%s: values of NumPy and JAX", (backend) => {
  beforeAll(() => g.setBackend(backend === "js" ? g.jsBackend() : g.wasmBackend()));
  test.each(Object.entries(calls))("%s", async (name, call) => {
    const expected = f64(given.values[name] as Parameters<typeof g.tensor>[0]);
    const actual = await call();
    expect(actual.shape).toEqual(expected.shape);
    const [a, e] = [await actual.data(), await expected.data()];
    const scale = Math.max(...Array.from(e as ArrayLike<number>, Math.abs).filter(Number.isFinite), 0);
    for (let j = 0; j < e.length; j++) {
      const [p, r] = [Number(a[j]), e[j] as number];
      // JAX's attention has its scores in f32
      const allowed = name.startsWith("attention") ? 1e-6 * scale : 1e-13 * Math.max(Math.abs(r), 1e-2 * scale);
      const near = Object.is(p, r) || p === r || Math.abs(p - r) <= allowed;
      expect(near, `${name}[${j}] is ${p} instead of ${r}`).toBe(true);
    }
  });
});
