import type { DType } from "./dtype.ts";
import type { Accumulator, BinaryOp, Contraction, Guard, Index, Operand, Special, UnaryOp } from "./ir/ir.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** What is known of a tensor before its values. */
export interface Aval {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Handle on an instruction under construction. */
export type Value = number;

/** Builds the instructions of one kernel. */
export interface Builder {
  /** The element of `node` at `index` (one expression per axis): a load where `node` is materialised, its own instructions otherwise. */
  value(node: Tensor, index: readonly Index[]): Value;
  constant(dtype: DType, value: number): Value;
  /** An index expression as an i32 value. */
  index(index: Index): Value;
  unary(op: UnaryOp | "cast" | "bitcast", dtype: DType, a: Value): Value;
  binary(op: BinaryOp, dtype: DType, a: Value, b: Value): Value;
  where(dtype: DType, condition: Value, a: Value, b: Value): Value;
  /** `then()` where all guards hold, else `fill`; loads inside are guarded. */
  guarded(guards: readonly Guard[], dtype: DType, then: () => Value, fill: number): Value;
  /** `a` where all guards hold, else `b`. */
  choose(guards: readonly Guard[], dtype: DType, a: Value, b: Value): Value;
  /** An i32 value used as an index; it is clamped to `[0, extent)`. */
  dynamic(value: Value, extent: number): Index;
}

/** How a node becomes kernel IR. */
export type Lowering<A> =
  /** The value at an index is a function of input values at computed indices: fuses with its neighbours. */
  | {
      readonly kind: "map";
      readonly view?: boolean;
      /** Every input is read at the index of the result only. */
      readonly pointwise?: boolean;
      emit(b: Builder, node: Tensor<A>, index: readonly Index[]): Value;
    }
  /** Fold over an inner loop nest. */
  | {
      readonly kind: "reduce";
      readonly op: (node: Tensor<A>) => Accumulator["op"];
      extents(node: Tensor<A>): readonly number[];
      emit(b: Builder, node: Tensor<A>, index: readonly Index[], reduce: readonly Index[]): Value;
      /** Present for plain contractions; operands are the affine views of inputs 0 and 1 (null if they are not affine views of buffers). */
      contraction?(node: Tensor<A>, a: Operand, b: Operand): Contraction;
    }
  /** Not a loop nest; buffers are the inputs, then the outputs. */
  | {
      readonly kind: "special";
      /** Of a multi-output node only the `used` parts have buffers (of a scan: and all carries). */
      special(node: Tensor<A>, used: readonly boolean[]): Special;
      /** A smaller node's parts in the places of those `used` (null: gone), or null when nothing can go. */
      prune?(node: Tensor<A>, used: readonly boolean[]): readonly (Tensor | null)[] | null;
    }
  /** Same value and same buffer as input 0; further inputs only order the work (barrier). */
  | { readonly kind: "alias" }
  /** Holds data or stands for it. */
  | { readonly kind: "leaf" }
  /** One output of a multi-output node. */
  | { readonly kind: "part" }
  /** A call of a subgraph: replaced by the subgraph before scheduling. */
  | { readonly kind: "inline"; expand(node: Tensor<A>): readonly Tensor[] };

/**
 * One operation with all its rules side by side. Inputs have exactly the shapes and dtypes the rule asks for: broadcasting and
 * promotion happen in the functions above. Rules build graphs from functions, so every derivative is differentiable again.
 */
// biome-ignore lint/suspicious/noExplicitAny: a node's attributes are known to its own primitive only
export interface Primitive<A = any> {
  readonly name: string;
  /** Shape rule: one aval, or several for a multi-output primitive. */
  infer(inputs: readonly Tensor[], attributes: A): Aval | readonly Aval[];
  /** Cotangents of the inputs (null: none flows). `out` is the node itself; for multi-output nodes `ct` lists one cotangent per part, null where none arrived. `needs` tells of an input whether its cotangent is asked for. */
  vjp(
    ct: Tensor,
    out: Tensor<A>,
    cts: readonly (Tensor | null)[],
    needs: (input: Tensor) => boolean,
  ): readonly (Tensor | null)[];
  /** Tangent of the output (one per part for multi-output), given the tangents of the inputs; null is zero. */
  jvp(tangents: readonly (Tensor | null)[], out: Tensor<A>): Tensor | null | readonly (Tensor | null)[];
  /** The same operation on inputs of which those marked in `batched` have a new axis 0 of size `size`; the result (each part) has it too. */
  batch(
    inputs: readonly Tensor[],
    batched: readonly boolean[],
    size: number,
    out: Tensor<A>,
  ): Tensor | readonly Tensor[];
  readonly lower: Lowering<A>;
}
