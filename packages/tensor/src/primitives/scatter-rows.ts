import type { DType, HostArray } from "../dtype.ts";
import { evaluateBinary } from "../ir/evaluate.ts";
import { numberAt, putNumber } from "../ir/scalar-math.ts";

/** What a scatter does; see `Special`. */
export interface Scatter {
  readonly mode: "add" | "set" | "max" | "min";
  readonly dtype: DType;
  readonly outer: number;
  readonly n: number;
  readonly m: number;
  readonly inner: number;
  readonly batchedIndices: boolean;
}

/** Scatter of a dtype whose arrays hold the numbers themselves and wrap what is stored; one loop without calls, since gradients of gather run here. */
function scatterPlain(
  { mode, outer, n, m, inner, batchedIndices }: Scatter,
  indices: HostArray,
  updates: HostArray,
  target: HostArray,
): void {
  const [adds, sets, rises] = [mode === "add", mode === "set", mode === "max"];
  for (let o = 0; o < outer; o++) {
    const names = batchedIndices ? o * m : 0;
    for (let r = 0; r < m; r++) {
      const row = indices[names + r] as number;
      if (row < 0 || row >= n) continue;
      const to = (o * n + row) * inner;
      const from = (o * m + r) * inner;
      for (let i = 0; i < inner; i++) {
        const u = updates[from + i] as number;
        if (sets) target[to + i] = u;
        else {
          const t = target[to + i] as number;
          target[to + i] = adds ? t + u : rises ? Math.max(t, u) : Math.min(t, u);
        }
      }
    }
  }
}

/** Scatter in plain JavaScript. */
export function scatterRows(work: Scatter, [base, indices, updates, out]: readonly HostArray[]): void {
  const { mode, dtype, outer, n, m, inner, batchedIndices } = work;
  const target = out as HostArray;
  target.set(base as HostArray);
  if (dtype !== "f16" && dtype !== "bool") {
    scatterPlain(work, indices as HostArray, updates as HostArray, target);
    return;
  }
  for (let o = 0; o < outer; o++)
    for (let r = 0; r < m; r++) {
      const row = (indices as HostArray)[(batchedIndices ? o * m : 0) + r] as number;
      if (row < 0 || row >= n) continue;
      for (let i = 0; i < inner; i++) {
        const at = (o * n + row) * inner + i;
        const u = numberAt(dtype, updates as HostArray, (o * m + r) * inner + i);
        putNumber(
          dtype,
          target,
          at,
          mode === "set" ? u : evaluateBinary(mode, dtype, dtype, numberAt(dtype, target, at), u),
        );
      }
    }
}
