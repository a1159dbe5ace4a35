import type { Computation, DType, Instruction, Kernel } from "@gradus/tensor";
import { at, load } from "./special.ts";

// Fourier transforms as Stockham passes: each joins r transforms of length L to one of length rL, in the order in which the results belong.

export type Fourier = Extract<Computation, { kind: "fft" }>;

const RADICES = [4, 2, 3, 5, 7];

/** The radices of the passes of a transform of that length; null if another prime divides it. */
export function radices(n: number): number[] | null {
  const found: number[] = [];
  let rest = n;
  for (const r of RADICES) for (; rest % r === 0 && rest > 1; rest /= r) found.push(r);
  return rest > 1 ? null : found;
}

/** A complex number as two instructions; `im` is null for a real one. */
interface Pair {
  readonly re: number;
  readonly im: number | null;
}

/**
 * X[k] = Σ_r w^(rk) A_r[k mod L], w = e^(∓2πi/rL), of transforms A of every `stride`-th element. Buffers: re and, unless the input is real, im of A; then
 * of X those that are wanted.
 */
function pass(
  { outer, n, inverse }: Fourier,
  dtypes: readonly [DType, DType],
  radix: number,
  length: number,
  real: boolean,
  wanted: readonly boolean[],
): Kernel {
  const whole = radix * length;
  const stride = n / whole;
  const list: Instruction[] = [];
  const add = (x: Instruction): number => list.push(x) - 1;
  const both = (op: "add" | "sub" | "mul", a: number, b: number): number => add({ op, dtype: "f32", a, b });
  const index = { constant: 0, terms: at([2, radix, length], [3, length, 1]).terms };
  // The angle of k in (−π, π], where f32 holds it best.
  const k = add({ op: "index", dtype: "i32", index });
  const int = (value: number): number => add({ op: "const", dtype: "i32", value });
  const late = add({ op: "lt", dtype: "bool", a: int(whole / 2), b: k });
  const centred = add({
    op: "where",
    dtype: "i32",
    a: late,
    b: add({ op: "sub", dtype: "i32", a: k, b: int(whole) }),
    c: k,
  });
  const turn = add({ op: "const", dtype: "f32", value: ((inverse ? 2 : -2) * Math.PI) / whole });
  const angle = both("mul", add({ op: "cast", dtype: "f32", a: centred }), turn);
  const w: Pair = { re: add({ op: "cos", dtype: "f32", a: angle }), im: add({ op: "sin", dtype: "f32", a: angle }) };
  const times = (a: Pair, b: { re: number; im: number }): { re: number; im: number } => {
    const [re, im] = [both("mul", a.re, b.re), both("mul", a.re, b.im)];
    if (a.im === null) return { re, im };
    return { re: both("sub", re, both("mul", a.im, b.im)), im: both("add", im, both("mul", a.im, b.re)) };
  };
  const part = (r: number): Pair => {
    const place = {
      constant: stride * r * length,
      terms: at([0, outer, n], [1, stride, length], [3, length, 1]).terms,
    };
    const get = (buffer: number): number => {
      const x = add(load(dtypes[0], buffer, place));
      return dtypes[0] === "f32" ? x : add({ op: "cast", dtype: "f32", a: x });
    };
    return { re: get(0), im: real ? null : get(1) };
  };
  let sum = part(0);
  let power = w as { re: number; im: number };
  for (let r = 1; r < radix; r++) {
    const term = times(part(r), power);
    sum = { re: both("add", sum.re, term.re), im: sum.im === null ? term.im : both("add", sum.im, term.im) };
    if (r + 1 < radix) power = times(w, power);
  }
  const results = [sum.re, sum.im ?? add({ op: "const", dtype: "f32", value: 0 })].flatMap((x, i) =>
    wanted[i] ? [dtypes[1] === "f32" ? x : add({ op: "cast", dtype: dtypes[1], a: x })] : [],
  );
  const inputs = real ? 1 : 2;
  const place = at([0, outer, n], [1, stride, whole], [2, radix, length], [3, length, 1]);
  return {
    kind: "loops",
    name: "fft",
    loops: [outer, stride, radix, length],
    reduce: [],
    inner: [],
    accumulators: [],
    outer: list,
    buffers: [dtypes[0], ...(real ? [] : [dtypes[0]]), ...results.map(() => dtypes[1])].map((dtype) => ({
      dtype,
      size: outer * n,
    })),
    stores: results.map((value, i) => ({ buffer: inputs + i, index: place, value })),
  };
}

/** The passes of a transform; all but the last give both parts in f32. */
export function fourierKernels(work: Fourier): Kernel[] {
  const { n, dtype, real } = work;
  const all = radices(n) as number[];
  // A transform of one element is that element.
  if (all.length === 0) all.push(1);
  let length = 1;
  return all.map((radix, i) => {
    const [first, last] = [i === 0, i === all.length - 1];
    const own = pass(
      work,
      [first ? dtype : "f32", last ? dtype : "f32"],
      radix,
      length,
      first && real,
      last ? work.parts : [true, true],
    );
    length *= radix;
    return own;
  });
}
