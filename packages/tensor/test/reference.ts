import { type DType, dtypes } from "../src/dtype.ts";
import { convert, evaluateBinary, evaluateUnary, foldStep, leads, wrap } from "../src/ir/evaluate.ts";
import type { Atom, Guard, Index, Special } from "../src/ir/ir.ts";
import { f16ToNumber, numberToF16 } from "../src/ir/scalar-math.ts";
import type { Builder, Value } from "../src/primitive.ts";
import { sizeOf } from "../src/shape.ts";
import { part, type Tensor } from "../src/tensor.ts";
import { reach } from "../src/transforms/graph.ts";

/**
 * Values of tensors by the definition of each primitive, element by element, without scheduler or backend. It keeps faults of the rules apart
 * from faults of what runs them.
 */
export function evaluate(...tensors: readonly Tensor[]): number[][] {
  const env = new Map<Tensor, number[]>();
  for (const node of reach(tensors, 0)) env.set(node, compute(node, env));
  return tensors.map((t) => env.get(t) as number[]);
}

/** Values of one tensor. */
export const values = (t: Tensor): number[] => evaluate(t)[0] as number[];

type Env = ReadonlyMap<Tensor, number[]>;

const constant = (n: number): Index => ({ constant: n, terms: [] });

function positions(shape: readonly number[]): number[][] {
  return Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const index = new Array<number>(shape.length);
    for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
      index[axis] = rest % (shape[axis] as number);
      rest = Math.floor(rest / (shape[axis] as number));
    }
    return index;
  });
}

/** A builder whose instructions run at once. */
export class Machine implements Builder {
  readonly env: Env;
  readonly dtypes: DType[] = [];
  readonly numbers: number[] = [];

  constructor(env: Env) {
    this.env = env;
  }

  push(dtype: DType, x: number): Value {
    this.dtypes.push(dtype);
    return this.numbers.push(x) - 1;
  }
  type = (v: Value): DType => this.dtypes[v] as DType;
  get = (v: Value): number => this.numbers[v] as number;

  at(e: Index): number {
    return e.constant + e.terms.reduce((s, t) => s + t.coefficient * this.atom(t.atom), 0);
  }
  private atom(a: Atom): number {
    if (a.kind === "value") return this.get(a.instruction);
    if (a.kind === "loop") throw new Error("loops have been substituted");
    const of = this.at(a.of);
    return a.kind === "div" ? Math.floor(of / a.by) : of - a.by * Math.floor(of / a.by);
  }
  private holds(guards: readonly Guard[]): boolean {
    return guards.every((g) => this.at(g.of) >= g.low && this.at(g.of) < g.high);
  }

  value(t: Tensor, index: readonly Index[]): Value {
    const place = index.map((e) => this.at(e));
    if (place.length !== t.rank || place.some((p, i) => p < 0 || p >= (t.shape[i] as number)))
      throw new Error(`load of [${place}] from [${t.shape}]`);
    return this.push(
      t.dtype,
      (this.env.get(t) as number[])[place.reduce((flat, p, i) => flat * (t.shape[i] as number) + p, 0)] as number,
    );
  }
  constant(dtype: DType, x: number): Value {
    return this.push(dtype, wrap(dtype, x));
  }
  index(e: Index): Value {
    return this.push("i32", this.at(e));
  }
  unary(op: Parameters<Builder["unary"]>[0], dtype: DType, a: Value): Value {
    return this.push(
      dtype,
      op === "bitcast"
        ? bitcast(dtype, this.type(a), this.get(a))
        : evaluateUnary(op, dtype, this.type(a), this.get(a)),
    );
  }
  binary(op: Parameters<Builder["binary"]>[0], dtype: DType, a: Value, b: Value): Value {
    if (this.type(a) !== this.type(b)) throw new Error(`${op}: ${this.type(a)} and ${this.type(b)}`);
    return this.push(dtype, evaluateBinary(op, dtype, this.type(a), this.get(a), this.get(b)));
  }
  where(dtype: DType, c: Value, a: Value, b: Value): Value {
    return this.push(dtype, this.get(this.get(c) ? a : b));
  }
  guarded(guards: readonly Guard[], dtype: DType, then: () => Value, fill: number): Value {
    return this.holds(guards) ? then() : this.push(dtype, wrap(dtype, fill));
  }
  choose(guards: readonly Guard[], dtype: DType, a: Value, b: Value): Value {
    return this.push(dtype, this.get(this.holds(guards) ? a : b));
  }
  dynamic(v: Value, extent: number): Index {
    return constant(Math.min(Math.max(this.get(v), 0), extent - 1));
  }
}

function bitcast(to: DType, from: DType, x: number): number {
  const bytes = new DataView(new ArrayBuffer(8));
  const suffix: Record<DType, string> = {
    f32: "Float32",
    f64: "Float64",
    f16: "Uint16",
    i32: "Int32",
    u32: "Uint32",
    i8: "Int8",
    u8: "Uint8",
    bool: "Uint8",
  };
  const view = bytes as unknown as Record<string, (at: number, x?: number) => number>;
  (view[`set${suffix[from]}`] as (at: number, x: number) => void).call(bytes, 0, from === "f16" ? numberToF16(x) : x);
  const bits = (view[`get${suffix[to]}`] as (at: number) => number).call(bytes, 0);
  return to === "f16" ? f16ToNumber(bits) : bits;
}

function compute(node: Tensor, env: Env): number[] {
  const { lower } = node.primitive;
  if (node.host !== null) return Array.from(node.host, node.dtype === "f16" ? f16ToNumber : (x) => x);
  const inputs = node.inputs.map((t) => env.get(t) as number[]);
  if (lower.kind === "alias") return inputs[0] as number[];
  if (node.primitive === part) return (inputs[0] as unknown as number[][])[node.attributes.index] as number[];
  if (lower.kind === "special") {
    const work = lower.special(node, node.parts?.map(() => true) ?? [true]);
    return work.kind === "routine" ? routine(work, node, inputs) : special(work, inputs);
  }
  if (lower.kind === "map")
    return positions(node.shape).map((p) => {
      const b = new Machine(env);
      return b.get(lower.emit(b, node, p.map(constant)));
    });
  if (lower.kind !== "reduce") throw new Error(`no value: ${node.primitive.name}`);
  const op = lower.op(node);
  const inner = positions(lower.extents(node));
  return positions(node.shape).map((p) => {
    const terms = inner.map((r) => {
      const b = new Machine(env);
      return b.get(lower.emit(b, node, p.map(constant), r.map(constant)));
    });
    if (op === "argmax" || op === "argmin")
      return terms.reduce((best, x, i) => (leads(op, terms[best] as number, x) ? i : best), 0);
    const start = op === "sum" ? 0 : op === "prod" ? 1 : (terms[0] as number);
    return wrap(
      node.dtype,
      terms.reduce((x, y) => foldStep(op, node.dtype, x, y), start),
    );
  });
}

/** A routine's own arithmetic; of a node with several parts, one list per part. */
function routine(work: Extract<Special, { kind: "routine" }>, node: Tensor, inputs: readonly number[][]): number[] {
  const outputs = (node.parts ?? [node]).map(({ shape, dtype }) =>
    hostArray(new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0), dtype),
  );
  work.run([...inputs.map((x, i) => hostArray(x, (node.inputs[i] as Tensor).dtype)), ...outputs]);
  const results = outputs.map((x, i) =>
    Array.from(x as ArrayLike<number>, ((node.parts ?? [node])[i] as Tensor).dtype === "f16" ? f16ToNumber : (v) => v),
  );
  return node.parts === null ? (results[0] as number[]) : (results as unknown as number[]);
}

function special(work: Exclude<Special, { kind: "routine" }>, inputs: readonly number[][]): number[] {
  if (work.kind === "scan" || work.kind === "switch" || work.kind === "while")
    throw new Error(`${work.kind} is tested with the transforms`);
  const { outer, n, inner, dtype } = work;
  const [first, second, third] = inputs as [number[], number[], number[]];
  const out = [...first];
  if (work.kind === "scatter") {
    for (let o = 0; o < outer; o++)
      for (let r = 0; r < work.m; r++) {
        const row = second[(work.batchedIndices ? o * work.m : 0) + r] as number;
        if (row < 0 || row >= n) continue;
        for (let i = 0; i < inner; i++) {
          const at = (o * n + row) * inner + i;
          const u = third[(o * work.m + r) * inner + i] as number;
          out[at] = work.mode === "set" ? u : evaluateBinary(work.mode, dtype, dtype, out[at] as number, u);
        }
      }
    return out;
  }
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      let h: number | null = null;
      for (let step = 0; step < n; step++) {
        const at = (o * n + (work.reverse ? n - 1 - step : step)) * inner + i;
        const x = first[at] as number;
        if (work.kind === "recurrence")
          h = wrap(dtype, (h === null ? 0 : evaluateBinary("mul", dtype, dtype, h, x)) + (second[at] as number));
        else h = h === null ? x : foldStep(work.op, dtype, h, x);
        out[at] = wrap(dtype, h);
      }
    }
  return out;
}

/** Host values as `dtype` holds them. */
export function hostArray(data: readonly number[], dtype: DType): InstanceType<(typeof dtypes)[DType]["array"]> {
  const array = new (dtypes[dtype].array as unknown as new (n: number) => Float64Array)(data.length);
  data.forEach((x, i) => {
    array[i] = dtype === "f16" ? numberToF16(x) : convert(dtype, "f64", x);
  });
  return array as never;
}
