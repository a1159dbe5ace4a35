import { type DType, dtypes } from "../../dtype.ts";
import { evaluateBinary, evaluateUnary } from "../../ir/evaluate.ts";
import type { BinaryOp, UnaryOp } from "../../ir/ir.ts";
import { f16ToNumber, numberToF16, roundF16 } from "../../ir/scalar-math.ts";
import type { Code, Op, ValueType } from "./assembler.ts";

/** How a dtype is held in a local: small integers and bool as i32, f16 as f32. */
export const valueType = (d: DType): ValueType => (d === "f64" ? "f64" : dtypes[d].kind === "float" ? "f32" : "i32");

/** Functions that WebAssembly lacks, called from the host in double precision. */
export const hostFunctions: Readonly<Record<string, (...args: number[]) => number>> = {
  round16: (x) => roundF16(x as number),
  load16: (bits) => f16ToNumber(bits as number),
  store16: (x) => numberToF16(x as number),
  ...Object.fromEntries(
    (
      [
        "sign",
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
      ] as const
    ).map((op) => [op, (x: number) => evaluateUnary(op, "f64", "f64", x)]),
  ),
  pow: (a, b) => evaluateBinary("pow", "f64", "f64", a as number, b as number),
  atan2: (a, b) => Math.atan2(a as number, b as number),
  rem: (a, b) => (a as number) % (b as number),
};
const arity = (name: string): number => (name === "pow" || name === "atan2" || name === "rem" ? 2 : 1);

/** Every module declares all host functions, so that their numbers are fixed. */
export const declared: readonly { name: string; parameters: readonly ValueType[]; result: ValueType }[] = Object.keys(
  hostFunctions,
).map((name) => ({
  name,
  parameters: new Array<ValueType>(arity(name)).fill("f64"),
  result: "f64",
}));
const hostIndex = new Map(Object.keys(hostFunctions).map((name, i) => [name, i]));

/** Calls a host function on one operand of `dtype` that is on the stack. */
export function callHost(c: Code, name: string, type: ValueType): void {
  if (type === "f32") c.op("f64.promote_f32");
  c.callHost(hostIndex.get(name) as number);
  if (type === "f32") c.op("f32.demote_f64");
}

/** Brings the i32 or float on the stack back into the range and precision of `dtype`. */
export function wrapTo(c: Code, dtype: DType): void {
  if (dtype === "i8") c.op("i32.extend8_s");
  else if (dtype === "u8") {
    c.i32(255);
    c.op("i32.and");
  } else if (dtype === "bool") {
    c.i32(0);
    c.op("i32.ne");
  } else if (dtype === "f16") callHost(c, "round16", "f32");
}

export function constant(c: Code, dtype: DType, value: number): void {
  const type = valueType(dtype);
  if (type === "f64") c.f64(value);
  else if (type === "f32") c.f32(dtype === "f16" ? roundF16(value) : value);
  else c.i32(dtype === "bool" ? Number(value !== 0) : value);
}

const native: Partial<Record<UnaryOp, string>> = {
  neg: "neg",
  abs: "abs",
  floor: "floor",
  ceil: "ceil",
  trunc: "trunc",
  round: "nearest",
  sqrt: "sqrt",
};

/** The unary `op` on local `x`; leaves the result on the stack. */
export function unary(c: Code, op: UnaryOp, dtype: DType, from: DType, x: number): void {
  const type = valueType(from);
  if (op === "isnan") {
    c.get(x);
    c.get(x);
    c.op(`${type}.ne` as Op);
    return;
  }
  if (type !== "i32") {
    c.get(x);
    const direct = native[op];
    if (direct !== undefined) c.op(`${type}.${direct}` as Op);
    else callHost(c, op, type);
    if (dtype === "f16") wrapTo(c, dtype);
    return;
  }
  if (op === "not") {
    c.get(x);
    if (dtype === "bool") c.op("i32.eqz");
    else {
      c.i32(-1);
      c.op("i32.xor");
    }
  } else if (op === "neg") {
    c.i32(0);
    c.get(x);
    c.op("i32.sub");
  } else if (op === "sign") {
    const isUnsigned = dtypes[from].kind !== "int";
    c.get(x);
    c.i32(0);
    c.op(isUnsigned ? "i32.ne" : "i32.gt_s");
    if (!isUnsigned) {
      c.get(x);
      c.i32(0);
      c.op("i32.lt_s");
      c.op("i32.sub");
    }
  } else if (op === "abs") {
    if (dtypes[from].kind !== "int") {
      c.get(x);
      return;
    }
    c.i32(0);
    c.get(x);
    c.op("i32.sub");
    c.get(x);
    c.get(x);
    c.i32(0);
    c.op("i32.lt_s");
    c.op("select");
  } else throw new TypeError(`wasm: ${op} of ${from}`);
  wrapTo(c, dtype);
}

/** Calls a host function of two operands in locals of `type`. */
function callPair(c: Code, op: string, type: ValueType, a: number, b: number): void {
  for (const x of [a, b]) {
    c.get(x);
    if (type === "f32") c.op("f64.promote_f32");
  }
  c.callHost(hostIndex.get(op) as number);
  if (type === "f32") c.op("f32.demote_f64");
}

/**
 * a % b of f32 locals by way of the quotient q = trunc(a/b) in double precision. Below 2²⁹ it is exact: a/b is then at least 2⁻²⁴ away from an integer
 * that it does not equal, so that q is never rounded up, and q·b has at most 29 + 24 bits. All else (large quotients, 0, ∞, NaN) is left to the host.
 */
function remainder(c: Code, a: number, b: number): void {
  const q = c.local("f64");
  const double = (x: number): void => {
    c.get(x);
    c.op("f64.promote_f32");
  };
  double(a);
  double(b);
  c.op("f64.div");
  c.op("f64.trunc");
  c.set(q);
  c.get(q);
  c.op("f64.abs");
  c.f64(2 ** 29);
  c.op("f64.lt");
  // Of an infinite b, q·b is no number.
  c.get(b);
  c.op("f32.abs");
  c.f32(Infinity);
  c.op("f32.lt");
  c.op("i32.and");
  c.choose(
    "f32",
    () => {
      double(a);
      c.get(q);
      double(b);
      c.op("f64.mul");
      c.op("f64.sub");
      double(a);
      c.op("f64.copysign");
      c.op("f32.demote_f64");
    },
    () => callPair(c, "rem", "f32", a, b),
  );
}

/** The binary `op` on locals a and b of dtype `from`; leaves the result on the stack. */
export function binary(c: Code, op: BinaryOp, dtype: DType, from: DType, a: number, b: number): void {
  const type = valueType(from);
  const both = (name: Op): void => {
    c.get(a);
    c.get(b);
    c.op(name);
  };
  if (type !== "i32") {
    if (op === "rem" && type === "f32") remainder(c, a, b);
    else if (op === "pow" || op === "atan2" || op === "rem") callPair(c, op, type, a, b);
    else both(`${type}.${op}` as Op);
    if (dtype === "f16") wrapTo(c, dtype);
    return;
  }
  const sign = dtypes[from].kind === "int" ? "s" : "u";
  const inRange = (then: () => void, otherwise: () => void): void => {
    c.get(b);
    c.i32(32);
    c.op("i32.lt_u");
    c.choose("i32", then, otherwise);
  };
  switch (op) {
    case "div":
    case "rem":
      c.get(b);
      c.op("i32.eqz");
      c.choose(
        "i32",
        () => c.i32(0),
        () => {
          // The one quotient that overflows would trap.
          c.get(b);
          c.i32(-1);
          c.op("i32.eq");
          c.i32(sign === "s" ? 1 : 0);
          c.op("i32.and");
          c.choose(
            "i32",
            () => {
              if (op === "rem") c.i32(0);
              else {
                c.i32(0);
                c.get(a);
                c.op("i32.sub");
              }
            },
            () => both(`i32.${op}_${sign}` as Op),
          );
        },
      );
      break;
    case "shl":
      inRange(
        () => both("i32.shl"),
        () => c.i32(0),
      );
      break;
    case "shr":
      inRange(
        () => both(sign === "u" ? "i32.shr_u" : "i32.shr_s"),
        () => {
          if (sign === "u") c.i32(0);
          else {
            c.get(a);
            c.i32(31);
            c.op("i32.shr_s");
          }
        },
      );
      break;
    case "max":
    case "min":
      c.get(op === "max" ? b : a);
      c.get(op === "max" ? a : b);
      both(`i32.lt_${sign}` as Op);
      c.op("select");
      break;
    case "lt":
    case "le":
      both(`i32.${op}_${sign}` as Op);
      break;
    default:
      both(`i32.${op}` as Op);
  }
  if (op !== "eq" && op !== "lt" && op !== "le") wrapTo(c, dtype);
}

/** Converts local x. */
export function cast(c: Code, to: DType, from: DType, x: number): void {
  const [source, target] = [valueType(from), valueType(to)];
  c.get(x);
  if (to === "bool") {
    constant(c, from, 0);
    c.op(`${source}.ne` as Op);
    return;
  }
  if (source === "i32") {
    if (target === "i32") wrapTo(c, to);
    else {
      c.op(`${target}.convert_i32_${from === "u32" ? "u" : "s"}` as Op);
      if (to === "f16") wrapTo(c, to);
    }
    return;
  }
  if (target === "i32") {
    c.op(`i32.trunc_sat_${source}_${to === "u32" ? "u" : "s"}` as Op);
    if (to !== "i8" && to !== "u8") return;
    const t = c.local("i32");
    const limit = (n: number, test: Op): void => {
      c.set(t);
      c.i32(n);
      c.get(t);
      c.get(t);
      c.i32(n);
      c.op(test);
      c.op("select");
    };
    limit(to === "i8" ? -128 : 0, "i32.lt_s");
    limit(to === "i8" ? 127 : 255, "i32.gt_s");
    return;
  }
  if (to === "f16") {
    if (source === "f32") c.op("f64.promote_f32");
    c.callHost(hostIndex.get("round16") as number);
    c.op("f32.demote_f64");
  } else if (source !== target) c.op(target === "f64" ? "f64.promote_f32" : "f32.demote_f64");
}

export function bitcast(c: Code, to: DType, from: DType, x: number): void {
  c.get(x);
  const [source, target] = [valueType(from), valueType(to)];
  if (source === "f32" && target === "i32") c.op("i32.reinterpret_f32");
  else if (source === "i32" && target === "f32") c.op("f32.reinterpret_i32");
  else if (to === "i8" || to === "u8") wrapTo(c, to);
}
