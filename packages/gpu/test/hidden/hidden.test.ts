import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { missing, visitBehind } from "../../../../tools/src/chromium.ts";

if (missing !== null) console.error(`SKIPPED: a hidden tab is not tested: ${missing}`);

describe.skipIf(missing !== null)("a tab behind another one", () => {
  test("trains on WebGPU without waiting for timers or frames, and is told of a loss", async () => {
    const page = fileURLToPath(new URL("page.ts", import.meta.url));
    const outcome = await visitBehind<Record<string, number>>(page, "");
    expect(outcome).toMatchObject({
      reason: null,
      hidden: true,
      frames: 0,
      error: expect.stringMatching(/^BackendError: webgpu: the device was destroyed/),
    });
    expect(outcome.last).toBeLessThan((outcome.first as number) / 100);
    // timers tick once a second there; had a step to wait for one, there were as many ticks as steps
    expect(outcome.ticks).toBeLessThan((outcome.steps as number) / 2);
  });
});
