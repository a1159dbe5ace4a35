import type { Split } from "./split.ts";

/** Images to train on and images to test on. */
export interface Dataset {
  /** As on the command line. */
  readonly name: string;
  /** As in a report. */
  readonly title: string;
  /** Labels are `0 … classes - 1`. */
  readonly classes: number;
  readonly train: Split;
  readonly test: Split;
}
