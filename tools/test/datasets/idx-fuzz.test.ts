import fc from "fast-check";
import { expect, test } from "vitest";
import { allocatedBy } from "../../../packages/tensor/test/files/allocations.ts";
import { mutated } from "../../../packages/tensor/test/files/mutations.ts";
import { type IdxArray, parseIdx } from "../../src/datasets/index.ts";
import { DataError } from "../../src/errors.ts";
import { encodeIdx } from "./idx-writer.ts";

const files: readonly Uint8Array[] = (
  [
    { type: "u8", shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    { type: "i8", shape: [3], data: Int8Array.of(-1, 0, 1) },
    { type: "i16", shape: [2, 1, 2], data: Int16Array.of(1, -2, 3, -4) },
    { type: "i32", shape: [0, 5], data: new Int32Array() },
    { type: "f32", shape: [2, 2], data: Float32Array.of(0.5, Number.NaN, -0, 1) },
    { type: "f64", shape: [1, 1, 1, 1, 1, 1, 1, 3], data: Float64Array.of(1, 2, 3) },
  ] satisfies IdxArray[]
).map(encodeIdx);

test("2,000 damaged IDX files: the array or a DataError of one line, and nothing allocated beyond the file", async () => {
  let [read, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(mutated(files), async (bytes) => {
      let outcome: unknown;
      const allocated = await allocatedBy(() => {
        try {
          outcome = parseIdx(bytes, "x");
          read++;
        } catch (error) {
          outcome = error;
          refused++;
        }
      });
      expect(allocated).toBeLessThanOrEqual(bytes.length);
      if (!(outcome instanceof Error)) return;
      expect(outcome).toBeInstanceOf(DataError);
      expect(outcome.message).toMatch(/^x: [^\n\r]+$/);
    }),
    { numRuns: 2000, seed: 20261125 },
  );
  expect(read + refused).toBe(2000);
  expect(Math.min(read, refused)).toBeGreaterThan(20);
});
