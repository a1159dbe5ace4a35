import * as g from "../../src/index.ts";
import { type Any, bad, call, callRows, type Family, f32, i32, wrongRows } from "./row.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S } = g;
const x = f32(2, 3);
const two = (p: string, q: string) => (name: string) =>
  [[p, q], () => [f32(2), g.add(f32(2), 0.5)], call(name)] as const;

const pairs = "beta betaln hypot logaddexp logaddexp2 nextafter copysign divmod";

/** Special functions, and functions of the parts of floats and of integers. */
export const special: Family = {
  calls: {
    ...callRows(
      "lgamma gamma digamma trigamma erfc erfcx ndtr logNdtr ndtri i0 i0e i1 i1e exp2 log2 log10 cbrt deg2rad rad2deg sinc entr signbit frexp modf logmeanexp",
      (name) => [["x"], () => [f32(2, 2)], call(name)],
    ),
    logit: [["p"], () => [g.mul(f32(2), 0.5)], call("logit")],
    polygamma: [["x"], () => [f32(2)], (t: Any) => g.polygamma(1, t)],
    multigammaln: [["a"], () => [f32(2)], call("multigammaln", 2)],
    ...callRows(pairs, two("a", "b")),
    ...callRows("gammainc gammaincc", two("a", "x")),
    ...callRows("xlogy xlog1py relEntr klDiv", two("x", "y")),
    zeta: two("s", "q")("zeta"),
    heaviside: two("x", "value")("heaviside"),
    betainc: [["a", "b", "x"], () => [f32(2), f32(2), f32(2)], call("betainc")],
    ldexp: [["x", "e"], () => [f32(2), i32(2)], call("ldexp")],
    ...callRows("gcd lcm", (name) => [["a", "b"], () => [i32(2), i32(2)], call(name)]),
  },
  wrong: [
    wrongRows(pairs, (f) => [[S, "b", () => f(x, f32(2))]]),
    wrongRows("gammainc gammaincc", (f) => [[S, "x", () => f(x, f32(2))]]),
    wrongRows("xlogy xlog1py relEntr klDiv", (f) => [[S, "y", () => f(x, f32(2))]]),
    wrongRows("gcd lcm", (f) => [
      [S, "b", () => f(i32(2), i32(3))],
      [D, "a", () => f(x, i32(2, 3))],
      [D, "b", () => f(i32(2, 3), x)],
      [D, "b", () => f(i32(2), 0.5)],
      [D, "b", () => f(i32(2), Number.NaN)],
    ]),
    {
      zeta: [[S, "q", () => g.zeta(x, f32(2))]],
      heaviside: [[S, "value", () => g.heaviside(x, f32(2))]],
      betainc: [
        [S, "b", () => g.betainc(x, f32(2), 0.5)],
        [S, "x", () => g.betainc(x, 1, f32(2))],
        [S, "x", () => g.betainc(1, f32(2), f32(3))],
      ],
      ldexp: [
        [D, "e", () => g.ldexp(x, x)],
        [A, "e", () => g.ldexp(x, 1 as Any)],
        [S, "e", () => g.ldexp(x, i32(2))],
      ],
      polygamma: [
        [A, "n", () => g.polygamma(-1, x)],
        [A, "n", () => g.polygamma(0.5, x)],
        [A, "n", () => g.polygamma(Number.NaN, x)],
        [A, "n", () => g.polygamma(x as Any, x)],
      ],
      multigammaln: [
        [A, "d", () => g.multigammaln(x, 0)],
        [A, "d", () => g.multigammaln(x, Number.NaN)],
        [A, "d", () => g.multigammaln(x, 10_001)],
      ],
      bernoulliNumbers: [
        [A, "n", () => g.bernoulliNumbers(-1)],
        [A, "n", () => g.bernoulliNumbers(259)],
        [A, "n", () => g.bernoulliNumbers(Number.NaN)],
      ],
      logmeanexp: [
        [S, "axes", () => g.logmeanexp(x, 2)],
        [S, "axes", () => g.logmeanexp(x, [0, 0])],
        [A, "axes", () => g.logmeanexp(x, "0" as Any)],
        [A, "keepDims", () => g.logmeanexp(x, 0, { keepDims: 1 as Any })],
        [A, "nothing", () => g.logmeanexp(x, 0, bad)],
      ],
    },
  ],
};
