import { getBackend, jsBackend, setBackend } from "@gradus/tensor";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { cases, same } from "./cases.ts";
import { backendInParts } from "./run.ts";

// GRADUS_PROGRAMS and GRADUS_SEED as for random programs.
const numRuns = Number(process.env.GRADUS_PROGRAMS ?? 60);
const seed = Number(process.env.GRADUS_SEED ?? 1);
const large = { buffer: 2 ** 30, binding: 2 ** 30, alignment: 256, operands: 64, workgroups: 65535 };

describe("what a small device does in parts, interpreted", () => {
  const before = getBackend();
  afterAll(() => setBackend(before));
  const js = jsBackend();

  test.each([
    ["1 KiB in sight", { ...large, binding: 1024 }],
    ["256 bytes in sight, four buffers", { ...large, binding: 256, alignment: 16, operands: 4 }],
    ["four buffers", { ...large, operands: 4 }],
    ["8 workgroups", { ...large, workgroups: 2 }],
  ])("%s", async (_, limits) => {
    let [kernels, parts] = [0, 0];
    const cut = backendInParts(limits, (n) => {
      kernels++;
      parts += n;
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ f, text }) => {
        await setBackend(js);
        const expected = await f().data();
        await setBackend(cut);
        same(text, await f().data(), expected);
      }),
      { numRuns, seed: seed + 2 },
    );
    // the limits were felt
    expect(parts).toBeGreaterThan(1.2 * kernels);
  });
});
