import type { Dataset } from "./datasets/index.ts";
import type * as figures from "./figures/index.ts";

/** What an example is given. */
export interface ExampleContext {
  /** Decides every random number of the run. */
  readonly seed: number;
  /** Run in seconds, to see that it works; the claim need not hold then. */
  readonly quick: boolean;
  /** The images that the command line chose; MNIST unless told. */
  readonly dataset: Dataset;
  /** Draws figures. */
  readonly draw: Pick<typeof figures, "heatmap" | "imageGrid" | "lineChart" | "barChart" | "matrixChart" | "chart">;
  /** Tells a line. */
  readonly log: (line: string) => void;
  /**
   * Tells the share that is done, 0…1, and how it goes. Await it at every step of a long loop: Ctrl-C comes through there, and the promise
   * is rejected once the run is to stop.
   */
  readonly progress: (share: number, text?: string) => Promise<void>;
  /** Stops the run; pass it on to `train`. */
  readonly signal: AbortSignal;
}

/** What an example found. */
export interface ExampleResult {
  /** Finite numbers by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Whether the claim held, in this run, by these numbers. */
  readonly holds: boolean;
  readonly figures: readonly figures.Figure[];
}

/**
 * A claim of a paper that can be tried: the default export of `packages/<package>/examples/<slug>.ts`, with `satisfies Example`. It measures
 * the paper's own baseline in the same run, and `holds` is computed from what was measured.
 */
export interface Example {
  /** Its name on the command line, and its file's. */
  readonly slug: string;
  readonly title: string;
  /** Authors, year, title. */
  readonly paper: string;
  /** What is claimed, in one sentence, in the terms of what is measured here. */
  readonly claim: string;
  /** The paper's own number, for the table. */
  readonly figure?: string;
  /** Names of the metrics that stand in the table; the first one unless told. */
  readonly headline?: readonly string[];
  run(context: ExampleContext): Promise<ExampleResult>;
}
