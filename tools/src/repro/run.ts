import { setImmediate } from "node:timers/promises";
import type { Dataset } from "../datasets/index.ts";
import { ExampleError } from "../errors.ts";
import type { Example, ExampleResult } from "../example.ts";
import * as draw from "../figures/index.ts";
import type { Progress } from "../progress.ts";
import { said } from "./discover.ts";

/** An example's result, and how long it took. */
export interface Outcome extends ExampleResult {
  readonly seconds: number;
}

/** What decides a run. */
export interface RunOptions {
  readonly seed: number;
  readonly quick: boolean;
  readonly dataset: Dataset;
  readonly bar: Progress;
  readonly signal: AbortSignal;
}

/**
 * Runs an example. Rejected with the signal's reason once it is aborted, whether or not the example heeds it.
 *
 * @throws {@link ExampleError} when the example throws, or its result breaks the contract
 */
export async function runExample(example: Example, { bar, signal, ...options }: RunOptions): Promise<Outcome> {
  const stop = Promise.withResolvers<never>();
  const abort = (): void => stop.reject(signal.reason);
  signal.addEventListener("abort", abort);
  const began = performance.now();
  try {
    signal.throwIfAborted();
    const running = example.run({ ...options, draw, signal, log: bar.log, progress: breathing(bar, signal) });
    const result = await Promise.race([running, stop.promise]);
    signal.throwIfAborted();
    checkResult(example.slug, result);
    return { ...result, seconds: (performance.now() - began) / 1000 };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof ExampleError ? error : new ExampleError(`${example.slug}: ${said(error)}`, { cause: error });
  } finally {
    signal.removeEventListener("abort", abort);
    bar.stop();
  }
}

/** Moves the bar, and lets timers and signals run every now and then. */
function breathing(bar: Progress, signal: AbortSignal, every = 50): (share: number, text?: string) => Promise<void> {
  let last = performance.now();
  const step = async (share: number, text?: string): Promise<void> => {
    bar.update(share, text);
    if (performance.now() - last > every) {
      await setImmediate();
      last = performance.now();
    }
    signal.throwIfAborted();
  };
  return (share, text) => {
    const done = step(share, text);
    done.catch(() => {}); // a call that nobody awaits must not end the process
    return done;
  };
}

function checkResult(slug: string, result: ExampleResult | undefined): void {
  const wrong = mistake(result);
  if (wrong !== undefined) throw new ExampleError(`${slug}: ${wrong}; see ExampleResult in tools/src/example.ts`);
}

function mistake(result: ExampleResult | undefined): string | undefined {
  if (typeof result?.metrics !== "object" || Object.keys(result.metrics).length === 0) return "it has no metrics";
  const infinite = Object.entries(result.metrics).find(([, value]) => !Number.isFinite(value));
  if (infinite !== undefined) return `its metric ${infinite[0]} is ${infinite[1]}`;
  if (typeof result.holds !== "boolean") return `holds is ${String(result.holds)}`;
  if (!Array.isArray(result.figures)) return "it has no figures; give []";
  const unnamed = result.figures.find(({ name }) => !/^[a-z0-9][a-z0-9-]*$/.test(name));
  return unnamed && `${JSON.stringify(unnamed.name)} names no figure`;
}
