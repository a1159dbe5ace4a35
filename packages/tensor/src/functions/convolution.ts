import { anything, checkOptions, checkTensor, integer } from "../check.ts";
import { promote } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { convolution } from "../primitives/convolution.ts";
import { said } from "../said.ts";
import { show } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";

/** A number for all spatial axes, or one per axis. */
export type PerAxis = number | readonly number[];

/** "valid": none; "same": output as large as input / stride; a number or one per axis on both sides; or [before, after] per axis. */
export type Padding = "valid" | "same" | number | readonly number[] | readonly (readonly [number, number])[];

/** Options of {@link conv}. */
export interface ConvOptions {
  /** Step between outputs; default 1. */
  readonly stride?: PerAxis;
  /** Zeros around the input; default "valid". */
  readonly padding?: Padding;
  /** Step between kernel elements; default 1. */
  readonly dilation?: PerAxis;
  /** Channel groups that do not see each other; default 1. */
  readonly groups?: number;
}

/** One positive integer per spatial axis. */
export function perAxis(op: string, name: string, value: PerAxis | undefined, axes: number, fallback = 1): number[] {
  const list =
    value === undefined
      ? new Array<number>(axes).fill(fallback)
      : typeof value === "number"
        ? new Array<number>(axes).fill(value)
        : value;
  if (!Array.isArray(list) || list.length !== axes || !list.every((n) => Number.isInteger(n) && n >= 1))
    throw new ArgumentError(`${op}: ${name}: expected ${axes} positive integers, got ${said(value)}`);
  return [...list];
}

/** [before, after] per spatial axis. */
export function paddings(
  op: string,
  padding: Padding | undefined,
  input: readonly number[],
  window: readonly number[],
  stride: readonly number[],
): (readonly [number, number])[] {
  if (padding === undefined || padding === "valid") return input.map(() => [0, 0]);
  if (padding === "same")
    return input.map((n, i) => {
      const s = stride[i] as number;
      const total = Math.max(0, (Math.ceil(n / s) - 1) * s + (window[i] as number) - n);
      return [total >> 1, total - (total >> 1)];
    });
  const list = (typeof padding === "number" ? input.map(() => padding) : padding) as readonly (
    | number
    | readonly [number, number]
  )[];
  const pairs = Array.isArray(list) ? list.map((p) => (typeof p === "number" ? ([p, p] as const) : p)) : [];
  if (
    pairs.length !== input.length ||
    !pairs.every((p) => Array.isArray(p) && p.length === 2 && p.every((n: number) => Number.isInteger(n) && n >= 0))
  )
    throw new ArgumentError(
      `${op}: padding: expected "same", "valid", or ${input.length} non-negative integers or pairs, got ${said(padding)}`,
    );
  return pairs;
}

/**
 * Convolution (cross-correlation) over any number of spatial axes: x [n, c_in, …in], w [c_out, c_in/groups, …kernel] → [n, c_out, …out].
 *
 * ```ts
 * conv(ones([1, 1, 28, 28]), ones([8, 1, 3, 3]), { padding: 1 }); // [1, 8, 28, 28]
 * ```
 * Throws ShapeError if ranks, channels or kernel do not fit, ArgumentError for bad options.
 */
export function conv(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  checkTensor("conv", x);
  checkTensor("conv", w, "w");
  checkOptions("conv", options, { stride: anything, padding: anything, dilation: anything, groups: integer("[1, ∞)") });
  if (x.rank < 3 || w.rank !== x.rank)
    throw new ShapeError(
      `conv: w: ranks do not fit: x is ${show(x.shape)}, w is ${show(w.shape)}; expected [n, c, …] and [out, c/groups, …]`,
    );
  const axes = x.rank - 2;
  const { groups = 1 } = options;
  const [co, ci, ...kernel] = w.shape as [number, number, ...number[]];
  if (ci * groups !== x.shape[1])
    throw new ShapeError(
      `conv: w: channels do not fit: x is ${show(x.shape)}, w is ${show(w.shape)} with ${groups} group(s) (${x.shape[1]} ≠ ${ci * groups})`,
    );
  if (co % groups !== 0) throw new ShapeError(`conv: groups: ${groups} does not divide the ${co} output channels`);
  const stride = perAxis("conv", "stride", options.stride, axes);
  const dilation = perAxis("conv", "dilation", options.dilation, axes);
  const window = kernel.map((k, i) => (k - 1) * (dilation[i] as number) + 1);
  const pads = paddings("conv", options.padding, x.shape.slice(2), window, stride);
  x.shape.slice(2).forEach((n, i) => {
    const [a, b] = pads[i] as readonly [number, number];
    if ((kernel[i] as number) < 1 || n + a + b < (window[i] as number))
      throw new ShapeError(`conv: w: kernel ${show(kernel)} does not fit into ${show(x.shape)} with its padding`);
  });
  const dtype = promote(x.dtype, w.dtype);
  return apply(convolution, [astype(x, dtype), astype(w, dtype)], {
    stride,
    low: pads.map((p) => p[0]),
    high: pads.map((p) => p[1]),
    lhsDilation: stride.map(() => 1),
    rhsDilation: dilation,
    groups,
  });
}
