import type { DType } from "../dtype.ts";
import { dtypes } from "../dtype.ts";
import type { BinaryOp, ReduceOp, UnaryOp } from "./ir.ts";
import { erf, roundF16, roundHalfEven } from "./scalar-math.ts";

// What each instruction means, in plain JavaScript: the reference for every backend, and the evaluator of constants.

const wraps: Record<DType, (x: number) => number> = {
  f64: (x) => x,
  f32: Math.fround,
  f16: roundF16,
  i32: (x) => x | 0,
  u32: (x) => x >>> 0,
  i8: (x) => (x << 24) >> 24,
  u8: (x) => x & 255,
  bool: (x) => (x ? 1 : 0),
};

/** `x`, a result in double precision or of integer arithmetic, as `dtype` holds it. */
export const wrap = (dtype: DType, x: number): number => wraps[dtype](x);

const unaries: Record<UnaryOp, (x: number) => number> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  trunc: Math.trunc,
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erf,
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  not: (x) => ~x,
  isnan: (x) => (Number.isNaN(x) ? 1 : 0),
};

const limits: Partial<Record<DType, readonly [number, number]>> = {
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  i8: [-128, 127],
  u8: [0, 255],
};

/** Conversion between dtypes; see the instruction set. */
export function convert(to: DType, from: DType, x: number): number {
  const range = limits[to];
  if (range === undefined || dtypes[from].kind !== "float") return wrap(to, to === "bool" ? Number(x !== 0) : x);
  return Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), range[0]), range[1]) + 0;
}

/** Result of a unary instruction; `from` is the operand's dtype. */
export function evaluateUnary(op: UnaryOp | "cast", dtype: DType, from: DType, x: number): number {
  if (op === "cast") return convert(dtype, from, x);
  if (op === "not" && dtype === "bool") return x ? 0 : 1;
  return wrap(dtype, unaries[op](x));
}

const isInt = (dtype: DType): boolean => dtypes[dtype].kind !== "float";

const binaries: Record<BinaryOp, (a: number, b: number, dtype: DType) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b, dtype) => (isInt(dtype) ? Math.imul(a, b) : a * b),
  div: (a, b, dtype) => (isInt(dtype) ? (b === 0 ? 0 : Math.trunc(a / b)) : a / b),
  rem: (a, b, dtype) => (isInt(dtype) && b === 0 ? 0 : a % b),
  pow: (a, b) => (a === 1 || b === 0 ? 1 : Math.abs(a) === 1 && Math.abs(b) === Infinity ? 1 : a ** b),
  atan2: Math.atan2,
  max: (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b)),
  min: (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.min(a, b)),
  eq: (a, b) => Number(a === b),
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => (b > 31 || b < 0 ? 0 : a << b),
  shr: (a, b, dtype) => (dtype === "u32" ? (b > 31 ? 0 : a >>> b) : a >> Math.min(31, b)),
};

/** Result of a binary instruction; `from` is the operands' dtype. */
export function evaluateBinary(op: BinaryOp, dtype: DType, from: DType, a: number, b: number): number {
  return wrap(dtype, binaries[op](a, b, from));
}

/** One step of a fold of max, min, sum or prod; the accumulator of f32 and f16 sums is kept in double precision by the reference. */
export function foldStep(op: Exclude<ReduceOp, "argmax" | "argmin">, dtype: DType, a: number, b: number): number {
  if (op === "sum") return isInt(dtype) ? wrap(dtype, a + b) : a + b;
  if (op === "prod") return isInt(dtype) ? wrap(dtype, Math.imul(a, b)) : a * b;
  return binaries[op](a, b, dtype);
}

/** True when `b` takes the lead from `a` in argmax or argmin: the first winner stays, and NaN wins. */
export function leads(op: "argmax" | "argmin", a: number, b: number): boolean {
  if (Number.isNaN(a)) return false;
  return Number.isNaN(b) || (op === "argmax" ? b > a : b < a);
}
