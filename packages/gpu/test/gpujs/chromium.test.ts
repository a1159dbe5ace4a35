import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { missing, visit } from "../../../../tools/src/chromium.ts";

if (missing !== null) console.error(`SKIPPED: gpu.js on WebGL2 is not tested: ${missing}`);

describe.skipIf(missing !== null)("gpu.js on WebGL2, in Chromium", async () => {
  const page = fileURLToPath(new URL("page.ts", import.meta.url));
  const outcome =
    missing === null ? await visit<Record<string, never>>(page, "", () => undefined) : ({} as Record<string, never>);

  test("random programs agree with js", () => {
    expect(outcome.programs).toBe("agree");
  });

  test("loops, branches, scatters and running folds agree with js, without the CPU", () => {
    expect(outcome.flow).toEqual([[], []]);
  });

  test("NaN, infinities and signed zeros are what they are elsewhere", () => {
    expect(outcome.special).toBe(
      [
        "NaN -Infinity Infinity -0 0 -3",
        "NaN 0 -0 Infinity -Infinity 0.3333333432674408",
        "NaN Infinity 0 0 0 3",
        "NaN Infinity 0 1 1 20.08553695678711",
        "NaN Infinity NaN -Infinity -Infinity 1.0986123085021973",
        "NaN NaN NaN 0 -0 0",
        "7 Infinity -Infinity 0 -0 3",
        "NaN 0 -0 NaN NaN 0",
        "NaN NaN NaN 0 0 0",
        "NaN NaN NaN NaN NaN 1",
        "NaN Infinity -Infinity 0 0 3",
      ].join(" "),
    );
  });

  test("integers of 32 bits wrap, and none is rounded to 24 bits", () => {
    const x = [2 ** 31 - 1, -(2 ** 31), 2 ** 24 + 1, -1];
    const sum = x.reduce((a, b) => (a + b) | 0);
    expect(outcome.integers).toEqual([
      ...x.map((v) => (v + 1) | 0),
      ...x.map((v) => Math.imul(v, v)),
      ...x.map((v) => v ^ 5),
      ...x.map(() => sum),
    ]);
  });

  test("textures and live bytes return to the start after 200 cycles", () => {
    const [texturesBefore, bytesBefore, texturesAfter, bytesAfter] = outcome.memory as unknown as number[];
    expect(texturesBefore).toBeGreaterThan(0);
    expect(texturesAfter).toBe(texturesBefore);
    expect(bytesAfter).toBe(bytesBefore);
  });

  test("a backend destroyed while a plan runs rejects the promise, and a new one goes on with what the host holds", () => {
    expect(outcome.lost).toEqual([
      expect.stringMatching(/^BackendError: gpujs: the backend was destroyed; make a new backend by gpujs\(\)/),
      expect.stringMatching(/^BackendError: gpujs: the backend was destroyed/),
      2,
      3,
    ]);
  });

  test("a context that the browser takes away is an error of its own", () => {
    expect(outcome.lostByTheBrowser).toEqual([
      expect.stringMatching(/^BackendError: gpujs: the WebGL context was lost; make a new backend by gpujs\(\)/),
      expect.stringMatching(/^BackendError: gpujs: the WebGL context was lost/),
      3,
    ]);
  });

  test("a shader that does not compile rejects with its name, and the next kernel runs", () => {
    expect(outcome.shader).toEqual([expect.stringMatching(/^BackendError: gpujs: sinh: gpu\.js fails: .+$/), 1]);
  });

  test("memory that runs out is an OutOfMemoryError", () => {
    expect(outcome.full).toEqual([expect.stringMatching(/^OutOfMemoryError: gpujs: the GPU has no room left/), 2]);
  });

  test("where WebGL2 is blocked the reason is given", () => {
    const reason = expect.stringMatching(/gpujs: no WebGL2: the browser gives no context/);
    expect(outcome.blocked).toEqual([reason, { available: false, reason }]);
  });
});
