/** `npm run parity`: which functions of JAX are there. Writes docs/parity.md; with --check it only says whether that is up to date. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { count, ParityError } from "./parity/check.ts";
import { parity } from "./parity/parity.ts";

const known = ["--json", "--check"];
const flags = process.argv.slice(2);
const file = join(import.meta.dirname, "../../docs/parity.md");

async function main(): Promise<number> {
  const unknown = flags.find((f) => !known.includes(f));
  if (unknown !== undefined) {
    console.error(`parity: ${unknown}: unknown option; use ${known.join(", ")}`);
    return 2;
  }
  const { modules, text } = parity();
  if (flags.includes("--check")) {
    if ((await readFile(file, "utf8").catch(() => "")) === text) return 0;
    console.error("parity: docs/parity.md is not what the tables say; run npm run parity");
    return 1;
  }
  await writeFile(file, text);
  const total = count(Object.values(modules).flat());
  if (!flags.includes("--json"))
    for (const [module, list] of [...Object.entries(modules), ["all", Object.values(modules).flat()] as const]) {
      const { there, total, share } = count(list);
      const missing = list.filter((e) => e.kind === "missing").map((e) => e.name);
      console.log(
        `${module.padEnd(18)} ${there}/${total}  ${(100 * share).toFixed(1)} %  ${module === "all" ? "" : missing.join(" ")}`,
      );
    }
  if (flags.includes("--json")) console.log(JSON.stringify(total));
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof ParityError)) throw error;
  console.error(`parity: ${error.message}`);
  process.exitCode = 1;
}
