import * as g from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import { webgpu } from "../src/index.ts";
import { unavailable } from "./adapter.ts";

describe.skipIf(unavailable !== null)("profile", () => {
  test("a training step is one submission; its kernels are counted and named", async () => {
    const before = g.getBackend();
    const backend = await webgpu();
    await g.setBackend(backend);
    try {
      const loss = (w: g.Tensor, x: g.Tensor): g.Tensor => g.mean(g.tanh(g.matmul(x, w)));
      const step = g.jit((w: g.Tensor, x: g.Tensor) => g.sub(w, g.mul(g.grad(loss)(w, x), 0.1)));
      const [w, x] = [g.normal(g.key(0), [32, 8]), g.normal(g.key(1), [64, 32])];
      await step(w, x).data();
      const { kernels, submissions, dispatches } = await backend.profile(() => step(w, x).data());
      expect(submissions).toBe(1);
      expect(kernels.reduce((n, k) => n + k.runs, 0)).toBe(dispatches);
      expect(kernels.some((k) => k.name.includes("matmul"))).toBe(true);
      expect(kernels.every((k) => k.milliseconds >= 0)).toBe(true);
      await expect(backend.profile(1 as unknown as () => void)).rejects.toThrow(/^profile: work: expected a function/);
    } finally {
      await g.setBackend(before);
      backend.destroy();
    }
  });
});
