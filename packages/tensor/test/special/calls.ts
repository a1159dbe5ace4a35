import * as g from "../../src/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: every function is called, also with what its type forbids
type Any = any;
/** A call that works: its tensor arguments by name, how to make them, and the call. */
export type Call = readonly [names: readonly string[], make: () => g.Tensor[], call: (...tensors: Any[]) => unknown];

const api = g as unknown as Record<string, (...args: Any[]) => unknown>;
const call =
  (name: string, ...rest: unknown[]): Call[2] =>
  (...tensors) =>
    (api[name] as (...args: Any[]) => unknown)(...tensors, ...rest);
const rows = (names: string, make: (name: string) => Call): Record<string, Call> =>
  Object.fromEntries(names.split(" ").map((name) => [name, make(name)]));
const f32 = (...shape: number[]): g.Tensor => g.add(g.ones(shape), 0.5);
const whole = (dtype: g.DType) => (): g.Tensor[] => [g.ones([2], { dtype })];
const x = (name: string): Call => [["x"], () => [f32(2, 2)], call(name)];
const two =
  (p: string, q: string) =>
  (name: string): Call => [[p, q], () => [f32(2), f32(2)], call(name)];
const pair = (re: Any, im: Any): g.Complex => ({ re, im });

/** Every function of the folders fft, special, bits and polynomial that takes tensors. */
export const newCalls: Readonly<Record<string, Call>> = {
  ...rows("fft ifft fft2 ifft2 fftn ifftn irfft irfft2 irfftn hfft", (name) => [
    ["x.re", "x.im"],
    () => [f32(2, 2), f32(2, 2)],
    (re, im) => (api[name] as (z: Any) => unknown)(pair(re, im)),
  ]),
  ...rows("rfft rfft2 rfftn ihfft dct idct fftshift ifftshift", x),
  ...rows("complexConj complexAbs complexAngle", (name) => [
    ["x.re", "x.im"],
    () => [f32(2), f32(2)],
    (re, im) => (api[name] as (z: Any) => unknown)(pair(re, im)),
  ]),
  ...rows("complexAdd complexMul", (name) => [
    ["a.re", "b.im"],
    () => [f32(2), f32(2)],
    (re, im) => (api[name] as (p: Any, q: Any) => unknown)(pair(re, f32(2)), pair(f32(2), im)),
  ]),
  complex: two("re", "im")("complex"),
  complexPolar: two("radius", "angle")("complexPolar"),
  fftConvolve: two("a", "b")("fftConvolve"),
  ...rows(
    "lgamma gamma digamma trigamma erfc erfcx ndtr logNdtr ndtri i0 i0e i1 i1e exp2 log2 log10 cbrt deg2rad rad2deg sinc entr signbit frexp modf",
    x,
  ),
  logmeanexp: x("logmeanexp"),
  logit: [["p"], () => [f32(2)], call("logit")],
  polygamma: [["x"], () => [f32(2)], (t) => g.polygamma(1, t)],
  multigammaln: [["a"], () => [f32(2)], call("multigammaln", 2)],
  ...rows("beta betaln hypot logaddexp logaddexp2 nextafter copysign", two("a", "b")),
  ...rows("gammainc gammaincc", two("a", "x")),
  ...rows("xlogy xlog1py relEntr klDiv", two("x", "y")),
  zeta: two("s", "q")("zeta"),
  heaviside: two("x", "value")("heaviside"),
  divmod: two("a", "b")("divmod"),
  betainc: [["a", "b", "x"], () => [f32(2), f32(2), f32(2)], call("betainc")],
  ldexp: [["x", "e"], () => [f32(2), g.ones([2], { dtype: "i32" })], call("ldexp")],
  ...rows("gcd lcm", (name) => [
    ["a", "b"],
    () => [g.ones([2], { dtype: "i32" }), g.ones([2], { dtype: "i32" })],
    call(name),
  ]),
  ...rows("bitwiseNot populationCount countLeadingZeros packbits", (name) => [["x"], whole("i32"), call(name)]),
  unpackbits: [["x"], whole("u8"), call("unpackbits")],
  polyval: two("p", "x")("polyval"),
  ...rows("polyadd polymul", two("a", "b")),
  ...rows("polyder polyint", (name) => [["p"], () => [f32(3)], call(name)]),
  vander: x("vander"),
  polyfit: [["x", "y"], () => [g.tensor([0, 1, 2]), f32(3)], call("polyfit", 1)],
  chebval: two("c", "x")("chebval"),
  tridiagonalSolve: [
    ["lower", "diagonal", "upper", "b"],
    () => [f32(2), f32(2), f32(2), f32(2, 1)],
    call("tridiagonalSolve"),
  ],
  cubicSpline: [["x", "y"], () => [g.tensor([0, 1, 2]), f32(3)], call("cubicSpline")],
};
