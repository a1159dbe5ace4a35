import { checkOptions, floatDType, integer, number } from "../check.ts";
import { ArgumentError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { mul, pow } from "./arithmetic.ts";
import { astype } from "./casting.ts";
import { linspace } from "./creation.ts";
import { exp } from "./elementary.ts";
import type { DTypeOption } from "./fill.ts";

/** `n` numbers from base^start to base^stop, both included, with one ratio; base 10 unless told. Throws ArgumentError for a bad number or option. */
export function logspace(
  start: number,
  stop: number,
  n: number,
  options: DTypeOption & { readonly base?: number } = {},
): Tensor {
  number()("logspace", start, "start");
  number()("logspace", stop, "stop");
  integer("[1, ∞)")("logspace", n, "n");
  checkOptions("logspace", options, { dtype: floatDType, base: number("(0, ∞)") });
  const { dtype = "f32", base = 10 } = options;
  return astype(pow(base, linspace(start, stop, n, { dtype: "f64" })), dtype);
}

/**
 * `n` numbers from `start` to `stop`, both included, with one ratio.
 *
 * @throws {@link ArgumentError} for 0, ends of different signs or a bad option
 * @example
 * ```ts
 * geomspace(1, 1000, 4); // [1, 10, 100, 1000]
 * ```
 */
export function geomspace(start: number, stop: number, n: number, options: DTypeOption = {}): Tensor {
  number()("geomspace", start, "start");
  number()("geomspace", stop, "stop");
  integer("[1, ∞)")("geomspace", n, "n");
  checkOptions("geomspace", options, { dtype: floatDType });
  if (!(start * stop > 0)) throw new ArgumentError(`geomspace: stop: ${stop} and start ${start} have no common sign`);
  const powers = linspace(0, Math.log(stop / start), n, { dtype: "f64" });
  return astype(mul(exp(powers), start), options.dtype ?? "f32");
}
