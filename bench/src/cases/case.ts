import type { Inputs } from "../harness/inputs.ts";
import type { GpuImplementation } from "../subjects/gpu.ts";
import type { GradusImplementation } from "../subjects/gradus.ts";
import type { JaxImplementation } from "../subjects/jax.ts";
import type { OrtImplementation } from "../subjects/ort.ts";
import type { TfjsImplementation } from "../subjects/tfjs-drive.ts";

/** A way to do a case, or why there is none. */
export type Way<I> = I | string;

/** A row of the benchmark: the same numbers computed by all who can. */
export interface Case {
  readonly name: string;
  /** Floating-point operations of one run, where they are known. */
  readonly flops?: number;
  /** Operations of one run, where the cost of each is what matters. */
  readonly ops?: number;
  /** Greatest difference between subjects, relative to the largest elements; 1e-4 unless told. */
  readonly tolerance?: number;
  /** Subjects for which a run would take too long. */
  readonly tooSlow?: readonly string[];
  readonly inputs: () => Inputs;
  /** What is compared, made of all outputs; the outputs themselves unless told. */
  readonly compared?: (outputs: readonly ArrayLike<number>[], inputs: Inputs) => readonly ArrayLike<number>[];
  readonly gradus: Way<GradusImplementation>;
  readonly tfjs: Way<TfjsImplementation>;
  readonly jax: Way<JaxImplementation>;
  readonly ort: Way<OrtImplementation>;
  readonly gpu?: Way<GpuImplementation>;
}
