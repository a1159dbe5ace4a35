import type { Atom, BinaryOp, DType, Guard, Index, Instruction, UnaryOp } from "@gradus/tensor";
import { dtypes } from "@gradus/tensor";
import { rangeOf } from "@gradus/tensor/backend";
import { literal, packed, registers, wrapped } from "./types.ts";

/** What instructions are called where they are printed: results, loop variables, buffers, results of folds. */
export interface Names {
  readonly value: (instruction: number) => string;
  readonly loop: (loop: number) => string;
  readonly buffer: (b: number) => string;
  readonly accumulator: (a: number, dtype: DType) => string;
}

/** An index expression as i32. */
export function indexText(e: Index, names: Names): string {
  const terms = e.terms.map(({ coefficient, atom }) =>
    coefficient === 1 ? atomText(atom, names) : `${atomText(atom, names)} * ${coefficient}`,
  );
  if (e.constant !== 0 || terms.length === 0) terms.push(`${e.constant}`);
  return terms.length === 1 ? (terms[0] as string) : `(${terms.join(" + ")})`;
}

function atomText(atom: Atom, names: Names): string {
  if (atom.kind === "loop") return names.loop(atom.loop);
  if (atom.kind === "value") return `clamp(${names.value(atom.instruction)}, 0, ${Math.max(0, atom.extent - 1)})`;
  // Division of a negative number truncates: shift by a multiple of the divisor first.
  const low = rangeOf(atom.of)[0];
  const shift = low < 0 ? Math.ceil(-low / atom.by) : 0;
  const of = indexText({ constant: atom.of.constant + shift * atom.by, terms: atom.of.terms }, names);
  if (atom.kind === "mod") return `(${of} % ${atom.by})`;
  return shift > 0 ? `(${of} / ${atom.by} - ${shift})` : `(${of} / ${atom.by})`;
}

/** A guard as a condition. */
export function guardText(g: Guard, names: Names): string {
  if (g.of.terms.length === 0) return `${g.low <= g.of.constant && g.of.constant < g.high}`;
  const of = indexText({ constant: g.of.constant - g.low, terms: g.of.terms }, names);
  return `u32(${of}) < ${Math.max(0, g.high - g.low)}u`;
}

const call: Partial<Record<UnaryOp, string>> = {
  neg: "g_neg",
  abs: "g_abs",
  sign: "g_sign",
  floor: "floor",
  ceil: "ceil",
  round: "round",
  trunc: "trunc",
  sqrt: "sqrt",
  isnan: "g_isnan",
};

function unary(op: UnaryOp, dtype: DType, from: DType, a: string): string {
  const type = registers[from];
  if (type === "f32") return wrapped(dtype, `${call[op] ?? `g_${op}`}(${a})`);
  if (op === "not") return type === "bool" ? `!${a}` : wrapped(dtype, `(~${a})`);
  if (op === "abs" && type === "u32") return a;
  if (op === "sign" && type === "u32") return `min(${a}, 1u)`;
  if (op === "neg") return wrapped(dtype, type === "u32" ? `(0u - ${a})` : `(-${a})`);
  return wrapped(dtype, `${op}(${a})`);
}

const infix: Partial<Record<BinaryOp, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  eq: "==",
  lt: "<",
  le: "<=",
  and: "&",
  or: "|",
  xor: "^",
};
/** Of truth values, as of the numbers 0 and 1. */
const logic: Partial<Record<BinaryOp, (a: string, b: string) => string>> = {
  mul: (a, b) => `(${a} && ${b})`,
  min: (a, b) => `(${a} && ${b})`,
  and: (a, b) => `(${a} && ${b})`,
  max: (a, b) => `(${a} || ${b})`,
  or: (a, b) => `(${a} || ${b})`,
  add: (a, b) => `(${a} || ${b})`,
  xor: (a, b) => `(${a} != ${b})`,
  sub: (a, b) => `(${a} != ${b})`,
  eq: (a, b) => `(${a} == ${b})`,
  lt: (a, b) => `(!${a} && ${b})`,
  le: (a, b) => `(!${a} || ${b})`,
  div: (a, b) => `(${a} && ${b})`,
  rem: () => "false",
  shl: (a) => a,
  shr: (a, b) => `(${a} && !${b})`,
};

/** The binary `op` on two register expressions of dtype `from`. */
export function binary(op: BinaryOp, dtype: DType, from: DType, a: string, b: string): string {
  const type = registers[from];
  if (type === "bool") return (logic[op] as (a: string, b: string) => string)(a, b);
  const sign = infix[op];
  if (type === "f32") return wrapped(dtype, sign === undefined ? `g_${op}(${a}, ${b})` : `(${a} ${sign} ${b})`);
  const letter = type === "u32" ? "U" : "I";
  switch (op) {
    case "div":
    case "rem":
      return wrapped(dtype, `g_${op}${letter}(${a}, ${b})`);
    case "max":
    case "min":
      return `${op}(${a}, ${b})`;
    case "shl":
      return wrapped(dtype, `select(${a} << (u32(${b}) & 31u), ${literal(from, 0)}, u32(${b}) > 31u)`);
    case "shr":
      if (from === "u32") return `select(${a} >> (${b} & 31u), 0u, ${b} > 31u)`;
      // the shift of u8 never leaves its range; a negative one counts modulo 32
      return `(${a} >> (u32(min(${b}, ${literal(from, 31)})) & 31u))`;
    default:
      return dtype === "bool" ? `(${a} ${sign} ${b})` : wrapped(dtype, `(${a} ${sign} ${b})`);
  }
}

function cast(to: DType, from: DType, a: string): string {
  const [source, target] = [registers[from], registers[to]];
  if (to === "bool" && source === "f32") return `(bitcast<u32>(${a}) << 1u != 0u)`;
  if (to === "bool") return source === "bool" ? a : `(${a} != ${literal(from, 0)})`;
  if (source === "bool") return `select(${literal(to, 0)}, ${literal(to, 1)}, ${a})`;
  if (source !== "f32") {
    if (target === "f32") return wrapped(to, source === "u32" ? `g_ofU32(${a})` : `f32(${a})`);
    return wrapped(to, source === target ? a : `bitcast<${target}>(${a})`);
  }
  if (target === "f32") return wrapped(to, a);
  const { kind, bytes } = dtypes[to];
  const whole = kind === "int" ? `g_toI32(${a})` : `g_toU32(${a})`;
  if (bytes === 4) return whole;
  return kind === "int" ? `clamp(${whole}, -128, 127)` : `min(${whole}, 255u)`;
}

function bitcast(to: DType, from: DType, a: string): string {
  if (to === from) return a;
  if (dtypes[from].bytes === 4) return `bitcast<${registers[to]}>(${a})`;
  const low = packed(from, a);
  if (to === "bool") return `(${low} != 0u)`;
  return to === "i8" ? `extractBits(bitcast<i32>(${low}), 0u, 8u)` : low;
}

/** The value of instruction `x` of a list whose dtypes are known, unless it is a load or a guard. */
export function valueText(x: Instruction, dtypeOf: (i: number) => DType, names: Names): string {
  const name = names.value;
  switch (x.op) {
    case "const":
      return literal(x.dtype, x.value);
    case "index":
      return indexText(x.index, names);
    case "accumulator":
      return names.accumulator(x.a, x.dtype);
    case "where":
      return `select(${name(x.c)}, ${name(x.b)}, ${name(x.a)})`;
    case "cast":
      return cast(x.dtype, dtypeOf(x.a), name(x.a));
    case "bitcast":
      return bitcast(x.dtype, dtypeOf(x.a), name(x.a));
    case "load":
    case "guard":
      throw new TypeError(`${x.op} is no plain value`);
    default:
      if ("b" in x) return binary(x.op, x.dtype, dtypeOf(x.a), name(x.a), name(x.b));
      return unary(x.op, x.dtype, dtypeOf(x.a), name(x.a));
  }
}
