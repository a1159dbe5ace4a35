import fc from "fast-check";
import { expect, test } from "vitest";
import { runKernel } from "../../src/backends/js/kernel.ts";
import * as g from "../../src/index.ts";
import { collapse } from "../../src/ir/collapse.ts";
import { affine } from "../../src/ir/index-expr.ts";
import type { Kernel } from "../../src/ir/ir.ts";
import { capture } from "../../src/plan/capture.ts";
import { lower } from "../../src/plan/lower.ts";

const kernelsOf = (...ts: readonly g.Tensor[]): Kernel[] =>
  lower(capture(ts)).steps.flatMap(({ work }) => (work.kind === "loops" ? [work] : []));

/** What a kernel writes, on numbers that tell places apart. */
function results(k: Kernel): number[][] {
  const arrays = k.buffers.map(({ size }, b) => Float32Array.from({ length: size }, (_, i) => ((i * 7 + b) % 61) + 1));
  runKernel(k, arrays);
  return arrays.map((a) => [...a]);
}

test("a kernel in fewer loops computes the same", () => {
  const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  const axis = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(shape, axis, axis, fc.nat(6), (shape, p, q, which) => {
      const x = g.realize(g.ones(shape));
      const [a, b] = [p % shape.length, q % shape.length];
      const order = shape.map((_, i) => (i === a ? b : i === b ? a : i));
      const y = [
        () => g.add(x, g.sum(x, a, { keepDims: true })),
        () => g.permute(x, order),
        () => g.sum(x, [...new Set([a, b])]),
        () => g.argmax(g.permute(x, order), a),
        () => g.pad(x, shape.map((_, i) => (i === a ? [1, 2] : [0, 0])) as [number, number][]),
        () => g.flip(x, a),
        () => g.reshape(g.permute(x, order), [-1]),
      ][which] as () => g.Tensor;
      for (const k of kernelsOf(y())) {
        const fewer = collapse(k);
        expect(fewer.loops.length + fewer.reduce.length).toBeLessThanOrEqual(k.loops.length + k.reduce.length);
        expect(results(fewer)).toEqual(results(k));
      }
    }),
  );
});

test("loops that memory runs through in order become one, those of a transposition stay", () => {
  const x = g.realize(g.ones([2, 3, 1, 4]));
  const loops = (t: g.Tensor): readonly number[] => collapse(kernelsOf(t)[0] as Kernel).loops;
  expect(loops(g.sum(x, 3))).toEqual([6]);
  expect(loops(g.add(g.permute(x, [1, 0, 2, 3]), 1))).toEqual([3, 2, 4]);
  const [k] = kernelsOf(g.sum(x, [0, 1]));
  const { reduce, inner } = collapse(k as Kernel);
  expect(reduce).toEqual([6]);
  expect(inner.map((i) => (i.op === "load" ? affine(i.index, 2)?.strides : null))).toEqual([[1, 4]]);
});
