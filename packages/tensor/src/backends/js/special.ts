import type { DType, HostArray } from "../../dtype.ts";
import { evaluateBinary, foldStep } from "../../ir/evaluate.ts";
import type { Special } from "../../ir/ir.ts";
import { f16ToNumber, numberToF16 } from "../../ir/scalar-math.ts";

type Of<K extends Special["kind"]> = Extract<Special, { kind: K }>;

const get = (dtype: DType, a: HostArray, i: number): number =>
  dtype === "f16" ? f16ToNumber(a[i] as number) : (a[i] as number);
const put = (dtype: DType, a: HostArray, i: number, x: number): void => {
  a[i] = dtype === "f16" ? numberToF16(x) : x;
};

type Scatter = Of<"scatter">;

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

function scatter(work: Scatter, [base, indices, updates, out]: readonly HostArray[]): void {
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
        const u = get(dtype, updates as HostArray, (o * m + r) * inner + i);
        put(dtype, target, at, mode === "set" ? u : evaluateBinary(mode, dtype, dtype, get(dtype, target, at), u));
      }
    }
}

/** Positions along the middle axis in the order of travel. */
function* along(
  outer: number,
  n: number,
  inner: number,
  reverse: boolean,
): Generator<readonly [number, number | null]> {
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++)
      for (let j = 0; j < n; j++) {
        const at = (k: number): number => (o * n + (reverse ? n - 1 - k : k)) * inner + i;
        yield [at(j), j === 0 ? null : at(j - 1)];
      }
}

function recurrence({ dtype, outer, n, inner, reverse }: Of<"recurrence">, [a, b, out]: readonly HostArray[]): void {
  const h = out as HostArray;
  for (const [at, before] of along(outer, n, inner, reverse)) {
    const drive = get(dtype, b as HostArray, at);
    const kept =
      before === null
        ? null
        : evaluateBinary("mul", dtype, dtype, get(dtype, a as HostArray, at), get(dtype, h, before));
    put(dtype, h, at, kept === null ? drive : evaluateBinary("add", dtype, dtype, kept, drive));
  }
}

function cumulative({ op, dtype, outer, n, inner, reverse }: Of<"cumulative">, [x, out]: readonly HostArray[]): void {
  let total = 0;
  for (const [at, before] of along(outer, n, inner, reverse)) {
    const v = get(dtype, x as HostArray, at);
    total = before === null ? v : foldStep(op, dtype, total, v);
    put(dtype, out as HostArray, at, total);
  }
}

/** Specials that run no plans of their own. */
export type Simple = Exclude<Special, { kind: "scan" | "switch" | "while" }>;

/** Runs one of them on the arrays of its buffers. */
export function runSimple(work: Simple, arrays: readonly HostArray[]): void {
  switch (work.kind) {
    case "scatter":
      scatter(work, arrays);
      break;
    case "recurrence":
      recurrence(work, arrays);
      break;
    case "cumulative":
      cumulative(work, arrays);
      break;
    case "routine":
      work.run(arrays);
      break;
  }
}
