import * as g from "../../src/index.ts";
import type { Case, Domain } from "../cases.ts";

type Tensor = g.Tensor;

const one = (
  name: string,
  f: (x: Tensor) => Tensor,
  domain: Domain = "any",
  shape: readonly number[] = [2, 3],
): Case => ({ name, inputs: [{ shape, domain }], f });
const named = (domain: Domain, ...names: readonly (keyof typeof g)[]): Case[] =>
  names.map((name) => one(name, g[name] as unknown as (x: Tensor) => Tensor, domain));
const pairs = (first: Domain, second: Domain, ...names: readonly (keyof typeof g)[]): Case[] =>
  names.map((name) => ({
    name,
    inputs: [
      { shape: [2, 1], domain: first },
      { shape: [3], domain: second },
    ],
    f: g[name] as unknown as Case["f"],
  }));
/** From (−1, 1) to (0, 1). */
const unit = (x: Tensor): Tensor => g.mul(g.add(x, 1), 0.5);

/** Special functions in calls that every suite can make. */
export const specialCases: readonly Case[] = [
  ...named("positive", "lgamma", "digamma", "erfcx"),
  ...named("any", "erfc", "i1", "i0e"),
  ...pairs("positive", "positive", "betaln", "hypot"),
  one("polygamma", (x) => g.polygamma(3, x), "positive"),
  one("betainc", (x) => g.betainc(2.5, 1.5, unit(x)), "unit"),
];

/** Every function on the table of derivatives. */
export const specialFunctions: readonly Case[] = [
  ...specialCases,
  ...named("positive", "gamma", "trigamma", "log2", "log10", "cbrt", "entr"),
  ...named("any", "ndtr", "logNdtr", "i0", "i1e", "exp2", "sinc", "deg2rad", "rad2deg"),
  one("sinc at its top", (x) => g.sinc(g.mul(x, 1e-3)), "small"),
  one("ndtri", (x) => g.ndtri(unit(x)), "unit"),
  one("logit", (x) => g.logit(unit(x)), "unit"),
  ...pairs("positive", "positive", "beta", "xlogy", "xlog1py", "relEntr", "klDiv"),
  ...pairs("any", "any", "logaddexp", "logaddexp2", "copysign", "heaviside"),
  {
    name: "logaddexp of equals",
    inputs: [
      { shape: [2], data: [1, -3] },
      { shape: [2], data: [1, -3] },
    ],
    f: (a, b) => g.logaddexp(a as Tensor, b as Tensor),
  },
  one("logmeanexp", (x) => g.logmeanexp(x, 1)),
  one("zeta", (x) => g.zeta(2.5, x), "positive"),
  one("gammainc", (x) => g.gammainc(2.5, x), "positive"),
  one("gammaincc", (x) => g.gammaincc(0.7, x), "positive"),
  one("multigammaln", (x) => g.multigammaln(x, 3), "above1"),
  one("lgamma left of 0", (x) => g.lgamma(g.sub(g.mul(x, 0.4), 2.5)), "small"),
  one("polygamma left of 0", (x) => g.polygamma(2, g.sub(g.mul(x, 0.3), 1.5)), "small"),
  one("frexp", (x) => g.frexp(x)[0], "positive"),
  one("ldexp", (x) => g.ldexp(x, g.tensor([1, -2, 3], { dtype: "i32" }))),
  one("modf", (x) => g.mul(g.modf(x)[0], x)),
  one("divmod", (x) => g.mul(g.divmod(x, 0.7)[1], x)),
];
