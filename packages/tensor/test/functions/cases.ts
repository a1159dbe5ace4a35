import * as g from "../../src/index.ts";
import type { Argument, Case, Domain } from "../cases.ts";
import { fourierFunctions } from "../fft/cases.ts";
import { imageFunctions } from "../image/cases.ts";
import { arrayFunctions } from "../numpy/cases.ts";
import { polynomialFunctions } from "../polynomial/cases.ts";
import { segmentFunctions } from "../segments/cases.ts";
import { specialFunctions } from "../special/cases.ts";

type Tensor = g.Tensor;

const elementwise = (domain: Domain, ...names: readonly (keyof typeof g)[]): Case[] =>
  names.flatMap((name) =>
    [[2, 3], [1], []].map((shape) => ({
      name: `${name} [${shape}]`,
      inputs: [{ shape, domain }],
      f: g[name] as Case["f"],
    })),
  );

const pairs = (first: Domain, second: Domain, ...names: readonly (keyof typeof g)[]): Case[] =>
  names.flatMap((name) =>
    (
      [
        [
          [2, 3],
          [2, 3],
        ],
        [[2, 1], [3]],
        [[1], []],
      ] as const
    ).map(([p, q]) => ({
      name: `${name} [${p}] [${q}]`,
      inputs: [
        { shape: p, domain: first },
        { shape: q, domain: second },
      ],
      f: g[name] as Case["f"],
    })),
  );

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

const integers = (shape: readonly number[], ...data: readonly number[]): Argument => ({ shape, dtype: "i32", data });

const arithmetic: Case[] = [
  ...elementwise("any", "abs", "sign", "floor", "ceil", "round", "trunc", "exp", "expm1", "sin", "cos", "atan", "sinh"),
  ...elementwise("any", "cosh", "tanh", "asinh", "erf", "sigmoid", "neg", "square", "clone"),
  ...elementwise("positive", "sqrt", "log", "log1p", "reciprocal"),
  ...elementwise("unit", "asin", "acos", "atanh", "erfinv"),
  ...elementwise("small", "tan"),
  ...elementwise("above1", "acosh"),
  ...pairs("any", "any", "add", "sub", "mul", "maximum", "minimum"),
  ...pairs("any", "positive", "div", "rem", "mod", "atan2"),
  ...pairs("positive", "any", "pow"),
  one("pow 3", [2, 3], (x) => g.pow(x, 3)),
  one("pow -2", [2, 3], (x) => g.pow(x, -2), "positive"),
  one("pow of a number", [2, 3], (x) => g.pow(2.5, x)),
  one("clip by numbers", [2, 5], (x) => g.clip(x, -1.5, 1.5)),
  one("clip from below", [1], (x) => g.clip(x, 0.25, null)),
  many("clip by tensors", [[3, 4], [4], [3, 1]], (x, low, width) => g.clip(x, low, g.add(low, g.abs(width)))),
  many("where", [[2, 3], [3], [2, 1]], (c, x, y) => g.where(g.less(c, 0.2), x, y)),
  many("where of branches of the condition", [[2, 3]], (x) => g.where(g.greater(x, 0), g.exp(x), g.sin(x))),
  one("astype to f64 of f64", [2, 3], (x) => g.astype(x, "f64")),
  one("cast to f64 of f64", [1], (x) => g.cast(x, "f64")),
];

const activations: Case[] = [
  ...elementwise("any", "relu", "relu6", "leakyRelu", "elu", "selu", "gelu", "silu", "softplus", "logSigmoid"),
  ...elementwise("any", "softsign", "hardtanh", "tanhshrink"),
  one("gelu by tanh", [2, 3], (x) => g.gelu(x, { approximate: true })),
  one("leakyRelu with a slope", [2, 3], (x) => g.leakyRelu(x, 0.3)),
  one("elu with alpha", [2, 3], (x) => g.elu(x, 0.7)),
  one("hardtanh with ends", [2, 5], (x) => g.hardtanh(x, -2, 0.5)),
  one("softmax", [2, 4], (x) => g.softmax(x)),
  one("softmax over axis 0", [3, 2], (x) => g.softmax(x, 0)),
  one("softmax over both axes", [2, 3], (x) => g.softmax(x, [0, 1])),
  one("softmax of one", [2, 1], (x) => g.softmax(x)),
  one("logSoftmax", [2, 4], (x) => g.logSoftmax(x)),
  one("logSoftmax over axis 0", [3, 1], (x) => g.logSoftmax(x, 0)),
  one("logsumexp", [2, 3], (x) => g.logsumexp(x)),
  one("logsumexp of an axis", [2, 3], (x) => g.logsumexp(x, 1, { keepDims: true })),
  one("logsumexp of one", [1, 3], (x) => g.logsumexp(x, 0)),
];

const folded = ["sum", "mean", "prod", "max", "min", "variance", "std", "norm", "norm1"] as const;
const reductions: Case[] = [
  ...folded.flatMap((name) => [
    one(name, [2, 3], (x) => g[name](x)),
    one(`${name} of an axis`, [2, 3, 2], (x) => g[name](x, 1)),
    one(`${name} of two axes, kept`, [2, 2, 3], (x) => g[name](x, [0, -1], { keepDims: true })),
  ]),
  ...(["sum", "mean", "prod", "max", "min", "norm", "norm1"] as const).map((name) =>
    one(`${name} of one`, [3, 1], (x) => g[name](x, 1)),
  ),
  one("variance with correction", [3, 4], (x) => g.variance(x, 1, { correction: 1 })),
  one("std with correction", [3, 4], (x) => g.std(x, 0, { correction: 1 })),
  one("cumsum", [2, 4], (x) => g.cumsum(x)),
  one("cumsum reversed", [4, 2], (x) => g.cumsum(x, 0, { reverse: true })),
  one("cumprod", [2, 4], (x) => g.cumprod(x)),
  one("cumprod reversed", [4, 1], (x) => g.cumprod(x, 0, { reverse: true })),
  one("cummax", [2, 5], (x) => g.cummax(x)),
  one("cummin reversed", [5, 2], (x) => g.cummin(x, 0, { reverse: true })),
  many(
    "recurrence",
    [
      [2, 4],
      [2, 4],
    ],
    (a, b) => g.recurrence(a, b),
  ),
  many("recurrence broadcast and reversed", [[4, 1], [3]], (a, b) => g.recurrence(a, b, 0, { reverse: true })),
];

const products: Case[] = [
  many(
    "matmul",
    [
      [2, 3],
      [3, 4],
    ],
    (a, b) => g.matmul(a, b),
  ),
  many(
    "matmul batched",
    [
      [2, 1, 2, 3],
      [2, 3, 1],
    ],
    (a, b) => g.matmul(a, b),
  ),
  many("matmul with a vector", [[2, 3], [3]], (a, b) => g.matmul(a, b)),
  many("dot", [[4], [4]], (a, b) => g.dot(a, b)),
  many("outer", [[3], [2, 1]], (a, b) => g.outer(a, b)),
  many(
    "tensordot",
    [
      [2, 3, 2],
      [2, 3, 2],
    ],
    (a, b) =>
      g.tensordot(a, b, [
        [1, 0],
        [1, 2],
      ]),
  ),
  many(
    "tensordot of one axis",
    [
      [2, 3],
      [3, 2],
    ],
    (a, b) => g.tensordot(a, b, 1),
  ),
  many(
    "einsum product",
    [
      [2, 3],
      [3, 2],
    ],
    (a, b) => g.einsum("ij,jk->ki", a, b),
  ),
  many(
    "einsum batched",
    [
      [2, 2, 3],
      [2, 3],
    ],
    (a, b) => g.einsum("bij,bj->bi", a, b),
  ),
  many("einsum trace", [[3, 3]], (a) => g.einsum("ii", a)),
  many("einsum diagonal", [[3, 3]], (a) => g.einsum("ii->i", a)),
  many("einsum of three", [[2, 3], [3], [2]], (a, b, c) => g.einsum("ij,j,i->i", a, b, c)),
  many(
    "einsum with sizes 1",
    [
      [1, 3],
      [3, 1],
    ],
    (a, b) => g.einsum("ij,jk->ik", a, b),
  ),
  many(
    "conv 1d",
    [
      [1, 2, 5],
      [3, 2, 3],
    ],
    (x, w) => g.conv(x, w, { padding: 1 }),
  ),
  many(
    "conv same",
    [
      [1, 1, 5, 4],
      [2, 1, 2, 3],
    ],
    (x, w) => g.conv(x, w, { padding: "same" }),
  ),
  many(
    "conv strided",
    [
      [2, 1, 5, 4],
      [2, 1, 3, 2],
    ],
    (x, w) => g.conv(x, w, { stride: 2, padding: [1, 0] }),
  ),
  many(
    "conv dilated",
    [
      [1, 1, 6, 4],
      [1, 1, 2, 2],
    ],
    (x, w) => g.conv(x, w, { dilation: [3, 2] }),
  ),
  many(
    "conv grouped",
    [
      [1, 4, 4],
      [4, 2, 2],
    ],
    (x, w) => g.conv(x, w, { groups: 2, padding: [[1, 0]] }),
  ),
  many(
    "conv depthwise",
    [
      [2, 3, 4],
      [3, 1, 2],
    ],
    (x, w) => g.conv(x, w, { groups: 3 }),
  ),
  many(
    "conv 1x1",
    [
      [1, 2, 1, 1],
      [2, 2, 1, 1],
    ],
    (x, w) => g.conv(x, w),
  ),
  many(
    "conv 3d",
    [
      [1, 1, 2, 2, 3],
      [2, 1, 2, 1, 2],
    ],
    (x, w) => g.conv(x, w),
  ),
];

const windows: Case[] = [
  one("maxPool", [1, 2, 4, 5], (x) => g.maxPool(x, 2)),
  one("maxPool overlapping", [1, 1, 5, 5], (x) => g.maxPool(x, 3, { stride: 2, padding: 1 })),
  one("avgPool", [1, 1, 4, 4], (x) => g.avgPool(x, 2, { padding: 1 })),
  one("avgPool without padding in the mean", [1, 1, 5], (x) => g.avgPool(x, 3, { padding: 1, countIncludePad: false })),
  one("reduceWindow sum", [3, 4], (x) => g.reduceWindow(x, "sum", [2, 3], { stride: [1, 2], padding: 1 })),
  one("reduceWindow max", [6], (x) => g.reduceWindow(x, "max", 2, { dilation: 3 })),
  one("reduceWindow min", [3, 1], (x) => g.reduceWindow(x, "min", [2, 1])),
];

const weigh = (parts: readonly Tensor[]): Tensor => g.concat(parts.map((t, i) => g.flatten(g.mul(g.mul(t, t), i + 1))));
const shaping: Case[] = [
  one("reshape", [2, 3], (x) => g.reshape(x, [3, -1])),
  one("broadcastTo", [2, 1], (x) => g.broadcastTo(x, [3, 2, 4])),
  one("permute", [2, 1, 3], (x) => g.permute(x, [2, 0, 1])),
  one("transpose", [2, 3], (x) => g.transpose(x)),
  one("swapaxes", [2, 3, 1], (x) => g.swapaxes(x, 0, -1)),
  one("moveaxis", [2, 3, 2], (x) => g.moveaxis(x, 0, 2)),
  one("expandDims", [2, 3], (x) => g.expandDims(x, 1)),
  one("squeeze", [1, 3, 1], (x) => g.squeeze(x, 0)),
  one("slice", [5, 4], (x) => g.slice(x, [1, 0], [5, 4], [2, 3])),
  one("flip", [2, 3], (x) => g.flip(x, 1)),
  one("pad", [2, 3], (x) =>
    g.pad(
      x,
      [
        [1, 0],
        [0, 2],
      ],
      0.5,
    ),
  ),
  many(
    "concat",
    [
      [2, 3],
      [2, 1],
    ],
    (x, y) => g.concat([x, y, x], 1),
  ),
  many(
    "stack",
    [
      [2, 3],
      [2, 3],
    ],
    (x, y) => g.stack([x, y, x], -1),
  ),
  one("chunk", [2, 6], (x) => weigh(g.chunk(x, 3, 1))),
  one("chunk by sizes", [5, 1], (x) => weigh(g.chunk(x, [1, 0, 4]))),
  one("unstack", [2, 3], (x) => weigh(g.unstack(x, 1))),
  one("roll", [2, 5], (x) => g.roll(x, -2, 1)),
  one("tile", [2, 1], (x) => g.tile(x, [2, 3])),
  one("repeat", [2, 3], (x) => g.repeat(x, 2, 0)),
  one("flatten", [2, 3, 2], (x) => g.flatten(x, 1)),
  one("tril", [3, 4], (x) => g.tril(x, 1)),
  one("triu", [2, 3, 3], (x) => g.triu(x)),
  many("meshgrid", [[2], [3]], (x, y) => weigh(g.meshgrid([x, y]))),
];

const indexing: Case[] = [
  one("at a position", [3, 4], (x) => g.at(x, 1)),
  one("at ranges", [5, 4], (x) => g.at(x, [1, null, 2], [null, null, -1])),
  one("at the last axis", [2, 3], (x) => g.at(x, "...", -1)),
  {
    name: "at indices",
    inputs: [{ shape: [4, 3] }, integers([3], 3, 0, 3)],
    f: (x, i) => g.at(x as Tensor, null, i as Tensor),
  },
  {
    name: "gather",
    inputs: [{ shape: [4, 3] }, integers([2, 2], 3, 0, 3, 9)],
    f: (x, i) => g.gather(x as Tensor, i as Tensor),
  },
  {
    name: "gather of axis 1",
    inputs: [{ shape: [2, 3] }, integers([2], 2, 0)],
    f: (x, i) => g.gather(x as Tensor, i as Tensor, 1),
  },
  {
    name: "takeAlongAxis",
    inputs: [{ shape: [2, 3] }, integers([2, 2], 2, 0, 1, 1)],
    f: (x, i) => g.takeAlongAxis(x as Tensor, i as Tensor),
  },
  ...(["scatterAdd", "scatterSet", "scatterMax", "scatterMin"] as const).map(
    (name): Case => ({
      name,
      inputs: [{ shape: [4, 2] }, integers([4], 1, 3, 1, 9), { shape: [4, 2] }],
      f: (x, i, u) => g[name](x as Tensor, i as Tensor, u as Tensor),
    }),
  ),
];

const wrappers: Case[] = [
  many("stopGradient", [[2, 3]], (x) => g.mul(g.stopGradient(g.less(x, 0)), x)),
  many("ravel", [[2, 2], [3]], (x, y) => g.ravel({ x, y })[0]),
  many(
    "saving",
    [[2, 3], [3]],
    (x, y) =>
      g.saving(
        (a: Tensor, b: Tensor) => g.sin(g.mul(g.exp(a), b)),
        ({ inputs, nodes }) =>
          new Map(
            nodes
              .filter((t) => !inputs.includes(t))
              .map((t) => [t, { store: (v: Tensor) => [g.neg(v)], restore: ([k]) => g.neg(k as Tensor) }]),
          ),
      )(x, y)[0],
  ),
  many("checkpoint", [[2, 3], [3]], (x, y) => g.checkpoint((a: Tensor, b: Tensor) => g.sin(g.mul(a, b)))(x, y)),
  many("jet", [[2, 3], [3]], (x, v) => {
    const [y, [y1, y2]] = g.jet((p: Tensor) => g.mul(g.sin(p), g.exp(p)), [x], [[g.mul(x, v), g.tanh(x)]]);
    return weigh([y, y1 as Tensor, y2 as Tensor]);
  }),
  many("derivatives", [[3], [3]], (x, v) => weigh(g.derivatives((p: Tensor) => g.softmax(g.mul(p, v)), x, v, 3))),
  many("laplacian", [[3], [3]], (x, a) => g.laplacian((p: Tensor) => g.tanh(g.mul(a, g.sum(g.mul(p, p)))), x)),
  many("scan", [[2], [3, 2]], (start, xs) =>
    weigh(
      g.scan(
        (h: Tensor, x: Tensor) => {
          const next = g.tanh(g.add(g.mul(h, x), x));
          return [next, g.mul(next, h)];
        },
        start,
        xs,
      ) as [Tensor, Tensor],
    ),
  ),
];

const sorting: Case[] = [
  one("sort", [2, 4], (x) => g.sort(x)),
  one("sort descending", [4, 2], (x) => g.sort(x, 0, { descending: true })),
  one("topK", [2, 5], (x) => g.topK(x, 2)[0]),
  one("partition", [5], (x) => g.partition(x, 2)),
  {
    name: "place",
    inputs: [{ shape: [2, 3] }, { shape: [2] }],
    f: (x, v) => g.place(x as Tensor, g.reshape(g.tensor([1, 0, 1, 1, 0, 0], { dtype: "bool" }), [2, 3]), v as Tensor),
  },
];

/** Every function with a derivative, by shapes and options; the first word of a name is that of the export. */
export const functionCases: readonly Case[] = [
  ...arithmetic,
  ...activations,
  ...reductions,
  ...products,
  ...windows,
  ...shaping,
  ...indexing,
  ...wrappers,
  ...sorting,
  ...fourierFunctions,
  ...specialFunctions,
  ...polynomialFunctions,
  ...imageFunctions,
  ...segmentFunctions,
  ...arrayFunctions,
];

/** Exported functions that the table leaves out, by reason. */
export const leftOut: Readonly<Record<string, readonly string[]>> = {
  "makes tensors of numbers": [
    "arange",
    "bartlett",
    "bernoulliNumbers",
    "blackman",
    "eye",
    "fftfreq",
    "full",
    "fullLike",
    "geomspace",
    "hamming",
    "hann",
    "indices",
    "iota",
    "kaiser",
    "linspace",
    "logspace",
    "ones",
    "onesLike",
    "rfftfreq",
    "scalar",
    "tensor",
    "tri",
    "trilIndices",
    "triuIndices",
    "zeros",
    "zerosLike",
  ],
  "draws from a key, without float arguments": [
    "bernoulli",
    "bits",
    "categorical",
    "choice",
    "exponential",
    "foldIn",
    "gumbel",
    "key",
    "laplace",
    "normal",
    "permutation",
    "randint",
    "shuffle",
    "split",
    "truncatedNormal",
    "uniform",
  ],
  "results are truth values, bits or positions": [
    "all",
    "allclose",
    "any",
    "argmax",
    "argmaxPool",
    "argmin",
    "argpartition",
    "argsort",
    "argwhere",
    "arrayEqual",
    "bitcast",
    "bitwiseAnd",
    "bitwiseNot",
    "bitwiseOr",
    "bitwiseXor",
    "countLeadingZeros",
    "countNonzero",
    "digitize",
    "equal",
    "flatnonzero",
    "gammasgn",
    "gcd",
    "greater",
    "greaterEqual",
    "isFinite",
    "isInf",
    "isNaN",
    "isclose",
    "isin",
    "lcm",
    "less",
    "lessEqual",
    "lexsort",
    "logicalAnd",
    "logicalNot",
    "logicalOr",
    "logicalXor",
    "matrixRank",
    "nanargmax",
    "nanargmin",
    "nextafter",
    "nonzero",
    "notEqual",
    "oneHot",
    "packbits",
    "populationCount",
    "ravelMultiIndex",
    "searchsorted",
    "shiftLeft",
    "shiftRight",
    "signbit",
    "spacing",
    "unpackbits",
    "unravelIndex",
  ],
  "the shape depends on values, which are awaited": [
    "compress",
    "extract",
    "intersect1d",
    "setdiff1d",
    "trimZeros",
    "union1d",
    "unique",
    "uniqueAll",
    "uniqueCounts",
  ],
  "transforms and control flow, tested as such": [
    "associativeScan",
    "cond",
    "customGradient",
    "forLoop",
    "grad",
    "gradient",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobianForward",
    "jacobianReverse",
    "jacrev",
    "jit",
    "jvp",
    "linearize",
    "map",
    "switchCase",
    "valueAndGrad",
    "vectorize",
    "vjp",
    "vmap",
    "whileLoop",
  ],
  "its derivative is that of the identity by convention, not a limit of differences": ["reducePrecision"],
  "no tensor comes out": [
    "broadcastShapes",
    "debugNaNs",
    "dispose",
    "einsumPath",
    "explain",
    "getBackend",
    "isFloat",
    "jsBackend",
    "memory",
    "promote",
    "realize",
    "setBackend",
    "tidy",
    "to",
    "treeFlatten",
    "treeLeaves",
    "treeMap",
    "treeNames",
    "treeStructure",
    "treeUnflatten",
    "wasmBackend",
  ],
};
