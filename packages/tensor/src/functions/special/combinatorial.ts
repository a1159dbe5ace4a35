import { integer } from "../../check.ts";
import type { Tensor } from "../../tensor.ts";
import { add, div, mul, neg, sub } from "../arithmetic.ts";
import { equal, less, logicalAnd } from "../comparison.ts";
import { abs, cos, expm1, log, log1p, sin } from "../elementary.ts";
import type { Complex } from "../fft/complex.ts";
import { fullLike } from "../fill.ts";
import { real, type TensorLike } from "../operands.ts";
import { where } from "../selection.ts";
import { digamma, gamma } from "./gamma.ts";
import { series } from "./near.ts";
import { type BinaryFunction, meetReal, one, two, type UnaryFunction } from "./operands.ts";
import { pointwise } from "./pointwise.ts";
import * as scalar from "./scalar/gamma.ts";
import { gammasgn as signOfGamma } from "./scalar/integrals.ts";

/** Γ(x + m)/Γ(x): the product for small whole m, so that integers are exact. */
function rising(x: number, m: number): number {
  if (Number.isInteger(m) && m >= 0 && m <= 64) {
    let product = 1;
    for (let k = 0; k < m; k++) product *= x + k;
    return product;
  }
  const [top, bottom] = [scalar.gamma(x + m), scalar.gamma(x)];
  if (Math.abs(top) < 1e300 && Math.abs(bottom) < 1e300 && bottom !== 0) return top / bottom;
  return signOfGamma(x + m) * signOfGamma(x) * Math.exp(scalar.logGamma(x + m) - scalar.logGamma(x));
}

/** n over k. */
function choices(n: number, k: number): number {
  if (Number.isInteger(k) && k <= 64) {
    if (k < 0) return 0;
    let product = 1;
    for (let j = 1; j <= k; j++) product = (product * (n - k + j)) / j;
    return product;
  }
  if (Number.isInteger(n) && Number.isInteger(k) && n >= 0)
    return k > n ? 0 : n - k <= 64 ? choices(n, n - k) : 1 / ((n + 1) * scalar.beta(n - k + 1, k + 1));
  return 1 / ((n + 1) * scalar.beta(n - k + 1, k + 1));
}

const psi = (x: Tensor): Tensor => digamma(x);
const pochPrimitive = pointwise({
  name: "poch",
  f: () => rising,
  derivatives: [
    ([x, m], y) => mul(y, sub(psi(add(x as Tensor, m as Tensor)), psi(x as Tensor))),
    ([x, m], y) => mul(y, psi(add(x as Tensor, m as Tensor))),
  ],
});
const combPrimitive = pointwise({
  name: "comb",
  f: () => choices,
  derivatives: [
    ([n, k], y) => mul(y, sub(psi(add(n as Tensor, 1)), psi(add(sub(n as Tensor, k as Tensor), 1)))),
    ([n, k], y) => mul(y, sub(psi(add(sub(n as Tensor, k as Tensor), 1)), psi(add(k as Tensor, 1)))),
  ],
});

/** Γ(x + 1), elementwise: x! of whole numbers, exact up to 22!. Throws ArgumentError for anything but a tensor or number. */
export const factorial = (x: TensorLike): Tensor => gamma(add(real("factorial", x), 1));

/** The sign of Γ(x), elementwise; NaN at its poles left of 0. Throws ArgumentError for anything but a tensor or number. */
export const gammasgn: UnaryFunction = one(pointwise({ name: "gammasgn", f: () => signOfGamma, derivatives: [null] }));

/** Pochhammer's rising factorial Γ(x + m)/Γ(x), broadcast. Throws ShapeError if shapes do not broadcast. `poch(tensor(2), 3)` is 24. */
export const poch: BinaryFunction = two(pochPrimitive, ["x", "m"]);

/** The number of choices of k among n, n!/(k!(n − k)!), broadcast, also between integers. Throws ShapeError if shapes do not broadcast. */
export const comb: BinaryFunction = two(combPrimitive, ["n", "k"]);

/** (x^λ − 1)/λ, and log x at λ = 0, broadcast (Box & Cox 1964). Throws ShapeError if shapes do not broadcast. */
export function boxcox(x: TensorLike, lambda: TensorLike): Tensor {
  const [p, l] = meetReal("boxcox", x, lambda, ["x", "lambda"]);
  return power(log(p), l);
}

/** {@link boxcox} of 1 + x, accurate near 0. */
export function boxcox1p(x: TensorLike, lambda: TensorLike): Tensor {
  const [p, l] = meetReal("boxcox1p", x, lambda, ["x", "lambda"]);
  return power(log1p(p), l);
}

/** (e^{lλ} − 1)/λ: for small t = lλ as l · Σ tᵏ/(k + 1)!, and l at λ = 0 also where it is infinite. */
function power(l: Tensor, lambda: Tensor): Tensor {
  const t = where(logicalAnd(equal(lambda, 0), equal(abs(l), Infinity)), 0, mul(l, lambda));
  const near = less(abs(t), 0.5);
  const small = mul(
    l,
    series(where(near, t, 0), (k) => 1 / scalar.gamma(k + 2)),
  );
  return where(near, small, div(expm1(where(near, 0, t)), where(near, 1, lambda)));
}

/**
 * The spherical harmonic Yₗᵐ(θ, φ) of degree l and order m with the Condon-Shortley phase, orthonormal on the sphere; broadcast.
 *
 * @param theta - polar angle, from 0 at the north pole to π
 * @param phi - azimuth
 * @throws {@link ArgumentError} unless l is an integer in `[0, 1000]` and |m| ≤ l, {@link ShapeError} if shapes do not broadcast
 */
export function sphHarm(l: number, m: number, theta: TensorLike, phi: TensorLike): Complex {
  integer("[0, 1000]")("sphHarm", l, "l");
  integer(`[-${l}, ${l}]`)("sphHarm", m, "m");
  const [t, p] = meetReal("sphHarm", theta, phi, ["theta", "phi"]);
  const [z, s, k] = [cos(t), sin(t), Math.abs(m)];
  // normalised associated Legendre functions, upwards in degree (Press et al. 2007, 6.7)
  let here = fullLike(z, Math.sqrt(1 / (4 * Math.PI)));
  for (let j = 1; j <= k; j++) here = mul(mul(here, s), -Math.sqrt((2 * j + 1) / (2 * j)));
  let before = mul(here, 0);
  for (let n = k + 1; n <= l; n++) {
    const a = Math.sqrt((4 * n * n - 1) / (n * n - k * k));
    const b = Math.sqrt(((n - 1) ** 2 - k * k) / (4 * (n - 1) ** 2 - 1));
    [before, here] = [here, mul(sub(mul(z, here), mul(before, b)), a)];
  }
  // Y₋ₘ = (−1)ᵐ times the conjugate
  const signed = m < 0 && k % 2 === 1 ? neg(here) : here;
  return { re: mul(signed, cos(mul(p, m))), im: mul(signed, sin(mul(p, m))) };
}
