import type { Tensor } from "@gradus/tensor";
import { add, lessEqual, mul, sin, square, sub, where } from "@gradus/tensor";

/**
 * Three functions of one variable, elementwise, with a global minimum beside local ones, on which diffGrad was presented (Dubey et al. 2020, section V).
 *
 * - `F1`: `(x + 0.3)²` up to 0, `(x - 0.2)² + 0.05` beyond; the global minimum is at -0.3
 * - `F2`: `-40 x - 35.15` up to -0.9, `x³ + x sin 8x + 0.85` beyond; the global minimum is at -0.6429
 * - `F3`: `x²` but for a valley `7|x| / 8` within 0.4 and ridges between; the global minimum is the kink at 0
 *
 * @example
 * ```ts
 * const { x } = await minimize((x: Tensor) => testFunctions.F1(x), tensor(-1), { optimizer: diffGrad({ learningRate: 0.1 }) });
 * ```
 */
export const testFunctions: Readonly<Record<"F1" | "F2" | "F3", (x: Tensor) => Tensor>> = {
  F1: (x) => where(lessEqual(x, 0), square(add(x, 0.3)), add(square(sub(x, 0.2)), 0.05)),
  F2: (x) =>
    where(lessEqual(x, -0.9), sub(mul(x, -40), 35.15), add(add(mul(square(x), x), mul(x, sin(mul(x, 8)))), 0.85)),
  F3(x) {
    const valley = where(lessEqual(x, 0), mul(x, -7 / 8), mul(x, 7 / 8));
    const left = where(lessEqual(x, -0.4), add(x, 0.75), valley);
    const middle = where(lessEqual(x, 0.4), left, sub(0.75, x));
    return where(lessEqual(x, -0.5), square(x), where(lessEqual(x, 0.5), middle, square(x)));
  },
};
