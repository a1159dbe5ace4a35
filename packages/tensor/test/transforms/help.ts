import { dtypes } from "../../src/dtype.ts";
import type { Atom, Guard, Index } from "../../src/ir/ir.ts";
import type { Builder } from "../../src/primitive.ts";
import { sizeOf } from "../../src/shape.ts";
import { hostTensor, part, type Tensor } from "../../src/tensor.ts";
import type { Graph } from "../../src/transforms/graph.ts";
import { reach } from "../../src/transforms/graph.ts";

/** An f64 tensor. */
export const f64 = (data: readonly number[], shape: readonly number[] = [data.length]): Tensor =>
  hostTensor(Float64Array.from(data), shape, "f64");

/**
 * Values of a graph by its definition, element by element in f64, without plan or backend: slow, and independent of what schedules and fuses.
 */
export const values = (t: Tensor): number[] => evaluate([t])[0] as number[];

const constant = (n: number): Index => ({ constant: n, terms: [] });
const at = (i: Index): number => i.constant + i.terms.reduce((s, t) => s + t.coefficient * atom(t.atom), 0);
function atom(a: Atom): number {
  if (a.kind === "div") return Math.floor(at(a.of) / a.by);
  if (a.kind === "mod") return at(a.of) - a.by * Math.floor(at(a.of) / a.by);
  throw new Error("loops have been substituted");
}
const holds = (guards: readonly Guard[]): boolean => guards.every((g) => at(g.of) >= g.low && at(g.of) < g.high);

const unary: Record<string, (x: number) => number> = {
  neg: (x) => -x,
  not: (x) => Number(!x),
  isnan: (x) => Number(Number.isNaN(x)),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};
const binary: Record<string, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  rem: (a, b) => a % b,
  pow: Math.pow,
  atan2: Math.atan2,
  max: Math.max,
  min: Math.min,
  eq: (a, b) => Number(a === b),
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => a << b,
  shr: (a, b) => a >>> b,
};

type Env = Map<Tensor, number[] | number[][]>;

function evaluate(outputs: readonly Tensor[], env: Env = new Map()): number[][] {
  for (const node of reach(outputs, 0)) if (!env.has(node)) env.set(node, compute(node, env));
  return outputs.map((t) => env.get(t) as number[]);
}

function run(graph: Graph, inputs: readonly number[][]): number[][] {
  return evaluate(graph.outputs, new Map(graph.inputs.map((t, i) => [t, inputs[i] as number[]])));
}

function positions(shape: readonly number[]): number[][] {
  return Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const index: number[] = [];
    let rest = flat;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % (shape[axis] as number);
      rest = Math.floor(rest / (shape[axis] as number));
    }
    return index;
  });
}

function compute(node: Tensor, env: Env): number[] | number[][] {
  const inputs = node.inputs.map((t) => env.get(t) as number[]);
  const { lower } = node.primitive;
  if (node.inputs.length === 0 && node.storage !== null)
    return [...(node.storage.backend.readSync?.(node.storage, node.dtype, node.size) ?? [])];
  if (node.primitive === part)
    return (env.get(node.inputs[0] as Tensor) as number[][])[node.attributes.index] as number[];
  if (lower.kind === "leaf") {
    if (node.host === null) throw new Error(`no value: ${node.primitive.name}`);
    return [...node.host];
  }
  if (lower.kind === "alias") return inputs[0] as number[];
  if (lower.kind === "inline") return run(node.attributes.graph, inputs);
  if (lower.kind === "special") {
    if (node.primitive.name !== "scan") throw new Error(node.primitive.name);
    return scan(node, inputs);
  }
  const b: Builder = {
    value: (t, index) =>
      (env.get(t) as number[])[index.reduce((flat, i, axis) => flat * (t.shape[axis] as number) + at(i), 0)] as number,
    constant: (_, value) => value,
    index: at,
    unary: (op, dtype, x) =>
      op === "cast"
        ? dtypes[dtype].kind === "float"
          ? x
          : dtype === "bool"
            ? Number(x !== 0)
            : Math.trunc(x)
        : ((unary[op] ?? (Math as unknown as typeof unary)[op]) as (x: number) => number)(x),
    binary: (op, _, x, y) => (binary[op] as (x: number, y: number) => number)(x, y),
    where: (_, c, x, y) => (c ? x : y),
    guarded: (guards, _, then, fill) => (holds(guards) ? then() : fill),
    choose: (guards, _, x, y) => (holds(guards) ? x : y),
    dynamic: (value, extent) => constant(Math.min(Math.max(value, 0), extent - 1)),
  };
  if (lower.kind === "map") return positions(node.shape).map((p) => lower.emit(b, node, p.map(constant)));
  if (lower.kind !== "reduce") throw new Error(lower.kind);
  const op = lower.op(node);
  const inner = positions(lower.extents(node));
  return positions(node.shape).map((p) => {
    const terms = inner.map((r) => lower.emit(b, node, p.map(constant), r.map(constant)));
    if (op === "sum") return terms.reduce((x, y) => x + y, 0);
    if (op === "prod") return terms.reduce((x, y) => x * y, 1);
    if (op === "max") return Math.max(...terms);
    if (op === "min") return Math.min(...terms);
    return terms.indexOf(op === "argmax" ? Math.max(...terms) : Math.min(...terms));
  });
}

function scan(node: Tensor, inputs: number[][]): number[][] {
  const { length, reverse, consts, carries, body, saved } = node.attributes;
  const fixed = inputs.slice(0, consts);
  const xs = inputs.slice(consts + carries);
  let state = inputs.slice(consts, consts + carries);
  const ys: number[][][] = (node.parts ?? []).slice(carries).map(() => []);
  for (let step = 0; step < length; step++) {
    const i = reverse ? length - 1 - step : step;
    const out = run(body, [
      ...fixed,
      ...state,
      ...xs.map((x) => x.slice((i * x.length) / length, ((i + 1) * x.length) / length)),
    ]);
    [...out.slice(carries), ...saved.map((k: number) => state[k])].forEach((y, k) => {
      (ys[k] as number[][])[i] = y;
    });
    state = out.slice(0, carries);
  }
  return [...state, ...ys.map((y) => y.flat())];
}
