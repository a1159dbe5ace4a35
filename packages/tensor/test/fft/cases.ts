import * as g from "../../src/index.ts";
import type { Case } from "../cases.ts";

type Tensor = g.Tensor;

/** Both parts side by side, unequally weighted and squared, so that no derivative is constant. */
const both = ({ re, im }: g.Complex): Tensor => {
  const [p, q] = [g.flatten(re), g.flatten(im)];
  return g.concat([g.mul(p, p), g.mul(g.mul(q, q), 2), g.mul(p, q)]);
};
const square = (x: Tensor): Tensor => g.mul(x, x);

const complex = (
  name: string,
  shape: readonly number[],
  f: (z: g.Complex) => g.Complex | Tensor,
  domain: "small" | "positive" = "small",
): Case => ({
  name,
  inputs: [
    { shape, domain },
    { shape, domain },
  ],
  f: (re, im) => {
    const y = f({ re: re as Tensor, im: im as Tensor });
    return y instanceof g.Tensor ? square(y) : both(y);
  },
  terms: 60,
});
const real = (name: string, shape: readonly number[], f: (x: Tensor) => g.Complex | Tensor): Case => ({
  name,
  inputs: [{ shape, domain: "small" }],
  f: (x) => {
    const y = f(x as Tensor);
    return y instanceof g.Tensor ? square(y) : both(y);
  },
  terms: 60,
});

/** Transforms in calls that every suite can make. */
export const fourierCases: readonly Case[] = [
  complex("fft", [2, 5], (z) => g.fft(z)),
  real("fft of reals", [2, 6], (x) => g.fft(x)),
  real("fft of reals, the imaginary part", [5], (x) => g.fft(x, { axis: 0 }).im),
  complex("fft cropped, of axis 0", [4, 2], (z) => g.fft(z, { n: 3, axis: 0, norm: "ortho" })),
  complex("ifft padded", [3], (z) => g.ifft(z, { n: 4, norm: "forward" })),
];

/** Every function on the table of derivatives. */
export const fourierFunctions: readonly Case[] = [
  ...fourierCases,
  complex("fft2", [2, 3], (z) => g.fft2(z)),
  complex("ifft2", [2, 3], (z) => g.ifft2(z)),
  complex("fftn", [2, 1, 3], (z) => g.fftn(z, { axes: [0, 2] })),
  complex("ifftn", [3, 2], (z) => g.ifftn(z, { n: [2, 3] })),
  real("rfft", [2, 6], (x) => g.rfft(x)),
  real("rfft of odd length", [5], (x) => g.rfft(x)),
  complex("irfft", [2, 3], (z) => g.irfft(z)),
  complex("irfft of odd length", [3], (z) => g.irfft(z, { n: 5 })),
  complex("hfft", [3], (z) => g.hfft(z)),
  real("ihfft", [5], (x) => g.ihfft(x)),
  real("rfft2", [2, 3], (x) => g.rfft2(x)),
  complex("irfft2", [2, 3], (z) => g.irfft2(z)),
  real("rfftn", [2, 2, 3], (x) => g.rfftn(x)),
  complex("irfftn", [3, 2], (z) => g.irfftn(z, { n: [3, 3] })),
  real("fftshift", [2, 3], (x) => g.fftshift(x)),
  real("ifftshift", [2, 3], (x) => g.ifftshift(x, 1)),
  {
    name: "fftConvolve",
    inputs: [
      { shape: [5], domain: "small" },
      { shape: [3], domain: "small" },
    ],
    f: (a, b) => g.fftConvolve(a as Tensor, b as Tensor),
  },
  real("dct", [2, 5], (x) => g.dct(x)),
  real("dct of type 3", [4], (x) => g.dct(x, { type: 3, norm: "ortho" })),
  real("idct", [5], (x) => g.idct(x)),
  complex("complex", [2], ({ re, im }) => g.complex(re, im)),
  complex("complexAdd", [2], (z) => g.complexAdd(z, g.complex(2, z.re))),
  complex("complexMul", [2], (z) => g.complexMul(z, z)),
  complex("complexConj", [2], (z) => g.complexConj(z)),
  complex("complexAbs", [2], (z) => g.complexAbs(z), "positive"),
  complex("complexAngle", [2], (z) => g.complexAngle(z), "positive"),
  complex("complexPolar", [2], ({ re, im }) => g.complexPolar(re, im)),
];
