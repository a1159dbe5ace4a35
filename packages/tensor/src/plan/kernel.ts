import { KernelBuilder } from "../ir/builder.ts";
import { affine, flattenIndex, indexKey, loopIndex, unflattenIndex } from "../ir/index-expr.ts";
import type { BufferType, Contraction, Index, Instruction, Kernel, Operand } from "../ir/ir.ts";
import type { Builder, Value } from "../primitive.ts";
import { type Shape, sameShape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Captured } from "./capture.ts";

/** Thrown while a kernel is built: this node cannot be computed inside it and must go to memory first. */
export class Materialise {
  readonly node: number;
  constructor(node: number) {
    this.node = node;
  }
}

/** Thrown while a kernel is built: run it over these loops instead, so that the fold inside sees its own axes. */
class Reloop {
  readonly shape: Shape;
  constructor(shape: Shape) {
    this.shape = shape;
  }
}

/** A kernel and the nodes behind its buffers; the last one is the result. */
export interface Built {
  readonly kernel: Kernel;
  readonly buffers: readonly number[];
}

/** Builds the kernel that computes node `root`, inlining every node that is not in `stored`. */
export function buildKernel(graph: Captured, stored: ReadonlySet<number>, root: number): Built {
  const node = graph.nodes[root] as Tensor;
  // One flat loop is best if every access stays affine in it; else the axes of the result; else those of the fold inside.
  if (node.rank !== 1 && node.primitive.lower.kind === "map") {
    const flat = attempt(graph, stored, root, [sizeOf(node.shape)]);
    if (flat instanceof Reloop) return attempt(graph, stored, root, flat.shape) as Built;
    if (flat.kernel.reduce.length > 0 || flat.kernel.outer.every(isFlat)) return flat;
  }
  const built = attempt(graph, stored, root, node.shape);
  return built instanceof Reloop ? (attempt(graph, stored, root, built.shape) as Built) : built;
}

const isFlat = (x: Instruction): boolean =>
  x.op === "load" ? affine(x.index, 1) !== null && x.guards.length === 0 : x.op !== "index" && x.op !== "guard";

function attempt(graph: Captured, stored: ReadonlySet<number>, root: number, loops: Shape): Built | Reloop {
  try {
    return new Nest(graph, stored, root, loops).build();
  } catch (e) {
    if (e instanceof Reloop) return e;
    throw e;
  }
}

class Nest {
  readonly #buffers: number[] = [];
  #fold: number | null = null;
  #inner: KernelBuilder<Tensor> | null = null;
  #innerValue: Value = 0;
  readonly #memo = new Map<string, Value>();
  readonly #graph: Captured;
  readonly #stored: ReadonlySet<number>;
  readonly #root: number;
  readonly #loops: Shape;

  constructor(graph: Captured, stored: ReadonlySet<number>, root: number, loops: Shape) {
    this.#graph = graph;
    this.#stored = stored;
    this.#root = root;
    this.#loops = loops;
  }

  #node(n: number): Tensor {
    return this.#graph.nodes[n] as Tensor;
  }

  #buffer(n: number): number {
    const i = this.#buffers.indexOf(n);
    return i >= 0 ? i : this.#buffers.push(n) - 1;
  }

  get #axes(): Index[] {
    return this.#loops.map((extent, i) => loopIndex(i, extent));
  }

  build(): Built {
    const node = this.#node(this.#root);
    const position = flattenIndex(this.#axes, this.#loops);
    const index = sameShape(node.shape, this.#loops) ? this.#axes : unflattenIndex(position, node.shape);
    const outer = this.#builder(false);
    const value = this.#at(outer, this.#root, index, true, false);
    const out = this.#buffers.push(this.#root) - 1;
    const folded = this.#fold === null ? null : this.#node(this.#fold);
    const lower = folded?.primitive.lower;
    const contraction = folded === null ? undefined : this.#contraction(folded);
    const kernel: Kernel = {
      kind: "loops",
      name:
        folded === null || folded === node ? node.primitive.name : `${folded.primitive.name}+${node.primitive.name}`,
      loops: this.#loops,
      reduce: folded !== null && lower?.kind === "reduce" ? lower.extents(folded) : [],
      inner: this.#inner?.instructions ?? [],
      accumulators:
        folded !== null && lower?.kind === "reduce"
          ? [{ op: lower.op(folded), dtype: folded.dtype, value: this.#innerValue }]
          : [],
      outer: outer.instructions,
      buffers: this.#buffers.map((n): BufferType => ({ dtype: this.#node(n).dtype, size: this.#node(n).size })),
      stores: [{ buffer: out, index: position, value }],
      ...(contraction === undefined ? {} : { contraction }),
    };
    return { kernel, buffers: this.#buffers };
  }

  #builder(inner: boolean): KernelBuilder<Tensor> {
    return new KernelBuilder<Tensor>((b, node, index) =>
      this.#at(b, this.#graph.at.get(node) as number, index, false, inner),
    );
  }

  /** The value of node `n` at `index`. */
  #at(b: KernelBuilder<Tensor>, n: number, index: readonly Index[], isRoot: boolean, inner: boolean): Value {
    const node = this.#node(n);
    const scalar = this.#graph.scalars.get(n);
    if (scalar !== undefined) return b.constant(node.dtype, scalar);
    if (!isRoot && this.#stored.has(n)) return b.load(this.#buffer(n), node.dtype, flattenIndex(index, node.shape));
    const { lower } = node.primitive;
    if (lower.kind === "reduce") return this.#host(b, n, index, inner);
    if (lower.kind !== "map") throw new Materialise(n);
    const key = `${inner ? "i" : "o"}${n}@${index.map(indexKey).join()}|${b.context}`;
    let v = this.#memo.get(key);
    if (v === undefined) this.#memo.set(key, (v = lower.emit(b as unknown as Builder, node, index)));
    return v;
  }

  /** The one fold of this kernel; it must be asked for at exactly the loops' own position. */
  #host(b: KernelBuilder<Tensor>, n: number, index: readonly Index[], inner: boolean): Value {
    const node = this.#node(n);
    const { lower } = node.primitive;
    const here = indexKey(flattenIndex(index, node.shape)) === indexKey(flattenIndex(this.#axes, this.#loops));
    if (
      inner ||
      lower.kind !== "reduce" ||
      (this.#fold !== null && this.#fold !== n) ||
      !here ||
      sizeOf(this.#loops) !== node.size ||
      b.context !== ""
    )
      throw new Materialise(n);
    if (!sameShape(node.shape, this.#loops)) throw new Reloop(node.shape);
    if (this.#fold === null) {
      this.#fold = n;
      this.#inner = this.#builder(true);
      const extents = lower.extents(node);
      const axes = extents.map((extent, i) => loopIndex(this.#loops.length + i, extent));
      this.#innerValue = lower.emit(this.#inner as unknown as Builder, node, this.#axes, axes);
    }
    return b.accumulator(0, node.dtype);
  }

  /** The hint for products, if both operands are affine views of buffers. */
  #contraction(node: Tensor): Contraction | undefined {
    const { lower } = node.primitive;
    if (lower.kind !== "reduce" || lower.contraction === undefined) return undefined;
    const [a, b] = node.inputs.map((x) => this.#operand(x)) as [Operand | null, Operand | null];
    return a && b ? lower.contraction(node, a, b) : undefined;
  }

  #operand(x: Tensor): Operand | null {
    const n = this.#graph.at.get(x) as number;
    const b = this.#builder(true);
    const axes = x.shape.map((extent, i) => loopIndex(i, extent));
    const saved = new Map(this.#memo);
    this.#memo.clear();
    const v = this.#at(b, n, axes, false, true);
    this.#memo.clear();
    for (const [k, value] of saved) this.#memo.set(k, value);
    const load = b.instructions[v] as Instruction;
    const flat = load.op === "load" && load.guards.length === 0 ? affine(load.index, x.rank) : null;
    if (load.op !== "load" || flat === null) {
      // A view that is not affine (a reshape of a permutation, say) is copied once rather than read the slow way many times.
      if (!this.#stored.has(n)) throw new Materialise(n);
      return null;
    }
    return { buffer: load.buffer, offset: flat.constant, strides: flat.strides };
  }
}
