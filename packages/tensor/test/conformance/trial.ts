import type { DType } from "../../src/dtype.ts";
import type { Tensor } from "../../src/tensor.ts";
import type { Plain } from "../definitions/plain.ts";

/** One comparison. */
export interface Trial {
  readonly label: string;
  /** The program; made anew for every backend. */
  readonly f: () => readonly Tensor[];
  /** Values known without the graph; default: those of the definitions. */
  readonly expected?: () => readonly Plain[];
  /** Why it is left out; it counts as skipped. */
  readonly skip?: string;
  /** Terms that an element adds up, beyond what the folds in the graph say. */
  readonly terms?: number;
  /** Errors relative to the largest element, in units of rounding; for algorithms that are stable but no formula. */
  readonly units?: number;
}

/** A trial that is left out, and why. */
export const without = (label: string, skip: string): Trial => ({ label, skip, f: () => [] });
/** What a large shape would show is shown by other dtypes. */
export const slow = "the large shape takes long, and the kernels are those of f32 and f64, which see it";

export const floats: readonly DType[] = ["f32", "f64", "f16"];
export const integers: readonly DType[] = ["i32", "u32", "i8", "u8"];
export const numbers: readonly DType[] = [...floats, ...integers];
export const all: readonly DType[] = [...numbers, "bool"];
export const bits: readonly DType[] = [...integers, "bool"];
/** Dtypes of the matrix primitives and of Fourier transforms. */
export const wide: readonly DType[] = ["f32", "f64"];
