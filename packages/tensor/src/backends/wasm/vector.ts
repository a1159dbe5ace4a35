import type { DType } from "../../dtype.ts";
import { affine } from "../../ir/index-expr.ts";
import type { Index, Instruction, Kernel } from "../../ir/ir.ts";
import type { Code, Op } from "./assembler.ts";
import { hasFusedMultiplyAdd } from "./features.ts";
import { binary } from "./scalar.ts";
import { vectorFunction, vectorFunctions } from "./vector-math.ts";

/** How four lanes hold a dtype: floats, integers of 32 bits, or masks. u8 is only loaded and converted. */
type Lane = "f32" | "i32" | "u32" | "bool" | "u8";
const laneOf = (d: DType): Lane | null =>
  d === "f32" || d === "i32" || d === "u32" || d === "bool" || d === "u8" ? d : null;

const shared: Record<string, string> = { add: "add", sub: "sub", mul: "mul" };
const floats: Record<string, Op> = {
  ...Object.fromEntries(
    ["neg", "abs", "floor", "ceil", "trunc", "sqrt", "add", "sub", "mul", "div", "max", "min", "eq", "lt", "le"].map(
      (op) => [op, `f32x4.${op}` as Op],
    ),
  ),
  round: "f32x4.nearest",
};
const integers = (sign: "s" | "u"): Record<string, Op> => ({
  ...Object.fromEntries(Object.keys(shared).map((op) => [op, `i32x4.${op}` as Op])),
  neg: "i32x4.neg",
  max: `i32x4.max_${sign}`,
  min: `i32x4.min_${sign}`,
  eq: "i32x4.eq",
  lt: `i32x4.lt_${sign}`,
  le: `i32x4.le_${sign}`,
  and: "v128.and",
  or: "v128.or",
  xor: "v128.xor",
  not: "v128.not",
  ...(sign === "s" ? { abs: "i32x4.abs" as Op } : {}),
});
const masks: Record<string, Op> = {
  and: "v128.and",
  mul: "v128.and",
  min: "v128.and",
  or: "v128.or",
  add: "v128.or",
  max: "v128.or",
  xor: "v128.xor",
  eq: "v128.xor",
  not: "v128.not",
};
/** The one instruction that does `op` on four lanes of a dtype. */
const direct: Record<Lane, Record<string, Op>> = {
  f32: floats,
  i32: integers("s"),
  u32: integers("u"),
  bool: masks,
  u8: {},
};
/** Functions of two operands that the host computes lane by lane. */
const byLane = new Set(["pow", "atan2", "rem"]);

/** True when `e` moves by a constant from lane to lane. */
export function lanesOf(e: Index, loop: number): number | null {
  let stride = 0;
  for (const { coefficient, atom } of e.terms) {
    if (atom.kind === "loop") stride += atom.loop === loop ? coefficient : 0;
    else if (atom.kind === "value" || dependsOn(atom.of, loop)) return null;
  }
  return stride;
}

/** How far four lanes of `e` are from the first one, where that is known: lanes along a loop begin with multiples of four. */
export function lanePattern(e: Index, loop: number): readonly [number, number, number, number] | null {
  const pattern: [number, number, number, number] = [0, 0, 0, 0];
  const add = (f: (lane: number) => number): void => {
    for (let lane = 0; lane < 4; lane++) pattern[lane] = (pattern[lane] as number) + f(lane);
  };
  for (const { coefficient, atom } of e.terms) {
    if (atom.kind === "value") return null;
    if (atom.kind === "loop") {
      if (atom.loop === loop) add((l) => coefficient * l);
    } else if (dependsOn(atom.of, loop)) {
      const { of, by, kind } = atom;
      const steady = of.terms.every(({ coefficient: c, atom: a }) =>
        a.kind === "loop" && a.loop === loop
          ? c === 1
          : c % by === 0 && (a.kind === "loop" || (a.kind !== "value" && !dependsOn(a.of, loop))),
      );
      // the first loop may begin anywhere: threads share it
      if (loop === 0 || (by !== 2 && by !== 4) || of.constant % by !== 0 || !steady) return null;
      add((l) => coefficient * (kind === "div" ? Math.floor(l / by) : l % by));
    }
  }
  return pattern;
}

/** True when `e` changes with `loop` or with a computed value. */
export function dependsOn(e: Index, loop: number): boolean {
  return e.terms.some(({ atom }) =>
    atom.kind === "loop" ? atom.loop === loop : atom.kind === "value" || dependsOn(atom.of, loop),
  );
}

/** True when a constant shift amount can be read off the instruction. */
const shiftOf = (x: Instruction | undefined): number | null =>
  x?.op === "const" && x.value >= 0 && x.value < 32 ? x.value : null;

/** Every instruction has a form on four lanes. */
function fits(list: readonly Instruction[]): boolean {
  return list.every((x) => {
    const lane = laneOf(x.dtype);
    if (lane === null) return false;
    if (x.op === "load") return true;
    if (lane === "u8") return false;
    if (x.op === "const" || x.op === "index" || x.op === "guard") return true;
    if (x.op === "accumulator") return lane === "f32" || lane === "i32";
    const from = laneOf((list[x.a] as Instruction).dtype);
    if (from === null) return false;
    if (x.op === "where") return true;
    if (x.op === "cast")
      return (
        lane === from ||
        lane === "bool" ||
        lane === "f32" ||
        from === "bool" ||
        (from === "f32" && lane !== "u32") ||
        from === "u8"
      );
    if (x.op === "bitcast") return from !== "bool" && from !== "u8" && lane !== "bool";
    if (x.op === "isnan") return from === "f32";
    if (x.op === "shl" || x.op === "shr") return (lane === "i32" || lane === "u32") && shiftOf(list[x.b]) !== null;
    if (from === "u8") return false;
    if (direct[from][x.op] !== undefined) return true;
    return from === "f32" && (x.op in vectorFunctions || byLane.has(x.op) || hostUnary.has(x.op));
  });
}

const hostUnary = new Set(["tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh"]);

/** Patterns of lanes that a shuffle makes of neighbours, or that are neighbours. */
export const neighbours: ReadonlySet<string> = new Set(["0,1,2,3", "0,0,1,1", "0,1,0,1"]);

/** True when all that a vector loads beyond the end of a row lies close by, so that a vector may be computed of which only some lanes are there. */
export function readsNear(k: Kernel, loop: number): boolean {
  const near = (list: readonly Instruction[]): boolean =>
    list.every((x) => {
      if (x.op === "guard") return true;
      if (x.op !== "load") return x.op !== "index" || lanePattern(x.index, loop) !== null;
      const pattern = x.guards.length === 0 ? lanePattern(x.index, loop) : null;
      return pattern?.every((n) => n >= -3 && n <= 6) ?? false;
    });
  return near(k.inner) && near(k.outer) && k.stores.every((s) => k.buffers[s.buffer]?.dtype !== "bool");
}

/** True when something is divided that changes with `loop`: lanes must begin with multiples of four. */
export function dividesLanes(k: Kernel, loop: number): boolean {
  const divides = (e: Index): boolean =>
    e.terms.some(({ atom }) => atom.kind !== "loop" && atom.kind !== "value" && dependsOn(atom.of, loop));
  return [...k.inner, ...k.outer].some(
    (x) => ("index" in x && divides(x.index)) || ("guards" in x && x.guards.some((g) => divides(g.of))),
  );
}

/** Loads that go lane by lane when `loop` runs four at a time. */
const scattered = (list: readonly Instruction[], loop: number): number =>
  list.filter((x) => {
    if (x.op !== "load") return false;
    const pattern = lanePattern(x.index, loop);
    return pattern === null || !(pattern[3] === 0 || neighbours.has(pattern.join()));
  }).length;

/** The loop that runs four lanes at a time, or null. */
export function vectorisable(k: Kernel): number | null {
  const depth = k.loops.length + k.reduce.length;
  const last = k.loops.length - 1;
  const folds = k.accumulators.every((a) =>
    a.op === "argmax" || a.op === "argmin"
      ? k.inner[a.value]?.dtype === "f32"
      : a.dtype === "f32" || (a.dtype === "i32" && a.op !== "prod"),
  );
  if (!folds || !fits(k.inner)) return null;
  const row = k.stores.every((s) => {
    const { dtype } = k.buffers[s.buffer] as { dtype: DType };
    return laneOf(dtype) !== null && dtype !== "u8" && affine(s.index, depth)?.strides[last] === 1;
  });
  const candidates: { loop: number; cost: number }[] = [];
  if (last >= 0 && (k.loops[last] as number) >= 4 && row && fits(k.outer))
    candidates.push({ loop: last, cost: scattered(k.reduce.length > 0 ? k.inner : k.outer, last) });
  if (k.reduce.length > 0 && (k.reduce.at(-1) as number) >= 8 && k.accumulators.every((a) => a.dtype === "f32"))
    candidates.push({ loop: depth - 1, cost: scattered(k.inner, depth - 1) });
  candidates.sort((p, q) => p.cost - q.cost);
  return candidates[0]?.loop ?? null;
}

/** One instruction (no load, index or guard) on four lanes; leaves the vector on the stack. */
export function vectorInstruction(
  c: Code,
  x: Instruction,
  list: readonly Instruction[],
  locals: readonly number[],
): void {
  const get = (i: number): void => c.get(locals[i] as number);
  switch (x.op) {
    case "const":
      if (x.dtype === "f32") c.constant4("f32", x.value);
      else c.constant4("i32", x.dtype === "bool" ? -Number(x.value !== 0) : x.value);
      return;
    case "where":
      get(x.b);
      get(x.c);
      get(x.a);
      c.op("v128.bitselect");
      return;
    case "cast":
      get(x.a);
      castLanes(c, x.dtype, (list[x.a] as Instruction).dtype);
      return;
    case "bitcast":
      get(x.a);
      return;
    case "isnan":
      get(x.a);
      get(x.a);
      c.op("f32x4.ne");
      return;
    case "load":
    case "index":
    case "guard":
    case "accumulator":
      throw new TypeError(`wasm: ${x.op} has no vector form of its own`);
    default:
  }
  const from = laneOf((list[x.a] as Instruction).dtype) as Lane;
  if (x.op === "shl" || x.op === "shr") {
    get(x.a);
    c.i32(shiftOf(list[x.b]) as number);
    c.op(x.op === "shl" ? "i32x4.shl" : from === "u32" ? "i32x4.shr_u" : "i32x4.shr_s");
    return;
  }
  if (from === "f32" && (x.op === "max" || x.op === "min") && besideConstant(c, x.op, x, list, locals)) return;
  const one = direct[from][x.op];
  if (one !== undefined) {
    get(x.a);
    if ("b" in x) get(x.b);
    c.op(one);
    if (from === "bool" && x.op === "eq") c.op("v128.not");
    return;
  }
  if ("b" in x) pairs(c, x.op as "pow", locals[x.a] as number, locals[x.b] as number);
  else vectorFunction(c, x.op, locals[x.a] as number, hasFusedMultiplyAdd());
}

/** Max or min of a vector and a constant in one or two instructions (f32x4.max is eight of x86); false if there are none for this constant. */
function besideConstant(
  c: Code,
  op: "max" | "min",
  { a, b }: { readonly a: number; readonly b: number },
  list: readonly Instruction[],
  locals: readonly number[],
): boolean {
  const given = [a, b].find((i) => list[i]?.op === "const");
  if (given === undefined) return false;
  const { value } = list[given] as Extract<Instruction, { op: "const" }>;
  if (Number.isNaN(value) || (op === "min" && Object.is(value, -0))) return false;
  // The first operand stays, NaN too, unless the second one is beyond it.
  c.get(locals[given === a ? b : a] as number);
  c.get(locals[given] as number);
  c.op(op === "max" ? "f32x4.pmax" : "f32x4.pmin");
  if (op === "max" && Object.is(value, 0)) {
    // −0 becomes +0
    c.get(locals[given] as number);
    c.op("f32x4.add");
  }
  return true;
}

/** Converts the vector on the stack. */
function castLanes(c: Code, to: DType, from: DType): void {
  if (to === from) return;
  if (to === "bool") {
    if (from === "f32") c.constant4("f32", 0);
    else c.constant4("i32", 0);
    c.op(from === "f32" ? "f32x4.ne" : "i32x4.ne");
  } else if (from === "bool") {
    if (to === "f32") c.constant4("f32", 1);
    else c.constant4("i32", 1);
    c.op("v128.and");
  } else if (to === "f32") c.op(from === "u32" ? "f32x4.convert_i32x4_u" : "f32x4.convert_i32x4_s");
  else if (from === "f32") c.op(to === "u32" ? "i32x4.trunc_sat_f32x4_u" : "i32x4.trunc_sat_f32x4_s");
}

/** A function of two f32 operands, lane by lane. */
function pairs(c: Code, op: "pow", a: number, b: number): void {
  const [out, x, y] = [c.local("v128"), c.local("f32"), c.local("f32")];
  c.get(a);
  c.set(out);
  for (let lane = 0; lane < 4; lane++) {
    for (const [from, to] of [
      [a, x],
      [b, y],
    ] as const) {
      c.get(from);
      c.extract("f32", lane);
      c.set(to);
    }
    c.get(out);
    binary(c, op, "f32", "f32", x, y);
    c.replace("f32", lane);
    c.set(out);
  }
  c.get(out);
}
