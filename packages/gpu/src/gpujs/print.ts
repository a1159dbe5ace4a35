import type { Accumulator, Atom, BufferType, DType, Guard, Index, Instruction, Kernel } from "@gradus/tensor";
import { neutral, rangeOf } from "@gradus/tensor/backend";
import { type Language, texts } from "./helpers/index.ts";
import { inlined } from "./inline.ts";
import { floatsOf, layout, perTexel } from "./layout.ts";
import { isFloat, type Kind, kindOf, Writer } from "./writer.ts";

/**
 * A kernel as gpu.js takes it: a function of the buffers numbered in `loads` that is run once per texel of the results, or once per float in JavaScript.
 * gpu.js itself knows one kind of variable only, f32, which would round integers; so what is computed stands in a native function, `body_f`, in the
 * language of the mode. In GLSL it computes the first texel, and gives those of the other results when it is asked for them.
 */
export interface Printed {
  readonly source: string;
  readonly native: string;
  readonly loads: readonly number[];
  /** The buffers that are filled; they have the same number of texels. */
  readonly outs: readonly number[];
  /** Floats of each buffer in `loads`, and of the results. */
  readonly floats: readonly number[];
}

/** Terms of a float sum that are added up on their own before they join the rest, so that rounding errors grow slowly. */
const BLOCK = 64;

/** How a texel is read: `texture` is faster than `texelFetch`, which looks for the borders. */
function fetcher(buffer: number, floats: number): string {
  const [width, height] = layout(floats);
  const bits = Math.log2(width);
  const scale = [width, height].map((n) => (1 / n).toExponential(12)).join(", ");
  return `vec4 b${buffer}_t(int i) { return texture(user_b${buffer}, (vec2(float(i & ${width - 1}), float(i >> ${bits})) + 0.5) * vec2(${scale})); }`;
}

/** Quotients of what is smaller are found by floats: (x + 0.5) / n is 0.5 / n away from whole numbers, which is more than two roundings change. */
const FLOAT_QUOTIENTS = 2 ** 21;

/** The texture unit of which gpu.js makes use of its own. */
const SPARE = 15;

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

/** What is computed, and in how many reduction loops it stands. */
interface Text {
  readonly text: string;
  readonly depth: number;
}

class Printer {
  readonly loads: number[] = [];
  readonly w: Writer;
  private readonly kernel: Kernel;
  /** Reduction loops with more than one step. */
  private readonly axes: { readonly loop: number; readonly extent: number }[];
  /** Statements before the reduction loops, in the first, in the second, … */
  private levels: string[][];
  private readonly depths = new Map<string, number>();
  private known = new Map<string, string>();
  private names = 0;

  constructor(kernel: Kernel, language: Language) {
    this.kernel = kernel;
    this.w = new Writer(language);
    this.axes = kernel.reduce
      .map((extent, i) => ({ loop: kernel.loops.length + i, extent }))
      .filter((a) => a.extent !== 1);
    this.axes.forEach(({ loop }, i) => {
      this.depths.set(`l${loop}`, i + 1);
    });
    this.levels = Array.from({ length: this.axes.length + 1 }, () => []);
  }

  /** Depth of the innermost of the variables. */
  private depth(...names: readonly string[]): number {
    return Math.max(0, ...names.map((n) => this.depths.get(n.split(".")[0] as string) ?? 0));
  }

  /** A variable that holds the value of an expression; the same one for the same text. */
  private keep(kind: Kind, { text, depth }: Text): string {
    if (/^[\w.]+$/.test(text)) return text;
    let name = this.known.get(text);
    if (name === undefined) {
      name = `v${this.names++}`;
      (this.levels[depth] as string[]).push(this.w.declare(kind, name, text));
      this.known.set(text, name);
      this.depths.set(name, depth);
    }
    return name;
  }

  private keepAt(kind: Kind, text: string, ...operands: readonly string[]): string {
    return this.keep(kind, { text, depth: this.depth(...operands) });
  }

  private constant(dtype: DType, value: number): string {
    return this.keep(kindOf(dtype), { text: this.w.constant(dtype, value), depth: 0 });
  }

  /** Quotient or rest of an integer variable, rounded down. */
  private divided(kind: "div" | "mod", x: string, by: number, [low, high]: readonly [number, number]): string {
    const bits = Math.log2(by);
    if (Number.isInteger(bits)) return kind === "div" ? `${x} >> ${bits}` : `${x} & ${by - 1}`;
    if (low < 0) return this.w.call(kind === "div" ? "fdiv_i" : "fmod_i", x, String(by));
    if (this.w.js || high >= FLOAT_QUOTIENTS) return this.w.call(kind === "div" ? "quo_i" : "res_i", x, String(by));
    const quotient = `int((float(${x}) + 0.5) * ${(1 / by).toExponential(12)})`;
    return kind === "div" ? quotient : `${x} - ${this.keepAt("i", quotient, x)} * ${by}`;
  }

  private atom(a: Atom, values: readonly string[]): string {
    if (a.kind === "loop") return a.extent === 1 ? "0" : `l${a.loop}`;
    if (a.kind === "value") {
      const x = values[a.instruction] as string;
      return this.keepAt("i", this.w.call("clamp_i", x, String(Math.max(0, a.extent - 1))), x);
    }
    const of = this.keep("i", this.index(a.of, values));
    return this.keepAt("i", this.divided(a.kind, of, a.by, rangeOf(a.of)), of);
  }

  /** An index; what outer loops add to it is added up there. */
  private index(e: Index, values: readonly string[]): Text {
    const terms = e.terms.map(({ coefficient, atom }) => {
      const of = this.atom(atom, values);
      return { depth: this.depth(of), text: coefficient === 1 ? of : `${of} * ${this.w.int(coefficient)}` };
    });
    let text = "";
    let depth = 0;
    for (let d = 0; d < this.levels.length; d++) {
      const here = terms.filter((t) => t.depth === d).map((t) => t.text);
      if (here.length === 0) continue;
      text = this.keep("i", { text: (text === "" ? here : [text, ...here]).join(" + "), depth: d });
      depth = d;
    }
    if (text === "") return { text: this.w.int(e.constant), depth };
    return { text: e.constant === 0 ? text : `${text} + ${this.w.int(e.constant)}`, depth };
  }

  private guard(guards: readonly Guard[], values: readonly string[]): string {
    return guards
      .map((g) => {
        if (g.of.terms.length === 0) return String(Number(g.of.constant >= g.low && g.of.constant < g.high));
        const of = this.keep("i", this.index(g.of, values));
        return this.keepAt("i", this.w.call("within_i", of, this.w.int(g.low), this.w.int(g.high)), of);
      })
      .reduce((a, b) => (a === "1" ? b : b === "1" ? a : this.keepAt("i", this.w.call("and_i", a, b), a, b)));
  }

  private load(buffer: number, dtype: DType, index: Index, values: readonly string[]): string {
    const size = (this.kernel.buffers[buffer] as BufferType).size;
    // Nothing lies in an empty buffer: every guard fails.
    if (size === 0) return this.constant(dtype, 0);
    if (!this.loads.includes(buffer)) this.loads.push(buffer);
    const name = `user_b${buffer}`;
    const two = floatsOf(dtype) === 2;
    const pair = (low: string, high: string): string => this.keepAt("i", this.w.call("pair_i", low, high), low, high);
    if (this.w.js) {
      const at = this.keep("i", this.index(index, values));
      if (two) return this.keepAt("i", this.w.call("pair_i", `${name}[2 * ${at}]`, `${name}[2 * ${at} + 1]`), at);
      const value = this.keepAt("f", `${name}[${at}]`, at);
      return isFloat(dtype) ? value : this.keepAt("i", this.w.call("int_i", value), value);
    }
    const per = perTexel(dtype);
    const fetch = (texel: string): string => this.keepAt("t", `b${buffer}_t(${texel})`, texel);
    const one = (value: string): string =>
      isFloat(dtype) ? value : this.keepAt("i", this.w.call("int_i", value), value);
    // Where in a texel an element lies is known when all its loops move by whole texels.
    if (index.terms.every((t) => t.coefficient % per === 0)) {
      const lane = ((index.constant % per) + per) % per;
      const terms = index.terms.map((t) => ({ ...t, coefficient: t.coefficient / per }));
      const texel = fetch(this.keep("i", this.index({ constant: (index.constant - lane) / per, terms }, values)));
      return two ? pair(`${texel}.${"xz"[lane]}`, `${texel}.${"yw"[lane]}`) : one(`${texel}.${"xyzw"[lane]}`);
    }
    const at = this.keep("i", this.index(index, values));
    const texel = fetch(this.keepAt("i", `${at} >> ${two ? 1 : 2}`, at));
    if (!two) return one(this.keepAt("f", `${texel}[${at} & 3]`, at));
    const odd = this.keepAt("i", `${at} & 1`, at);
    const half = (even: string, uneven: string): string =>
      this.keepAt("f", `${odd} == 0 ? ${texel}.${even} : ${texel}.${uneven}`, at);
    return pair(half("x", "z"), half("y", "w"));
  }

  /** One instruction, given the variables of those before it. */
  private instruction(x: Instruction, list: readonly Instruction[], values: readonly string[]): string {
    switch (x.op) {
      case "const":
        return this.constant(x.dtype, x.value);
      case "index":
        return this.keep("i", this.index(x.index, values));
      case "guard":
        return x.guards.length === 0 ? this.constant("bool", 1) : this.guard(x.guards, values);
      case "load": {
        const value = this.load(x.buffer, x.dtype, x.index, values);
        if (x.guards.length === 0) return value;
        const holds = this.guard(x.guards, values);
        if (holds === "1") return value;
        const operands = [holds, value, this.constant(x.dtype, x.fill)];
        return this.keepAt(kindOf(x.dtype), this.w.op("where", x.dtype, ...operands), ...operands);
      }
      case "accumulator":
        return this.keep(kindOf(x.dtype), { text: this.w.narrowed(x.dtype, `a${x.a}`), depth: 0 });
    }
    const operands = [x.a, "b" in x ? x.b : -1, "c" in x ? x.c : -1]
      .filter((i) => i >= 0)
      .map((i) => values[i] as string);
    if (x.op === "where" && /^[01]$/.test(operands[0] as string))
      return operands[operands[0] === "1" ? 1 : 2] as string;
    const text = this.w.arithmetic(x.op, x.dtype, (list[x.a] as Instruction).dtype, operands);
    return this.keepAt(kindOf(x.dtype), text, ...operands);
  }

  private instructions(
    list: readonly Instruction[],
    after: (i: number, value: string) => void = () => undefined,
  ): string[] {
    const values: string[] = [];
    list.forEach((x, i) => {
      const value = this.instruction(x, list, values);
      values.push(value);
      after(i, value);
    });
    return values;
  }

  /** Declares the loop variables of the row-major position `t`. */
  position(t: string): string[] {
    const { loops } = this.kernel;
    const size = product(loops);
    let stride = 1;
    for (let loop = loops.length - 1; loop >= 0; loop--) {
      const extent = loops[loop] as number;
      if (extent === 1) continue;
      const rest = stride === 1 ? t : this.keepAt("i", this.divided("div", t, stride, [0, size]));
      stride *= extent;
      const text = stride === size ? rest : this.divided("mod", rest, extent, [0, size]);
      (this.levels[0] as string[]).push(this.w.declare("i", `l${loop}`, text));
    }
    return [];
  }

  private from(a: Accumulator): DType {
    return (this.kernel.inner[a.value] as Instruction).dtype;
  }

  /** Statements that give accumulators what they start with. */
  private starts(): string[] {
    return this.kernel.accumulators.flatMap((a, i) => {
      const from = this.from(a);
      const { op } = a;
      const kind = kindOf(from);
      if (op !== "argmax" && op !== "argmin")
        return [this.w.declare(kind, `a${i}`, this.w.constant(from, neutral(op, from)))];
      return [
        this.w.declare("i", `a${i}`, "0"),
        this.w.declare(kind, `best${i}`, this.w.constant(from, 0)),
        this.w.declare("i", `seen${i}`, "0"),
      ];
    });
  }

  /** Statements of one step of the fold of accumulator `i`, which is kept in the variable `to`. */
  private fold(a: Accumulator, i: number, x: string, to: string): string[] {
    const from = this.from(a);
    const { op } = a;
    if (op !== "argmax" && op !== "argmin")
      return [`${to} = ${this.w.op(op === "sum" ? "add" : op === "prod" ? "mul" : op, from, to, x)};`];
    const leads = `leads${i}_${this.names++}`;
    return [
      this.w.declare("i", leads, this.w.op(op === "argmax" ? "leadsmax" : "leadsmin", from, `seen${i}`, `best${i}`, x)),
      `best${i} = ${this.w.op("where", from, leads, x, `best${i}`)};`,
      `a${i} = ${this.w.op("where", "i32", leads, `seen${i}`, `a${i}`)};`,
      `seen${i} = ${this.w.call("add_i", `seen${i}`, "1")};`,
    ];
  }

  /** The folds over all reduction loops. Long sums of floats gather in `p` over the innermost loops, block by block. */
  private nest(): string[] {
    const { accumulators, inner, reduce } = this.kernel;
    if (accumulators.length === 0) return [];
    const starts = this.starts();
    if (reduce.includes(0)) return starts;
    const { axes, w } = this;
    const sums = accumulators.every((a) => a.op === "sum" && isFloat(this.from(a)));
    const blocks = sums && product(reduce) > BLOCK;
    const last = axes.length;
    this.instructions(inner, (n, value) => {
      accumulators.forEach((a, i) => {
        if (a.value === n) (this.levels[last] as string[]).push(...this.fold(a, i, value, blocks ? `p${i}` : `a${i}`));
      });
    });
    const open = blocks ? accumulators.map((_, i) => w.declare("f", `p${i}`, w.constant("f32", 0))) : [];
    const close = blocks ? accumulators.map((_, i) => `a${i} = ${w.call("add_f", `a${i}`, `p${i}`)};`) : [];
    const rest = axes.map((_, i) => product(axes.slice(i).map((a) => a.extent)));
    const cut = blocks ? rest.findIndex((n) => n <= BLOCK) : -1;
    const level = (d: number): string[] => {
      const own = this.levels[d] as string[];
      const axis = axes[d];
      if (axis === undefined) return own;
      const [name, extent] = [`l${axis.loop}`, axis.extent];
      if (blocks && cut < 0 && d === last - 1) {
        const step = w.declare("i", name, `q * ${BLOCK} + k`);
        const body = level(d + 1);
        const guarded = extent % BLOCK === 0 ? body : [`if (${name} < ${extent}) {`, ...body, "}"];
        return [
          ...own,
          w.loop("q", Math.ceil(extent / BLOCK)),
          ...open,
          w.loop("k", BLOCK),
          step,
          ...guarded,
          "}",
          ...close,
          "}",
        ];
      }
      const loop = [w.loop(name, extent), ...level(d + 1), "}"];
      return d === cut ? [...own, ...open, ...loop, ...close] : [...own, ...loop];
    };
    return [...starts, ...level(0)];
  }

  /** Statements up to the values that are stored, and these. */
  body(): { lines: string[]; values: string[] } {
    const { kernel } = this;
    const nest = this.nest();
    const lines =
      kernel.accumulators.length === 0 || kernel.reduce.includes(0) ? [...(this.levels[0] as string[]), ...nest] : nest;
    // What stood in loops is not known after them.
    this.known = new Map([...this.known].filter(([, name]) => this.depths.get(name) === 0));
    this.levels = [[]];
    const all = this.instructions(kernel.outer);
    return {
      lines: [...lines, ...(this.levels[0] as string[])],
      values: kernel.stores.map((s) => all[s.value] as string),
    };
  }
}

/** Prints a kernel whose points store whole texels, one after the other, in row-major order; for JavaScript: one element each. */
export function printKernel(kernel: Kernel, language: Language): Printed {
  const p = new Printer(kernel, language);
  const { w } = p;
  const outs = [...new Set(kernel.stores.map((s) => s.buffer))];
  const dtype = (kernel.buffers[outs[0] as number] as BufferType).dtype;
  const floats = (b: number): number => {
    const { dtype, size } = kernel.buffers[b] as BufferType;
    return size * floatsOf(dtype);
  };
  const two = floatsOf(dtype) === 2;
  const float = (value: string): string => (isFloat(dtype) ? value : w.call("i32tof_f", value));
  const finish = (native: (library: readonly string[]) => string[], source: string): Printed => {
    // gpu.js makes new textures in unit 15 and leaves them there: nothing is read from it.
    const spare = !w.js && p.loads.length > SPARE;
    const loads = spare ? p.loads.toSpliced(SPARE, 0, p.loads[0] as number) : p.loads;
    const names = loads.map((b, i) => (spare && i === SPARE ? "spare" : `b${b}`));
    return {
      source: `function(${names.join(", ")}) { ${source} }`,
      native: native(texts(w.used, language)).join("\n"),
      loads,
      outs,
      floats: [...loads, outs[0] as number].map(floats),
    };
  };

  if (w.js) {
    p.position(two ? "o" : "t");
    const { lines, values } = p.body();
    const value = values[0] as string;
    const result = two ? w.call("half_f", value, "which") : float(value);
    const head = two ? ["const o = t >> 1, which = t & 1;"] : [];
    const body = ["function body_f(t) {", ...head, ...lines, `return ${result};`, "}"];
    // gpu.js looks for `function` at the start of what is JavaScript.
    return finish((library) => [...body, ...library], "return body_f(this.thread.x);");
  }
  const [width] = layout(floats(outs[0] as number));
  p.position("t");
  const { lines, values } = p.body();
  const texels = outs.map((b) => {
    const own = values.filter((_, i) => kernel.stores[i]?.buffer === b);
    const parts = own.flatMap((v) => (two ? [w.call("half_f", v, "0"), w.call("half_f", v, "1")] : [float(v)]));
    return `vec4(${[...parts, "0.0", "0.0", "0.0"].slice(0, 4).join(", ")})`;
  });
  const others = texels.slice(1);
  const body = [
    ...others.map((_, i) => `vec4 texel${i + 1};`),
    "vec4 body_f(int which) {",
    ...others.map((_, i) => `if (which == ${i + 1}) return texel${i + 1};`),
    `int t = int(gl_FragCoord.x) + int(gl_FragCoord.y) * ${width};`,
    ...inlined([...lines, ...others.map((texel, i) => `texel${i + 1} = ${texel};`), `return ${texels[0]};`]),
    "}",
  ];
  const calls = others.map((_, i) => `r${i + 1}(0); `).join("");
  // GLSL wants callees first.
  const fetchers = p.loads.map((b) => fetcher(b, floats(b)));
  return finish((library) => [...fetchers, ...library, ...body], `const v = body_f(0); ${calls}return v;`);
}
