import { anything, checkOptions, flag, oneOf } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { said } from "../../said.ts";
import { show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { type PerAxis, perAxis } from "../convolution.ts";
import { real } from "../operands.ts";
import * as by from "./resampling.ts";
import { spatial } from "./spatial.ts";

/** How {@link interpolate} finds values between elements. */
export type InterpolateMode = "nearest" | "nearestExact" | "linear" | "cubic" | "area";

/** Options of {@link interpolate}; either `size` or `scale` is needed. */
export interface InterpolateOptions {
  /** Spatial sizes of the result. */
  readonly size?: PerAxis;
  /** Factors, one for all axes or one per axis: sizes are those of x times the factor, rounded down. */
  readonly scale?: PerAxis;
  /** Default "nearest": the element at the beginning of each output element; "nearestExact" that at its middle. */
  readonly mode?: InterpolateMode;
  /** The middles of the corner elements, rather than their outer edges, coincide; for "linear" and "cubic". Default false. */
  readonly alignCorners?: boolean;
  /** Kernels as wide as the step when an axis shrinks; for "linear" and "cubic" (then with a = −1/2). Default false. */
  readonly antialias?: boolean;
}

function factors(op: string, scale: PerAxis, axes: number): readonly number[] {
  const list = typeof scale === "number" ? new Array<number>(axes).fill(scale) : scale;
  if (!Array.isArray(list) || list.length !== axes || !list.every((s) => Number.isFinite(s) && s > 0))
    throw new ArgumentError(`${op}: scale: expected ${axes} positive numbers, got ${said(scale)}`);
  return list;
}

/**
 * x [n, c, …] at other spatial sizes: separable interpolation along any number of spatial axes ("linear" is linear, bilinear or trilinear by their
 * number), as in PyTorch. The nearest element keeps the dtype; otherwise integers are taken as f32.
 *
 * @returns [n, c, …size]
 * @throws {@link ShapeError} below rank 3 or for an empty axis, {@link ArgumentError} for bad options, or both or neither of `size` and `scale`
 * @example
 * ```ts
 * interpolate(x, { scale: 2, mode: "linear" });          // twice as large
 * interpolate(x, { size: [224, 224], mode: "cubic", antialias: true });
 * ```
 */
export function interpolate(x: Tensor, options: InterpolateOptions = {}): Tensor {
  const sizes = spatial("interpolate", x);
  checkOptions("interpolate", options, {
    size: anything,
    scale: anything,
    mode: oneOf("nearest", "nearestExact", "linear", "cubic", "area"),
    alignCorners: flag,
    antialias: flag,
  });
  const { size, scale, mode = "nearest", alignCorners = false, antialias = false } = options;
  if ((size === undefined) === (scale === undefined))
    throw new ArgumentError("interpolate: size: give either size or scale");
  const smooth = mode === "linear" || mode === "cubic";
  if (alignCorners && (!smooth || antialias))
    throw new ArgumentError('interpolate: alignCorners: only for "linear" and "cubic", without antialias');
  if (antialias && !smooth) throw new ArgumentError('interpolate: antialias: only for "linear" and "cubic"');
  const scales = scale === undefined ? null : factors("interpolate", scale, sizes.length);
  const out = scales
    ? sizes.map((n, i) => Math.floor(n * (scales[i] as number)))
    : perAxis("interpolate", "size", size, sizes.length);
  if (out.includes(0)) throw new ShapeError(`interpolate: scale: ${said(scale)} leaves nothing of ${show(x.shape)}`);
  const steps = out.map((m, i): by.Grid => {
    const n = sizes[i] as number;
    if (alignCorners) return { n, m, num: n - 1, den: m - 1 };
    return scales ? { n, m, num: 1, den: scales[i] as number } : { n, m, num: n, den: m };
  });
  const t = mode.startsWith("nearest") ? x : real("interpolate", x);
  return by.along(
    t,
    out.map((m, i) => [i + 2, m]),
    (y, axis, m) => {
      const g = steps[axis - 2] as by.Grid;
      if (mode === "nearest" || mode === "nearestExact") return by.picked(y, axis, by.nearest(g, mode !== "nearest"));
      if (mode === "area") return by.resampled(y, axis, by.area(g.n, m));
      if (antialias) return by.resampled(y, axis, by.filtered(g, by.kernels[mode], true));
      return by.resampled(y, axis, mode === "linear" ? by.linear(g, alignCorners) : by.cubic(g, alignCorners));
    },
  );
}
