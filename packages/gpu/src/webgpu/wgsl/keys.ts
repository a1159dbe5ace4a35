import { type DType, dtypes } from "@gradus/tensor";

/** The bits of the element at position `i` (a u32 expression) of `name`, words, as the low bits of a u32. */
export function bitsAt(dtype: DType, name: string, i: string): string {
  const { bytes } = dtypes[dtype];
  if (bytes === 4) return `${name}[${i}]`;
  return bytes === 2
    ? `extractBits(${name}[(${i}) >> 1u], ((${i}) & 1u) << 4u, 16u)`
    : `extractBits(${name}[(${i}) >> 2u], ((${i}) & 3u) << 3u, 8u)`;
}

/** The function `key` of WGSL, from the bits of an element to a u32 that grows as elements do: 0 and −0 have the same, NaN has the largest. */
export function keyFunction(dtype: DType, descending: boolean): string {
  const { kind, bytes } = dtypes[dtype];
  const top = `${2 ** (8 * bytes - 1)}u`;
  const lines: Partial<Record<typeof kind, string>> = {
    float: `let size = bits & ${2 ** (8 * bytes - 1) - 1}u;
if (size > ${bytes === 4 ? 0x7f800000 : 0x7c00}u) { return ${descending ? "0u" : "0xffffffffu"}; }
let k = select(select(bits | ${top}, ~bits & ${2 ** (8 * bytes) - 1}u, size != bits), ${top}, size == 0u);`,
    int: `let k = bits ^ ${top};`,
  };
  return `fn key(bits: u32) -> u32 {
${lines[kind] ?? "let k = bits;"}
return ${descending ? "~k" : "k"};
}`;
}
