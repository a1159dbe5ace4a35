import type { Instruction, Kernel } from "@gradus/tensor";
import { operandsOf } from "../parts/kernels.ts";
import { product } from "./positions.ts";
import { loopsOf } from "./tiles.ts";

/** One factor of a sum of products: the instruction that gives it, and the output loops that it alone depends on. */
export interface Factor {
  readonly value: number;
  readonly loops: readonly number[];
  /** Steps of these loops. */
  readonly size: number;
}

/** A kernel as a product of matrices: `left` runs through rows and `right` through columns, which lie next to one another in the result. */
export interface Product {
  readonly left: Factor;
  readonly right: Factor;
  /** Loops that both depend on. */
  readonly batch: readonly number[];
  readonly depth: number;
}

/** Of each instruction, the output loops that it depends on; null: on data, too. */
function dependencies(list: readonly Instruction[], outputs: number): (ReadonlySet<number> | null)[] {
  const found: (ReadonlySet<number> | null)[] = [];
  for (const x of list) {
    const on = new Set<number>();
    let data = false;
    const indices = [...("index" in x ? [x.index] : []), ...("guards" in x ? x.guards.map((g) => g.of) : [])];
    for (const l of indices.flatMap((e) => [...loopsOf(e)])) {
      if (l === null) data = true;
      else if (l < outputs) on.add(l);
    }
    for (const operand of operandsOf(x)) {
      const under = found[operand] as ReadonlySet<number> | null;
      if (under === null) data = true;
      else for (const l of under) on.add(l);
    }
    found.push(data ? null : on);
  }
  return found;
}

/** The product of matrices that a kernel is, or null. */
export function productOf({ loops, reduce, inner, accumulators }: Kernel): Product | null {
  const [sum] = accumulators;
  if (accumulators.length !== 1 || sum?.op !== "sum") return null;
  const x = inner[sum.value];
  if (x?.op !== "mul" || x.dtype === "bool") return null;
  const on = dependencies(inner, loops.length);
  const [p, q] = [on[x.a] as ReadonlySet<number> | null, on[x.b] as ReadonlySet<number> | null];
  if (p === null || q === null) return null;
  const all = loops.map((_, l) => l).filter((l) => (loops[l] as number) > 1);
  const factor = (value: number, own: ReadonlySet<number>, other: ReadonlySet<number>): Factor => {
    const list = all.filter((l) => own.has(l) && !other.has(l));
    return { value, loops: list, size: product(list.map((l) => loops[l] as number)) };
  };
  const [a, b] = [factor(x.a, p, q), factor(x.b, q, p)];
  const batch = all.filter((l) => !a.loops.includes(l) && !b.loops.includes(l));
  const [left, right] = (a.loops.at(-1) ?? -1) > (b.loops.at(-1) ?? -1) ? [b, a] : [a, b];
  return { left, right, batch, depth: product(reduce) };
}
