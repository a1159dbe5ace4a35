import { affine } from "../../ir/index-expr.ts";
import type { Instruction, Kernel } from "../../ir/ir.ts";
import type { Code, Op } from "./assembler.ts";
import { callHost } from "./scalar.ts";

const direct = new Set([
  "neg",
  "abs",
  "floor",
  "ceil",
  "trunc",
  "sqrt",
  "add",
  "sub",
  "mul",
  "div",
  "max",
  "min",
  "eq",
  "lt",
  "le",
]);
const byLane = new Set(["exp", "log", "tanh", "sigmoid", "sin", "cos", "erf", "expm1", "log1p", "sign"]);

/** Every instruction works on f32 lanes (comparisons give masks), and every load moves by 0 or 1 element along `loop`. */
function fits(list: readonly Instruction[], loop: number, depth: number): boolean {
  return list.every((x) => {
    const from = "a" in x && x.op !== "accumulator" ? (list[x.a] as Instruction).dtype : "f32";
    if (x.op === "load") {
      const stride = affine(x.index, depth)?.strides[loop];
      return x.dtype === "f32" && x.guards.length === 0 && (stride === 0 || stride === 1);
    }
    if (x.op === "const") return x.dtype === "f32";
    if (x.op === "accumulator") return x.dtype === "f32";
    if (x.op === "where") return x.dtype === "f32";
    if (x.op === "cast") return x.dtype === "f32" && from === "bool";
    if (x.op === "round") return x.dtype === "f32";
    return (direct.has(x.op) || byLane.has(x.op)) && from === "f32";
  });
}

/** The loop that can run four lanes at a time, or null. */
export function vectorisable(k: Kernel): number | null {
  const depth = k.loops.length + k.reduce.length;
  const last = k.loops.length - 1;
  const folds = k.accumulators.every(
    (a) => a.dtype === "f32" && a.op !== "argmax" && a.op !== "argmin" && k.inner[a.value]?.dtype === "f32",
  );
  if (!folds) return null;
  const storesRow = k.stores.every((s) => {
    return (
      k.buffers[s.buffer]?.dtype === "f32" &&
      affine(s.index, depth)?.strides[last] === 1 &&
      k.outer[s.value]?.dtype === "f32"
    );
  });
  if (
    last >= 0 &&
    (k.loops[last] as number) >= 4 &&
    storesRow &&
    fits(k.outer, last, depth) &&
    fits(k.inner, last, depth)
  )
    return last;
  if (k.reduce.length > 0 && (k.reduce.at(-1) as number) >= 8 && fits(k.inner, depth - 1, depth)) return depth - 1;
  return null;
}

/** One instruction on four lanes; leaves the vector on the stack. */
export function vectorInstruction(c: Code, x: Instruction, locals: readonly number[]): void {
  const get = (i: number): void => c.get(locals[i] as number);
  switch (x.op) {
    case "const":
      c.f32(x.value);
      c.op("f32x4.splat");
      return;
    case "where":
      get(x.b);
      get(x.c);
      get(x.a);
      c.op("v128.bitselect");
      return;
    case "cast":
      get(x.a);
      c.f32(1);
      c.op("f32x4.splat");
      c.op("v128.and");
      return;
    case "round":
      get(x.a);
      c.op("f32x4.nearest");
      return;
    case "load":
    case "index":
    case "guard":
    case "accumulator":
    case "bitcast":
      throw new TypeError(`wasm: ${x.op} has no vector form`);
    default:
  }
  get(x.a);
  if ("b" in x) get(x.b);
  if (direct.has(x.op)) {
    c.op(`f32x4.${x.op}` as Op);
    return;
  }
  // Functions of the host work lane by lane.
  const [v, out] = [c.local("v128"), c.local("v128")];
  c.tee(v);
  c.set(out);
  for (let lane = 0; lane < 4; lane++) {
    c.get(out);
    c.get(v);
    c.extractF32(lane);
    callHost(c, x.op, "f32");
    c.replaceF32(lane);
    c.set(out);
  }
  c.get(out);
}
