import type { DType } from "../dtype.ts";
import { isFloat } from "../dtype.ts";
import type { Builder, Value } from "../primitive.ts";
import { evaluateBinary, evaluateUnary } from "./evaluate.ts";
import { constantIndex, indexKey, rangeOf, valueIndex } from "./index-expr.ts";
import type { BinaryOp, Guard, Index, Instruction, UnaryOp } from "./ir.ts";

/** Gives the value of a node at an index to a {@link KernelBuilder}: a load, its own instructions, or an accumulator. */
export type Resolve<N> = (builder: KernelBuilder<N>, node: N, index: readonly Index[]) => Value;

/** Instructions of one loop level, with equal ones joined and scalar constants folded. */
export class KernelBuilder<N> implements Omit<Builder, "value"> {
  readonly instructions: Instruction[] = [];
  readonly #known = new Map<string, Value>();
  readonly #resolve: Resolve<N>;
  #guards: readonly Guard[] = [];

  constructor(resolve: Resolve<N>) {
    this.#resolve = resolve;
  }

  #emit(key: string, instruction: Instruction): Value {
    const old = this.#known.get(key);
    if (old !== undefined) return old;
    this.#known.set(key, this.instructions.length);
    return this.instructions.push(instruction) - 1;
  }

  value(node: N, index: readonly Index[]): Value {
    return this.#resolve(this, node, index);
  }

  constant(dtype: DType, value: number): Value {
    return this.#emit(`c${dtype}${Object.is(value, -0) ? "-0" : value}`, { op: "const", dtype, value });
  }

  index(index: Index): Value {
    if (index.terms.length === 0) return this.constant("i32", index.constant);
    return this.#emit(`i${indexKey(index)}`, { op: "index", dtype: "i32", index });
  }

  load(buffer: number, dtype: DType, index: Index, fill = 0): Value {
    const guards = this.#guards;
    return this.#emit(`l${buffer},${indexKey(index)},${guardKey(guards)},${fill}`, {
      op: "load",
      dtype,
      buffer,
      index,
      guards,
      fill,
    });
  }

  accumulator(a: number, dtype: DType): Value {
    return this.#emit(`a${a}`, { op: "accumulator", dtype, a });
  }

  unary(op: UnaryOp | "cast" | "bitcast", dtype: DType, a: Value): Value {
    const x = this.instructions[a] as Instruction;
    if (op === "cast" && x.dtype === dtype) return a;
    if (x.op === "const" && op !== "bitcast") return this.constant(dtype, evaluateUnary(op, dtype, x.dtype, x.value));
    return this.#emit(`${op}${dtype},${a}`, { op, dtype, a } as Instruction);
  }

  binary(op: BinaryOp, dtype: DType, a: Value, b: Value): Value {
    const [p, q] = [this.instructions[a] as Instruction, this.instructions[b] as Instruction];
    if (p.op === "const" && q.op === "const")
      return this.constant(dtype, evaluateBinary(op, dtype, p.dtype, p.value, q.value));
    // Exact identities only: x + 0 is not one, as it loses the sign of −0.
    if (q.op === "const" && q.value === 1 && (op === "mul" || (op === "div" && isFloat(dtype)))) return a;
    if (p.op === "const" && p.value === 1 && op === "mul") return b;
    return this.#emit(`${op}${dtype},${a},${b}`, { op, dtype, a, b });
  }

  where(dtype: DType, condition: Value, a: Value, b: Value): Value {
    const c = this.instructions[condition] as Instruction;
    if (c.op === "const") return c.value ? a : b;
    if (a === b) return a;
    return this.#emit(`w${dtype},${condition},${a},${b}`, { op: "where", dtype, a: condition, b: a, c: b });
  }

  /** Guards that the ranges do not already decide; null if one of them never holds. */
  #undecided(guards: readonly Guard[]): readonly Guard[] | null {
    const open: Guard[] = [];
    for (const g of guards) {
      const [low, high] = rangeOf(g.of);
      if (low >= g.high || high < g.low) return null;
      if (low < g.low || high >= g.high) open.push(g);
    }
    return open;
  }

  guarded(guards: readonly Guard[], dtype: DType, then: () => Value, fill: number): Value {
    const open = this.#undecided(guards);
    if (open === null) return this.constant(dtype, fill);
    if (open.length === 0) return then();
    const outside = this.#guards;
    this.#guards = [...outside, ...open];
    const v = then();
    const x = this.instructions[v] as Instruction;
    const direct = x.op === "load" && x.guards === this.#guards ? this.load(x.buffer, dtype, x.index, fill) : null;
    this.#guards = outside;
    return direct ?? this.choose(open, dtype, v, this.constant(dtype, fill));
  }

  choose(guards: readonly Guard[], dtype: DType, a: Value, b: Value): Value {
    const open = this.#undecided(guards);
    if (open === null) return b;
    if (open.length === 0 || a === b) return a;
    return this.where(dtype, this.#emit(`g${guardKey(open)}`, { op: "guard", dtype: "bool", guards: open }), a, b);
  }

  dynamic(value: Value, extent: number): Index {
    const x = this.instructions[value] as Instruction;
    if (x.op === "const") return constantIndex(Math.min(Math.max(0, x.value), Math.max(0, extent - 1)));
    return valueIndex(value, extent);
  }

  /** Distinguishes memoised values made under different guards. */
  get context(): string {
    return guardKey(this.#guards);
  }
}

const guardKey = (guards: readonly Guard[]): string =>
  guards.map((g) => `${indexKey(g.of)}:${g.low}:${g.high}`).join("&");
