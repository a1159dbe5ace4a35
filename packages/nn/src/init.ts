import type { DType, Key, Shape, Tensor } from "@gradus/tensor";
import {
  cast,
  check,
  diagonal,
  less,
  mul,
  ones,
  qr,
  reshape,
  ShapeError,
  normal as standardNormal,
  transpose,
  truncatedNormal,
  uniform,
  where,
  zeros,
} from "@gradus/tensor";

/** Draws the first values of a parameter: `shape` is `[out, in]` for a linear layer, `[out, in / groups, ...kernel]` for a convolution. */
export type Initializer = (key: Key, shape: Shape, dtype?: DType) => Tensor;

/** Which fan the variance is divided by; `average` is the mean of the two. */
export type Fan = "in" | "out" | "average";

/** Shape of the distribution. `truncated` is cut at two standard deviations, and widened so that its variance is the one asked for. */
export type Distribution = "uniform" | "normal" | "truncated";

/**
 * Inputs and outputs of one unit: `[out, in, ...kernel]` gives `in · |kernel|` and `out · |kernel|`.
 *
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} for fewer than two axes
 * @example
 * ```ts
 * fans([16, 1, 5, 5]); // { in: 25, out: 400 }
 * ```
 */
export const fans = (shape: Shape): { in: number; out: number } => fansOf("fans", shape);

function fansOf(op: string, shape: Shape): { in: number; out: number } {
  check.shape(op, shape, "shape");
  const [out, input, ...kernel] = shape;
  if (out === undefined || input === undefined)
    throw new ShapeError(`${op}: shape: [${shape}] has no fan; a weight is [out, in, ...kernel]`);
  const receptive = kernel.reduce((a, b) => a * b, 1);
  return { in: input * receptive, out: out * receptive };
}

/**
 * Zero mean and variance `scale / fan`: the family that Xavier, LeCun and Kaiming initialisation belong to.
 *
 * @param scale - 1 keeps the variance of a linear unit, 2 that of a ReLU unit
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `scale` is not positive
 * @example
 * ```ts
 * const w = varianceScaling(2, "in", "normal")(key(0), [256, 784]);
 * ```
 */
export function varianceScaling(scale: number, fan: Fan, distribution: Distribution): Initializer {
  check.number("(0, ∞)")("varianceScaling", scale, "scale");
  check.oneOf("in", "out", "average")("varianceScaling", fan, "fan");
  check.oneOf("uniform", "normal", "truncated")("varianceScaling", distribution, "distribution");
  return scaling("varianceScaling", scale, fan, distribution);
}

function checkDraw(op: string, key: Key, shape: Shape, dtype: DType): void {
  check.key(op, key, "key");
  check.shape(op, shape, "shape");
  check.floatDType(op, dtype, "dtype");
}

function scaling(op: string, scale: number, fan: Fan, distribution: Distribution): Initializer {
  return (key, shape, dtype = "f32") => {
    checkDraw(op, key, shape, dtype);
    const f = fansOf(op, shape);
    const n = Math.max(1, fan === "average" ? (f.in + f.out) / 2 : f[fan]);
    const std = Math.sqrt(scale / n);
    if (distribution === "uniform")
      return uniform(key, shape, { low: -Math.sqrt(3) * std, high: Math.sqrt(3) * std, dtype });
    if (distribution === "normal") return mul(standardNormal(key, shape, { dtype }), std);
    return mul(truncatedNormal(key, shape, { low: -2, high: 2, dtype }), std / TRUNCATED_STD);
  };
}

/** Standard deviation of a standard normal cut at ±2. */
const TRUNCATED_STD = 0.8796256610342398;

/** `N(0, std²)`, whatever the fan. */
export function normalInit(std = 0.01): Initializer {
  check.number("[0, ∞)")("normalInit", std, "std");
  return (key, shape, dtype = "f32") => {
    checkDraw("normalInit", key, shape, dtype);
    return mul(standardNormal(key, shape, { dtype }), std);
  };
}

/** A normal distribution cut at two standard deviations `std`, as what Vision Transformers start from; 0.02 unless told. */
export function truncatedNormalInit(std = 0.02): Initializer {
  check.number("[0, ∞)")("truncatedNormalInit", std, "std");
  return (key, shape, dtype = "f32") => {
    checkDraw("truncatedNormalInit", key, shape, dtype);
    return mul(truncatedNormal(key, shape, { low: -2, high: 2, dtype }), std);
  };
}

/**
 * A matrix with orthonormal rows or columns, whichever are fewer, uniformly distributed, times `gain`: Saxe et al. 2014. All axes but the first are taken together.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `gain` is no number
 * @example
 * ```ts
 * const w = orthogonal()(key(0), [256, 64]); // wᵀ w = 1
 * ```
 */
export function orthogonal(gain = 1): Initializer {
  check.number()("orthogonal", gain, "gain");
  return (key, shape, dtype = "f32") => {
    checkDraw("orthogonal", key, shape, dtype);
    fansOf("orthogonal", shape);
    const rows = shape[0] as number;
    const columns = shape.slice(1).reduce((a, b) => a * b, 1);
    if (rows * columns === 0) return zeros(shape, { dtype });
    const tall = rows >= columns;
    const wide = dtype === "f64" ? dtype : "f32";
    const [q, r] = qr(standardNormal(key, tall ? [rows, columns] : [columns, rows], { dtype: wide }));
    // with the signs of r's diagonal, the distribution is uniform (Mezzadri 2007)
    const even = mul(q, where(less(diagonal(r), 0), -1, 1));
    return reshape(cast(mul(tall ? even : transpose(even), gain), dtype), shape);
  };
}

/** All zeros. */
export const zerosInit: Initializer = (key, shape, dtype = "f32") => {
  checkDraw("zerosInit", key, shape, dtype);
  return zeros(shape, { dtype });
};

/** All ones. */
export const onesInit: Initializer = (key, shape, dtype = "f32") => {
  checkDraw("onesInit", key, shape, dtype);
  return ones(shape, { dtype });
};

/** Kaiming (He) uniform for ReLU units, `U(±√(6 / fan_in))`: He et al. 2015, equation 10. */
export const kaimingUniform: Initializer = scaling("kaimingUniform", 2, "in", "uniform");
/** Kaiming (He) normal for ReLU units, `N(0, 2 / fan_in)`: He et al. 2015, equation 10. */
export const kaimingNormal: Initializer = scaling("kaimingNormal", 2, "in", "normal");
/** Xavier (Glorot) uniform, `U(±√(6 / (fan_in + fan_out)))`: Glorot & Bengio 2010, equation 16. */
export const xavierUniform: Initializer = scaling("xavierUniform", 1, "average", "uniform");
/** Xavier (Glorot) normal, `N(0, 2 / (fan_in + fan_out))`: Glorot & Bengio 2010, equation 12. */
export const xavierNormal: Initializer = scaling("xavierNormal", 1, "average", "normal");
/** LeCun uniform, `U(±√(3 / fan_in))`. */
export const lecunUniform: Initializer = scaling("lecunUniform", 1, "in", "uniform");
/** LeCun normal, truncated at two standard deviations, variance `1 / fan_in`. */
export const lecunNormal: Initializer = scaling("lecunNormal", 1, "in", "truncated");
/** What PyTorch's Linear and Conv layers start from: Kaiming uniform with `a = √5`, that is `U(±1 / √fan_in)`. */
export const torchUniform: Initializer = scaling("torchUniform", 1 / 3, "in", "uniform");
