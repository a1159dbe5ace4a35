import { anything, type Check, checkOptions, checkTensor, flag, oneOf } from "../check.ts";
import { isFloat } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { reduceWindowPrimitive, type Window } from "../primitives/window.ts";
import { show, sizeOf } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { div } from "./arithmetic.ts";
import { astype } from "./casting.ts";
import { type Padding, type PerAxis, paddings, perAxis } from "./convolution.ts";
import { ones } from "./fill.ts";

/** Options of {@link reduceWindow} and the poolings. */
export interface WindowOptions {
  /** Step between windows; default 1 for {@link reduceWindow}, the size of the window for poolings. */
  readonly stride?: PerAxis;
  /** Elements around the input that never win and add nothing; default "valid" (none). */
  readonly padding?: Padding;
  /** Step between the elements of a window; default 1. */
  readonly dilation?: PerAxis;
}

const known: Readonly<Record<string, Check>> = { stride: anything, padding: anything, dilation: anything };

/** Windows over the axes from `lead` on; `padded`: none may consist of padding alone. */
export function windowOf(
  name: string,
  op: Window["op"],
  x: Tensor,
  lead: number,
  size: PerAxis,
  stride: PerAxis,
  options: WindowOptions,
  padded: boolean = op !== "sum",
): Window {
  const inner = x.shape.slice(lead);
  const one = new Array<number>(lead).fill(1);
  const none = new Array<number>(lead).fill(0);
  const window = perAxis(name, "size", size, inner.length);
  const steps = perAxis(name, "stride", stride, inner.length);
  const dilation = perAxis(name, "dilation", options.dilation, inner.length);
  const span = window.map((w, i) => (w - 1) * (dilation[i] as number) + 1);
  const pads = paddings(name, options.padding, inner, span, steps);
  inner.forEach((n, i) => {
    const [low, high] = pads[i] as readonly [number, number];
    if (n + low + high < (span[i] as number))
      throw new ShapeError(`${name}: size: window ${show(window)} does not fit into ${show(x.shape)} with its padding`);
    if (!padded) return;
    if (low >= (span[i] as number) || high >= (span[i] as number))
      throw new ArgumentError(
        `${name}: padding: [${low}, ${high}] leaves windows of padding alone; the window is ${span[i]}`,
      );
    // a step inside windows that is longer than the axis may pass over all of it
    const [d, s] = [dilation[i] as number, steps[i] as number];
    for (let at = -low; d > n && at <= n + high - (span[i] as number); at += s)
      if (((at % d) + d) % d >= n)
        throw new ArgumentError(
          `${name}: padding: [${low}, ${high}] leaves windows of padding alone, with dilation ${d} over ${show(x.shape)}`,
        );
  });
  return {
    op,
    size: [...one, ...window],
    stride: [...one, ...steps],
    dilation: [...one, ...dilation],
    low: [...none, ...pads.map((p) => p[0])],
    high: [...none, ...pads.map((p) => p[1])],
  };
}

const windowed = (...[name, op, x, ...rest]: Parameters<typeof windowOf>): Tensor =>
  apply(reduceWindowPrimitive, [x], windowOf(name, op, x, ...rest));

/**
 * Sum, maximum or minimum over sliding windows on all axes. Of equal winners of a window the first takes the derivative; bool is
 * added as i32.
 *
 * ```ts
 * reduceWindow(tensor([1, 2, 3, 4]), "sum", 2); // [3, 5, 7]
 * ```
 * Throws ShapeError when a window does not fit, ArgumentError for a bad or unknown option.
 */
export function reduceWindow(x: Tensor, op: "sum" | "max" | "min", size: PerAxis, options: WindowOptions = {}): Tensor {
  checkTensor("reduceWindow", x);
  checkOptions("reduceWindow", options, known);
  oneOf("sum", "max", "min")("reduceWindow", op, "op");
  const y = op === "sum" && x.dtype === "bool" ? astype(x, "i32") : x;
  return windowed("reduceWindow", op, y, 0, size, options.stride ?? 1, options);
}

function checkPooling(name: string, x: Tensor): void {
  checkTensor(name, x);
  if (x.rank < 3) throw new ShapeError(`${name}: x: expected [n, c, …], got ${show(x.shape)}`);
}

/**
 * Largest element of each window over the spatial axes of x [n, c, …]; padding never wins.
 *
 * ```ts
 * maxPool(zeros([8, 16, 28, 28]), 2); // [8, 16, 14, 14]
 * ```
 * Throws ShapeError when a window does not fit, ArgumentError for a bad or unknown option.
 */
export function maxPool(x: Tensor, size: PerAxis, options: WindowOptions = {}): Tensor {
  checkPooling("maxPool", x);
  checkOptions("maxPool", options, known);
  return windowed("maxPool", "max", x, 2, size, options.stride ?? size, options);
}

/** Options of {@link avgPool}. */
export interface AvgPoolOptions extends WindowOptions {
  /** Padding counts as zeros; if not, the mean is that of the elements of x in the window. Default true. */
  readonly countIncludePad?: boolean;
}

/**
 * Mean of each window over the spatial axes of x [n, c, …]; padding counts as zeros unless told otherwise. Integers are taken as f32.
 *
 * @returns [n, c, …], each spatial size (size + padding − span) / stride + 1, rounded down
 * @throws {@link ShapeError} when a window does not fit, {@link ArgumentError} for a bad or unknown option, or for windows of padding alone that
 * are not to be counted
 * @example
 * ```ts
 * avgPool(ones([1, 1, 4, 4]), 2);                                        // ones, [1, 1, 2, 2]
 * avgPool(ones([1, 1, 4, 4]), 3, { padding: 1, countIncludePad: false }); // ones: a corner is the mean of four
 * ```
 */
export function avgPool(x: Tensor, size: PerAxis, options: AvgPoolOptions = {}): Tensor {
  checkPooling("avgPool", x);
  checkOptions("avgPool", options, { ...known, countIncludePad: flag });
  const { countIncludePad = true, stride = size, ...rest } = options;
  const t = isFloat(x.dtype) ? x : astype(x, "f32");
  const total = windowed("avgPool", "sum", t, 2, size, stride, rest, !countIncludePad);
  if (countIncludePad) return div(total, sizeOf(perAxis("avgPool", "size", size, x.rank - 2)));
  const one = ones([1, 1, ...x.shape.slice(2)], { dtype: t.dtype });
  return div(total, windowed("avgPool", "sum", one, 2, size, stride, rest, true));
}
