export {
  type Complex,
  type ComplexLike,
  complex,
  complexAbs,
  complexAdd,
  complexAngle,
  complexConj,
  complexMul,
  complexPolar,
} from "./complex.ts";
export { type FftConvolveOptions, fftConvolve } from "./convolve.ts";
export { type CosineOptions, dct, idct } from "./dct.ts";
export { fft, fft2, fftn, ifft, ifft2, ifftn } from "./fft.ts";
export { type FrequencyOptions, fftfreq, fftshift, ifftshift, rfftfreq } from "./frequencies.ts";
export { hfft, ihfft, irfft, irfft2, irfftn, rfft, rfft2, rfftn } from "./rfft.ts";
export type { FourierAxesOptions, FourierNorm, FourierOptions } from "./transform.ts";
