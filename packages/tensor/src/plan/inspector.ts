import type { Tensor } from "../tensor.ts";
import type { Captured } from "./capture.ts";

/** Looks at what was computed; see debug-nans.ts, which only programs that use it carry. */
export interface Inspector {
  /** True when something is wrong with one of the computed tensors. */
  finds(tensors: readonly Tensor[]): boolean;
  /** Throws an error that says where in the graph it began. */
  blame(graph: Captured, realize: (tensors: readonly Tensor[]) => void): never;
}

let current: Inspector | null = null;

/** The inspector in charge, or null. */
export const inspector = (): Inspector | null => current;

/** Puts an inspector in charge. */
export function setInspector(next: Inspector | null): void {
  current = next;
}
