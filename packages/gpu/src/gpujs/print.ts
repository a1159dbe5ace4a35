import type { Accumulator, Atom, BufferType, DType, Guard, Index, Instruction, Kernel } from "@gradus/tensor";
import { neutral, rangeOf, wrap } from "@gradus/tensor/backend";
import { define, helpers, type Language, texts } from "./helpers/index.ts";

/**
 * A kernel as gpu.js takes it: a function of the buffers numbered in `loads` that is run once per float of the result. gpu.js itself knows one kind of
 * variable only, f32, which would round integers; so what is computed stands in a native function, `body_f`, in the language of the mode.
 */
export interface Printed {
  readonly source: string;
  readonly native: string;
  readonly loads: readonly number[];
  /** Floats of each buffer in `loads`, and of the result. */
  readonly floats: readonly number[];
}

/** Thrown for what no helper does. */
export class Unprintable extends Error {}

/** Floats that one element takes in a texture: 32 bits of an integer are two halves. */
export const floatsOf = (dtype: DType): 1 | 2 => (dtype === "i32" || dtype === "u32" ? 2 : 1);

const isFloat = (dtype: DType): boolean => dtype === "f32" || dtype === "f16";
/** What the result of arithmetic in a dtype narrower than 32 bits goes through. */
const narrow: Partial<Record<DType, string>> = { f16: "f16_f", i8: "i8_i", u8: "u8_i", bool: "bool_i" };
/** Operations whose results need no narrowing. */
const fits = new Set(["eq", "lt", "le", "isnan", "max", "min", "where", "and", "or", "xor", "abs", "sign"]);
/** Terms of a float sum that are added up on their own before they join the rest, so that rounding errors grow slowly. */
const BLOCK = 64;

/** How a texture is read. */
const FETCH = "fetch_f";
const FETCHES = `float ${FETCH}(sampler2D s, int i, int bits) { return texelFetch(s, ivec2(i & ((1 << bits) - 1), i >> bits), 0).x; }`;

/** Binary logarithm of the width of a texture of `floats` floats: a power of two, so that places in it are found without divisions. */
export const widthBits = (floats: number): number => Math.floor(Math.log2(Math.max(1, floats)) / 2);

/** Width and height of that texture. The height is at most twice the square root of `floats`. */
export const layout = (floats: number): [number, number] => {
  const width = 2 ** widthBits(floats);
  return [width, Math.ceil(floats / width)];
};

const scratch = new DataView(new ArrayBuffer(4));

class Printer {
  readonly used = new Set<string>();
  readonly loads: number[] = [];
  private readonly lines: string[] = [];
  private readonly kernel: Kernel;
  private readonly language: Language;
  /** Variables that hold floats; the others hold integers. */
  private readonly floats = new Set<string>();
  private known = new Map<string, string>();
  private names = 0;

  constructor(kernel: Kernel, language: Language) {
    this.kernel = kernel;
    this.language = language;
  }

  /** The function that computes float `t` of the result, after the helpers it calls. */
  get text(): string {
    const body = define("body_f", "t:i", "f", this.lines.join("\n"), this.language);
    const library = texts(this.used, this.language);
    // gpu.js looks for `function` at the start of what is JavaScript; GLSL wants callees first.
    return (this.language === "js" ? [body, ...library] : [FETCHES, ...library, body]).join("\n");
  }

  /** The call of that function for a point of the texture that `buffer` becomes. */
  position(buffer: number): string {
    const { dtype, size } = this.kernel.buffers[buffer] as BufferType;
    const [width] = layout(size * floatsOf(dtype));
    return this.language === "js" ? "body_f(this.thread.x)" : `body_f(this.thread.x + this.thread.y * ${width})`;
  }

  line(text: string): void {
    this.lines.push(text);
  }

  /** Declares a variable; the type is that of what it starts with: a call, a literal or another variable. */
  declare(name: string, value: string): void {
    const callee = /^(\w+)\(/.exec(value)?.[1] ?? "";
    const float =
      callee === FETCH || helpers[callee]?.gives === "f" || /^\d+\.0$/.test(value) || this.floats.has(value);
    if (float) this.floats.add(name);
    this.line(`${this.language === "js" ? "let" : float ? "float" : "int"} ${name} = ${value};`);
  }

  /** Runs `f` in a block of its own: what it computes is not known afterwards. */
  block(head: string, f: () => void): void {
    const outside = this.known;
    this.known = new Map(outside);
    this.line(`${head} {`);
    f();
    this.line("}");
    this.known = outside;
  }

  /** Runs `f` for each value of an integer variable below `end`. */
  private loop(name: string, end: number, f: () => void): void {
    this.block(`for (${this.language === "js" ? "let" : "int"} ${name} = 0; ${name} < ${end}; ${name}++)`, f);
  }

  /** A variable that holds the value of an expression; the same one for the same text. */
  keep(expression: string): string {
    if (!expression.includes("(") && !expression.includes("[")) return expression;
    let name = this.known.get(expression);
    if (name === undefined) {
      name = `v${this.names++}`;
      this.declare(name, expression);
      this.known.set(expression, name);
    }
    return name;
  }

  call(name: string, ...args: readonly string[]): string {
    if (helpers[name] === undefined) throw new Unprintable(name);
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
    return x === -(2 ** 31)
      ? this.call("sub_i", this.call("neg_i", "2147483647"), "1")
      : this.call("neg_i", String(-x));
  }

  constant(dtype: DType, value: number): string {
    const x = wrap(dtype, value);
    if (!isFloat(dtype)) return this.int(x | 0);
    // Compilers take x · 0 and 0 / x for 0, and x + 0 for x, unless they do not see the zero.
    if (x === 0)
      return this.keep(Object.is(x, 0) ? this.call("zero_f", "t") : this.call("neg_f", this.constant(dtype, 0)));
    if (Number.isInteger(x) && x > 0 && x < 2 ** 24) return `${x}.0`;
    scratch.setFloat32(0, x);
    return this.call("bits_f", this.int(scratch.getInt32(0)));
  }

  private atom(a: Atom, values: readonly string[]): string {
    if (a.kind === "loop") return a.extent === 1 ? "0" : `l${a.loop}`;
    if (a.kind === "value")
      return this.keep(this.call("clamp_i", values[a.instruction] as string, String(Math.max(0, a.extent - 1))));
    const [name, of] = [a.kind === "div" ? ["quo_i", "fdiv_i"] : ["res_i", "fmod_i"], this.index(a.of, values)];
    return this.keep(this.call(name[rangeOf(a.of)[0] >= 0 ? 0 : 1] as string, of, String(a.by)));
  }

  index(e: Index, values: readonly string[]): string {
    const terms = e.terms.map(({ coefficient, atom }) => {
      const of = this.atom(atom, values);
      return coefficient === 1 ? of : this.call("mul_i", of, this.int(coefficient));
    });
    if (e.constant !== 0 || terms.length === 0) terms.push(this.int(e.constant));
    return terms.reduce((sum, t) => this.call("add_i", sum, t));
  }

  private guard(guards: readonly Guard[], values: readonly string[]): string {
    return guards
      .map((g) => this.call("within_i", this.index(g.of, values), this.int(g.low), this.int(g.high)))
      .reduce((a, b) => this.call("and_i", a, b));
  }

  private load(buffer: number, dtype: DType, index: string): string {
    // Nothing lies in an empty buffer: every guard fails.
    if (this.kernel.buffers[buffer]?.size === 0) return this.constant(dtype, 0);
    if (!this.loads.includes(buffer)) this.loads.push(buffer);
    const name = `user_b${buffer}`;
    const bits = widthBits((this.kernel.buffers[buffer] as BufferType).size * floatsOf(dtype));
    const get = (i: string): string => (this.language === "js" ? `${name}[${i}]` : `${FETCH}(${name}, ${i}, ${bits})`);
    if (isFloat(dtype)) return get(index);
    if (floatsOf(dtype) === 1) return this.call("int_i", get(index));
    const low = this.keep(this.call("mul_i", index, "2"));
    return this.call("pair_i", get(low), get(this.call("add_i", low, "1")));
  }

  private cast(from: DType, to: DType, x: string): string {
    if (isFloat(from)) {
      if (isFloat(to)) return to === "f16" ? this.call("f16_f", x) : x;
      return this.call(`fto${to}_i`, x);
    }
    if (isFloat(to)) {
      const y = this.call(from === "u32" ? "u32tof_f" : "i32tof_f", x);
      return to === "f16" ? this.call("f16_f", y) : y;
    }
    return to in narrow ? this.call(narrow[to] as string, x) : x;
  }

  private bitcast(from: DType, to: DType, x: string): string {
    if (from === to) return x;
    if (isFloat(from)) return this.call("bits_i", x);
    if (isFloat(to)) return this.call("bits_f", x);
    return to === "i8" ? this.call("i8_i", x) : to === "u8" || to === "bool" ? this.call("u8_i", x) : x;
  }

  /** The expression of one instruction, given the variables of those before it. */
  private expression(x: Instruction, list: readonly Instruction[], values: readonly string[]): string {
    switch (x.op) {
      case "const":
        return this.constant(x.dtype, x.value);
      case "index":
        return this.index(x.index, values);
      case "guard":
        return x.guards.length === 0 ? this.constant("bool", 1) : this.guard(x.guards, values);
      case "load": {
        const value = this.load(x.buffer, x.dtype, this.index(x.index, values));
        if (x.guards.length === 0) return value;
        return this.op("where", x.dtype, this.guard(x.guards, values), value, this.constant(x.dtype, x.fill));
      }
      case "accumulator":
        return x.dtype in narrow ? this.call(narrow[x.dtype] as string, `a${x.a}`) : `a${x.a}`;
    }
    const from = (list[x.a] as Instruction).dtype;
    const a = values[x.a] as string;
    if (x.op === "cast") return this.cast(from, x.dtype, a);
    if (x.op === "bitcast") return this.bitcast(from, x.dtype, a);
    if (x.op === "where") return this.op("where", x.dtype, a, values[x.b] as string, values[x.c] as string);
    if (x.op === "not" && x.dtype === "bool") return this.call("flip_i", a);
    const result = "b" in x ? this.op(x.op, from, a, values[x.b] as string) : this.op(x.op, from, a);
    return x.dtype in narrow && !fits.has(x.op) ? this.call(narrow[x.dtype] as string, result) : result;
  }

  instructions(list: readonly Instruction[]): string[] {
    const values: string[] = [];
    for (const x of list) values.push(this.keep(this.expression(x, list, values)));
    return values;
  }

  /** Declares the loop variables of a row-major position. */
  unflatten(position: string, first: number, extents: readonly number[]): void {
    let stride = 1;
    extents
      .map((extent, i) => [first + i, extent] as const)
      .reverse()
      .forEach(([loop, extent], i) => {
        if (extent === 1) return;
        const rest = stride === 1 ? position : this.call("quo_i", position, String(stride));
        const last = i === extents.length - 1;
        this.declare(`l${loop}`, last ? rest : this.call("res_i", rest, String(extent)));
        stride *= extent;
      });
  }

  /** Declares what the accumulators start with. */
  start(accumulators: readonly Accumulator[]): void {
    accumulators.forEach(({ op, value }, i) => {
      const from = (this.kernel.inner[value] as Instruction).dtype;
      const positions = op === "argmax" || op === "argmin";
      this.declare(`a${i}`, positions ? this.constant("i32", 0) : this.constant(from, neutral(op, from)));
      if (!positions) return;
      this.declare(`best${i}`, this.constant(from, 0));
      this.declare(`seen${i}`, this.constant("i32", 0));
    });
  }

  /** One step of the fold of accumulator `i`, kept in the variable `to`. */
  private fold({ op, value }: Accumulator, i: number, x: string, to: string): void {
    const from = (this.kernel.inner[value] as Instruction).dtype;
    if (op !== "argmax" && op !== "argmin") {
      this.line(`${to} = ${this.op(op === "sum" ? "add" : op === "prod" ? "mul" : op, from, to, x)};`);
      return;
    }
    const leads = this.keep(this.op(op === "argmax" ? "leadsmax" : "leadsmin", from, `seen${i}`, `best${i}`, x));
    this.line(`best${i} = ${this.op("where", from, leads, x, `best${i}`)};`);
    this.line(`a${i} = ${this.op("where", "i32", leads, `seen${i}`, `a${i}`)};`);
    this.line(`seen${i} = ${this.call("add_i", `seen${i}`, "1")};`);
  }

  /** The reduction loops from `axis` on. Sums of floats gather in `p` over the last axis, block by block. */
  reduce(axis = 0): void {
    const { loops, reduce, accumulators, inner } = this.kernel;
    const extent = reduce[axis] as number;
    if (axis < reduce.length && extent === 1) {
      this.reduce(axis + 1);
      return;
    }
    if (axis === reduce.length) {
      const values = this.instructions(inner);
      accumulators.forEach((a, i) => this.fold(a, i, values[a.value] as string, `a${i}`));
      return;
    }
    const loop = `l${loops.length + axis}`;
    const last = reduce.slice(axis + 1).every((n) => n === 1);
    const only = accumulators[0] as Accumulator;
    const sums = accumulators.length === 1 && only.op === "sum" && isFloat((inner[only.value] as Instruction).dtype);
    if (!last || !sums || (extent <= BLOCK && axis === 0)) {
      this.loop(loop, extent, () => this.reduce(axis + 1));
      return;
    }
    const body = (): void => this.fold(only, 0, this.instructions(inner)[only.value] as string, "p");
    const sum = (): void => {
      this.line(`a0 = ${this.call("add_f", "a0", "p")};`);
    };
    if (extent <= BLOCK) {
      this.declare("p", this.constant("f32", 0));
      this.loop(loop, extent, body);
      sum();
      return;
    }
    this.loop("q", Math.ceil(extent / BLOCK), () => {
      this.declare("p", this.constant("f32", 0));
      this.loop("k", BLOCK, () => {
        this.declare(loop, this.call("add_i", this.call("mul_i", "q", String(BLOCK)), "k"));
        if (extent % BLOCK === 0) body();
        else this.block(`if (${loop} < ${extent})`, body);
      });
      sum();
    });
  }

  /** Returns one float of a value of `dtype`; `which` says which one when there are two. */
  give(dtype: DType, value: string): void {
    if (floatsOf(dtype) === 2) this.line(`return ${this.call("half_f", value, "which")};`);
    else if (isFloat(dtype)) this.line(`return ${value};`);
    else this.line(`return ${this.call("i32tof_f", value)};`);
  }
}

/** Prints a kernel that stores one value per point of its loops, in row-major order. */
export function printKernel(kernel: Kernel, language: Language): Printed {
  const p = new Printer(kernel, language);
  const store = kernel.stores[0] as Kernel["stores"][number];
  const { dtype } = kernel.buffers[store.buffer] as BufferType;
  const halves = floatsOf(dtype) === 2;
  if (halves) {
    p.declare("o", p.call("quo_i", "t", "2"));
    p.declare("which", p.call("res_i", "t", "2"));
  }
  p.unflatten(halves ? "o" : "t", 0, kernel.loops);
  if (kernel.accumulators.length > 0) {
    p.start(kernel.accumulators);
    if (!kernel.reduce.includes(0)) p.reduce();
  }
  const values = p.instructions(kernel.outer);
  p.give(dtype, values[store.value] as string);
  const { loads } = p;
  return {
    source: `function(${loads.map((b) => `b${b}`).join(", ")}) { return ${p.position(store.buffer)}; }`,
    native: p.text,
    loads,
    floats: [...loads, store.buffer].map((b) => {
      const { dtype, size } = kernel.buffers[b] as BufferType;
      return size * floatsOf(dtype);
    }),
  };
}
