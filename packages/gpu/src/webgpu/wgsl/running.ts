import type { DType, Special } from "@gradus/tensor";
import { neutral } from "@gradus/tensor/backend";
import { binary } from "./instructions.ts";
import { type Bound, type Program, program, spread } from "./program.ts";
import type { Target } from "./schedule.ts";
import { literal, loaded, memoryType, perWord, registers } from "./types.ts";
import { store, wideType } from "./wide.ts";

/** A running fold or a linear recurrence. */
export type Running = Extract<Special, { kind: "cumulative" | "recurrence" }>;

/** Invocations that go along one column together, in a workgroup. */
const LANES = 64;

/**
 * How columns are gone along: by an invocation each, by a workgroup each, or in blocks of so many elements by workgroups that do not wait for one another.
 * `run`: neighbours that an invocation folds by itself.
 */
export interface Course {
  readonly by: "invocation" | "workgroup" | "blocks";
  readonly run: number;
}

export function courseOf({ n, outer, inner }: Running, { cpu }: Target): Course {
  const columns = outer * inner;
  const run = cpu ? 64 : 8;
  if (n < 2 * LANES * (cpu ? 4 : 1) || columns >= (cpu ? 64 : 16384)) return { by: "invocation", run };
  return { by: columns >= (cpu ? 8 : 256) || n < 4 * LANES * run ? "workgroup" : "blocks", run };
}

export const blocksOf = ({ n }: Running, { run }: Course): number => Math.ceil(n / (LANES * run));

/** Positions of the buffers: inputs, the result, and what it is made with. `states` and `carries`: one state for each block; `failed`: a word for each column. */
export const places = (work: Running): Readonly<Record<"out" | "wide" | "states" | "carries" | "failed", number>> => {
  const out = work.kind === "cumulative" ? 1 : 2;
  return { out, wide: out + 1, states: out + 2, carries: out + 3, failed: out + 4 };
};

const ops = { sum: "add", prod: "mul", max: "max", min: "min" } as const;

/**
 * How elements fold: `S`, what a stretch of a column does to what comes before it; `unit`, that of no elements; `joined(p, q)`, p and then q. A recurrence
 * maps h to A·h + B; of floats A has an exponent of its own, so that products of many factors neither overflow nor vanish.
 */
class Algebra {
  readonly #work: Running;
  /** f16 is rounded when it is packed; in a recurrence also in every step. */
  readonly #dtype: DType;
  readonly type: string;
  constructor(work: Running) {
    this.#work = work;
    this.#dtype = work.dtype === "f16" ? "f32" : work.dtype;
    this.type = registers[work.dtype];
  }

  get float(): boolean {
    return this.type === "f32";
  }
  #op(op: "add" | "mul" | "max" | "min", a: string, b: string, dtype: DType = this.#dtype): string {
    return binary(op, dtype, dtype, a, b);
  }
  /** Bytes of a state. */
  get bytes(): number {
    return this.#work.kind === "cumulative" ? 4 : this.float ? 12 : 8;
  }

  /** The functions on states. Truth values lie in memory as u32. */
  get declarations(): string {
    const work = this.#work;
    const { type } = this;
    const held = wideType(work.dtype);
    const value = (x: string): string => (type === "bool" ? `(${x} != 0u)` : x);
    const kept = (x: string): string => (type === "bool" ? `select(0u, 1u, ${x})` : x);
    if (work.kind === "cumulative") {
      const zero = literal(work.dtype, neutral(work.op, work.dtype));
      return `alias S = ${held};
fn unit() -> S { return ${kept(zero)}; }
fn joined(p: S, q: S) -> S { return ${kept(this.#op(ops[work.op], value("p"), value("q")))}; }
fn state(place: u32, j: u32) -> S { return ${kept(loaded(work.dtype, "x", "i32(place)"))}; }`;
    }
    const [one, zero] = [literal(work.dtype, 1), literal(work.dtype, 0)];
    const [a, b] = [loaded(work.dtype, "a", "i32(place)"), loaded(work.dtype, "b", "i32(place)")];
    if (!this.float)
      return `struct S { a: ${held}, b: ${held} }
fn unit() -> S { return S(${kept(one)}, ${kept(zero)}); }
fn joined(p: S, q: S) -> S {
return S(${kept(this.#op("mul", value("p.a"), value("q.a")))}, ${kept(this.#op("add", this.#op("mul", value("q.a"), value("p.b")), value("q.b")))});
}
fn state(place: u32, j: u32) -> S { return S(select(${kept(a)}, 0${held === "i32" ? "" : "u"}, j == 0u), ${kept(b)}); }`;
    return `struct S { a: f32, e: i32, b: f32 }
fn unit() -> S { return S(1.0, 0, 0.0); }
fn split(x: f32, e: i32, b: f32) -> S {
let power = (bitcast<u32>(x) >> 23u) & 255u;
if (power == 0u || power == 255u) { return S(x, 0, b); }
return S(bitcast<f32>((bitcast<u32>(x) & 0x807fffffu) | 0x3f800000u), e + i32(power) - 127, b);
}
fn scaled(x: f32, e: i32) -> f32 {
let n = clamp(e, -250, 250);
return g_scale(g_scale(x, n), clamp(e - n, -250, 250));
}
fn joined(p: S, q: S) -> S { return split(p.a * q.a, p.e + q.e, scaled(p.b * q.a, q.e) + q.b); }
fn state(place: u32, j: u32) -> S { return split(select(${a}, 0.0, j == 0u), 0, ${b}); }`;
  }

  /** Statements that go on from the state `h` by the element at `place`, the j-th of the column, and write what results. */
  step(out: string): string {
    const work = this.#work;
    const held = (h: string): string => (this.type === "bool" ? `(${h} != 0u)` : h);
    if (work.kind === "cumulative")
      return `h = joined(h, state(place, j));\n${store(work.dtype, out, "place", held("h"))}`;
    const dtype = work.dtype;
    const [a, b] = ["a", "b"].map((name) => loaded(dtype, name, "i32(place)")) as [string, string];
    return `if (j == 0u) { h = ${b}; } else { h = ${this.#op("add", this.#op("mul", a, "h", dtype), b, dtype)}; }
${store(dtype, out, "place", "h")}`;
  }
  /** What is carried into `step`, of a state. */
  start(state: string): string {
    if (this.#work.kind === "cumulative") return state;
    return this.type === "bool"
      ? `(${state}.b != 0u)`
      : this.#work.dtype === "f16"
        ? `g_round16(${state}.b)`
        : `${state}.b`;
  }
}

/** Where element `j` of a column, in the order of travel, lies. */
const along = ({ n, inner, reverse }: Running): string => `fn placeOf(column: u32, j: u32) -> u32 {
let k = ${reverse ? `${n - 1}u - j` : "j"};
return ((column / ${inner}u) * ${n}u + k) * ${inner}u + column % ${inner}u;
}`;

/** The bindings of inputs, result, and others of the given element types. */
function bound(
  work: Running,
  others: readonly (readonly [keyof ReturnType<typeof places>, string, boolean])[],
): Bound[] {
  const at = places(work);
  const inputs = work.kind === "cumulative" ? ["x"] : ["a", "b"];
  return [
    ...inputs.map((name, buffer) => ({ buffer, name, type: memoryType(work.dtype), written: false })),
    ...others.map(([name, type, written]) => ({ buffer: at[name], name, type, written })),
  ];
}

const outOf = (work: Running): [keyof ReturnType<typeof places>, string, boolean] => [
  perWord(work.dtype) === 1 ? "out" : "wide",
  wideType(work.dtype),
  true,
];

/** One invocation for each column; with `failed`, only for columns that are marked there. */
export function printColumns(work: Running, failed: boolean): Program {
  const { kind, outer, inner, n } = work;
  const columns = outer * inner;
  const algebra = new Algebra(work);
  const { workgroups, number } = spread(Math.ceil(columns / LANES));
  const out = outOf(work);
  return program(
    kind,
    bound(work, [out, ...(failed ? [["failed", "u32", false] as const] : [])]),
    LANES,
    workgroups,
    `${along(work)}\n${algebra.declarations}`,
    `let column = ${number} * ${LANES}u + lane;
if (column >= ${columns}u) { return; }
${failed ? "if (failed[column] == 0u) { return; }" : ""}
var h = ${algebra.start("unit()")};
for (var j = 0u; j < ${n}u; j++) {
let place = placeOf(column, j);
${algebra.step(out[0])}
}`,
  );
}

/** What the lanes of a workgroup fold, each its own run and then, in turns of doubling distance, all together: `shared[lane]` is all up to that run. */
const fold = (run: number, n: number, state: string): string => {
  const turns: string[] = [];
  for (let by = 1; by < LANES; by *= 2)
    turns.push(
      `if (lane >= ${by}u) { own = joined(shared_[lane - ${by}u], own); }
workgroupBarrier();
shared_[lane] = own;
workgroupBarrier();`,
    );
  return `let first = start + lane * ${run}u;
var own = unit();
for (var k = 0u; k < ${run}u && first + k < ${n}u; k++) {
let j = first + k;
own = joined(own, ${state});
}
shared_[lane] = own;
workgroupBarrier();
${turns.join("\n")}`;
};
const BEFORE = `var before = carry;
if (lane > 0u) { before = joined(carry, shared_[lane - 1u]); }`;
const sharedState = `var<workgroup> shared_: array<S, ${LANES}>;`;

/** A workgroup for each column, or, `rest`, for each block of it after what is carried into it. What is carried and is no finite number is marked as failed. */
export function printAlong(work: Running, { run }: Course, rest: boolean): Program {
  const { kind, outer, inner, n } = work;
  const algebra = new Algebra(work);
  const size = LANES * run;
  const blocks = rest ? Math.ceil(n / size) : 1;
  const { workgroups, number } = spread(outer * inner * blocks);
  const out = outOf(work);
  const checked = kind === "recurrence" && algebra.float;
  const check = checked ? "if (g_isnan(before.b) || g_isinf(before.b)) { atomicMax(&failed[column], 1u); }" : "";
  const block = `${fold(run, n, "state(placeOf(column, j), j)")}
${BEFORE}
${check}
var h = ${algebra.start("before")};
for (var k = 0u; k < ${run}u && first + k < ${n}u; k++) {
let j = first + k;
let place = placeOf(column, j);
${algebra.step(out[0])}
}`;
  const all = rest
    ? `let start = (number % ${blocks}u) * ${size}u;
let carry = carries[number];
${block}`
    : `var carry = unit();
for (var start = 0u; start < ${n}u; start += ${size}u) {
${block}
carry = joined(carry, shared_[${LANES - 1}u]);
workgroupBarrier();
}`;
  return program(
    kind,
    bound(work, [
      out,
      ...(rest ? [["carries", "S", false] as const] : []),
      ...(checked ? [["failed", "atomic<u32>", true] as const] : []),
    ]),
    LANES,
    workgroups,
    `${along(work)}\n${algebra.declarations}\n${sharedState}`,
    `let number = ${number};
if (number >= ${outer * inner * blocks}u) { return; }
let column = number / ${blocks}u;
${all}`,
  );
}

/** The state of each block. */
export function printStates(work: Running, course: Course): Program {
  const { kind, outer, inner, n } = work;
  const size = LANES * course.run;
  const blocks = blocksOf(work, course);
  const { workgroups, number } = spread(outer * inner * blocks);
  return program(
    kind,
    bound(work, [["states", "S", true]]),
    LANES,
    workgroups,
    `${along(work)}\n${new Algebra(work).declarations}\n${sharedState}`,
    `let number = ${number};
if (number >= ${outer * inner * blocks}u) { return; }
let column = number / ${blocks}u;
let start = (number % ${blocks}u) * ${size}u;
${fold(course.run, n, "state(placeOf(column, j), j)")}
if (lane == ${LANES - 1}u) { states[number] = own; }`,
  );
}

/** For each block the states of all before it, joined. */
export function printCarries(work: Running, course: Course): Program {
  const { kind, outer, inner } = work;
  const blocks = blocksOf(work, course);
  const { workgroups, number } = spread(outer * inner);
  // the inputs stand in the functions on elements, so that they are bound too
  return program(
    kind,
    bound(work, [
      ["states", "S", false],
      ["carries", "S", true],
    ]),
    LANES,
    workgroups,
    `${along(work)}\n${new Algebra(work).declarations}\n${sharedState}`,
    `let column = ${number};
if (column >= ${outer * inner}u) { return; }
var carry = unit();
for (var start = 0u; start < ${blocks}u; start += ${LANES * course.run}u) {
${fold(course.run, blocks, `states[column * ${blocks}u + j]`)}
${BEFORE}
for (var k = 0u; k < ${course.run}u && first + k < ${blocks}u; k++) {
let at = column * ${blocks}u + first + k;
carries[at] = before;
before = joined(before, states[at]);
}
carry = joined(carry, shared_[${LANES - 1}u]);
workgroupBarrier();
}`,
  );
}

export const stateBytes = (work: Running): number => new Algebra(work).bytes;
