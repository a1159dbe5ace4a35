import type { DType } from "../../src/dtype.ts";
import type { BinaryOp, UnaryOp } from "../../src/ir/ir.ts";
import { halfBits, halfOf, isFloat, rounded, wrapped } from "./plain.ts";

/** Five points of Gauss and Legendre on [−1, 1]. */
const gauss = [
  [0, 128 / 225],
  [0.5384693101056831, 0.47862867049936647],
  [-0.5384693101056831, 0.47862867049936647],
  [0.906179845938664, 0.23692688505618908],
  [-0.906179845938664, 0.23692688505618908],
] as const;

/** ∫ f from a to b (which may be the smaller one), in panels of at most `panel`. */
export function integral(f: (t: number) => number, a: number, b: number, panel = 0.1): number {
  const n = Math.max(1, Math.ceil(Math.abs(b - a) / panel));
  const h = (b - a) / n;
  let sum = 0;
  for (let i = 0; i < n; i++) for (const [x, w] of gauss) sum += ((w * h) / 2) * f(a + h * (i + 0.5) + (h / 2) * x);
  return sum;
}

function erf(x: number): number {
  if (Number.isNaN(x) || x === 0) return x;
  const area = (2 / Math.sqrt(Math.PI)) * integral((t) => Math.exp(-t * t), 0, Math.min(Math.abs(x), 6.5));
  return x < 0 ? -area : area;
}

/** The nearer integer, the even one of two. */
function nearestInteger(x: number): number {
  const below = Math.floor(x);
  if (!Number.isFinite(below)) return x;
  const up = x - below > 0.5 || (x - below === 0.5 && below % 2 !== 0);
  const y = up ? below + 1 : below;
  return y === 0 && (x < 0 || Object.is(x, -0)) ? -0 : y;
}

const reals: Readonly<Partial<Record<UnaryOp, (x: number) => number>>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
  floor: Math.floor,
  ceil: Math.ceil,
  round: nearestInteger,
  trunc: (x) => (x < 0 ? Math.ceil(x) : Math.floor(x)),
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
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
};
const integers: Readonly<Partial<Record<UnaryOp, (x: bigint) => bigint>>> = {
  neg: (x) => -x,
  abs: (x) => (x < 0n ? -x : x),
  sign: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  not: (x) => -x - 1n,
};

/** `op` of an element of `dtype`. */
export function unary(op: UnaryOp, dtype: DType, x: number): number {
  if (op === "isnan") return Number.isNaN(x) ? 1 : 0;
  if (isFloat(dtype)) return rounded(dtype, (reals[op] as (x: number) => number)(x));
  return wrapped(dtype, (integers[op] as (x: bigint) => bigint)(BigInt(x)));
}

// IEEE 754: 1 to any power is 1, and so is −1 to an infinite one; JavaScript differs there.
const power = (a: number, b: number): number => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);
const nan = (a: number, b: number): boolean => Number.isNaN(a) || Number.isNaN(b);

const pairs: Readonly<Partial<Record<BinaryOp, (a: number, b: number) => number>>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  rem: (a, b) => a % b,
  pow: power,
  atan2: Math.atan2,
  max: (a, b) => (nan(a, b) ? Number.NaN : a > b || (a === b && Object.is(b, -0)) ? a : b),
  min: (a, b) => (nan(a, b) ? Number.NaN : a < b || (a === b && Object.is(a, -0)) ? a : b),
};
const quotient = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : a / b);
const integerPairs: Readonly<Partial<Record<BinaryOp, (a: bigint, b: bigint) => bigint>>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: quotient,
  rem: (a, b) => (b === 0n ? 0n : a - b * quotient(a, b)),
  max: (a, b) => (a - b > 0n ? a : b),
  min: (a, b) => (a - b > 0n ? b : a),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => a << b,
  shr: (a, b) => a >> b,
};
const relations: Readonly<Partial<Record<BinaryOp, (a: number, b: number) => boolean>>> = {
  eq: (a, b) => a === b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
};

/** `op` of two elements of `dtype`. */
export function binary(op: BinaryOp, dtype: DType, a: number, b: number): number {
  // sums of truths are their disjunction
  if (dtype === "bool" && op === "add") return a || b ? 1 : 0;
  const relation = relations[op];
  if (relation !== undefined) return relation(a, b) ? 1 : 0;
  if (isFloat(dtype)) return rounded(dtype, (pairs[op] as (a: number, b: number) => number)(a, b));
  return wrapped(dtype, (integerPairs[op] as (a: bigint, b: bigint) => bigint)(BigInt(a), BigInt(b)));
}

/** The bits of an element as bytes, little end first. */
function bytes(dtype: DType, x: number): Uint8Array {
  if (dtype === "f16") return new Uint8Array(Uint16Array.of(halfBits(x)).buffer);
  if (dtype === "f64") return new Uint8Array(Float64Array.of(x).buffer);
  if (dtype === "f32") return new Uint8Array(Float32Array.of(x).buffer);
  return new Uint8Array((dtype === "i32" || dtype === "u32" ? Int32Array.of(x | 0) : Int8Array.of(x)).buffer);
}

/** The bits of `x` read as `to`. */
export function reread(to: DType, from: DType, x: number): number {
  const b = bytes(from, x).buffer as ArrayBuffer;
  const read: Record<DType, () => number> = {
    f64: () => new Float64Array(b)[0] as number,
    f32: () => new Float32Array(b)[0] as number,
    f16: () => halfOf(new Uint16Array(b)[0] as number),
    i32: () => new Int32Array(b)[0] as number,
    u32: () => new Uint32Array(b)[0] as number,
    i8: () => new Int8Array(b)[0] as number,
    u8: () => new Uint8Array(b)[0] as number,
    bool: () => new Uint8Array(b)[0] as number,
  };
  return read[to]();
}
