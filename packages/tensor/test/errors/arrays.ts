import * as g from "../../src/index.ts";
import { type Any, bad, call, callRows, type Family, f32, i32, type Row, wrongRows } from "./row.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S } = g;
const [x, square, v, scalar] = [f32(2, 3), f32(2, 2), f32(3), f32()];
const one = (name: string): readonly [string[], () => g.Tensor[], ReturnType<typeof call>] => [
  ["x"],
  () => [f32(2, 2)],
  call(name),
];
const two =
  (p: string, q: string, ...rest: unknown[]) =>
  (name: string) =>
    [[p, q], () => [f32(2, 2), f32(2, 2)], call(name, ...rest)] as const;
const axes = (f: (...args: Any[]) => unknown): Row[] => [
  [S, "axes", () => f(x, 2)],
  [S, "axes", () => f(x, [0, 0])],
  [A, "axes", () => f(x, "0")],
  [A, "nothing", () => f(x, 0, bad)],
  [A, "keepDims", () => f(x, 0, { keepDims: 1 })],
];
const folds = "nansum nanprod nanmax nanmin nanmean ptp countNonzero median nanmedian";
const shares = "quantile nanquantile percentile nanpercentile";
const spreads = "nanvar nanstd";
const whole =
  (p: string, ...rest: unknown[]) =>
  (name: string) =>
    [[p], () => [i32(2)], call(name, ...rest)] as const;

/** Statistics, differences, joining, picking, gates, closeness and folds. */
export const arrays: Family = {
  calls: {
    ...callRows(
      `${folds} ${spreads} nanargmax nanargmin nancumsum nancumprod average histogram histogramBinEdges`,
      one,
    ),
    ...callRows(
      "histogramdd diff ediff1d numericalGradient unwrap fliplr flipud rot90 atleast1d atleast2d atleast3d",
      one,
    ),
    ...callRows(
      "nanToNum celu hardSigmoid hardSilu mish squareplus sparsePlus sparseSigmoid hardshrink softshrink",
      one,
    ),
    ...callRows(
      "log1mexp glu standardize cumlogsumexp rsqrt spacing expi exp1 sici fresnel dawsn spence factorial gammasgn",
      one,
    ),
    ...callRows(shares, (name) => [["x"], () => [f32(4)], call(name, 0.5)]),
    ...callRows("cov corrcoef", (name) => [["x"], () => [f32(2, 4)], call(name)]),
    ...callRows("hstack vstack dstack columnStack broadcastArrays", (name) => [
      ["tensors[0]", "tensors[1]"],
      () => [f32(2), f32(2)],
      (...list) => call(name)(list as Any),
    ]),
    ...callRows("isclose allclose arrayEqual fmax fmin inner", two("a", "b")),
    ...callRows("sortKeyVal", two("keys", "values")),
    ...callRows("poch", two("x", "m")),
    ...callRows("comb", two("n", "k")),
    ...callRows("boxcox boxcox1p", two("x", "lambda")),
    histogram2d: [["x", "y"], () => [f32(3), f32(3)], call("histogram2d")],
    bincount: whole("x")("bincount"),
    trapezoid: [["y"], () => [f32(3)], call("trapezoid")],
    interp: [["x", "xs", "ys"], () => [f32(2), f32(3), f32(3)], call("interp")],
    block: [["blocks[0]", "blocks[1]"], () => [f32(2), f32(2)], (a: Any, b: Any) => g.block([a, b])],
    arraySplit: [["x"], () => [f32(3)], call("arraySplit", 2)],
    append: [["x", "values"], () => [f32(2), f32(2)], call("append")],
    insert: [["x", "values"], () => [f32(2), f32()], (t, values) => g.insert(t, 1, values)],
    remove: [["x"], () => [f32(2)], call("remove", 0)],
    trimZeros: [["x"], () => [f32(2)], call("trimZeros")],
    broadcastInDim: [["x"], () => [f32(2)], call("broadcastInDim", [2, 3], [0])],
    take: [["x", "indices"], () => [f32(3), i32(2)], call("take")],
    put: [["x", "indices", "values"], () => [f32(3), i32(2), f32(2)], call("put")],
    putAlongAxis: [["x", "indices", "values"], () => [f32(3), i32(2), f32(2)], call("putAlongAxis")],
    unravelIndex: whole("indices", [2, 3])("unravelIndex"),
    ravelMultiIndex: [
      ["coordinates[0]", "coordinates[1]"],
      () => [i32(2), i32(2)],
      (p: Any, q: Any) => g.ravelMultiIndex([p, q], [2, 2]),
    ],
    dynamicSlice: [["x", "start[0]"], () => [f32(3), i32()], (t: Any, i: Any) => g.dynamicSlice(t, [i], [2])],
    dynamicUpdateSlice: [
      ["x", "update", "start[0]"],
      () => [f32(3), f32(2), i32()],
      (t: Any, u: Any, i: Any) => g.dynamicUpdateSlice(t, u, [i]),
    ],
    select: [
      ["conditions[0]", "choices[0]", "otherwise"],
      () => [f32(2), f32(2), f32(2)],
      (c: Any, t: Any, o: Any) => g.select([c], [t], o),
    ],
    piecewise: [["x", "conditions[0]"], () => [f32(2), f32(2)], (t: Any, c: Any) => g.piecewise(t, [c], [1])],
    choose: [["which", "choices[0]"], () => [i32(2), f32(2)], (i: Any, t: Any) => g.choose(i, [t, t])],
    fillDiagonal: [["x", "value"], () => [f32(2, 2), f32()], call("fillDiagonal")],
    matvec: [["a", "v"], () => [f32(2, 2), f32(2)], call("matvec")],
    vecmat: [["v", "a"], () => [f32(2), f32(2, 2)], call("vecmat")],
    einsumPath: [
      ["operands[0]", "operands[1]"],
      () => [f32(2, 2), f32(2, 2)],
      (a: Any, b: Any) => g.einsumPath("ij,jk", a, b),
    ],
    dotProductAttention: [
      ["q", "k", "v"],
      () => [f32(2, 1, 2), f32(3, 1, 2), f32(3, 1, 2)],
      call("dotProductAttention"),
    ],
    reduce: [["x", "init"], () => [f32(2), f32()], (t: Any, i: Any) => g.reduce(t, i, g.add)],
    applyAlongAxis: [["x"], () => [f32(2, 2)], (t: Any) => g.applyAlongAxis((r) => r, 0, t)],
    poly: [["roots"], () => [f32(2)], call("poly")],
    polydiv: [["a", "b"], () => [f32(3), f32(2)], call("polydiv")],
    expn: [["x"], () => [f32(2)], (t: Any) => g.expn(2, t)],
    besselJ: [["x"], () => [f32(2)], (t: Any) => g.besselJ(2, t)],
    sphHarm: [["theta", "phi"], () => [f32(2), f32(2)], (p: Any, q: Any) => g.sphHarm(2, 1, p, q)],
    reducePrecision: [["x"], () => [f32(2)], call("reducePrecision", 5, 10)],
  },
  wrong: [
    wrongRows(folds, axes),
    wrongRows("nanmax nanmin ptp median nanmedian", (f) => [[S, "x", () => f(f32(0))]]),
    wrongRows(shares, (f) => [
      [S, "axes", () => f(x, 0.5, 2)],
      [A, "q", () => f(x, -0.1)],
      [A, "q", () => f(x, 101)],
      [A, "q", () => f(x, Number.NaN)],
      [A, "q", () => f(x, "0.5")],
      [A, "nothing", () => f(x, 0.5, 0, bad)],
      [A, "method", () => f(x, 0.5, 0, { method: "middle" })],
      [A, "keepDims", () => f(x, 0.5, 0, { keepDims: 1 })],
      [S, "x", () => f(f32(2, 0), 0.5, 1)],
    ]),
    wrongRows(spreads, (f) => [...axes(f), [A, "correction", () => f(x, 0, { correction: Number.NaN })]]),
    wrongRows("nanargmax nanargmin", (f) => [
      [S, "axis", () => f(x, 2)],
      [A, "nothing", () => f(x, 0, bad)],
      [S, "x", () => f(f32(0))],
    ]),
    wrongRows("nancumsum nancumprod cumlogsumexp", (f) => [
      [S, "axis", () => f(x, 2)],
      [A, "nothing", () => f(x, 0, bad)],
      [A, "reverse", () => f(x, 0, { reverse: 1 })],
    ]),
    wrongRows("histogram histogramBinEdges histogramdd", (f) => [
      [A, "nothing", () => f(x, 3, bad)],
      [S, "bins", () => f(f32(4, 1), f32(1))],
      [S, "bins", () => f(f32(4, 1), square)],
    ]),
    wrongRows("histogram histogramBinEdges", (f) => [
      [A, "bins", () => f(x, 0)],
      [A, "bins", () => f(x, 1.5)],
      [A, "range", () => f(x, 3, { range: [2, 1] })],
      [A, "range", () => f(x, 3, { range: 1 })],
      [A, "range", () => f(x, 3, { range: [0, Number.NaN] })],
    ]),
    wrongRows("isclose allclose", (f) => [
      [S, "b", () => f(x, f32(2))],
      [A, "rtol", () => f(x, x, { rtol: -1 })],
      [A, "atol", () => f(x, x, { atol: Number.NaN })],
      [A, "equalNaN", () => f(x, x, { equalNaN: 1 })],
      [A, "nothing", () => f(x, x, bad)],
    ]),
    wrongRows("hstack vstack dstack columnStack", (f) => [
      [A, "tensors", () => f([])],
      [A, "tensors", () => f(x)],
      [S, "tensors", () => f([f32(2, 3), f32(3, 4)])],
    ]),
    wrongRows("trilIndices triuIndices", (f) => [
      [A, "n", () => f(-1)],
      [A, "k", () => f(2, 0.5)],
      [A, "m", () => f(2, 0, Number.NaN)],
    ]),
    wrongRows("geomspace logspace", (f) => [
      [A, "start", () => f(Number.NaN, 1, 2)],
      [A, "stop", () => f(1, "2", 2)],
      [A, "n", () => f(1, 2, 0)],
      [D, "dtype", () => f(1, 2, 3, { dtype: "i32" })],
      [A, "nothing", () => f(1, 2, 3, bad)],
    ]),
    wrongRows("expn besselJ", (f) => [
      [A, "n", () => f(-1, x)],
      [A, "n", () => f(1.5, x)],
      [A, "n", () => f(1001, x)],
    ]),
    wrongRows("fmax fmin", (f) => [[S, "b", () => f(x, f32(2))]]),
    wrongRows("hardshrink softshrink", (f) => [[A, "lambda", () => f(x, -1)]]),
    wrongRows("boxcox boxcox1p", (f) => [[S, "lambda", () => f(x, f32(2))]]),
    {
      average: [
        [S, "axes", () => g.average(x, 2)],
        [S, "weights", () => g.average(x, 0, { weights: v })],
        [A, "weights", () => g.average(x, 0, { weights: [1] as Any })],
        [A, "keepDims", () => g.average(x, 0, { keepDims: 1 as Any })],
        [A, "nothing", () => g.average(x, 0, bad)],
      ],
      cov: [
        [S, "x", () => g.cov(f32(2, 2, 2))],
        [S, "y", () => g.cov(x, square)],
        [S, "counts", () => g.cov(x, null, { counts: i32(2) })],
        [S, "weights", () => g.cov(x, null, { weights: x })],
        [A, "rows", () => g.cov(x, null, { rows: 1 as Any })],
        [A, "correction", () => g.cov(x, null, { correction: Number.NaN })],
        [A, "nothing", () => g.cov(x, null, bad)],
      ],
      corrcoef: [
        [S, "x", () => g.corrcoef(f32(2, 2, 2))],
        [A, "nothing", () => g.corrcoef(x, null, bad)],
      ],
      histogram: [[S, "weights", () => g.histogram(x, 3, { weights: v })]],
      histogramdd: [
        [S, "x", () => g.histogramdd(v)],
        [A, "bins", () => g.histogramdd(x, [2, 3])],
        [A, "range", () => g.histogramdd(x, 3, { range: [[0, 1]] })],
        [
          A,
          "range[1]",
          () =>
            g.histogramdd(square, 3, {
              range: [
                [0, 1],
                [1, 0],
              ],
            }),
        ],
        [A, "density", () => g.histogramdd(x, 3, { density: 1 as Any })],
      ],
      histogram2d: [
        [S, "y", () => g.histogram2d(v, x)],
        [A, "bins[1]", () => g.histogram2d(v, v, [2, 0])],
        [A, "nothing", () => g.histogram2d(v, v, 3, bad)],
      ],
      bincount: [
        [D, "x", () => g.bincount(v)],
        [S, "weights", () => g.bincount(i32(2), { weights: v, length: 2 })],
        [A, "length", () => g.bincount(i32(2), { length: -1 })],
        [A, "nothing", () => g.bincount(i32(2), bad)],
        [g.TraceError, "x", () => g.vmap((t: g.Tensor) => g.bincount(t) as Any)(i32(2, 2))],
      ],
      diff: [
        [S, "axis", () => g.diff(x, 1, 2)],
        [A, "n", () => g.diff(x, -1)],
        [A, "prepend", () => g.diff(x, 1, 0, { prepend: "0" as Any })],
        [A, "nothing", () => g.diff(x, 1, 0, bad)],
      ],
      ediff1d: [
        [A, "toEnd", () => g.ediff1d(x, { toEnd: "0" as Any })],
        [A, "nothing", () => g.ediff1d(x, bad)],
      ],
      numericalGradient: [
        [S, "axis", () => g.numericalGradient(x, { axis: 2 })],
        [S, "x", () => g.numericalGradient(f32(1))],
        [S, "x", () => g.numericalGradient(f32(2), { edgeOrder: 2 })],
        [S, "spacing", () => g.numericalGradient(x, { spacing: f32(2) })],
        [A, "edgeOrder", () => g.numericalGradient(x, { edgeOrder: 3 as Any })],
        [A, "nothing", () => g.numericalGradient(x, bad)],
      ],
      trapezoid: [
        [S, "axis", () => g.trapezoid(x, { axis: 2 })],
        [S, "x", () => g.trapezoid(x, { x: f32(2) })],
        [A, "dx", () => g.trapezoid(x, { dx: "1" as Any })],
        [A, "nothing", () => g.trapezoid(x, bad)],
      ],
      interp: [
        [S, "xs", () => g.interp(v, x, v)],
        [S, "xs", () => g.interp(v, f32(0), f32(0))],
        [S, "ys", () => g.interp(v, v, f32(2))],
        [A, "left", () => g.interp(v, v, v, { left: Number.NaN })],
        [A, "period", () => g.interp(v, v, v, { period: 0 })],
        [A, "nothing", () => g.interp(v, v, v, bad)],
      ],
      unwrap: [
        [S, "axis", () => g.unwrap(x, { axis: 2 })],
        [A, "period", () => g.unwrap(x, { period: -1 })],
        [A, "discont", () => g.unwrap(x, { discont: Number.NaN })],
        [A, "nothing", () => g.unwrap(x, bad)],
      ],
      block: [
        [A, "blocks", () => g.block([])],
        [S, "blocks", () => g.block([x, [x]])],
        [S, "tensors", () => g.block([x, f32(3, 3)])],
      ],
      arraySplit: [
        [S, "axis", () => g.arraySplit(x, 2, 2)],
        [A, "sections", () => g.arraySplit(x, 0)],
        [A, "sections", () => g.arraySplit(x, [3, 1])],
        [A, "sections", () => g.arraySplit(x, "2" as Any)],
      ],
      broadcastArrays: [
        [A, "tensors", () => g.broadcastArrays(x as Any)],
        [S, "tensors", () => g.broadcastArrays([x, f32(2)])],
      ],
      broadcastShapes: [
        [A, "shapes[1]", () => g.broadcastShapes([2], [-1])],
        [S, "shapes", () => g.broadcastShapes([2], [3])],
      ],
      broadcastInDim: [
        [S, "axes", () => g.broadcastInDim(v, [2, 3], [0])],
        [S, "axes", () => g.broadcastInDim(v, [2, 3], 1 as Any)],
        [A, "shape", () => g.broadcastInDim(v, 3 as Any, [0])],
      ],
      fliplr: [[S, "x", () => g.fliplr(v)]],
      flipud: [[S, "x", () => g.flipud(scalar)]],
      rot90: [
        [S, "axes", () => g.rot90(v)],
        [S, "axes", () => g.rot90(x, 1, [0, 0])],
        [A, "axes", () => g.rot90(x, 1, 0 as Any)],
        [A, "k", () => g.rot90(x, 0.5)],
      ],
      append: [
        [S, "axis", () => g.append(x, x, 2)],
        [S, "values", () => g.append(x, square, 0)],
      ],
      insert: [
        [S, "axis", () => g.insert(x, 0, 1, 2)],
        [A, "index", () => g.insert(x, 4, 1, 1)],
        [A, "index", () => g.insert(x, [0, 0.5], 1, 1)],
        [S, "values", () => g.insert(x, [0, 1], f32(2, 3), 1)],
        [D, "values", () => g.insert(i32(2), 0, 0.5)],
      ],
      remove: [
        [S, "axis", () => g.remove(x, 0, 2)],
        [A, "index", () => g.remove(x, 3, 1)],
        [A, "index", () => g.remove(x, "0" as Any)],
      ],
      trimZeros: [
        [S, "x", () => g.trimZeros(x)],
        [A, "sides", () => g.trimZeros(v, "left" as Any)],
      ],
      take: [
        [S, "axis", () => g.take(x, 0, { axis: 2 })],
        [D, "indices", () => g.take(x, v)],
        [A, "mode", () => g.take(x, 0, { mode: "round" as Any })],
        [A, "nothing", () => g.take(x, 0, bad)],
        [S, "x", () => g.take(f32(0), 0)],
      ],
      put: [
        [D, "indices", () => g.put(x, v, 1)],
        [D, "values", () => g.put(i32(2), 0, 0.5)],
        [A, "values", () => g.put(x, 0, f32(0))],
      ],
      putAlongAxis: [
        [S, "axis", () => g.putAlongAxis(x, i32(2, 1), 1, 2)],
        [D, "indices", () => g.putAlongAxis(x, x, 1)],
        [S, "indices", () => g.putAlongAxis(x, i32(3, 1), 1)],
        [S, "values", () => g.putAlongAxis(x, i32(2, 1), v)],
        [D, "values", () => g.putAlongAxis(i32(2), i32(1), 0.5)],
      ],
      unravelIndex: [
        [D, "indices", () => g.unravelIndex(v, [2])],
        [A, "shape", () => g.unravelIndex(i32(1), [-1])],
      ],
      ravelMultiIndex: [
        [D, "coordinates[0]", () => g.ravelMultiIndex([v], [2])],
        [S, "coordinates", () => g.ravelMultiIndex([0], [2, 2])],
        [A, "shape", () => g.ravelMultiIndex([0], 2 as Any)],
        [A, "mode", () => g.ravelMultiIndex([0], [2], "raise" as Any)],
      ],
      indices: [
        [A, "shape", () => g.indices([])],
        [A, "shape", () => g.indices([-1])],
      ],
      select: [
        [A, "conditions", () => g.select([], [])],
        [A, "choices", () => g.select([true], [1, 2])],
        [S, "condition", () => g.select([f32(2)], [v])],
      ],
      piecewise: [
        [A, "conditions", () => g.piecewise(v, [], [])],
        [A, "functions", () => g.piecewise(v, [true], [])],
        [S, "condition", () => g.piecewise(v, [f32(2)], [1])],
      ],
      choose: [
        [D, "which", () => g.choose(v, [1, 2])],
        [A, "choices", () => g.choose(i32(2), [])],
        [A, "mode", () => g.choose(i32(2), [1], "raise" as Any)],
        [S, "condition", () => g.choose(i32(2), [v, v])],
      ],
      fillDiagonal: [
        [S, "x", () => g.fillDiagonal(v, 1)],
        [D, "value", () => g.fillDiagonal(i32(2, 2), 0.5)],
        [S, "value", () => g.fillDiagonal(square, v)],
      ],
      dynamicSlice: [
        [S, "sizes", () => g.dynamicSlice(x, [0, 0], [3, 3])],
        [A, "sizes", () => g.dynamicSlice(x, [0, 0], 2 as Any)],
        [S, "start", () => g.dynamicSlice(x, [0], [1, 1])],
        [S, "start[0]", () => g.dynamicSlice(x, [i32(2), 0], [1, 1])],
        [D, "start", () => g.dynamicSlice(x, f32(2), [1, 1])],
      ],
      dynamicUpdateSlice: [
        [S, "update", () => g.dynamicUpdateSlice(x, f32(3, 3), [0, 0])],
        [D, "update", () => g.dynamicUpdateSlice(i32(2), f32(1), [0])],
        [S, "start", () => g.dynamicUpdateSlice(x, f32(1, 1), [0])],
      ],
      arrayEqual: [
        [A, "equalNaN", () => g.arrayEqual(x, x, { equalNaN: 1 as Any })],
        [A, "nothing", () => g.arrayEqual(x, x, bad)],
      ],
      nanToNum: [
        [A, "nan", () => g.nanToNum(x, { nan: "0" as Any })],
        [A, "nothing", () => g.nanToNum(x, bad)],
      ],
      celu: [[A, "alpha", () => g.celu(x, 0)]],
      squareplus: [[A, "b", () => g.squareplus(x, -1)]],
      hardSwish: [[A, "x", () => g.hardSwish("1" as Any)]],
      glu: [
        [S, "x", () => g.glu(x)],
        [S, "axis", () => g.glu(x, 2)],
      ],
      standardize: [
        [S, "axes", () => g.standardize(x, 2)],
        [A, "epsilon", () => g.standardize(x, 0, { epsilon: -1 })],
        [A, "mean", () => g.standardize(x, 0, { mean: 1 as Any })],
        [A, "nothing", () => g.standardize(x, 0, bad)],
      ],
      dotProductAttention: [
        [S, "q", () => g.dotProductAttention(v, v, v)],
        [S, "k", () => g.dotProductAttention(f32(2, 1, 2), f32(3, 1, 3), f32(3, 1, 3))],
        [S, "k", () => g.dotProductAttention(f32(2, 3, 2), f32(3, 2, 2), f32(3, 2, 2))],
        [S, "v", () => g.dotProductAttention(f32(2, 1, 2), f32(3, 1, 2), f32(2, 1, 2))],
        [A, "scale", () => g.dotProductAttention(f32(2, 1, 2), f32(3, 1, 2), f32(3, 1, 2), { scale: Number.NaN })],
        [A, "window", () => g.dotProductAttention(f32(2, 1, 2), f32(3, 1, 2), f32(3, 1, 2), { window: -1 })],
        [
          S,
          "keyLengths",
          () => g.dotProductAttention(f32(2, 1, 2), f32(3, 1, 2), f32(3, 1, 2), { keyLengths: i32(2) }),
        ],
        [A, "nothing", () => g.dotProductAttention(f32(2, 1, 2), f32(3, 1, 2), f32(3, 1, 2), bad)],
      ],
      inner: [[S, "b", () => g.inner(x, square)]],
      matvec: [
        [S, "a", () => g.matvec(v, v)],
        [S, "v", () => g.matvec(x, f32(2))],
      ],
      vecmat: [[S, "v", () => g.vecmat(v, x)]],
      einsumPath: [
        [A, "subscripts", () => g.einsumPath("i->j", v)],
        [A, "subscripts", () => g.einsumPath("i..", v)],
        [S, "operands[0]", () => g.einsumPath("ij", v)],
        [A, "operands", () => g.einsumPath("i,j", v)],
      ],
      einsum: [
        [S, "operands[1]", () => g.einsum("...i,...i", x, f32(3, 3))],
        [A, "subscripts", () => g.einsum("i->i...i", v)],
      ],
      sortKeyVal: [
        [S, "axis", () => g.sortKeyVal(x, x, 2)],
        [S, "values", () => g.sortKeyVal(x, square)],
        [A, "nothing", () => g.sortKeyVal(x, x, 0, bad)],
      ],
      reduce: [
        [S, "axes", () => g.reduce(x, 0, g.add, 2)],
        [A, "f", () => g.reduce(x, 0, 1 as Any)],
        [A, "f", () => g.reduce(x, 0, (() => 1) as Any)],
        [S, "f", () => g.reduce(x, 0, () => f32(9))],
        [S, "init", () => g.reduce(x, v, g.add)],
      ],
      applyAlongAxis: [
        [S, "axis", () => g.applyAlongAxis((t) => t, 2, x)],
        [A, "f", () => g.applyAlongAxis(1 as Any, 0, x)],
      ],
      vectorize: [
        [A, "f", () => g.vectorize(1 as Any, "()")],
        [A, "signature", () => g.vectorize(g.neg as Any, "n->n")],
        [A, "signature", () => g.vectorize(g.neg as Any, 1 as Any)],
        [A, "arguments", () => (g.vectorize(g.neg as Any, "()") as Any)(x, x)],
        [A, "argument 0", () => (g.vectorize(g.neg as Any, "()") as Any)(1)],
        [S, "argument 0", () => (g.vectorize(g.neg as Any, "(n,m,k)") as Any)(x)],
        [S, "argument 1", () => (g.vectorize(g.dot as Any, "(n),(n)") as Any)(x, square)],
        [S, "leading axes", () => (g.vectorize(g.dot as Any, "(n),(n)") as Any)(x, f32(4, 3))],
      ],
      poly: [[S, "roots", () => g.poly(x)]],
      polydiv: [
        [S, "a", () => g.polydiv(x, v)],
        [S, "b", () => g.polydiv(v, f32(0))],
      ],
      geomspace: [[A, "stop", () => g.geomspace(-1, 1, 3)]],
      logspace: [[A, "base", () => g.logspace(0, 1, 3, { base: 0 })]],
      sphHarm: [
        [A, "l", () => g.sphHarm(-1, 0, x, x)],
        [A, "m", () => g.sphHarm(2, 3, x, x)],
        [S, "phi", () => g.sphHarm(2, 1, x, f32(2))],
      ],
      reducePrecision: [
        [D, "x", () => g.reducePrecision(i32(2), 5, 10)],
        [A, "exponentBits", () => g.reducePrecision(x, 1, 10)],
        [A, "mantissaBits", () => g.reducePrecision(x, 5, 53)],
      ],
      poch: [[S, "m", () => g.poch(x, f32(2))]],
      comb: [[S, "k", () => g.comb(x, f32(2))]],
    },
  ],
};
