import { memory } from "@gradus/tensor";
import { expect, test } from "vitest";
import { train } from "../src/index.ts";
import { Net, options } from "./problem.ts";

/** What the runs were given and what they returned, so that nothing of it is collected while memory is compared. */
const kept: unknown[] = [];

test.each([true, false])("1,000 steps of train neither grow nor shrink memory (jit: %s)", async (jit) => {
  const seen: { liveBytes: number; liveBuffers: number }[] = [];
  const given = new Net(0);
  const settings = options(334, {
    jit,
    onStep: ({ state }) => {
      if (state.step !== 10 && state.step !== 1000) return;
      const { liveBytes, liveBuffers } = memory();
      seen.push({ liveBytes, liveBuffers });
    },
  });
  kept.push(given, settings, await train(given, settings));
  expect(seen.length).toBe(2);
  expect(seen[1]).toEqual(seen[0]);
});
