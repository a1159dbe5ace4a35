import type { DType } from "@gradus/tensor";
import { registers } from "../wgsl/types.ts";

/** A dtype of whole words that holds every value of a dtype. */
export function wide(dtype: DType): DType {
  const type = registers[dtype];
  return type === "bool" ? "i32" : type;
}
