import type { Storage } from "./backend.ts";
import { checkTensor } from "./check.ts";
import type { DType, HostArray } from "./dtype.ts";
import { DisposedError, ShapeError, TraceError } from "./errors.ts";
import { relu } from "./functions/activation.ts";
import * as arithmetic from "./functions/arithmetic.ts";
import { at, type Pick } from "./functions/at.ts";
import { astype } from "./functions/casting.ts";
import { clone } from "./functions/clone.ts";
import * as comparison from "./functions/comparison.ts";
import * as elementary from "./functions/elementary.ts";
import { matmul } from "./functions/matmul.ts";
import type { TensorLike } from "./functions/operands.ts";
import type { Axes, ReduceOptions } from "./functions/reduction.ts";
import * as reduction from "./functions/reduction.ts";
import * as shaping from "./functions/shaping.ts";
import { realize } from "./memory.ts";
import { notePending } from "./pending.ts";
import type { Aval, Primitive } from "./primitive.ts";
import { type NestedValues, nested, read, readSync, type Values } from "./read.ts";
import { disposeTensor } from "./scope.ts";
import type { Shape } from "./shape.ts";
import { show, sizeOf } from "./shape.ts";
import { isActive } from "./trace.ts";

let nextId = 1;
/** Id of the tensor that was made last. */
export const lastId = (): number => nextId - 1;

/**
 * A node of an immutable graph: the operation that makes it, its inputs, shape and dtype. Values come into being when they are
 * asked for.
 */
// biome-ignore lint/suspicious/noExplicitAny: see Primitive
export class Tensor<A = any> {
  readonly id: number = nextId++;
  readonly primitive: Primitive<A>;
  /** Emptied when the tensor is realised as a leaf. */
  inputs: readonly Tensor[];
  readonly attributes: A;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Avals of a multi-output node, which is itself never seen by users; null for ordinary tensors. */
  readonly parts: readonly Aval[] | null;
  /** Depends on a placeholder: has no value of its own. */
  readonly abstract: boolean;
  /** Outermost transform that was running and that this tensor depends on; see trace.ts. */
  readonly trace: number;
  /** Values on the host (constants). */
  host: HostArray | null = null;
  /** Values on the backend, once realised. */
  storage: Storage | null = null;
  disposed = false;
  /** History was let go because the graph grew too large: derivatives must not pass silently. */
  cut = false;
  /** Upper bound of the unrealised nodes under this one; see pending.ts. */
  pending = 0;

  constructor(
    primitive: Primitive<A>,
    inputs: readonly Tensor[],
    attributes: A,
    aval: Aval,
    parts: readonly Aval[] | null,
    abstract: boolean,
    trace: number,
  ) {
    this.primitive = primitive;
    this.inputs = inputs;
    this.attributes = attributes;
    this.shape = aval.shape;
    this.dtype = aval.dtype;
    this.parts = parts;
    this.abstract = abstract;
    this.trace = trace;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** this + b, broadcast. */
  add(b: TensorLike): Tensor {
    return arithmetic.add(this, b);
  }
  /** this − b, broadcast. */
  sub(b: TensorLike): Tensor {
    return arithmetic.sub(this, b);
  }
  /** this · b elementwise, broadcast. */
  mul(b: TensorLike): Tensor {
    return arithmetic.mul(this, b);
  }
  /** this / b, broadcast. */
  div(b: TensorLike): Tensor {
    return arithmetic.div(this, b);
  }
  /** this to the power b. */
  pow(b: TensorLike): Tensor {
    return arithmetic.pow(this, b);
  }
  /** True where this = b. */
  equal(b: TensorLike): Tensor {
    return comparison.equal(this, b);
  }
  /** True where this < b. */
  less(b: TensorLike): Tensor {
    return comparison.less(this, b);
  }
  /** True where this ≤ b. */
  lessEqual(b: TensorLike): Tensor {
    return comparison.lessEqual(this, b);
  }
  /** True where this > b. */
  greater(b: TensorLike): Tensor {
    return comparison.greater(this, b);
  }
  /** True where this ≥ b. */
  greaterEqual(b: TensorLike): Tensor {
    return comparison.greaterEqual(this, b);
  }
  /** −this. */
  neg(): Tensor {
    return arithmetic.neg(this);
  }
  /** Matrix product; see {@link matmul}. */
  matmul(b: Tensor): Tensor {
    return matmul(this, b);
  }
  /** See {@link elementary.abs}. */
  abs(): Tensor {
    return elementary.abs(this);
  }
  /** See {@link elementary.exp}. */
  exp(): Tensor {
    return elementary.exp(this);
  }
  /** See {@link elementary.log}. */
  log(): Tensor {
    return elementary.log(this);
  }
  /** See {@link elementary.sqrt}. */
  sqrt(): Tensor {
    return elementary.sqrt(this);
  }
  /** See {@link elementary.sin}. */
  sin(): Tensor {
    return elementary.sin(this);
  }
  /** See {@link elementary.cos}. */
  cos(): Tensor {
    return elementary.cos(this);
  }
  /** See {@link elementary.tanh}. */
  tanh(): Tensor {
    return elementary.tanh(this);
  }
  /** See {@link elementary.sigmoid}. */
  sigmoid(): Tensor {
    return elementary.sigmoid(this);
  }
  /** max(this, 0). */
  relu(): Tensor {
    return relu(this);
  }
  /** See {@link reduction.sum}. */
  sum(axes?: Axes, options?: ReduceOptions): Tensor {
    return reduction.sum(this, axes, options);
  }
  /** See {@link reduction.mean}. */
  mean(axes?: Axes, options?: ReduceOptions): Tensor {
    return reduction.mean(this, axes, options);
  }
  /** See {@link reduction.max}. */
  max(axes?: Axes, options?: ReduceOptions): Tensor {
    return reduction.max(this, axes, options);
  }
  /** See {@link reduction.min}. */
  min(axes?: Axes, options?: ReduceOptions): Tensor {
    return reduction.min(this, axes, options);
  }
  /** See {@link reduction.prod}. */
  prod(axes?: Axes, options?: ReduceOptions): Tensor {
    return reduction.prod(this, axes, options);
  }
  /** Position of the first largest element. */
  argmax(axis?: number, options?: ReduceOptions): Tensor {
    return reduction.argmax(this, axis, options);
  }
  /** Position of the first smallest element; see {@link reduction.argmin}. */
  argmin(axis?: number, options?: ReduceOptions): Tensor {
    return reduction.argmin(this, axis, options);
  }
  /** The same elements under another shape; one size may be −1. */
  reshape(shape: Shape): Tensor {
    return shaping.reshape(this, shape);
  }
  /** Axes in another order. */
  permute(axes?: readonly number[]): Tensor {
    return shaping.permute(this, axes);
  }
  /** All axes reversed: the transpose of a matrix. */
  get T(): Tensor {
    checkTensor("T", this);
    return shaping.permute(this);
  }
  /** Without axes of size 1. */
  squeeze(axes?: number | readonly number[]): Tensor {
    return shaping.squeeze(this, axes);
  }
  /** With a new axis of size 1. */
  expandDims(axis: number): Tensor {
    return shaping.expandDims(this, axis);
  }
  /** Parts by position along the leading axes; see {@link at}. */
  at(...picks: readonly Pick[]): Tensor {
    return at(this, ...picks);
  }
  /** In another dtype. */
  astype(dtype: DType): Tensor {
    return astype(this, dtype);
  }

  /** The elements in row-major order, a copy: computes what is missing. Throws TraceError for traced placeholders, DisposedError after dispose. */
  data(): Promise<Values> {
    return read("data", this);
  }
  /** As {@link data}, at once; throws BackendError on a backend that can only answer later. */
  dataSync(): Values {
    return readSync("dataSync", this);
  }
  /** The number in a tensor of one element. Throws ShapeError for any other size. */
  async item(): Promise<number> {
    return (await read("item", single("item", this)))[0] as number;
  }
  /** As {@link item}, at once. */
  itemSync(): number {
    return readSync("itemSync", single("itemSync", this))[0] as number;
  }
  /** The elements as nested arrays; bool gives booleans. */
  async array(): Promise<NestedValues> {
    return nested(await read("array", this), this.shape, this.dtype);
  }
  /** Computes this tensor now and lets go of its history; returns it. See realize. */
  realize(): this {
    return realize(this);
  }
  /** The same value in memory of its own; see {@link clone}. */
  clone(): Tensor {
    return clone(this);
  }
  /** Frees the memory of this tensor; using it afterwards throws DisposedError. */
  dispose(): void {
    disposeTensor(this);
  }
  [Symbol.dispose](): void {
    disposeTensor(this);
  }

  toString(): string {
    return `Tensor(${this.dtype} ${show(this.shape)})`;
  }
}

function single(op: string, t: Tensor): Tensor {
  if (t.size !== 1) throw new ShapeError(`${op}: expected one element, got shape ${show(t.shape)}; use data()`);
  return t;
}

const none: Aval = { shape: [], dtype: "f32" };

function node<A>(
  primitive: Primitive<A>,
  inputs: readonly Tensor[],
  attributes: A,
  abstract: boolean,
  trace: number,
): Tensor<A> {
  for (const t of inputs) {
    if (t.disposed)
      throw new DisposedError(
        `${primitive.name}: the tensor ${t} was disposed before this use; keep it alive, or clone it first`,
      );
    abstract ||= t.abstract;
    if (isActive(t.trace) && (!isActive(trace) || t.trace < trace)) trace = t.trace;
  }
  const aval = primitive.infer(inputs, attributes);
  const many = Array.isArray(aval);
  const t = new Tensor(
    primitive,
    inputs,
    attributes,
    many ? none : (aval as Aval),
    many ? (aval as readonly Aval[]) : null,
    abstract,
    trace,
  );
  notePending(t);
  return t;
}

/** A new node of a single-output primitive. Throws what the shape rule throws, and DisposedError. */
export function apply<A>(primitive: Primitive<A>, inputs: readonly Tensor[], attributes: NoInfer<A>): Tensor<A> {
  return node(primitive, inputs, attributes, false, 0);
}

/** The outputs of a new node of a multi-output primitive. */
export function applyMany<A>(primitive: Primitive<A>, inputs: readonly Tensor[], attributes: NoInfer<A>): Tensor[] {
  const t = node(primitive, inputs, attributes, false, 0);
  return (t.parts as readonly Aval[]).map((_, index) => apply(part, [t], { index }));
}

/** One output of a multi-output node. Its rules are never asked: transforms treat the node and its parts together. */
export const part: Primitive<{ readonly index: number }> = {
  name: "part",
  infer: ([t], { index }) => ((t as Tensor).parts as readonly Aval[])[index] as Aval,
  vjp: never,
  jvp: never,
  batch: never,
  lower: { kind: "part" },
};

function never(): never {
  throw new TraceError("part: transforms handle parts together with their node");
}

const leafRules = {
  vjp: (): readonly never[] => [],
  jvp: (): null => null,
  batch: never,
  lower: { kind: "leaf" },
} as const;

/** Values given by the host. */
export const constant: Primitive<Aval> = { name: "constant", infer: (_, aval) => aval, ...leafRules };

/** Stands for an argument while a function is traced; it has no value. */
export const placeholder: Primitive<Aval> = { name: "placeholder", infer: (_, aval) => aval, ...leafRules };

/** A tensor over host values, which it takes over (no copy). */
export function hostTensor(data: HostArray, shape: Shape, dtype: DType): Tensor {
  const t = node(constant, [], { shape, dtype }, false, 0);
  t.host = data;
  return t;
}

/** A tensor over backend memory, which it takes over. */
export function storedTensor(storage: Storage, shape: Shape, dtype: DType): Tensor {
  const t = node(constant, [], { shape, dtype }, false, 0);
  t.storage = storage;
  return t;
}

/** A fresh abstract argument of a traced function. */
export function placeholderLike(aval: Aval, trace: number): Tensor {
  return node(placeholder, [], { shape: aval.shape, dtype: aval.dtype }, true, trace);
}

/** The same value under a new identity, so that one can differentiate by it; `trace` marks it as an argument of a running transform. */
export function aliasOf(t: Tensor, trace: number): Tensor {
  return node(alias, [t], null, false, trace);
}

/** Identity; see {@link aliasOf}. */
export const alias: Primitive<null> = {
  name: "alias",
  infer: ([x]) => x as Tensor,
  vjp: (ct) => [ct],
  jvp: ([dx]) => dx as Tensor | null,
  batch: ([x]) => x as Tensor,
  lower: { kind: "alias" },
};
