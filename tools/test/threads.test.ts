import { join } from "node:path";
import { expect, test } from "vitest";
import { missing, visit } from "../src/chromium.ts";

interface Outcome {
  readonly isolated: boolean;
  readonly threads: number;
  readonly turns: number;
  readonly threaded: readonly number[];
  readonly single: readonly number[];
  readonly now: number;
  readonly later: number;
}

if (missing !== null) console.warn(`SKIPPED threads in a browser: ${missing}`);

test.skipIf(missing !== null)(
  "in a browser workers compute, with the bits of one thread, while the page gets its turns",
  { timeout: 120_000 },
  async () => {
    const outcome = await visit<Outcome>(join(import.meta.dirname, "threads-page.ts"), "", console.warn);
    expect(outcome.isolated).toBe(true);
    expect(outcome.threads).toBe(2);
    expect(outcome.threaded.every(Number.isFinite)).toBe(true);
    expect(outcome.threaded).toEqual(outcome.single);
    expect(outcome.now).toBe(outcome.later);
    // On the page's own thread the whole of the work is one turn.
    expect(outcome.turns).toBeGreaterThan(3);
  },
);
