import { fileURLToPath } from "node:url";
import { useSoftwareDriver } from "../../../../tools/src/driver.ts";
import { backends } from "./backends.ts";
import { primitivesInSource } from "./coverage.ts";
import { conformance, type Outcome } from "./suite.ts";

// npm run conformance -- --backend js|wasm|webgpu|gpujs [--in chromium] [--json] [--verbose] [--only text] [--every n]
const option = (name: string): string | undefined =>
  process.argv.includes(name) ? (process.argv[process.argv.indexOf(name) + 1] ?? "") : undefined;
const [name, place, only] = [option("--backend") ?? "", option("--in"), option("--only")];
const every = Number(option("--every") ?? 1);
const verbose = process.argv.includes("--verbose");
const make = backends[name];
const fail = (message: string): never => {
  console.error(`conformance: ${message}`);
  process.exit(2);
};
if (make === undefined) fail(`--backend: expected one of ${Object.keys(backends).join(", ")}`);
if (!Number.isInteger(every) || every < 1) fail("--every: expected a whole number of at least 1");
if (place !== undefined && place !== "chromium") fail("--in: expected chromium");

/** The suite in headless Chromium, or null, said aloud, where it is not installed. */
async function inChromium(): Promise<Outcome | null> {
  const { missing, visit } = await import("../../../../tools/src/chromium.ts");
  if (missing !== null) return skipped(`${name} in Chromium`, missing);
  const query = new URLSearchParams({ backend: name, ...(only === undefined ? {} : { only }) });
  query.set("every", `${every}`);
  if (verbose) query.set("verbose", "");
  const page = fileURLToPath(new URL("page.ts", import.meta.url));
  const outcome = await visit<Outcome & { error?: string; missing?: string }>(page, `${query}`, console.error);
  if (outcome.error !== undefined) fail(outcome.error);
  return outcome.missing === undefined ? outcome : skipped(`${name} in Chromium`, outcome.missing);
}

function skipped(what: string, reason: string): null {
  console.error(`SKIPPED ${what}: ${reason}`);
  return null;
}

async function inNode(): Promise<Outcome | null> {
  useSoftwareDriver();
  const subject = await (make as NonNullable<typeof make>)();
  return typeof subject === "string"
    ? skipped(name, subject)
    : conformance(subject, { only, every, verbose, tell: console.error });
}

const outcome = await (place === undefined ? inNode() : inChromium());
if (outcome === null) {
  console.log(JSON.stringify({ backend: name, in: place, cases: 0, passed: 0, failed: 0, skipped: 0 }));
  process.exit(0);
}
const { counts, met } = outcome;
if (only === undefined && every === 1) {
  const complaints = (await primitivesInSource())
    .filter((p) => !met.includes(p))
    .map((p) => `the primitive ${p} has no case: add one to test/cases.ts and its definition to test/definitions`);
  counts.cases++;
  if (complaints.length === 0) counts.passed++;
  else counts.failed++;
  for (const complaint of complaints) console.error(`FAIL coverage: ${complaint}`);
}
console.log(JSON.stringify({ backend: name, ...(place === undefined ? {} : { in: place }), ...counts }));
process.exit(counts.failed > 0 ? 1 : 0);
