import { isFloat } from "../dtype.ts";
import { ArgumentError, NonFiniteError } from "../errors.ts";
import { type Values, valuesNow } from "../read.ts";
import { disposeTensor } from "../scope.ts";
import { part, type Tensor } from "../tensor.ts";
import { rebuild } from "../transforms/graph.ts";
import type { Captured } from "./capture.ts";
import { type Inspector, setInspector } from "./inspector.ts";

/**
 * Switches checks for NaN on or off (off at first). While on, every computed result is read; when one holds a NaN, its graph is run again operation by
 * operation, and a NonFiniteError names the one that made the first NaN. Infinities are let through. Costs a read of every result.
 * Throws ArgumentError unless `enabled` is a boolean. Backends that cannot be read at once are not checked.
 *
 * ```ts
 * debugNaNs(true);
 * log(tensor([1, -1])).dataSync(); // NonFiniteError: debugNaNs: log made the first NaN, at [1] of [2] (f32), from -1
 * ```
 */
export function debugNaNs(enabled: boolean): void {
  if (typeof enabled !== "boolean") throw new ArgumentError(`debugNaNs: enabled: expected a boolean, got ${enabled}`);
  setInspector(enabled ? nans : null);
}

/** The first NaN among the values of a tensor that holds some, or -1. */
function firstNaN(t: Tensor): number {
  if (!isFloat(t.dtype)) return -1;
  return valuesNow(t)?.findIndex(Number.isNaN) ?? -1;
}

/** True when one of the computed tensors holds a NaN. */
const holdNaN = (tensors: readonly Tensor[]): boolean => tensors.some((t) => firstNaN(t) >= 0);

/** Runs a graph again, one operation at a time, and throws NonFiniteError at the first whose result holds a NaN. */
function blame(graph: Captured, realize: (tensors: readonly Tensor[]) => void): never {
  const values: (Tensor | readonly Tensor[])[] = [];
  const made: Tensor[] = [];
  try {
    graph.nodes.forEach((t, n) => {
      const from = (graph.inputs[n] as readonly number[]).map((i) => values[i] as Tensor);
      if (t.storage !== null || t.host !== null) values[n] = t;
      else if (t.primitive === part)
        values[n] = (from[0] as unknown as readonly Tensor[])[t.attributes.index] as Tensor;
      else values[n] = rebuild(t, from);
      const results = [values[n] as Tensor | readonly Tensor[]].flat();
      if (values[n] !== t && t.primitive !== part) made.push(...results);
      realize(results);
      for (const r of results) {
        const at = firstNaN(r);
        if (at >= 0) throw new NonFiniteError(message(t, from, r, at));
      }
    });
  } finally {
    made.forEach(disposeTensor);
  }
  throw new NonFiniteError("debugNaNs: a result holds a NaN that does not come back operation by operation");
}

function message(node: Tensor, from: readonly Tensor[], result: Tensor, at: number): string {
  const where = `at [${unravel(at, result.shape)}] of [${result.shape}] (${result.dtype})`;
  if (from.length === 0) return `debugNaNs: a given tensor holds a NaN, ${where}`;
  const operands = from.map((t) =>
    t.size === result.size
      ? `${(valuesNow(t) as Values)[at]}`
      : t.size === 1
        ? `${(valuesNow(t) as Values)[0]}`
        : `[${t.shape}]`,
  );
  return `debugNaNs: ${node.primitive.name} made the first NaN, ${where}, from ${operands.join(" and ")}`;
}

function unravel(at: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (const n of [...shape].reverse()) {
    index.unshift(at % n);
    at = Math.floor(at / n);
  }
  return index;
}

const nans: Inspector = { finds: holdNaN, blame };
