import { Command, CommanderError, InvalidArgumentError } from "commander";
import { datasetNames } from "../datasets/index.ts";
import { UsageError } from "../errors.ts";

/** What the command line of `npm run repro` says. */
export interface ReproOptions {
  /** One example, or null with `list` or `all`. */
  readonly slug: string | null;
  readonly seed: number;
  readonly dataset: string;
  readonly quick: boolean;
  readonly json: boolean;
  /** Folder for figures; null for the default. */
  readonly out: string | null;
  readonly list: boolean;
  readonly all: boolean;
}

const MAX_SEED = 2 ** 32 - 1;

function seed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > MAX_SEED) throw new InvalidArgumentError(`give an integer from 0 to ${MAX_SEED}`);
  return value;
}

/**
 * Reads the command line. Null when it asked for help, which was then written.
 *
 * @throws {@link UsageError} with a line that says what to give
 */
export function parseArgs(argv: readonly string[], write: (text: string) => void): ReproOptions | null {
  const command = new Command("npm run repro --")
    .description("Tries the claim of a paper, and the paper's baseline beside it.")
    .argument("[slug]", "the example; --list names them")
    .option("--seed <n>", "seed of all random numbers (default 0)", seed)
    .option("--dataset <name>", datasetNames.join(", "), "mnist")
    .option("--quick", "run in seconds, to see that it works", false)
    .option("--json", "print only the last line", false)
    .option("--out <dir>", "where the figures go (default repro/<slug>)")
    .option("--list", "name the examples", false)
    .option("--all", "run every example with three seeds; write docs/claims.json and README's table", false)
    .addHelpText(
      "after",
      "\nExit status: 0 the claim holds, 1 it does not, 2 wrong command line or data, 3 the example failed, 130 Ctrl-C.",
    )
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} });
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    const options = command.options.map(({ flags }) => flags).join(", ");
    throw new UsageError(`${error.message.replace(/^error: /, "").replace(/\.$/, "")}; options: ${options}`);
  }
  const options = command.opts<Omit<ReproOptions, "slug" | "seed" | "out"> & { seed?: number; out?: string }>();
  const slug = command.args[0] ?? null;
  const modes = [slug !== null, options.list, options.all].filter(Boolean).length;
  if (modes !== 1) throw new UsageError(`give ${modes > 1 ? "only " : ""}one of: an example's name, --list, --all`);
  if (options.all && options.seed !== undefined)
    throw new UsageError("--seed: --all runs three seeds of its own; leave --seed out");
  return { ...options, slug, seed: options.seed ?? 0, out: options.out ?? null };
}
