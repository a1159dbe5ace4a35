import type { Accumulator, DType, Instruction, Kernel } from "@gradus/tensor";
import { dtypes } from "@gradus/tensor";
import { affine, neutral } from "@gradus/tensor/backend";
import { binary, statements } from "./instructions.ts";
import { type Bound, type Program, program, spread } from "./program.ts";
import { literal, memoryType, packed, perWord, registers } from "./types.ts";

/** Invocations of a workgroup. */
const LANES = 64;

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Whether the loops of a kernel can be printed: without f64, and with one result, written in the order of the loops. */
export function printable(kernel: Kernel): boolean {
  const { inner, outer, buffers, stores, loops, accumulators } = kernel;
  const dtypesIn = [...inner, ...outer, ...buffers, ...accumulators].map((x) => x.dtype);
  if (dtypesIn.includes("f64") || stores.length !== 1) return false;
  const flat = affine((stores[0] as Kernel["stores"][number]).index, loops.length);
  return (
    flat !== null &&
    flat.constant === 0 &&
    loops.every((n, i) => n === 1 || flat.strides[i] === product(loops.slice(i + 1)))
  );
}

/** Statements that find the loop variables `l…` of the given extents from a row-major position. */
function positions(extents: readonly number[], from: number, position: string): string[] {
  let rest = product(extents);
  return extents.map((n, i) => {
    rest /= n;
    const quotient = rest === 1 ? position : `${position} / ${rest}`;
    const whole = i === 0 ? quotient : `(${quotient}) % ${n}`;
    return `let l${from + i} = ${n === 1 ? "0" : whole};`;
  });
}

/** How one accumulator starts, takes a value, and takes the result of another invocation. */
class Fold {
  readonly name: string;
  private readonly a: Accumulator;
  /** Dtype of the values that are folded. */
  private readonly from: DType;
  constructor(a: Accumulator, i: number, from: DType) {
    this.name = `a${i}`;
    this.a = a;
    this.from = from;
  }

  get finds(): boolean {
    return this.a.op === "argmax" || this.a.op === "argmin";
  }
  /** Register type of what is carried: of a search, the best value so far. */
  get type(): string {
    return registers[this.finds ? this.from : this.a.dtype];
  }

  start(): string {
    const { op, dtype } = this.a;
    const zero = literal(this.finds ? this.from : dtype, neutral(op, this.finds ? this.from : dtype));
    return `var ${this.name}: ${this.type} = ${zero};${this.finds ? ` var ${this.name}at = -1;` : ""}`;
  }

  /** Takes `value`, the one at `position`. */
  step(value: string, position: string): string {
    const { name } = this;
    const { op, dtype } = this.a;
    if (!this.finds)
      return `${name} = ${binary(op === "sum" ? "add" : op === "prod" ? "mul" : (op as "max" | "min"), dtype === "f16" ? "f32" : dtype, dtype, name, value)};`;
    return `if (${this.leads(`${name}at < 0`, value)}) { ${name} = ${value}; ${name}at = ${position}; }`;
  }

  /** Whether `value` takes the lead: NaN wins, and the first winner stays. */
  private leads(none: string, value: string): string {
    const { name } = this;
    const better = binary(
      "lt",
      "bool",
      this.from,
      ...((this.a.op === "argmax" ? [name, value] : [value, name]) as [string, string]),
    );
    if (registers[this.from] !== "f32") return `${none} || ${better}`;
    return `${none} || (!g_isnan(${name}) && (g_isnan(${value}) || ${better}))`;
  }

  shared(lanes: number): string {
    const { name } = this;
    const at = this.finds ? `\nvar<workgroup> ${name}sharedAt: array<i32, ${lanes}>;` : "";
    return `var<workgroup> ${name}shared: array<${this.type}, ${lanes}>;${at}`;
  }
  share(): string {
    const { name } = this;
    return `${name}shared[lane] = ${name};${this.finds ? ` ${name}sharedAt[lane] = ${name}at;` : ""}`;
  }
  /** Takes what lane `other` shared. */
  join(other: string): string {
    const { name } = this;
    const value = `${name}shared[${other}]`;
    if (!this.finds) return this.step(value, "");
    const at = `${name}sharedAt[${other}]`;
    // of two equal values the earlier one leads
    const equal =
      registers[this.from] === "f32"
        ? `(${name} == ${value} || (g_isnan(${name}) && g_isnan(${value})))`
        : `${name} == ${value}`;
    return `if (${at} >= 0 && (${this.leads(`${name}at < 0`, value)} || (${equal} && ${at} < ${name}at))) { ${name} = ${value}; ${name}at = ${at}; }`;
  }

  result(dtype: DType): string {
    if (this.finds) return `max(${this.name}at, 0)`;
    return dtype === "f16" ? `g_round16(${this.name})` : binaryWrap(dtype, this.name);
  }
}

const binaryWrap = (dtype: DType, value: string): string =>
  dtype === "i8" ? `extractBits(${value}, 0u, 8u)` : dtype === "u8" ? `(${value} & 0xffu)` : value;

/** Whether a workgroup shares the fold of one element: long folds of few elements, or along neighbours in memory. */
function cooperates({ loops, reduce, inner }: Kernel): boolean {
  const terms = product(reduce);
  if (terms < 2 * LANES) return false;
  if (product(loops) < 1024) return true;
  const last = loops.length + reduce.length - 1;
  return inner.some(
    (x) => x.op === "load" && affine(x.index, last + 1)?.strides[last] === 1 && (reduce.at(-1) as number) >= LANES,
  );
}

/** The buffers of a kernel as bindings: the last of them, the result, may be the same memory as operand `same`. */
function bind(kernel: Kernel, same: number): { bound: Bound[]; name: (b: number) => string } {
  const out = (kernel.stores[0] as Kernel["stores"][number]).buffer;
  const used = new Set([...kernel.inner, ...kernel.outer].flatMap((x) => (x.op === "load" ? [x.buffer] : [])));
  const bound = kernel.buffers.flatMap(({ dtype }, b): Bound[] =>
    b === out || (used.has(b) && b !== same)
      ? [{ buffer: b, name: `b${b}`, type: memoryType(dtype), written: b === out }]
      : [],
  );
  return { bound, name: (b) => `b${b === same ? out : b}` };
}

/** The loops of a kernel as a shader: each invocation, or each workgroup, makes one 32-bit word of the result. `same`: the operand in whose memory the result lies, or -1. */
export function printKernel(kernel: Kernel, same: number): Program {
  const { loops, reduce, inner, outer, accumulators } = kernel;
  const store = kernel.stores[0] as Kernel["stores"][number];
  const { dtype } = kernel.buffers[store.buffer] as { dtype: DType };
  const { bound, name } = bind(kernel, same);
  const size = product(loops);
  const per = perWord(dtype);
  const words = Math.ceil(size / per);
  const folds = accumulators.map((a, i) => new Fold(a, i, (inner[a.value] as Instruction).dtype));
  const result = (a: number, to: DType): string => (folds[a] as Fold).result(to);
  const one = [...positions(loops, 0, "flat"), ...folds.map((f) => f.start())];
  const step = (position: string): string[] => [
    ...statements(inner, "w", name, result),
    ...folds.map((f, i) => f.step(`w${(accumulators[i] as Accumulator).value}`, position)),
  ];
  const rest = statements(outer, "v", name, result);
  const width = 8 * dtypes[dtype].bytes;
  const element = `v${store.value}`;
  const out = name(store.buffer);

  if (folds.length > 0 && cooperates(kernel)) {
    const { workgroups, number } = spread(words);
    const tree: string[] = [];
    for (let half = LANES / 2; half >= 1; half /= 2)
      tree.push(
        ...folds.map((f) => f.share()),
        "workgroupBarrier();",
        `if (lane < ${half}u) { ${folds.map((f) => f.join(`lane + ${half}u`)).join(" ")} }`,
        "workgroupBarrier();",
      );
    const whole = (flat: string, keep: (value: string) => string): string => `{
let flat = ${flat};
${one.join("\n")}
for (var r = i32(lane); r < ${product(reduce)}; r += ${LANES}) {
${positions(reduce, loops.length, "r").join("\n")}
${step("r").join("\n")}
}
${tree.join("\n")}
${rest.join("\n")}
${keep(element)}
}`;
    const body =
      per === 1
        ? whole("i32(word)", (v) => `if (lane == 0u) { ${out}[word] = ${v}; }`)
        : `var bits = 0u;
for (var k = 0u; k < ${per}u && word * ${per}u + k < ${size}u; k++) ${whole(`i32(word * ${per}u + k)`, (v) => `bits |= ${packed(dtype, v)} << (k * ${width}u);`)}
if (lane == 0u) { ${out}[word] = bits; }`;
    return program(
      kernel.name,
      bound,
      LANES,
      workgroups,
      folds.map((f) => f.shared(LANES)).join("\n"),
      `let word = ${number};\nif (word >= ${words}u) { return; }\n${body}`,
    );
  }

  const { workgroups, number } = spread(Math.ceil(words / LANES));
  const many = reduce.length;
  const nest =
    folds.length === 0
      ? []
      : [
          ...(folds.some((f) => f.finds) ? ["var position = 0;"] : []),
          ...reduce.map(
            (n, i) => `for (var l${loops.length + i} = 0; l${loops.length + i} < ${n}; l${loops.length + i}++) {`,
          ),
          ...step("position"),
          ...(folds.some((f) => f.finds) ? ["position++;"] : []),
          "}".repeat(many),
        ];
  const declarations = `fn element(flat: i32) -> ${registers[dtype]} {
${[...one, ...nest, ...rest].join("\n")}
return ${element};
}`;
  const body =
    per === 1
      ? `${out}[word] = element(i32(word));`
      : `var bits = 0u;
for (var k = 0u; k < ${per}u && word * ${per}u + k < ${size}u; k++) {
  let value = element(i32(word * ${per}u + k));
  bits |= ${packed(dtype, "value")} << (k * ${width}u);
}
${out}[word] = bits;`;
  return program(
    kernel.name,
    bound,
    LANES,
    workgroups,
    declarations,
    `let word = ${number} * ${LANES}u + lane;\nif (word >= ${words}u) { return; }\n${body}`,
  );
}
