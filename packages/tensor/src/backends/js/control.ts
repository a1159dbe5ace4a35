import type { HostArray } from "../../dtype.ts";
import type { Plan, Special } from "../../ir/ir.ts";
import { runPlan } from "./index.ts";

type Of<K extends Special["kind"]> = Extract<Special, { kind: K }>;

function scan({ length, reverse, consts, carries, xs, ys, body }: Of<"scan">, arrays: readonly HostArray[]): void {
  const from = consts + carries + xs;
  const size = (a: HostArray): number => a.length / length;
  let state = arrays.slice(consts, consts + carries).map((a) => a.slice());
  let next = state.map((a) => a.slice());
  for (let t = 0; t < length; t++) {
    const at = reverse ? length - 1 - t : t;
    const row = (a: HostArray): HostArray => a.subarray(at * size(a), (at + 1) * size(a)) as HostArray;
    const slices = arrays.slice(consts + carries, from).map(row);
    const rows = arrays.slice(from + carries, from + carries + ys).map(row);
    runPlan(body, [...arrays.slice(0, consts), ...state, ...slices], [...next, ...rows]);
    [state, next] = [next, state];
  }
  state.forEach((a, i) => {
    (arrays[from + i] as HostArray).set(a);
  });
}

function branch({ inputs, branches }: Of<"switch">, [index, ...arrays]: readonly HostArray[]): void {
  const at = Math.min(Math.max((index as HostArray)[0] as number, 0), branches.length - 1);
  runPlan(branches[at] as Plan, arrays.slice(0, inputs), arrays.slice(inputs));
}

function repeat({ consts, carries, limit, condition, body }: Of<"while">, arrays: readonly HostArray[]): void {
  const given = arrays.slice(0, consts);
  let state = arrays.slice(consts, consts + carries).map((a) => a.slice());
  let next = state.map((a) => a.slice());
  const more = new Uint8Array(1);
  for (let t = 0; limit === null || t < limit; t++) {
    runPlan(condition, [...given, ...state], [more]);
    if (more[0] === 0) break;
    runPlan(body, [...given, ...state], next);
    [state, next] = [next, state];
  }
  state.forEach((a, i) => {
    (arrays[consts + carries + i] as HostArray).set(a);
  });
}

/** Runs one special on the arrays of its buffers. */
export function runSpecial(work: Special, arrays: readonly HostArray[]): void {
  switch (work.kind) {
    case "scan":
      scan(work, arrays);
      break;
    case "switch":
      branch(work, arrays);
      break;
    case "while":
      repeat(work, arrays);
      break;
    default:
      work.run(arrays);
  }
}
