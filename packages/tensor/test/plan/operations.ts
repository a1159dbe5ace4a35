import { type DType, isFloat } from "../../src/dtype.ts";
import * as g from "../../src/index.ts";
import { barrier } from "../../src/primitives/structure.ts";
import { broadcastShapes, sizeOf } from "../../src/shape.ts";

type Tensor = g.Tensor;

/** A value of a program, with what is known about its elements whatever computes them. */
export interface Known {
  readonly t: Tensor;
  /** No element is larger. */
  readonly bound: number;
  /** How far two correct computations may be apart. */
  readonly error: number;
  /** Elements are multiples of 2^−grid: sums of few and small ones have no rounding. */
  readonly grid: number;
  /** As the program names it. */
  readonly name: string;
}

/** Numbers from which an operation takes its axes, sizes and options. */
export type Choose = (n: number) => number;

/** What an operation does to its operands: its text, its call and what is known then; null when it does not apply. */
export interface Made {
  readonly text: string;
  readonly call: (...xs: Tensor[]) => Tensor;
  readonly operands: readonly Known[];
  readonly bound: number;
  readonly error: number;
  readonly grid: number;
}
export type Operation = (x: Known, y: Known, choose: Choose) => Made | null;

const most = 400;
const rounding = (dtype: DType): number => (dtype === "f64" ? 2 ** -52 : dtype === "f32" ? 2 ** -23 : 0);
const real = (x: Known): boolean => isFloat(x.t.dtype);
const exact = (x: Known): boolean => x.error === 0;
const joined = (x: Known, y: Known): DType => {
  const d = g.promote(x.t.dtype, y.t.dtype);
  return d === "bool" ? "i32" : d;
};
/** Integers wrap the same way everywhere: they have no error, and no bound worth keeping. */
const settle = (m: Made, dtype: DType): Made =>
  isFloat(dtype) ? m : { ...m, error: 0, grid: 0, bound: dtype === "bool" ? 1 : 2 ** 31 };
const unary = (x: Known, text: string, call: (x: Tensor) => Tensor, more: Partial<Made> = {}): Made =>
  settle({ bound: x.bound, error: x.error, grid: x.grid, ...more, text, call, operands: [x] }, x.t.dtype);

/** Sum of `n` terms of the given bound: its order is free unless the terms lie on a grid coarse enough. */
function added(x: { bound: number; error: number; grid: number }, n: number, dtype: DType): Partial<Made> {
  const bound = x.bound * n;
  const fits = x.error === 0 && bound * 2 ** x.grid <= (dtype === "f64" ? 2 ** 52 : 2 ** 23);
  return { bound, error: fits ? 0 : x.error * n + bound * Math.max(1, n) * rounding(dtype), grid: fits ? x.grid : 60 };
}
function times(x: Known, y: Known, dtype: DType): { bound: number; error: number; grid: number } {
  const bound = x.bound * y.bound;
  const both = exact(x) && exact(y);
  return {
    bound,
    error: both ? 0 : x.bound * y.error + y.bound * x.error + bound * rounding(dtype),
    grid: both ? x.grid + y.grid : 60,
  };
}

/** `y` in a form that broadcasts with `x`. */
function adapt(
  x: Known,
  y: Known,
): { readonly y: Known; readonly call: (y: Tensor) => Tensor; readonly text: string } | null {
  try {
    if (sizeOf(broadcastShapes("adapt", x.t.shape, y.t.shape)) <= most) return { y, call: (t) => t, text: y.name };
  } catch {
    // Shapes that do not broadcast are made to.
  }
  const { shape } = x.t;
  if (x.t.size === y.t.size) return { y, call: (t) => g.reshape(t, shape), text: `reshape(${y.name}, [${shape}])` };
  if (y.t.size === 0) return null;
  return { y, call: (t) => g.max(t), text: `max(${y.name})` };
}

const same =
  (name: "neg" | "abs" | "square" | "relu"): Operation =>
  (x) =>
    x.t.dtype === "bool" || (name === "relu" && !real(x))
      ? null
      : unary(x, `${name}(${x.name})`, (t) => g[name](t), name === "square" ? { ...times(x, x, x.t.dtype) } : {});
/** A function whose slope is at most 1 and whose value is at most `bound`. */
const gentle =
  (name: "sin" | "cos" | "tanh" | "sigmoid" | "erf" | "atan"): Operation =>
  (x) =>
    real(x)
      ? unary(x, `${name}(${x.name})`, (t) => g[name](t), {
          bound: 1.6,
          error: x.error + 4 * rounding(x.t.dtype) * (name === "sin" || name === "cos" ? Math.max(1, x.bound / 64) : 1),
          grid: 60,
        })
      : null;
const step =
  (name: "floor" | "round" | "sign"): Operation =>
  (x) =>
    real(x) && exact(x) ? unary(x, `${name}(${x.name})`, (t) => g[name](t), { bound: x.bound + 1, grid: 0 }) : null;
const root: Operation = (x) =>
  real(x)
    ? unary(x, `sqrt(abs(${x.name}) + 1)`, (t) => g.sqrt(g.add(g.abs(t), 1)), {
        bound: Math.sqrt(x.bound + 1),
        error: exact(x) ? 0 : x.error + 4 * rounding(x.t.dtype) * Math.sqrt(x.bound + 1),
        grid: 60,
      })
    : null;
const logarithm: Operation = (x) =>
  real(x)
    ? unary(x, `log1p(abs(${x.name}))`, (t) => g.log1p(g.abs(t)), {
        bound: Math.log1p(x.bound),
        error: x.error + 4 * rounding(x.t.dtype) * (1 + Math.log1p(x.bound)),
        grid: 60,
      })
    : null;
const exponential: Operation = (x) =>
  real(x) && x.bound <= 5
    ? unary(x, `exp(${x.name})`, (t) => g.exp(t), {
        bound: Math.exp(x.bound),
        error: Math.exp(x.bound) * (x.error + 4 * rounding(x.t.dtype)),
        grid: 60,
      })
    : null;
const constant: Operation = (x, _, choose) => {
  const c = choose(5) - 2;
  return x.t.dtype === "bool"
    ? null
    : unary(x, `mul(${x.name}, ${c})`, (t) => g.mul(t, c), { bound: 2 * x.bound, error: 2 * x.error });
};

const binary =
  (name: "add" | "sub" | "mul" | "maximum" | "minimum"): Operation =>
  (x, y) => {
    const a = adapt(x, y);
    if (a === null) return null;
    const dtype = joined(x, y);
    // The conversion of an integer rounds, the same way everywhere.
    const sum = { bound: x.bound + y.bound, error: x.error + y.error, grid: Math.max(x.grid, y.grid) };
    const known =
      name === "mul"
        ? times(x, y, dtype)
        : name === "add" || name === "sub"
          ? { ...sum, error: sum.error === 0 ? 0 : sum.error + sum.bound * rounding(dtype) }
          : { bound: Math.max(x.bound, y.bound), error: Math.max(x.error, y.error), grid: sum.grid };
    return settle(
      {
        ...known,
        text: `${name}(${x.name}, ${a.text})`,
        call: (p, q) => g[name](p as Tensor, a.call(q as Tensor)),
        operands: [x, y],
      },
      dtype,
    );
  };
const quotient: Operation = (x, y) => {
  const a = adapt(x, y);
  const dtype = joined(x, y);
  if (a === null || !isFloat(dtype) || !real(y)) return null;
  return {
    text: `div(${x.name}, abs(${a.text}) + 1)`,
    call: (p, q) => g.div(p as Tensor, g.add(g.abs(a.call(q as Tensor)), 1)),
    operands: [x, y],
    bound: x.bound,
    error: exact(x) && exact(y) ? 0 : x.error + x.bound * y.error + 4 * x.bound * rounding(dtype),
    grid: 60,
  };
};
const whole =
  (name: "div" | "rem" | "mod" | "bitwiseXor"): Operation =>
  (x, y) => {
    const a = adapt(x, y);
    if (a === null || x.t.dtype !== "i32" || y.t.dtype !== "i32") return null;
    return settle(
      {
        text: `${name}(${x.name}, ${a.text})`,
        call: (p, q) => g[name](p as Tensor, a.call(q as Tensor)),
        operands: [x, y],
        bound: 0,
        error: 0,
        grid: 0,
      },
      "i32",
    );
  };
const comparison =
  (name: "equal" | "less" | "lessEqual" | "notEqual"): Operation =>
  (x, y) => {
    const a = adapt(x, y);
    if (a === null || !exact(x) || !exact(y)) return null;
    return {
      text: `${name}(${x.name}, ${a.text})`,
      call: (p, q) => g[name](p as Tensor, a.call(q as Tensor)),
      operands: [x, y],
      bound: 1,
      error: 0,
      grid: 0,
    };
  };
const selection: Operation = (x, y) => {
  const a = adapt(x, y);
  if (a === null || !exact(x)) return null;
  return settle(
    {
      text: `where(less(${x.name}, 1), ${x.name}, ${a.text})`,
      call: (p, q) => g.where(g.less(p as Tensor, 1), p as Tensor, a.call(q as Tensor)),
      operands: [x, y],
      bound: Math.max(x.bound, y.bound),
      error: y.error,
      grid: Math.max(x.grid, y.grid),
    },
    g.promote(x.t.dtype, y.t.dtype),
  );
};

const conversion =
  (to: DType): Operation =>
  (x) => {
    if (!isFloat(to) && !exact(x)) return null;
    // One rounding is the same everywhere.
    const error = exact(x) ? 0 : x.error + x.bound * rounding(to);
    const m = unary(x, `astype(${x.name}, ${to})`, (t) => g.astype(t, to), { error });
    return isFloat(to) ? { ...m, error, bound: x.bound } : settle(m, to);
  };

type Fold = "sum" | "mean" | "max" | "min" | "prod" | "argmax" | "argmin" | "any" | "all" | "logsumexp";
const reduction =
  (name: Fold): Operation =>
  (x, _, choose) => {
    const { rank, size, dtype } = x.t;
    const axis = choose(rank + 1) - 1;
    const keepDims = choose(2) === 1;
    const axes = axis < 0 ? undefined : axis;
    const n = axis < 0 ? size : (x.t.shape[axis] as number);
    if (n === 0 && name !== "sum") return null;
    if (/^arg|any|all/.test(name) && !exact(x)) return null;
    if ((name === "mean" || name === "logsumexp") && !real(x)) return null;
    const terms = added(x, n, dtype);
    const known: Partial<Made> =
      name === "sum"
        ? terms
        : name === "mean"
          ? {
              bound: x.bound,
              error: terms.error === 0 ? 0 : (terms.error as number) + x.bound * rounding(dtype),
              grid: 60,
            }
          : name === "logsumexp"
            ? { bound: x.bound + 7, error: x.error + (x.bound + 7 + n) * 8 * rounding(dtype), grid: 60 }
            : name === "prod"
              ? {
                  bound: x.bound ** n,
                  error: n * Math.max(1, x.bound) ** n * (x.error + 2 * rounding(dtype)),
                  grid: 60,
                }
              : {};
    const shown = `${name}(${x.name}${axis < 0 ? "" : `, ${axis}`}${keepDims ? ", keepDims" : ""})`;
    const m = unary(x, shown, (t) => g[name](t, axes, { keepDims }), known);
    if (name === "any" || name === "all") return settle(m, "bool");
    return /^arg/.test(name)
      ? settle(m, "i32")
      : settle(m, dtype === "bool" && name !== "max" && name !== "min" ? "i32" : dtype);
  };
const running =
  (name: "cumsum" | "cummax" | "cummin"): Operation =>
  (x, _, choose) => {
    if (x.t.rank === 0) return null;
    const axis = choose(x.t.rank);
    const reverse = choose(2) === 1;
    const m = unary(
      x,
      `${name}(${x.name}, ${axis}${reverse ? ", reverse" : ""})`,
      (t) => g[name](t, axis, { reverse }),
      name === "cumsum" ? added(x, x.t.shape[axis] as number, x.t.dtype) : {},
    );
    return name === "cumsum" && x.t.dtype === "bool" ? settle(m, "i32") : m;
  };
const recurrence: Operation = (x, y) => {
  if (x.t.rank === 0 || !real(x)) return null;
  const n = x.t.shape.at(-1) as number;
  return unary(x, `recurrence(sin(${x.name}), ${x.name})`, (t) => g.recurrence(g.sin(t), t), {
    ...added({ ...x, grid: 60 }, n * 4, x.t.dtype),
    error: (n + 1) ** 2 * (1 + x.bound) * (x.error + 8 * rounding(x.t.dtype)),
    operands: [x, y],
  });
};

const reshaping: Operation = (x, _, choose) => {
  const { size } = x.t;
  const divisor = [2, 3, 5, 7].find((d) => size % d === 0) ?? 1;
  const shape = [[size], [size, 1], [1, size], [divisor, size / divisor], [size / divisor, 1, divisor]][
    choose(5)
  ] as number[];
  return unary(x, `reshape(${x.name}, [${shape}])`, (t) => g.reshape(t, shape));
};
const broadcasting: Operation = (x, _, choose) => {
  const n = choose(4);
  const shape = [n, ...x.t.shape.map((k) => (k === 1 ? n : k))];
  return sizeOf(shape) <= most && shape.length < 5
    ? unary(x, `broadcastTo(${x.name}, [${shape}])`, (t) => g.broadcastTo(t, shape))
    : null;
};
const permuting: Operation = (x, _, choose) => {
  const rest = x.t.shape.map((_, i) => i);
  const axes = x.t.shape.map(() => rest.splice(choose(rest.length), 1)[0] as number);
  return unary(x, `permute(${x.name}, [${axes}])`, (t) => g.permute(t, axes));
};
const slicing: Operation = (x, _, choose) => {
  const start = x.t.shape.map((n) => choose(Math.min(n, 2) + 1));
  const stop = x.t.shape.map((n, i) => Math.max(start[i] as number, n - choose(2)));
  const steps = x.t.shape.map(() => 1 + choose(3));
  return unary(x, `slice(${x.name}, [${start}], [${stop}], [${steps}])`, (t) => g.slice(t, start, stop, steps));
};
const padding: Operation = (x, _, choose) => {
  const pads = x.t.shape.map(() => [choose(3), choose(3)] as const);
  const value = choose(2);
  if (sizeOf(x.t.shape.map((n, i) => n + (pads[i]?.[0] ?? 0) + (pads[i]?.[1] ?? 0))) > most) return null;
  return unary(x, `pad(${x.name}, ${JSON.stringify(pads)}, ${value})`, (t) => g.pad(t, pads, value), {
    bound: Math.max(x.bound, 1),
  });
};
const flipping: Operation = (x, _, choose) => {
  const axes = x.t.shape.flatMap((_, i) => (choose(2) === 1 ? [i] : []));
  return unary(x, `flip(${x.name}, [${axes}])`, (t) => g.flip(t, axes));
};
const rolling: Operation = (x, _, choose) => {
  if (x.t.rank === 0) return null;
  const [axis, shift] = [choose(x.t.rank), choose(7) - 3];
  return unary(x, `roll(${x.name}, ${shift}, ${axis})`, (t) => g.roll(t, shift, axis));
};
const joining: Operation = (x, y, choose) => {
  if (x.t.rank === 0 || x.t.size * 3 > most) return null;
  const axis = choose(x.t.rank);
  const fits =
    y.t.rank === x.t.rank && y.t.dtype === x.t.dtype && y.t.shape.every((n, i) => i === axis || n === x.t.shape[i]);
  if (!fits || x.t.size * 2 + y.t.size > most)
    return unary(x, `concat([${x.name}, ${x.name}], ${axis})`, (t) => g.concat([t, t], axis));
  return settle(
    {
      text: `concat([${x.name}, ${y.name}, ${x.name}], ${axis})`,
      call: (p, q) => g.concat([p as Tensor, q as Tensor, p as Tensor], axis),
      operands: [x, y],
      bound: Math.max(x.bound, y.bound),
      error: Math.max(x.error, y.error),
      grid: Math.max(x.grid, y.grid),
    },
    x.t.dtype,
  );
};
const gathering: Operation = (x, y, choose) => {
  if (x.t.rank === 0 || y.t.dtype !== "i32") return null;
  const axis = choose(x.t.rank);
  if (x.t.shape[axis] === 0 || (x.t.size / (x.t.shape[axis] as number)) * y.t.size > most) return null;
  return {
    ...unary(x, `gather(${x.name}, ${y.name}, ${axis})`, () => x.t),
    call: (p, q) => g.gather(p as Tensor, q as Tensor, axis),
    operands: [x, y],
  };
};
const scattering =
  (name: "scatterAdd" | "scatterMax" | "scatterSet"): Operation =>
  (x, _, choose) => {
    if (x.t.rank === 0 || x.t.dtype === "bool") return null;
    const axis = choose(x.t.rank);
    const n = x.t.shape[axis] as number;
    const rows = Array.from({ length: n }, () => choose(n + 1));
    return {
      ...unary(
        x,
        `${name}(${x.name}, [${rows}], flip(${x.name}), ${axis})`,
        () => x.t,
        name === "scatterAdd" ? added(x, n + 1, x.t.dtype) : {},
      ),
      call: (p) => g[name](p as Tensor, g.tensor(Int32Array.from(rows)), g.flip(p as Tensor), axis),
      operands: [x],
    };
  };
const product: Operation = (x, y) => {
  if (x.t.rank === 0 || x.t.dtype === "bool" || y.t.dtype === "bool") return null;
  const k = x.t.shape.at(-1) as number;
  const m = k === 0 ? 1 : x.t.size / k;
  const dtype = joined(x, y);
  if (k > 0 && y.t.size > 0 && y.t.size % k === 0 && m * (y.t.size / k) <= most)
    return settle(
      {
        text: `matmul(reshape(${x.name}, [${m}, ${k}]), reshape(${y.name}, [${k}, ${y.t.size / k}]))`,
        call: (p, q) => g.matmul(g.reshape(p as Tensor, [m, k]), g.reshape(q as Tensor, [k, y.t.size / k])),
        operands: [x, y],
        bound: 0,
        error: 0,
        grid: 0,
        ...added(times(x, y, dtype), k, dtype),
      },
      dtype,
    );
  if (m * m > most) return null;
  const rows = k === 0 ? [0, 0] : [m, k];
  const self = `reshape(${x.name}, [${rows}])`;
  return unary(
    x,
    `matmul(${self}, transpose(${self}))`,
    (t) => g.matmul(g.reshape(t, rows), g.transpose(g.reshape(t, rows))),
    added(times(x, x, x.t.dtype), k, x.t.dtype),
  );
};
const convolution: Operation = (x, _, choose) => {
  const { size, dtype } = x.t;
  if (size < 2 || size > 60 || dtype === "bool") return null;
  const taps = 1 + choose(Math.min(3, size - 1));
  const [stride, around] = [1 + choose(2), choose(2)];
  return unary(
    x,
    `conv(reshape(${x.name}, [1, 1, ${size}]), its first ${taps}, stride ${stride}, padding ${around})`,
    (t) => {
      const flat = g.reshape(t, [size]);
      return g.conv(g.reshape(t, [1, 1, size]), g.reshape(g.slice(flat, [0], [taps]), [1, 1, taps]), {
        stride,
        padding: around,
      });
    },
    added(times(x, x, dtype), taps, dtype),
  );
};
const pooling =
  (name: "sum" | "max"): Operation =>
  (x, _, choose) => {
    if (x.t.rank === 0 || x.t.shape.some((n) => n < 2) || x.t.dtype === "bool") return null;
    const stride = 1 + choose(2);
    return unary(
      x,
      `reduceWindow(${x.name}, ${name}, 2, stride ${stride})`,
      (t) => g.reduceWindow(t, name, 2, { stride }),
      name === "sum" ? added(x, 2 ** x.t.rank, x.t.dtype) : {},
    );
  };
const sorting: Operation = (x) =>
  exact(x) && x.t.rank > 0 && x.t.dtype !== "bool" ? unary(x, `sort(${x.name})`, (t) => g.sort(t)) : null;
const waiting: Operation = (x, y) => ({
  ...unary(x, `barrier(${x.name}, ${y.name})`, () => x.t),
  call: (p, q) => barrier(p as Tensor, q as Tensor),
  operands: [x, y],
});
const remembering: Operation = (x) =>
  real(x)
    ? unary(x, `checkpoint(t ↦ t · sin t)(${x.name})`, (t) => g.checkpoint((p: Tensor) => g.mul(p, g.sin(p)))(t), {
        bound: x.bound,
        error: (1 + x.bound) * (x.error + 8 * rounding(x.t.dtype) * Math.max(1, x.bound / 64)),
        grid: 60,
      })
    : null;

/** Every kind of operation a program may hold. */
export const operations: Readonly<Record<string, Operation>> = {
  neg: same("neg"),
  abs: same("abs"),
  square: same("square"),
  relu: same("relu"),
  sin: gentle("sin"),
  cos: gentle("cos"),
  tanh: gentle("tanh"),
  sigmoid: gentle("sigmoid"),
  erf: gentle("erf"),
  atan: gentle("atan"),
  root,
  logarithm,
  exponential,
  constant,
  floor: step("floor"),
  round: step("round"),
  sign: step("sign"),
  add: binary("add"),
  sub: binary("sub"),
  mul: binary("mul"),
  maximum: binary("maximum"),
  minimum: binary("minimum"),
  quotient,
  div: whole("div"),
  rem: whole("rem"),
  mod: whole("mod"),
  xor: whole("bitwiseXor"),
  equal: comparison("equal"),
  less: comparison("less"),
  lessEqual: comparison("lessEqual"),
  notEqual: comparison("notEqual"),
  selection,
  toF32: conversion("f32"),
  toF64: conversion("f64"),
  toI32: conversion("i32"),
  toBool: conversion("bool"),
  sum: reduction("sum"),
  mean: reduction("mean"),
  max: reduction("max"),
  min: reduction("min"),
  prod: reduction("prod"),
  argmax: reduction("argmax"),
  argmin: reduction("argmin"),
  any: reduction("any"),
  all: reduction("all"),
  logsumexp: reduction("logsumexp"),
  cumsum: running("cumsum"),
  cummax: running("cummax"),
  cummin: running("cummin"),
  recurrence,
  reshaping,
  broadcasting,
  permuting,
  slicing,
  padding,
  flipping,
  rolling,
  joining,
  gathering,
  scatterAdd: scattering("scatterAdd"),
  scatterMax: scattering("scatterMax"),
  scatterSet: scattering("scatterSet"),
  product,
  convolution,
  windowSum: pooling("sum"),
  windowMax: pooling("max"),
  sorting,
  waiting,
  remembering,
};
