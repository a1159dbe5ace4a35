import fc from "fast-check";
import { expect, test } from "vitest";
import type { Step } from "../../src/ir/ir.ts";
import { layOut } from "../../src/plan/memory.ts";

// A random straight-line program: each step reads earlier buffers and writes one.
const program = fc.array(
  fc.record({
    size: fc.constantFrom(0, 1, 17, 64, 300),
    reads: fc.array(fc.nat(), { maxLength: 3 }),
    // by position: the same buffer may be read where it may be overwritten and, once more, where it may not
    over: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 30 },
);

test("buffers whose lives overlap share no byte, but for a result that replaces an operand at its last use", () => {
  fc.assert(
    fc.property(program, (list) => {
      const buffers = list.map(({ size }) => ({ dtype: "f32" as const, size, role: "temporary" }));
      const steps = list.map(({ reads }, i) => ({
        work: { kind: "loops", at: i },
        buffers: [...reads.filter(() => i > 0).map((r) => r % i), i],
      })) as unknown as Step[];
      const sameSize = (i: number, operand: number): boolean =>
        buffers[steps[i]?.buffers[operand] as number]?.size === buffers[i]?.size;
      const { offsets, arenaBytes } = layOut(
        buffers,
        steps,
        steps.map(() => 1),
        (work, operand) => {
          const i = (work as unknown as { at: number }).at;
          return (list[i]?.over[operand] ?? false) && sameSize(i, operand);
        },
      );
      const last = new Map<number, number>();
      steps.forEach((s, i) => s.buffers.forEach((b) => last.set(b, i)));
      const end = (b: number): number => (offsets.get(b) as number) + (buffers[b]?.size ?? 0) * 4;
      for (let b = 0; b < list.length; b++) {
        expect(end(b)).toBeLessThanOrEqual(arenaBytes);
        for (let a = 0; a < b; a++) {
          const lives = (last.get(a) as number) >= b;
          const everywhere = (steps[b] as Step).buffers.every((x, k) => x !== a || list[b]?.over[k]);
          const replaced = last.get(a) === b && offsets.get(a) === offsets.get(b) && everywhere;
          const apart = end(a) <= (offsets.get(b) as number) || end(b) <= (offsets.get(a) as number);
          if (lives && !replaced && (buffers[a]?.size ?? 0) > 0 && (buffers[b]?.size ?? 0) > 0)
            expect(apart).toBe(true);
        }
      }
    }),
    { numRuns: 500 },
  );
});
