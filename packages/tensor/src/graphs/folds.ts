import { isFloat } from "../dtype.ts";
import { tridiagonal } from "../functions/polynomial/tridiagonal.ts";
import { convolution } from "../primitives/convolution.ts";
import { fftPrimitive } from "../primitives/fft.ts";
import { type Frames, foldPrimitive, unfoldPrimitive } from "../primitives/frames.ts";
import { matmulPrimitive } from "../primitives/matmul.ts";
import { randomBits } from "../primitives/random-bits.ts";
import { cumulative, recurrencePrimitive } from "../primitives/recurrence.ts";
import { resamplePrimitive } from "../primitives/resample.ts";
import { searchPrimitive } from "../primitives/search.ts";
import { sortPrimitive } from "../primitives/sort.ts";
import { reduceWindowPrimitive } from "../primitives/window.ts";
import { type Choice, pick, place } from "../primitives/window-choice.ts";
import { sameShape, sizeOf } from "../shape.ts";
import { sampledProduct, sparseProduct } from "../sparse/primitive.ts";
import { entryOrder, entryRows } from "../sparse/structure.ts";
import type { Tensor } from "../tensor.ts";
import { flag, integer, integers, sizes, word } from "./fields.ts";
import { has, per, type Rules, rule, sameAval, shared } from "./rule.ts";
import { isNumber } from "./structure.ts";

type One = readonly [Tensor];
type Two = readonly [Tensor, Tensor];

const positive = integers(1);
const frames = { input: sizes, size: positive, count: sizes, stride: positive, dilation: positive, low: integers() };
const fitFrames = ({ input, size, count, stride, dilation, low }: Frames): boolean =>
  input.length > 0 && per(input.length, size, count, stride, dilation, low);
const choice = { input: sizes, size: positive, stride: positive, dilation: positive };
const fitChoice = ({ input, size, stride, dilation }: Choice, code: Tensor): boolean =>
  per(input.length, size, stride, dilation, code.shape) &&
  code.dtype === "i32" &&
  size.every((n, i) => (n - 1) * (dilation[i] as number) < (stride[i] as number));
const isRows = (t: Tensor): boolean => t.rank === 2;
/** Two tables that name the entries of sparse matrices; `entries` and `outer` of them. */
const fitTables = (
  major: Tensor,
  minor: Tensor,
  [outer, entries]: readonly (number | undefined)[],
  { compressed, rows }: { readonly compressed: boolean; readonly rows: number },
): boolean =>
  isRows(major) &&
  isRows(minor) &&
  shared(major.shape[0], outer) &&
  shared(minor.shape[0], outer) &&
  minor.shape[1] === entries &&
  major.shape[1] === (compressed ? rows + 1 : entries);
const pattern = { compressed: flag, rows: integer(0), columns: integer(0) };

/** What adds up, sorts and transforms. */
export const folds = (): Rules => ({
  matmul: rule(matmulPrimitive, 2, {}, (inputs) => {
    const [a, b] = inputs as unknown as Two;
    const [batch, , k] = a.shape;
    return per(3, a.shape, b.shape) && a.dtype === b.dtype && isNumber(a) && b.shape[0] === batch && b.shape[1] === k;
  }),
  convolution: rule(
    convolution,
    2,
    {
      stride: positive,
      low: integers(),
      high: integers(),
      lhsDilation: positive,
      rhsDilation: positive,
      groups: integer(1),
    },
    (inputs, { stride, low, high, lhsDilation, rhsDilation, groups }) => {
      const [x, w] = inputs as unknown as Two;
      return (
        x.rank > 2 &&
        w.rank === x.rank &&
        per(x.rank - 2, stride, low, high, lhsDilation, rhsDilation) &&
        x.dtype === w.dtype &&
        isNumber(x) &&
        x.shape[1] === groups * (w.shape[1] as number) &&
        (w.shape[0] as number) % groups === 0
      );
    },
  ),
  reduceWindow: rule(
    reduceWindowPrimitive,
    1,
    {
      op: word("sum", "max", "min", "argmax", "argmin"),
      size: positive,
      stride: positive,
      low: integers(),
      high: integers(),
      dilation: positive,
    },
    (inputs, { op, size, stride, low, high, dilation }) => {
      const [x] = inputs as unknown as One;
      return per(x.rank, size, stride, low, high, dilation) && (op !== "sum" || isNumber(x));
    },
  ),
  pick: rule(pick, 2, choice, (inputs, a) => {
    const [x, code] = inputs as unknown as Two;
    return sameShape(x.shape, a.input) && fitChoice(a, code) && isNumber(x);
  }),
  place: rule(place, 2, choice, (inputs, a) => {
    const [y, code] = inputs as unknown as Two;
    return sameShape(y.shape, code.shape) && fitChoice(a, code);
  }),
  unfold: rule(unfoldPrimitive, 1, frames, ([x], a) => {
    const { shape, rank } = x as Tensor;
    return fitFrames(a) && rank >= a.input.length && sameShape(shape.slice(rank - a.input.length), a.input);
  }),
  fold: rule(foldPrimitive, 1, frames, ([y], a) => {
    const { shape, rank } = y as Tensor;
    const own = [...a.size, ...a.count];
    return (
      fitFrames(a) && rank >= own.length && sameShape(shape.slice(rank - own.length), own) && isNumber(y as Tensor)
    );
  }),
  resample: rule(resamplePrimitive, 5, {}, (inputs) => {
    const [x, indices, weights, back, backWeights] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const n = x.shape[1] as number;
    return (
      x.rank === 3 &&
      [indices, back].every((t) => isRows(t) && t.dtype === "i32") &&
      has(weights, indices.shape, x.dtype) &&
      has(backWeights, back.shape, x.dtype) &&
      isFloat(x.dtype) &&
      back.shape[1] === n &&
      (n > 0 || indices.shape[1] === 0)
    );
  }),
  recurrence: rule(recurrencePrimitive, 2, { reverse: flag }, (inputs) => {
    const [a, b] = inputs as unknown as Two;
    return a.rank === 3 && sameAval(a, b) && isNumber(a);
  }),
  cumulative: rule(
    cumulative,
    1,
    { op: word("sum", "max", "min"), reverse: flag },
    ([x], { op }) => (x as Tensor).rank === 3 && (op !== "sum" || isNumber(x as Tensor)),
  ),
  sort: rule(sortPrimitive, 1, { descending: flag }, ([x]) => isRows(x as Tensor)),
  searchsorted: rule(searchPrimitive, 2, { right: flag }, (inputs) => {
    const [rows, values] = inputs as unknown as Two;
    return isRows(rows) && isRows(values) && rows.dtype === values.dtype && shared(rows.shape[0], values.shape[0]);
  }),
  fft: rule(fftPrimitive, [1, 2], { inverse: flag }, (inputs) => {
    const [re, im = re] = inputs as unknown as Two;
    return isRows(re) && isFloat(re.dtype) && sameAval(re, im) && re.shape[1] !== 0;
  }),
  randomBits: rule(
    randomBits,
    1,
    { shape: sizes, words: word("xor", "both") },
    (_, { shape }) => sizeOf(shape) <= 2 ** 32,
  ),
  tridiagonalSolve: rule(tridiagonal, 4, {}, (inputs) => {
    const [, , , b] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const bands = inputs.slice(0, 3).every((t) => has(t, b.shape.slice(0, 2), b.dtype));
    return b.rank === 3 && isFloat(b.dtype) && bands;
  }),
  sparseProduct: rule(sparseProduct, 4, { ...pattern, transposed: flag }, (inputs, a) => {
    const [values, major, minor, x] = inputs as [Tensor, Tensor, Tensor, Tensor];
    return (
      isRows(values) &&
      x.rank === 3 &&
      x.dtype === values.dtype &&
      isNumber(x) &&
      x.shape[0] === values.shape[0] &&
      x.shape[1] === (a.transposed ? a.rows : a.columns) &&
      fitTables(major, minor, values.shape, a)
    );
  }),
  sampledProduct: rule(sampledProduct, 4, pattern, (inputs, a) => {
    const [major, minor, p, q] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const [outer, , width] = p.shape as [number, number, number];
    return (
      p.rank === 3 &&
      isNumber(p) &&
      has(p, [outer, a.rows, width], q.dtype) &&
      has(q, [outer, a.columns, width], p.dtype) &&
      fitTables(major, minor, [outer, minor.shape[1]], a)
    );
  }),
  entryOrder: rule(entryOrder, 2, { rows: integer(0), columns: integer(0, 2 ** 31) }, (inputs) => {
    const [major, minor] = inputs as unknown as Two;
    return isRows(major) && has(major, minor.shape, "i32") && minor.dtype === "i32";
  }),
  entryRows: rule(entryRows, 1, { entries: integer(0) }, ([t]) => isRows(t as Tensor) && (t as Tensor).dtype === "i32"),
});
