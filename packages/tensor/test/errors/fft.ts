import * as g from "../../src/index.ts";
import { type Any, bad, call, callRows, type Family, f32, wrongRows } from "./row.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S } = g;
const x = f32(2, 4);
const api = g as unknown as Record<string, (...args: Any[]) => unknown>;
const pair = (re: Any, im: Any): g.Complex => ({ re, im });

const single = "fft ifft rfft irfft hfft ihfft";
const several = "fftn ifftn rfftn irfftn fft2 ifft2 rfft2 irfft2";

/** Transforms, and numbers in pairs. */
export const fourier: Family = {
  calls: {
    ...callRows(
      "fft ifft fft2 ifft2 fftn ifftn irfft irfft2 irfftn hfft complexConj complexAbs complexAngle",
      (name) => [
        ["x.re", "x.im"],
        () => [f32(2, 2), f32(2, 2)],
        (re, im) => (api[name] as (z: Any) => unknown)(pair(re, im)),
      ],
    ),
    ...callRows("rfft rfft2 rfftn ihfft dct idct fftshift ifftshift", (name) => [["x"], () => [f32(2, 2)], call(name)]),
    ...callRows("complexAdd complexMul", (name) => [
      ["a.re", "b.im"],
      () => [f32(2), f32(2)],
      (re, im) => (api[name] as (p: Any, q: Any) => unknown)(pair(re, f32(2)), pair(f32(2), im)),
    ]),
    complex: [["re", "im"], () => [f32(2), f32(2)], call("complex")],
    complexPolar: [["radius", "angle"], () => [f32(2), f32(2)], call("complexPolar")],
    fftConvolve: [["a", "b"], () => [f32(2), f32(2)], call("fftConvolve")],
  },
  wrong: [
    wrongRows(`${single} dct idct`, (f) => [
      [S, "axis", () => f(f32())],
      [S, "axis", () => f(x, { axis: 2 })],
      [A, "axis", () => f(x, { axis: Number.NaN })],
      [A, "n", () => f(x, { n: 0 })],
      [A, "n", () => f(x, { n: 2.5 })],
      [A, "n", () => f(x, { n: Number.NaN })],
      [A, "norm", () => f(x, { norm: "none" })],
      [S, "x", () => f(f32(2, 0))],
    ]),
    wrongRows(several, (f) => [
      [S, "axes", () => f(x, { axes: [0, 2] })],
      [S, "axes", () => f(x, { axes: [0, 0] })],
      [A, "axes", () => f(x, { axes: "0" })],
      [A, "n", () => f(x, { n: 4 })],
      [A, "n", () => f(x, { n: [2, 0] })],
      [A, "n", () => f(x, { n: [2, Number.NaN] })],
      [S, "n", () => f(x, { n: [2], axes: [0, 1] })],
      [S, "x", () => f(x, { n: [2, 2, 2] })],
      [A, "norm", () => f(x, { norm: 1 })],
      [S, "x", () => f(f32(2, 0))],
    ]),
    wrongRows("fftn ifftn rfftn irfftn", (f) => [[S, "axes", () => f(x, { axes: [] })]]),
    wrongRows("fft2 ifft2 rfft2 irfft2", (f) => [
      [S, "axes", () => f(x, { axes: [0] })],
      [S, "x", () => f(f32(4))],
    ]),
    wrongRows(`${single} ${several} dct idct`, (f) => [
      [A, "nothing", () => f(x, bad)],
      [A, "options", () => f(x, null)],
      [A, "options", () => f(x, 4)],
    ]),
    wrongRows("rfft ihfft rfft2 rfftn dct idct", (f) => [[A, "x", () => f(pair(x, x))]]),
    wrongRows("irfft hfft irfft2 irfftn", (f) => [[S, "x", () => f(f32(2, 1))]]),
    wrongRows(single, (f) => [[A, "axes", () => f(x, { axes: [0] })]]),
    wrongRows("dct idct", (f) => [
      [A, "type", () => f(x, { type: 1 })],
      [A, "type", () => f(x, { type: Number.NaN })],
    ]),
    wrongRows("fft ifft fftn irfft hfft complexAbs complexAngle complexConj", (f) => [
      [A, "x", () => f({ re: x })],
      [A, "x", () => f(1)],
      [S, "x.im", () => f(pair(x, f32(3)))],
    ]),
    wrongRows("complexAdd complexMul", (f) => [
      [A, "a", () => f(1, x)],
      [S, "b.im", () => f(x, pair(x, f32(3)))],
      [S, "b", () => f(pair(x, x), pair(f32(3), f32(3)))],
    ]),
    wrongRows("fftfreq rfftfreq", (f) => [
      [A, "n", () => f(0)],
      [A, "n", () => f(Number.NaN)],
      [A, "n", () => f(2 ** 31)],
      [A, "spacing", () => f(4, { spacing: 0 })],
      [A, "spacing", () => f(4, { spacing: Number.NaN })],
      [D, "dtype", () => f(4, { dtype: "i32" })],
      [A, "nothing", () => f(4, bad)],
    ]),
    wrongRows("fftshift ifftshift", (f) => [
      [S, "axes", () => f(x, 2)],
      [S, "axes", () => f(x, [0, 0])],
      [S, "axes", () => f(x, Number.NaN)],
      [A, "axes", () => f(x, "0")],
    ]),
    {
      complex: [[S, "im", () => g.complex(f32(2), f32(3))]],
      complexPolar: [[S, "angle", () => g.complexPolar(f32(2), f32(3))]],
      fftConvolve: [
        [S, "b", () => g.fftConvolve(f32(2), x)],
        [S, "b", () => g.fftConvolve(f32(), f32())],
        [S, "a", () => g.fftConvolve(f32(0), f32(2))],
        [S, "b", () => g.fftConvolve(f32(2), f32(0))],
        [S, "b", () => g.fftConvolve(f32(2, 3), f32(3, 3), { axes: [1] })],
        [A, "mode", () => g.fftConvolve(x, x, { mode: "half" as Any })],
        [S, "axes", () => g.fftConvolve(x, x, { axes: [2] })],
        [S, "axes", () => g.fftConvolve(x, x, { axes: [] })],
        [A, "axes", () => g.fftConvolve(x, x, { axes: "0" as Any })],
        [A, "nothing", () => g.fftConvolve(x, x, bad)],
      ],
    },
  ],
};
