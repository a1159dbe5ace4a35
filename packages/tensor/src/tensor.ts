import type { DType, HostArray } from "./dtype.ts";
import { DisposedError, TraceError } from "./errors.ts";
import type { Storage } from "./backend.ts";
import type { Aval, Primitive } from "./primitive.ts";
import type { Shape } from "./shape.ts";
import { show, sizeOf } from "./shape.ts";
import { isActive } from "./trace.ts";
import { notePending } from "./pending.ts";

let nextId = 1;

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

  constructor(primitive: Primitive<A>, inputs: readonly Tensor[], attributes: A, aval: Aval, parts: readonly Aval[] | null, abstract: boolean, trace: number) {
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

  toString(): string {
    return `Tensor(${this.dtype} ${show(this.shape)})`;
  }
}

const none: Aval = { shape: [], dtype: "f32" };

function node<A>(primitive: Primitive<A>, inputs: readonly Tensor[], attributes: A, abstract: boolean, trace: number): Tensor<A> {
  for (const t of inputs) {
    if (t.disposed) throw new DisposedError(`${primitive.name}: the tensor ${t} was disposed before this use; keep it alive, or clone it first`);
    abstract ||= t.abstract;
    if (isActive(t.trace) && (!isActive(trace) || t.trace < trace)) trace = t.trace;
  }
  const aval = primitive.infer(inputs, attributes);
  const many = Array.isArray(aval);
  const t = new Tensor(primitive, inputs, attributes, many ? none : (aval as Aval), many ? (aval as readonly Aval[]) : null, abstract, trace);
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
