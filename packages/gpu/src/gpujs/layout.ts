import type { DType } from "@gradus/tensor";

// Arrays in textures: four floats to a texel, row by row.

/** Floats that one element takes in a texture: 32 bits of an integer are two halves. */
export const floatsOf = (dtype: DType): 1 | 2 => (dtype === "i32" || dtype === "u32" ? 2 : 1);

/** Elements of a texel. */
export const perTexel = (dtype: DType): 2 | 4 => (floatsOf(dtype) === 2 ? 2 : 4);

/** Binary logarithm of the width of a texture of that many texels: a power of two, so that places in it are found without divisions. */
export const widthBits = (texels: number): number => Math.floor(Math.log2(Math.max(1, texels)) / 2);

/** Width and height of a texture of that many floats. The height is at most twice the square root of the number of texels. */
export const layout = (floats: number): [number, number] => {
  const texels = Math.ceil(floats / 4);
  const width = 2 ** widthBits(texels);
  return [width, Math.max(1, Math.ceil(texels / width))];
};
