import type { Code } from "../backends/wasm/assembler.ts";
import type { DType, HostArray } from "../dtype.ts";

/** Integer expression over loop variables: `constant + Σ coefficient · atom`. Loop variables number the output loops first, then the reduction loops. */
export interface Index {
  readonly constant: number;
  readonly terms: readonly Term[];
}
export interface Term {
  readonly coefficient: number;
  readonly atom: Atom;
}
export type Atom =
  | { readonly kind: "loop"; readonly loop: number; readonly extent: number }
  | { readonly kind: "div" | "mod"; readonly of: Index; readonly by: number }
  /** The i32 result of an instruction (data-dependent index), already clamped to `[0, extent)`. */
  | { readonly kind: "value"; readonly instruction: number; readonly extent: number };

/** `low <= of < high`: what a padded load asks before it touches memory. */
export interface Guard {
  readonly of: Index;
  readonly low: number;
  readonly high: number;
}

export type UnaryOp =
  | "neg"
  | "abs"
  | "sign"
  | "floor"
  | "ceil"
  | "round"
  | "trunc"
  | "sqrt"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "sin"
  | "cos"
  | "tan"
  | "asin"
  | "acos"
  | "atan"
  | "sinh"
  | "cosh"
  | "tanh"
  | "asinh"
  | "acosh"
  | "atanh"
  | "erf"
  | "sigmoid"
  | "not"
  | "isnan";
export type BinaryOp =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "rem"
  | "pow"
  | "atan2"
  | "max"
  | "min"
  | "eq"
  | "lt"
  | "le"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr";

/**
 * One SSA instruction; its operands are positions in the same list. `dtype` is that of the result.
 * Comparisons and `isnan` give bool; their operands share one dtype. i8, u8, i32 and u32 wrap, f16 is rounded after every instruction.
 * `round` is half to even; integer `div` truncates and gives 0 for a zero divisor; `rem` has the sign of the dividend; max/min propagate NaN.
 */
export type Instruction =
  | { readonly op: "const"; readonly dtype: DType; readonly value: number }
  | { readonly op: "index"; readonly dtype: "i32"; readonly index: Index }
  | {
      readonly op: "load";
      readonly dtype: DType;
      readonly buffer: number;
      readonly index: Index;
      readonly guards: readonly Guard[];
      readonly fill: number;
    }
  /** 1 where every guard holds. */
  | { readonly op: "guard"; readonly dtype: "bool"; readonly guards: readonly Guard[] }
  | { readonly op: UnaryOp; readonly dtype: DType; readonly a: number }
  | { readonly op: BinaryOp; readonly dtype: DType; readonly a: number; readonly b: number }
  | { readonly op: "where"; readonly dtype: DType; readonly a: number; readonly b: number; readonly c: number }
  /** Numeric conversion: float→int truncates and saturates (NaN gives 0), int→int wraps, →bool is `≠ 0`. */
  | { readonly op: "cast"; readonly dtype: DType; readonly a: number }
  | { readonly op: "bitcast"; readonly dtype: DType; readonly a: number }
  /** Result of accumulator `a` after the reduction loops. */
  | { readonly op: "accumulator"; readonly dtype: DType; readonly a: number };

export type ReduceOp = "sum" | "prod" | "max" | "min" | "argmax" | "argmin";

/** `value` is folded over the reduction loops; argmax/argmin give the row-major position (i32) of the first winner, NaN wins. */
export interface Accumulator {
  readonly op: ReduceOp;
  readonly dtype: DType;
  readonly value: number;
}

/** Says that a kernel is a plain contraction, so that a backend may use a hand-scheduled kernel instead of the loops. */
export type Contraction =
  /** Accumulator 0 is the batched product of loads `a` [batch,m,k] and `b` [batch,k,n] at the affine strides given; loops are [batch,m,n], reduction [k]. */
  | {
      readonly kind: "matmul";
      readonly batch: number;
      readonly m: number;
      readonly n: number;
      readonly k: number;
      readonly a: Operand;
      readonly b: Operand;
    }
  /** Convolution of `a` [n, g·ci, ...in] with `b` [g·co, ci, ...kernel]; loops are [n, g·co, ...out], reduction [ci, ...kernel]. */
  | { readonly kind: "conv"; readonly a: Operand; readonly b: Operand; readonly conv: ConvGeometry };
/** Affine view of a buffer: element strides per axis of the operand as the contraction names them. */
export interface Operand {
  readonly buffer: number;
  readonly offset: number;
  readonly strides: readonly number[];
}
export interface ConvGeometry {
  readonly batch: number;
  readonly groups: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly output: readonly number[];
  readonly stride: readonly number[];
  readonly low: readonly number[];
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
}

/** A perfect loop nest: for each point of `loops`, fold `inner` over `reduce`, run `outer`, store. */
export interface Kernel {
  readonly kind: "loops";
  readonly name: string;
  readonly loops: readonly number[];
  readonly reduce: readonly number[];
  readonly inner: readonly Instruction[];
  readonly accumulators: readonly Accumulator[];
  readonly outer: readonly Instruction[];
  /** Buffers in the order that loads and stores number them. */
  readonly buffers: readonly BufferType[];
  readonly stores: readonly { readonly buffer: number; readonly index: Index; readonly value: number }[];
  readonly contraction?: Contraction;
}
export interface BufferType {
  readonly dtype: DType;
  readonly size: number;
}

/**
 * What a routine (or another special) does, as a WebAssembly function that computes any rows apart from the others.
 *
 * @internal
 */
export interface RowCode {
  /** Equal keys mean equal code and constants. */
  readonly key: string;
  readonly rows: number;
  /** Estimated nanoseconds of one row. */
  readonly cost: number;
  /** Bytes of scratch memory that a thread needs, a multiple of 64. */
  readonly scratch: number;
  /** Constants that the function reads. */
  readonly constants?: () => Int32Array;
  /** Writes a function (…addresses of the buffers, of the constants, of scratch memory, from, to) of rows from … to − 1. */
  readonly write: (c: Code) => void;
}

/** What a routine computes, so that a backend may bring a procedure of its own. Buffers are those of the routine. */
export type Computation =
  /** Rows of [outer, n] in stable order, NaN the largest. Buffers: x, then those of sorted values and of positions (i32) that are wanted. */
  | {
      readonly kind: "sort";
      readonly dtype: DType;
      readonly outer: number;
      readonly n: number;
      readonly descending: boolean;
      readonly values: boolean;
      readonly indices: boolean;
    }
  /** How many elements of ascending rows [rows, n], one for each of `outer` or one for all, come before values [outer, m], equals included on the `right`. Buffers: rows, values, out (i32). */
  | {
      readonly kind: "search";
      readonly dtype: DType;
      readonly rows: number;
      readonly n: number;
      readonly outer: number;
      readonly m: number;
      readonly right: boolean;
    }
  /** Fourier transforms of rows [outer, n], not scaled, `inverse` with e^{+2πi jk/n}. Buffers: re, im (not if `real`), then those parts of the result, re and im, that are wanted. */
  | {
      readonly kind: "fft";
      readonly dtype: DType;
      readonly outer: number;
      readonly n: number;
      readonly inverse: boolean;
      readonly real: boolean;
      readonly parts: readonly [re: boolean, im: boolean];
    };

/** Fills the arrays of a step's outputs from those of its inputs, row-major and in the order of the buffers. f16 arrives as bits. */
export type Run = (arrays: readonly HostArray[]) => void;

/** Work that is no perfect loop nest; buffer numbers refer to the step's `buffers`. What is run as it stands brings its procedure in JavaScript. */
export type Special =
  /** out = base; then for each update row r: out[..] (+)= updates[r]. base, out: [outer, n, inner]; updates: [outer, m, inner]; indices: i32 [outer or 1, m]; out of range is skipped. Buffers: base, indices, updates, out. */
  | {
      readonly kind: "scatter";
      readonly mode: "add" | "set" | "max" | "min";
      readonly dtype: DType;
      readonly outer: number;
      readonly n: number;
      readonly m: number;
      readonly inner: number;
      readonly batchedIndices: boolean;
      readonly run: Run;
    }
  /** h[j] = a[j]·h[j−1] + b[j] along the middle axis of [outer, n, inner], h[−1] = 0; reversed when asked. Buffers: a, b, out. */
  | {
      readonly kind: "recurrence";
      readonly dtype: DType;
      readonly outer: number;
      readonly n: number;
      readonly inner: number;
      readonly reverse: boolean;
      readonly run: Run;
      /** @internal */
      readonly code?: RowCode | null;
    }
  | {
      readonly kind: "cumulative";
      readonly op: "sum" | "prod" | "max" | "min";
      readonly dtype: DType;
      readonly outer: number;
      readonly n: number;
      readonly inner: number;
      readonly reverse: boolean;
      readonly run: Run;
      /** @internal */
      readonly code?: RowCode | null;
    }
  /** A procedure that no loop nest expresses (factorisations, sorting, transforms). With `code`, a backend that runs WebAssembly may use that instead; with `computes`, any backend a procedure of its own. */
  | {
      readonly kind: "routine";
      readonly name: string;
      readonly run: Run;
      readonly computes?: Computation;
      /** @internal */
      readonly code?: RowCode | null;
      /** The same made of products, for a backend that is fast at them; null: too small. It has one more output, a bool: false asks for `run` after all. */
      readonly blocked?: () => Plan | null;
    }
  /** Runs `body` `length` times. Buffers: consts, carries (initial), xs, then outputs: carries (final), ys. body.inputs: consts, carries, x slices; body.outputs: carries, y slices. */
  | {
      readonly kind: "scan";
      readonly length: number;
      readonly reverse: boolean;
      readonly consts: number;
      readonly carries: number;
      readonly xs: number;
      readonly ys: number;
      readonly body: Plan;
    }
  /** Runs the one of `branches` that the i32 scalar in buffer 0 names, clamped. Buffers: index, inputs of every branch, outputs. */
  | { readonly kind: "switch"; readonly inputs: number; readonly branches: readonly Plan[] }
  /** Runs `body` while `condition` gives true, at most `limit` times. Buffers: consts, carries (initial), then carries (final). condition and body take consts, carries. */
  | {
      readonly kind: "while";
      readonly consts: number;
      readonly carries: number;
      readonly limit: number | null;
      readonly condition: Plan;
      readonly body: Plan;
    };

/** One step of a plan: a kernel or special and the plan buffers it works on, in the kernel's own numbering. */
export interface Step {
  readonly work: Kernel | Special;
  readonly buffers: readonly number[];
}

/** A buffer of a plan: given by the caller, returned to it, or a temporary at `offset` bytes in the arena. */
export interface PlanBuffer extends BufferType {
  readonly role: "input" | "output" | "temporary";
  readonly offset: number;
}

/** A compiled-once program: `inputs` and `outputs` name buffers; every output is a buffer of its own. */
export interface Plan {
  readonly buffers: readonly PlanBuffer[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly steps: readonly Step[];
  /** For each output the position of the donated input whose memory it may take over, or -1. */
  readonly inherits: readonly number[];
  /** Bytes of the arena that temporaries share. */
  readonly arenaBytes: number;
  /** Inputs + outputs (but for those that take over an input) + arena: what must fit at once. */
  readonly peakBytes: number;
}
