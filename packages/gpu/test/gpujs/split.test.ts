import type { HostArray, Index, Instruction, Kernel } from "@gradus/tensor";
import { runKernel } from "@gradus/tensor/backend";
import fc from "fast-check";
import { expect, test } from "vitest";
import { splitFold } from "../../src/gpujs/split.ts";

const sizeOf = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

/** Row-major position in `extents`, of loops from 0 on. */
function flat(extents: readonly number[]): Index {
  let stride = sizeOf(extents);
  const terms = extents.flatMap((extent, loop) => {
    stride /= extent;
    return extent === 1 ? [] : [{ coefficient: stride, atom: { kind: "loop" as const, loop, extent } }];
  });
  return { constant: 0, terms };
}

/** A fold of i32, with guards and a reshaped load inside, whose results are scaled by a second operand. */
const kernels = fc
  .record({
    loops: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    reduce: fc.constantFrom([2048], [2051], [3, 701], [701, 1, 3], [47, 53], [4, 5, 127]),
    op: fc.constantFrom("sum" as const, "prod" as const, "max" as const, "min" as const),
    guarded: fc.boolean(),
    columns: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ loops, reduce, op, guarded, columns }): Kernel => {
    const [results, all] = [sizeOf(loops), sizeOf([...loops, ...reduce])];
    const at = flat([...loops, ...reduce]);
    // Down the columns of a matrix with that many of them, as far as it goes.
    const rows = Math.floor(all / columns);
    const moved: Index = {
      constant: 0,
      terms: [
        { coefficient: rows, atom: { kind: "mod", of: at, by: columns } },
        { coefficient: 1, atom: { kind: "div", of: at, by: columns } },
      ],
    };
    const type = { dtype: "i32", size: all } as const;
    const inner: Instruction[] = [
      { op: "load", dtype: "i32", buffer: 0, index: at, guards: [], fill: 0 },
      {
        op: "load",
        dtype: "i32",
        buffer: 0,
        index: moved,
        guards: [{ of: moved, low: guarded ? 5 : 0, high: columns * rows }],
        fill: 3,
      },
      { op: "index", dtype: "i32", index: at },
      { op: "xor", dtype: "i32", a: 0, b: 1 },
      { op: "add", dtype: "i32", a: 3, b: 2 },
    ];
    return {
      kind: "loops",
      name: "fold",
      loops,
      reduce,
      inner,
      accumulators: [{ op, dtype: "i32", value: 4 }],
      outer: [
        { op: "accumulator", dtype: "i32", a: 0 },
        { op: "load", dtype: "i32", buffer: 2, index: flat(loops), guards: [], fill: 0 },
        { op: "mul", dtype: "i32", a: 0, b: 1 },
      ],
      buffers: [type, { dtype: "i32", size: results }, { dtype: "i32", size: results }],
      stores: [{ buffer: 1, index: flat(loops), value: 2 }],
    };
  });

test("the two halves of a long fold give what the whole gives", () => {
  fc.assert(
    fc.property(kernels, fc.integer(), (kernel, seed) => {
      const halves = splitFold(kernel);
      if (halves === null) throw new Error("the fold was not cut");
      const fill = (size: number, k: number): HostArray =>
        Int32Array.from({ length: size }, (_, i) => Math.imul(i + 1, 2654435761 + seed + k) >> 7);
      const [x, scale] = [fill(kernel.buffers[0]?.size as number, 1), fill(sizeOf(kernel.loops), 2)];
      const [whole, cut] = [new Int32Array(scale.length), new Int32Array(scale.length)];
      const parts = new Int32Array(halves.parts.size);
      runKernel(kernel, [x, whole, scale]);
      runKernel(halves.first, [x, scale, parts]);
      runKernel(halves.second, [x, scale, parts, cut]);
      expect(cut).toEqual(whole);
    }),
    { numRuns: 30, seed: 1 },
  );
});
