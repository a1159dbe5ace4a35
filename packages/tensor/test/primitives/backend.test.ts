import { beforeAll, describe, expect, test } from "vitest";
import { setBackend } from "../../src/backends/current.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";
import type { DType } from "../../src/dtype.ts";
import { f16ToNumber } from "../../src/ir/scalar-math.ts";
import { realizeTensors } from "../../src/plan/run.ts";
import type { Tensor } from "../../src/tensor.ts";
import { cases } from "../cases.ts";
import { draw } from "../draw.ts";
import { values } from "../reference.ts";

// Scheduled, fused and run as plans, every case gives what its definition gives.
const backends = [jsBackend(), wasmBackend()];

function run(t: Tensor): number[] {
  realizeTensors([t]);
  if (t.host !== null) return Array.from(t.host, t.dtype === "f16" ? f16ToNumber : (x) => x);
  const storage = t.storage as NonNullable<Tensor["storage"]>;
  return Array.from(
    storage.backend.readSync?.(storage, t.dtype, t.size) ?? [],
    t.dtype === "f16" ? f16ToNumber : (x) => x,
  );
}

const relative: Partial<Record<DType, number>> = { f64: 1e-12, f32: 1e-5, f16: 2e-2 };

describe.each(backends.map((b) => [b.name, b] as const))("%s", (_, backend) => {
  beforeAll(() => setBackend(backend));
  describe.each(["f64", "f32", "f16", "i32", "u8", "bool"] as const)("on %s", (dtype) => {
    const chosen = cases.filter((c) => c.integers || (dtype !== "i32" && dtype !== "u8" && dtype !== "bool"));
    test.each(chosen.map((c) => [c.name, c] as const))("%s", (_, c) => {
      const make = (): Tensor => c.f(...c.inputs.map((arg, i) => draw(arg, i + 1, dtype)));
      const expected = values(make());
      const y = make();
      const actual = run(y);
      expect(actual.length).toBe(expected.length);
      const bound = (relative[y.dtype] ?? 0) * Math.max(1, ...expected.filter(Number.isFinite).map(Math.abs));
      actual.forEach((x, i) => {
        const e = expected[i] as number;
        if (x !== e && !(Number.isNaN(x) && Number.isNaN(e)) && !(Math.abs(x - e) <= bound))
          throw new Error(`element ${i} is ${x} instead of ${e}`);
      });
    });
  });
});
