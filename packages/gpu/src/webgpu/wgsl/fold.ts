import type { Accumulator, DType } from "@gradus/tensor";
import { neutral } from "@gradus/tensor/backend";
import { binary } from "./instructions.ts";
import { literal, registers, wrapped } from "./types.ts";

const ops = { sum: "add", prod: "mul", max: "max", min: "min" } as const;

/** How one accumulator starts, takes a value, and takes the result of another invocation. `s` tells the accumulators of a tile apart. */
export class Fold {
  readonly #name: string;
  readonly #a: Accumulator;
  /** Dtype of the values that are folded. */
  readonly #from: DType;
  constructor(a: Accumulator, i: number, from: DType) {
    this.#name = `a${i}`;
    this.#a = a;
    this.#from = from;
  }

  /** A search for a position: the best value so far is carried along. */
  get finds(): boolean {
    return this.#a.op === "argmax" || this.#a.op === "argmin";
  }
  get #carried(): DType {
    return this.finds ? this.#from : this.#a.dtype;
  }

  start(s: string): string {
    const zero = literal(this.#carried, neutral(this.#a.op, this.#carried));
    const at = this.finds ? ` var ${this.#name}at${s} = -1;` : "";
    return `var ${this.#name}${s}: ${registers[this.#carried]} = ${zero};${at}`;
  }

  /** Takes `value`, the one at `position`. */
  step(s: string, value: string, position: string): string {
    const name = this.#name + s;
    const { op, dtype } = this.#a;
    // f16 is rounded once, at the end
    if (op in ops)
      return `${name} = ${binary(ops[op as keyof typeof ops], dtype === "f16" ? "f32" : dtype, dtype, name, value)};`;
    return `if (${this.#leads(s, value)}) { ${name} = ${value}; ${this.#name}at${s} = ${position}; }`;
  }

  /** Whether `value` takes the lead: NaN wins, and the first winner stays. */
  #leads(s: string, value: string): string {
    const name = this.#name + s;
    const none = `${this.#name}at${s} < 0`;
    const [p, q] = this.#a.op === "argmax" ? [name, value] : [value, name];
    const better = binary("lt", "bool", this.#from, p, q);
    if (registers[this.#from] !== "f32") return `${none} || ${better}`;
    return `${none} || (!g_isnan(${name}) && (g_isnan(${value}) || ${better}))`;
  }

  /** Memory of a workgroup for one accumulator of each lane. */
  shared(lanes: number): string {
    const name = this.#name;
    const at = this.finds ? `\nvar<workgroup> ${name}sharedAt: array<i32, ${lanes}>;` : "";
    return `var<workgroup> ${name}shared: array<${registers[this.#carried]}, ${lanes}>;${at}`;
  }
  share(s: string): string {
    const name = this.#name;
    return `${name}shared[lane] = ${name}${s};${this.finds ? ` ${name}sharedAt[lane] = ${name}at${s};` : ""}`;
  }
  /** Takes what lane `other` shared. */
  join(s: string, other: string): string {
    return this.#take(s, `${this.#name}shared[${other}]`, `${this.#name}sharedAt[${other}]`);
  }
  /** Takes what the invocation of the subgroup holds whose number differs by the bit `by`. */
  ask(s: string, by: number): string {
    const theirs = (name: string): string => `subgroupShuffleXor(${name}, ${by}u)`;
    const name = this.#name + s;
    const value = registers[this.#carried] === "bool" ? `${theirs(`select(0u, 1u, ${name})`)} != 0u` : theirs(name);
    const at = this.finds ? ` let otherAt = ${theirs(`${this.#name}at${s}`)};` : "";
    return `{ let other = ${value};${at} ${this.#take(s, "other", "otherAt")} }`;
  }
  #take(s: string, value: string, at: string): string {
    const name = this.#name + s;
    if (!this.finds) return this.step(s, value, "");
    const own = `${this.#name}at${s}`;
    // of two equal values the earlier one leads
    const same =
      registers[this.#from] === "f32"
        ? `(${name} == ${value} || (g_isnan(${name}) && g_isnan(${value})))`
        : `${name} == ${value}`;
    return `if (${at} >= 0 && (${this.#leads(s, value)} || (${same} && ${at} < ${own}))) { ${name} = ${value}; ${own} = ${at}; }`;
  }

  /** What the result is called, but for the steps of the tiles. */
  get result(): string {
    return `${this.#name}result`;
  }
  finish(s: string, dtype: DType): string {
    const value = this.finds ? `max(${this.#name}at${s}, 0)` : wrapped(dtype, this.#name + s);
    return `let ${this.result}${s} = ${value};`;
  }
}

/**
 * Statements after which all invocations of a workgroup hold the fold of what each of them held. Those whose numbers differ in a bit below `near`, being of one
 * subgroup, ask each other; the rest goes by way of memory.
 */
export function meet(folds: readonly Fold[], s: string, lanes: number, near: number): string[] {
  const lines: string[] = [];
  for (let by = 1; by < lanes; by *= 2)
    if (by < near) lines.push(...folds.map((f) => f.ask(s, by)));
    else
      lines.push(
        ...folds.map((f) => f.share(s)),
        "workgroupBarrier();",
        ...folds.map((f) => f.join(s, `lane ^ ${by}u`)),
        "workgroupBarrier();",
      );
  return lines;
}
