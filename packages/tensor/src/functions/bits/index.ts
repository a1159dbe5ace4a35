export { bitwiseNot, countLeadingZeros, populationCount } from "./bits.ts";
export { type PackOptions, packbits, type UnpackOptions, unpackbits } from "./pack.ts";
