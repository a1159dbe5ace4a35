import { type DType, dtypes as info } from "../../src/dtype.ts";
import * as a from "../../src/functions/arithmetic.ts";
import * as compare from "../../src/functions/comparison.ts";
import { conv } from "../../src/functions/convolution.ts";
import { cumsum } from "../../src/functions/cumulative.ts";
import * as e from "../../src/functions/elementary.ts";
import { matmul } from "../../src/functions/matmul.ts";
import * as r from "../../src/functions/reduction.ts";
import { where } from "../../src/functions/selection.ts";
import * as s from "../../src/functions/shaping.ts";
import type { Tensor } from "../../src/tensor.ts";
import { values } from "./values.ts";

/** One comparison: a label, the program, and how many terms an element adds up. */
export interface Trial {
  readonly label: string;
  readonly f: () => Tensor;
  readonly terms: number;
}

const unary = ["abs", "sign"] as const;
const real = [
  "floor",
  "ceil",
  "round",
  "trunc",
  "sqrt",
  "exp",
  "expm1",
  "log",
  "log1p",
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "tanh",
  "asinh",
  "acosh",
  "atanh",
  "erf",
  "sigmoid",
] as const;
const binary = ["add", "sub", "mul", "div", "rem", "maximum", "minimum"] as const;
const relations = ["equal", "less", "lessEqual"] as const;
const folds = ["sum", "max", "min"] as const;

const shapes: Readonly<Record<string, readonly number[]>> = {
  scalar: [],
  empty: [3, 0, 2],
  one: [1, 1],
  odd: [3, 5, 7],
  row: [37],
  large: [129, 513],
};

/** Ways of looking at a tensor that a backend has to read through. */
const views: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  permuted: (x) => s.permute(x),
  flipped: (x) => s.flip(x),
  strided: (x) => s.slice(x, [1, 0, 0], x.shape, [1, 2, 3]),
  broadcast: (x) => s.broadcastTo(s.slice(x, [0, 0, 0], [x.shape[0] as number, 1, x.shape[2] as number]), x.shape),
  reshaped: (x) => s.reshape(s.permute(x, [1, 2, 0]), [x.size]),
  padded: (x) =>
    s.pad(
      x,
      [
        [1, 0],
        [0, 2],
        [3, 1],
      ],
      1,
    ),
};

/** Every operation × dtype × shape family. */
export function* families(dtypes: readonly DType[]): Generator<Trial> {
  for (const dtype of dtypes) {
    const float = info[dtype].kind === "float";
    for (const [family, shape] of [...Object.entries(shapes), ["special", [61]] as const]) {
      const special = family === "special";
      if (special && !float) continue;
      const x = (seed: number): Tensor => values(shape, dtype, seed, "any", special);
      const trial = (name: string, f: () => Tensor, terms = 1): Trial => ({
        label: `${name} ${dtype} ${family}`,
        f,
        terms,
      });
      for (const op of unary) yield trial(op, () => e[op](x(1)));
      if (float && family !== "large") for (const op of real) yield trial(op, () => e[op](x(1)));
      yield trial("neg", () => a.neg(x(1)));
      for (const op of binary) yield trial(op, () => a[op](x(1), x(2)));
      for (const op of relations) yield trial(op, () => compare[op](x(1), x(2)));
      yield trial("where", () => where(compare.less(x(1), x(2)), x(1), x(2)));
      yield trial("fused", () => a.add(a.mul(x(1), x(2)), x(3)), 4);
      for (const op of folds) {
        if (op !== "sum" && (shape as readonly number[]).includes(0)) continue;
        // A sum with infinities or near the largest number depends on its order.
        if (op === "sum" && special) continue;
        yield trial(op, () => r[op](x(1)), 70_000);
        if (shape.length > 1) {
          yield trial(`${op} of the first axis`, () => r[op](x(1), 0), 600);
          yield trial(`${op} of the last axis`, () => r[op](x(1), -1), 600);
        }
      }
      if (shape.length > 0 && !(shape as readonly number[]).includes(0)) {
        yield trial("argmax", () => r.argmax(x(1), -1));
        yield trial("argmin", () => r.argmin(x(1), -1));
        if (!special) yield trial("cumsum", () => cumsum(x(1)), 600);
      }
    }
    for (const [view, look] of Object.entries(views)) {
      const x = (seed: number): Tensor => look(values([5, 7, 11], dtype, seed));
      yield { label: `add ${dtype} ${view}`, f: () => a.add(x(1), x(2)), terms: 1 };
      yield { label: `sum ${dtype} ${view}`, f: () => r.sum(x(1), -1), terms: 600 };
    }
    yield {
      label: `add ${dtype} row and column`,
      f: () => a.add(values([9, 1], dtype, 1), values([1, 13], dtype, 2)),
      terms: 1,
    };
    if (dtype === "bool") continue;
    for (const [m, k, n] of [
      [1, 1, 1],
      [3, 5, 7],
      [37, 61, 29],
      [64, 300, 40],
      [2, 0, 3],
    ] as const) {
      const p = (): Tensor => values([m, k], dtype, 1, "small");
      const q = (): Tensor => values([k, n], dtype, 2, "small");
      const t = (x: Tensor): Tensor => s.permute(x);
      const label = `matmul ${dtype} ${m}x${k}x${n}`;
      yield { label, f: () => matmul(p(), q()), terms: 300 };
      yield {
        label: `${label} transposed`,
        f: () => matmul(t(values([k, m], dtype, 1, "small")), t(values([n, k], dtype, 2, "small"))),
        terms: 300,
      };
    }
    for (const options of [{}, { padding: 1 }, { stride: 2, padding: 1 }, { dilation: 2 }, { groups: 2 }])
      yield {
        label: `conv ${dtype} ${JSON.stringify(options)}`,
        f: () =>
          conv(
            values([2, 4, 9, 8], dtype, 1, "small"),
            values([6, options.groups ? 2 : 4, 3, 3], dtype, 2, "small"),
            options,
          ),
        terms: 300,
      };
  }
}
