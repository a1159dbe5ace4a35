import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Example } from "../example.ts";
import { htmlReport } from "../report/index.ts";
import type { Outcome } from "./run.ts";

/** A number as it is told: four significant digits unless told, integers whole. */
export const number = (value: number, digits = 4): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(digits)));

/** The line that programs read. */
export const resultLine = (slug: string, seed: number, { metrics, holds }: Outcome): string =>
  JSON.stringify({ slug, seed, metrics, holds });

/** The same for people. */
export const summary = (example: Example, { metrics, holds, seconds }: Outcome): string =>
  [
    `${example.title} (${example.paper})`,
    `Claim: ${example.claim}`,
    ...Object.entries(metrics).map(([name, value]) => `  ${name} = ${number(value)}`),
    `${holds ? "It holds" : "It does NOT hold"} here. ${seconds.toFixed(1)} s.`,
  ].join("\n");

/** Writes the figures, each to its file, and `report.html`, which holds them all. */
export async function writeFigures(folder: string, example: Example, seed: number, outcome: Outcome): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { figures, metrics, holds } = outcome;
  await Promise.all(figures.map(({ name, kind, data }) => writeFile(join(folder, `${name}.${kind}`), data)));
  const report = htmlReport({
    title: example.title,
    lead: `${example.paper}. Claim: ${example.claim} ${holds ? "It holds" : "It does not hold"} in this run (seed ${seed}).`,
    sections: [
      {
        heading: "Measured",
        table: { head: ["metric", "value"], rows: Object.entries(metrics).map(([name, v]) => [name, number(v)]) },
      },
      { heading: "Figures", figures },
    ],
  });
  await writeFile(join(folder, "report.html"), report);
}
