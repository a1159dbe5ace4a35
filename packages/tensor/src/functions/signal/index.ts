export { type ConvolveMode, convolve, correlate } from "./convolve.ts";
export { type IstftOptions, istft, type StftOptions, stft } from "./stft.ts";
export { bartlett, blackman, hamming, hann, kaiser, type WindowFunctionOptions } from "./windows.ts";
