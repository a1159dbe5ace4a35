import type { judged } from "../bars.ts";
import type { Case } from "../cases/case.ts";
import type { Outcome } from "./measure.ts";

const digits = (x: number): string =>
  x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x >= 1 ? x.toFixed(2) : x.toFixed(4);

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

/** Aligned lines for the subjects of a case. */
export function table(row: Pick<Case, "name" | "flops" | "ops">, outcomes: ReadonlyMap<string, Outcome>): string {
  const own = outcomes.get("gradus");
  const lines = [...outcomes].map(([subject, o]) => {
    if (o.kind !== "measured") return `  ${subject.padEnd(14)} ${`${o.kind}: ${o.reason}`}`;
    const parts = [
      `${digits(o.ms)} ms`.padStart(12),
      `${digits(o.p10)} … ${digits(o.p90)}`.padStart(18),
      String(o.runs).padStart(6),
      (row.flops === undefined ? "" : `${digits(row.flops / o.ms / 1e6)} GFLOP/s`).padStart(15),
      (own?.kind === "measured" ? `${(o.ms / own.ms).toFixed(2)}×` : "").padStart(9),
      row.ops === undefined ? "" : `${digits((1000 * o.ms) / row.ops)} µs/op`.padStart(14),
      o.work === undefined ? "" : `${counted(o.work.submissions, "submission")}, ${counted(o.work.kernels, "kernel")}`,
    ];
    return `  ${subject.padEnd(14)} ${parts.join(" ")}`;
  });
  return [row.name, ...lines].map((line) => line.trimEnd()).join("\n");
}

export const heading = `  ${"subject".padEnd(14)} ${"median".padStart(12)} ${"p10 … p90".padStart(18)} ${"runs".padStart(6)} ${"speed".padStart(15)} ${"/gradus".padStart(9)}`;

/** Lines for the bars that a run tells something of. */
export const barLines = (held: ReturnType<typeof judged>): string =>
  held.length === 0
    ? ""
    : [
        "\nbars",
        ...held.map(
          ({ what, value, limit, met }) =>
            `  ${met ? "met    " : "NOT MET"} ${value.toFixed(2).padStart(8)} ${limit.padStart(6)}  ${what}`,
        ),
      ].join("\n");
