import { join } from "node:path";
import type { Dataset } from "../datasets/index.ts";
import { dataset } from "../datasets/index.ts";
import { DataError, ExampleError, UsageError } from "../errors.ts";
import type { Example } from "../example.ts";
import { progress } from "../progress.ts";
import type { Claim, Run } from "./claims.ts";
import { claimsTable, readReadme, SEEDS, writeClaims } from "./claims.ts";
import type { Found } from "./discover.ts";
import { discover, find, load, said } from "./discover.ts";
import type { ReproOptions } from "./options.ts";
import { parseArgs } from "./options.ts";
import { resultLine, summary, writeFigures } from "./output.ts";
import type { Outcome } from "./run.ts";
import { runExample } from "./run.ts";

/** Exit statuses of `npm run repro`. */
export const EXIT = { holds: 0, doesNotHold: 1, usage: 2, failed: 3, interrupted: 130 } as const;

/** Where the runner reads and writes. */
export interface Surroundings {
  /** Folder that holds `packages`, `docs` and `README.md`. */
  readonly root: string;
  /** Prints to the standard output. */
  readonly print: (text: string) => void;
  /** Prints an error. */
  readonly complain: (text: string) => void;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}

interface Session extends Surroundings {
  readonly options: ReproOptions;
  readonly found: readonly Found[];
}

/** `npm run repro`: does what the arguments say. Resolves to the exit status. */
export async function main(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { root, print, complain, signal } = surroundings;
  try {
    const options = parseArgs(argv, print);
    if (options === null) return 0;
    const session = { ...surroundings, options, found: discover(root) };
    if (options.list) return await list(session);
    return options.all ? await runAll(session) : await runOne(session, options.slug as string);
  } catch (error) {
    if (signal.aborted) {
      complain("npm run repro: stopped\n");
      return EXIT.interrupted;
    }
    complain(`npm run repro: ${said(error)}\n`);
    if (error instanceof UsageError || error instanceof DataError) return EXIT.usage;
    if (error instanceof ExampleError && error.cause instanceof Error) complain(`${error.cause.stack}\n`);
    return EXIT.failed;
  }
}

async function list({ found, options, print }: Session): Promise<number> {
  const examples = await Promise.all(found.map(load));
  const width = Math.max(0, ...examples.map(({ slug }) => slug.length));
  for (const { slug, title, paper, claim } of examples)
    print(
      options.json
        ? `${JSON.stringify({ slug, title, paper, claim })}\n`
        : `${slug.padEnd(width)}  ${title} (${paper})\n`,
    );
  return 0;
}

async function runOne(session: Session, slug: string): Promise<number> {
  const { found, options, print } = session;
  const example = await load(find(found, slug));
  const folder = options.out ?? join("repro", slug);
  const outcome = await attempt(session, example, options.seed, dataset(options.dataset), folder);
  print(`${resultLine(slug, options.seed, outcome)}\n`);
  return outcome.holds ? EXIT.holds : EXIT.doesNotHold;
}

async function attempt(
  { options, print, signal }: Session,
  example: Example,
  seed: number,
  data: Dataset,
  folder: string,
): Promise<Outcome> {
  const { json, quick } = options;
  const bar = progress({ silent: json });
  const outcome = await runExample(example, { seed, quick, dataset: data, bar, signal });
  await writeFigures(folder, example, seed, outcome);
  if (!json) print(`${summary(example, outcome)}\nReport: ${join(folder, "report.html")}\n`);
  return outcome;
}

async function runAll(session: Session): Promise<number> {
  const { root, found, options, print } = session;
  if (found.length === 0) throw new UsageError("there are no examples; add packages/<package>/examples/<slug>.ts");
  if (!options.quick) await readReadme(root); // rather now than after hours
  const examples = await Promise.all(found.map(load));
  const data = dataset(options.dataset);
  const claims: Claim[] = [];
  for (const [i, example] of examples.entries()) {
    const { slug, title, paper, claim, figure, headline } = example;
    const runs: Run[] = [];
    for (const seed of SEEDS) {
      const folder = join(options.out ?? "repro", slug, `seed-${seed}`);
      const { figures: _, ...outcome } = await attempt(session, example, seed, data, folder);
      print(`${resultLine(slug, seed, { ...outcome, figures: [] })}\n`);
      runs.push({ seed, ...outcome });
    }
    const where = { package: (found[i] as Found).package, dataset: data.name };
    claims.push({
      slug,
      title,
      paper,
      claim,
      ...(figure && { figure }),
      ...(headline && { headline }),
      ...where,
      runs,
    });
  }
  if (options.quick) print(`${claimsTable(claims)}\n--quick: nothing was written\n`);
  else await writeClaims(root, claims);
  const holding = claims.filter(({ runs }) => runs.every(({ holds }) => holds)).length;
  print(`${JSON.stringify({ claims: claims.length, holding })}\n`);
  return holding === claims.length ? EXIT.holds : EXIT.doesNotHold;
}
