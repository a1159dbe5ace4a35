import type { Computation, Special } from "@gradus/tensor";
import type { Gpu } from "../gpu.ts";
import type { Runner } from "../steps.ts";
import { fft } from "./fft.ts";
import { search } from "./search.ts";
import { sort } from "./sort.ts";

type Of<K extends Computation["kind"]> = Extract<Computation, { kind: K }>;

/** How the device does a routine: null where it cannot. Shaders are made when the runner is asked for. */
export type Prepare<K extends Computation["kind"]> = (gpu: Gpu, of: Of<K>) => (() => Runner) | null;

const routines: { readonly [K in Computation["kind"]]?: Prepare<K> } = { fft, search, sort };

/** What makes the runner of a routine, or null: then it is left to the CPU. */
export function prepared(gpu: Gpu, { computes }: Extract<Special, { kind: "routine" }>): (() => Runner) | null {
  if (computes === undefined) return null;
  const prepare = routines[computes.kind] as Prepare<typeof computes.kind> | undefined;
  return prepare?.(gpu, computes as never) ?? null;
}
