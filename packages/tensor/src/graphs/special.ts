import { i0, i0e } from "../functions/special/bessel.ts";
import { comb, gammasgn, poch } from "../functions/special/combinatorial.ts";
import { erfc, erfcx, logNdtr, ndtr, ndtri } from "../functions/special/erf.ts";
import { frexp, ldexp, nextafter, signbit } from "../functions/special/floats.ts";
import { beta, betaln, gamma, lgamma, polygamma } from "../functions/special/gamma.ts";
import { betainc, gammainc, gammaincc, zeta } from "../functions/special/incomplete.ts";
import { gcd, lcm } from "../functions/special/integers.ts";
import { besselJ, dawsn, expi, expn, fresnel, sici, spence } from "../functions/special/integrals.ts";
import { logaddexp } from "../functions/special/logsum.ts";
import { cbrt, hypot, log2, log10 } from "../functions/special/powers.ts";
import { reducePrecision } from "../functions/special/precision.ts";
import { derivatives, sinc } from "../functions/special/sinc.ts";
import { placeholderLike, type Tensor } from "../tensor.ts";
import { type Fields, integer } from "./fields.ts";
import { type Rule, type Rules, rule, sameAval } from "./rule.ts";
import { isNumber } from "./structure.ts";

const alike = (inputs: readonly Tensor[]): boolean =>
  inputs.every((t) => sameAval(t, inputs[0] as Tensor) && isNumber(t));

/** The rule of the primitive that ends a function. */
function ending(inputs: number, f: (...xs: [Tensor, Tensor, Tensor]) => Tensor, fields: Fields = {}): Rule {
  const xs = [0, 1, 2].map(() => placeholderLike({ shape: [1], dtype: "f32" }, 0)) as [Tensor, Tensor, Tensor];
  return { primitive: f(...xs).primitive, inputs, fields, fits: alike };
}

const ofInteger = (): Tensor => placeholderLike({ shape: [1], dtype: "i32" }, 0);
const unary = {
  erfc,
  erfcx,
  logNdtr,
  ndtr,
  ndtri,
  lgamma,
  gamma,
  log2,
  log10,
  cbrt,
  sinc,
  gammasgn,
  expi,
  dawsn,
  spence,
  signbit,
};
const binary = { poch, comb, betaln, beta, gammainc, gammaincc, zeta, logaddexp, hypot };
const each = <F>(functions: Readonly<Record<string, F>>, to: (f: F) => Rule): Rules =>
  Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, to(f)]));
const order = { n: integer(0, 2000) };

/** Special functions. */
export const special = (): Rules => ({
  ...each(unary, (f) => ending(1, f)),
  ...each(binary, (f) => ending(2, f)),
  sinIntegral: ending(1, (x) => sici(x)[0]),
  cosIntegral: ending(1, (x) => sici(x)[1]),
  fresnelS: ending(1, (x) => fresnel(x)[0]),
  fresnelC: ending(1, (x) => fresnel(x)[1]),
  frexpExponent: ending(1, (x) => frexp(x)[1]),
  ldexp: ending(2, (x) => ldexp(x, ofInteger())),
  gcd: ending(2, () => gcd(ofInteger(), ofInteger())),
  lcm: ending(2, () => lcm(ofInteger(), ofInteger())),
  betainc: ending(3, betainc),
  nextafter: { ...ending(2, nextafter), complete: (_, [a]) => (a as Tensor).dtype },
  besselI: ending(1, i0, order),
  scaledBesselI: ending(1, i0e, order),
  besselJ: ending(1, (x) => besselJ(0, x), order),
  expn: ending(1, (x) => expn(0, x), order),
  polygamma: ending(1, (x) => polygamma(0, x), order),
  sincDerivative: rule(derivatives, 1, order, alike),
  reducePrecision: ending(1, (x) => reducePrecision(x, 8, 7), { exponent: integer(2, 11), mantissa: integer(0, 52) }),
});
