import { Command, InvalidArgumentError, Option } from "commander";
import type { Settings } from "./checkpoint.ts";

/** What the command line of `npm start` says; settings not given are undefined. */
export interface TourOptions {
  readonly given: Partial<Settings>;
  readonly resume: boolean;
  readonly out: string;
  readonly json: boolean;
  readonly backend: (typeof backends)[number];
}

/** Where the tour may run. */
export const backends = ["wasm", "webgpu"] as const;

/** Settings of a run that nothing was said about. */
export const defaults: Settings = { epochs: 2, seed: 0, batch: 64, limit: null };

const integer =
  (low: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < low)
      throw new InvalidArgumentError(`expected an integer of at least ${low}`);
    return value;
  };

/** Reads the command line; prints help or a usage error and exits where commander does. */
export function parseArgs(argv: readonly string[]): TourOptions {
  const command = new Command("npm start --")
    .description("Trains a convnet on the 60,000 MNIST digits and writes an HTML report.")
    .option("--epochs <n>", `passes over the training images (default ${defaults.epochs})`, integer(1))
    .option(
      "--seed <n>",
      `seed of the first weights and of the order of the images (default ${defaults.seed})`,
      integer(0),
    )
    .option("--batch <n>", `images per step (default ${defaults.batch})`, integer(1))
    .option("--limit <n>", "use only the first n training and test images, for a quick try", integer(1))
    .option("--resume", "go on from the checkpoint that Ctrl-C left", false)
    .option("--out <file>", "where the report goes", "report.html")
    .addOption(new Option("--backend <name>", "where to compute").choices(backends).default("wasm"))
    .option("--json", 'print {"accuracy":…,"seconds":…,"report":…} as the last line', false)
    .allowExcessArguments(false)
    .parse(argv);
  const { epochs, seed, batch, limit, ...rest } = command.opts<TourOptions & Settings>();
  const given = Object.fromEntries(
    Object.entries({ epochs, seed, batch, limit }).filter(([, value]) => value !== undefined),
  );
  return { given, resume: rest.resume, out: rest.out, json: rest.json, backend: rest.backend };
}

/** The settings of a run: those of the checkpoint when it resumes, else those given. Throws when the two contradict. */
export function settle(given: Partial<Settings>, saved: Settings | null): Settings {
  for (const [name, value] of Object.entries(given))
    if (saved !== null && value !== saved[name as keyof Settings])
      throw new Error(
        `--${name} ${value}: the checkpoint was made with ${saved[name as keyof Settings]}; leave --${name} out, or start without --resume`,
      );
  return saved ?? { ...defaults, ...given };
}
