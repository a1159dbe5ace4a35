import type { DType } from "@gradus/tensor";
import { wrap } from "@gradus/tensor/backend";
import { helpers, type Language } from "./helpers/index.ts";

/** Thrown for what no helper does. */
export class Unprintable extends Error {}

export const isFloat = (dtype: DType): boolean => dtype === "f32" || dtype === "f16";
/** What the result of arithmetic in a dtype narrower than 32 bits goes through. */
export const narrow: Partial<Record<DType, string>> = { f16: "f16_f", i8: "i8_i", u8: "u8_i", bool: "bool_i" };
/** Operations whose results need no narrowing. */
const fits = new Set(["eq", "lt", "le", "isnan", "max", "min", "where", "and", "or", "xor", "abs", "sign"]);

/** Types of variables: float, int, and a texel. */
export type Kind = "f" | "i" | "t";
const glsl: Readonly<Record<Kind, string>> = { f: "float", i: "int", t: "vec4" };
export const kindOf = (dtype: DType): Kind => (isFloat(dtype) ? "f" : "i");

/** Whether a helper is one expression, of no other helpers. */
const short = (glsl: string): boolean => !/\breturn\b|\w_[fiv]\(/.test(glsl);

const scratch = new DataView(new ArrayBuffer(4));

/** Expressions and statements in the language of a mode, and the helpers that they call. */
export class Writer {
  readonly used: Set<string> = new Set<string>();
  readonly language: Language;

  constructor(language: Language) {
    this.language = language;
  }

  get js(): boolean {
    return this.language === "js";
  }

  declare(kind: Kind, name: string, value: string): string {
    return `${this.js ? "let" : glsl[kind]} ${name} = ${value};`;
  }

  /** The head of a loop over an integer variable below `end`. */
  loop(name: string, end: number): string {
    return `for (${this.js ? "let" : "int"} ${name} = 0; ${name} < ${end}; ${name}++) {`;
  }

  call(name: string, ...args: readonly string[]): string {
    const own = helpers[name];
    if (own === undefined) throw new Unprintable(name);
    // Drivers take long to put calls in line.
    if (!this.js && short(own.glsl))
      return `(${own.glsl.replace(/\b[abc]\b/g, (x) => args["abc".indexOf(x)] as string)})`;
    this.used.add(name);
    return `${name}(${args.join(", ")})`;
  }

  /** A helper of `dtype`'s own if there is one. */
  op(op: string, dtype: DType, ...args: readonly string[]): string {
    if (isFloat(dtype)) return this.call(`${op}_f`, ...args);
    return this.call(dtype === "u32" && `${op}_u` in helpers ? `${op}_u` : `${op}_i`, ...args);
  }

  int(x: number): string {
    if (x >= 0) return String(x);
    return x === -(2 ** 31) ? "(-2147483647 - 1)" : `(${x})`;
  }

  constant(dtype: DType, value: number): string {
    const x = wrap(dtype, value);
    if (!isFloat(dtype)) return this.int(x | 0);
    // Compilers take x · 0 and 0 / x for 0, and x + 0 for x, unless they do not see the zero.
    if (x === 0) return Object.is(x, 0) ? this.call("zero_f", "t") : this.call("neg_f", this.call("zero_f", "t"));
    if (Number.isInteger(x) && x > 0 && x < 2 ** 24) return `${x}.0`;
    scratch.setFloat32(0, x);
    return this.call("bits_f", this.int(scratch.getInt32(0)));
  }

  /** The result of arithmetic as its dtype holds it. */
  narrowed(dtype: DType, x: string): string {
    return dtype in narrow ? this.call(narrow[dtype] as string, x) : x;
  }

  /** One operation on operands of dtype `from`. */
  arithmetic(op: string, dtype: DType, from: DType, args: readonly string[]): string {
    if (op === "cast") return this.cast(from, dtype, args[0] as string);
    if (op === "bitcast") return this.bitcast(from, dtype, args[0] as string);
    if (op === "where") return this.op("where", dtype, ...args);
    if (op === "not" && dtype === "bool") return this.call("flip_i", ...args);
    const result = this.op(op, from, ...args);
    return fits.has(op) ? result : this.narrowed(dtype, result);
  }

  private cast(from: DType, to: DType, x: string): string {
    if (isFloat(from)) {
      if (isFloat(to)) return to === "f16" ? this.call("f16_f", x) : x;
      return this.call(`fto${to}_i`, x);
    }
    if (isFloat(to)) return this.narrowed(to, this.call(from === "u32" ? "u32tof_f" : "i32tof_f", x));
    return this.narrowed(to, x);
  }

  private bitcast(from: DType, to: DType, x: string): string {
    if (from === to) return x;
    if (isFloat(from)) return this.call("bits_i", x);
    if (isFloat(to)) return this.call("bits_f", x);
    return to === "i8" ? this.call("i8_i", x) : to === "u8" || to === "bool" ? this.call("u8_i", x) : x;
  }
}
