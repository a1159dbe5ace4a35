const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The number that 16 bits of IEEE 754 binary16 stand for. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The 16 bits of a number that binary16 holds exactly, as every element of an f16 tensor is. */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  float[0] = value;
  const bits = word[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 127;
  if (exponent === 128) return sign | 0x7c00;
  if (exponent < -24) return sign;
  if (exponent < -14) return sign | (((bits & 0x7fffff) | 0x800000) >>> (-1 - exponent));
  return sign | ((exponent + 15) << 10) | ((bits & 0x7fffff) >>> 13);
}
