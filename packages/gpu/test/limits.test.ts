import * as g from "@gradus/tensor";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { backendOn } from "../src/webgpu/backend.ts";
import { newDevice } from "../src/webgpu/device.ts";
import { Gpu } from "../src/webgpu/gpu.ts";
import type { WebGPUBackend } from "../src/webgpu/index.ts";
import type { Limits } from "../src/webgpu/limits.ts";
import { unavailable } from "./adapter.ts";
import { cases, filled, same } from "./parts/cases.ts";

// A device that is believed to be smaller than it is does in parts what the js backend does at once.
// GRADUS_PROGRAMS and GRADUS_SEED as for random programs.
const numRuns = Number(process.env.GRADUS_PROGRAMS ?? 25);
const seed = Number(process.env.GRADUS_SEED ?? 1);

describe.skipIf(unavailable !== null)("a small device", () => {
  const before = g.getBackend();
  const js = g.jsBackend();
  afterAll(() => g.setBackend(before));

  test.each([
    ["4 KiB in sight", { binding: 4096 }, false],
    ["1 KiB in sight, four buffers, 4 workgroups a dimension", { binding: 1024, operands: 4, workgroups: 4 }, true],
  ])("with %s", async (_, limits, cpu) => {
    const backend = backendOn(new Gpu(await newDevice({}), { cpu }, limits), true);
    await fc.assert(
      fc.asyncProperty(cases, async ({ f, text }) => {
        await g.setBackend(js);
        const expected = await f().data();
        await g.setBackend(backend);
        same(text, await f().data(), expected);
      }),
      { numRuns, seed: seed + 3 },
    );
    backend.destroy();
  });

  const on = async (limits: Partial<Limits>, work: (backend: WebGPUBackend) => Promise<void>): Promise<void> => {
    const backend = backendOn(new Gpu(await newDevice({}), undefined, limits), true);
    await g.setBackend(backend);
    try {
      await work(backend);
    } finally {
      backend.destroy();
    }
  };

  test("what is no kernel runs where it has room", async () => {
    const make = (): g.Tensor[] => {
      const x = filled([40, 60], "f32", 1);
      const at = g.rem(g.add(filled([70], "i32", 2), 8), 40);
      return [
        g.sort(x, 1),
        g.cumsum(x, 0),
        g.take(x, at),
        g.gradient(g.sum(g.take(x, at)), x),
        g.scan((s: g.Tensor, row: g.Tensor) => [g.add(s, row), g.maximum(s, row)], g.zeros([60]), x)[1],
      ];
    };
    await g.setBackend(js);
    const expected = await Promise.all(make().map((t) => t.data()));
    await on({ binding: 4096 }, async () => {
      const actual = make();
      for (const [i, t] of actual.entries()) same(`result ${i}`, await t.data(), expected[i] as g.Values);
    });
  });

  test("a tensor in the place of another is computed in parts, and leaves no temporary behind", async () => {
    const size = 5000;
    await on({ binding: 4096 }, async (backend) => {
      const step = g.jit((w: g.Tensor) => g.add(g.mul(w, 2), 1), { donate: [0] });
      let w = g.iota([size], { dtype: "i32" }).realize();
      for (let i = 0; i < 3; i++) w = step(w);
      same(
        "8 i + 7",
        await w.data(),
        Int32Array.from({ length: size }, (_, i) => 8 * i + 7),
      );
      const sum = g.sum(w);
      expect(await sum.item()).toBe(4 * size * (size - 1) + 7 * size);
      sum.dispose();
      expect(backend.memory()).toMatchObject({ liveBytes: 4 * size, liveBuffers: 1 });
      w.dispose();
      step.clear();
    });
  });

  test("an array larger than a buffer is an error before any work, which names the operation, the bytes and the limit", async () => {
    await on({ buffer: 8192 }, async (backend) => {
      const x = g.iota([2000], { dtype: "f32" });
      await expect(g.mul(g.concat([x, x]), 2).data()).rejects.toThrow(g.OutOfMemoryError);
      await expect(g.concat([g.tanh(x), x]).data()).rejects.toThrow(
        /^webgpu: (\S+: its result, 4000 elements of f32, has 16000 bytes, and this device holds 8192 in one buffer|cannot allocate 16000 bytes: this device takes at most 8192 in one buffer).*$/,
      );
      expect(backend.memory().liveBytes).toBe(0);
    });
  });

  test("what cannot be cut is an error that says what it needs", async () => {
    // not even the rows of one word fit
    await on({ binding: 256 }, async () => {
      const x = filled([64, 64], "u8", 1);
      await expect(g.add(x, 1).data()).rejects.toThrow(g.OutOfMemoryError);
      await expect(g.add(x, 1).data()).rejects.toThrow(
        /^webgpu: \S+: \S.* has 4096 bytes, of which this device binds 256 at once, and the kernel cannot be cut that small; compute it in parts/,
      );
    });
    await on({ operands: 2 }, async () => {
      await expect(
        g.where(filled([8], "bool", 1), filled([8], "f32", 2), filled([8], "f32", 3)).data(),
      ).rejects.toThrow(
        /^webgpu: where: reads 3 arrays at once, and this device binds 2 with the result; realize some of them apart/,
      );
    });
  });
});
