import { BackendError, type Plan } from "@gradus/tensor";
import type { Gpu } from "./gpu.ts";
import { fitsWhole } from "./parts/windows.ts";

type Uncommon = typeof import("./uncommon.ts");

let found: Uncommon | null = null;

/** Whether a plan has a step for which {@link uncommon} is needed, and that is still to be loaded. */
export const lacks = ({ limits }: Gpu, plan: Plan): boolean =>
  found === null &&
  plan.steps.some(({ work }) => (work.kind === "loops" ? !fitsWhole(work, limits) : work.kind !== "scatter"));

/** Loads {@link uncommon}, once; throws BackendError where its file cannot be had, and is tried again by the next plan. */
export async function load(): Promise<void> {
  try {
    found ??= await import("./uncommon.ts");
  } catch (e) {
    throw new BackendError(
      `webgpu: a part of @gradus/gpu, which this program needs, could not be loaded: ${(e as Error).message}; serve all files that the bundler makes`,
    );
  }
}

/** Branches, loops, running folds, routines and cutting into parts: for plans that lack nothing. */
export function uncommon(): Uncommon {
  if (found === null) throw new TypeError("webgpu: a plan is compiled before what it needs is loaded");
  return found;
}
