import fc from "fast-check";
import { expect, test } from "vitest";
import * as g from "../../src/index.ts";

test("permuted axes of any extents and widths, alone and beside what lies in order", async () => {
  await g.setBackend(g.wasmBackend());
  const shape = fc.array(fc.integer({ min: 1, max: 37 }), { minLength: 2, maxLength: 3 });
  const shuffled = shape.chain((s) =>
    fc
      .shuffledSubarray(
        s.map((_, i) => i),
        { minLength: s.length },
      )
      .map((order) => ({ s, order })),
  );
  await fc.assert(
    fc.asyncProperty(shuffled, fc.constantFrom("f32", "f64", "i32", "u8"), async ({ s, order }, dtype) => {
      const size = s.reduce((a, b) => a * b, 1);
      const value = (i: number): number => (i * 37) % 101;
      const x = g.tensor(
        Array.from({ length: size }, (_, i) => value(i)),
        { shape: s, dtype },
      );
      const to = order.map((a) => s[a] as number);
      const strides = s.map((_, i) => s.slice(i + 1).reduce((a, b) => a * b, 1));
      const expected = Array.from({ length: size }, (_, i) => {
        let [rest, at] = [i, 0];
        for (let axis = to.length - 1; axis >= 0; axis--) {
          at += (rest % (to[axis] as number)) * (strides[order[axis] as number] as number);
          rest = Math.floor(rest / (to[axis] as number));
        }
        return value(at);
      });
      const y = g.add(g.permute(x, order), 1);
      expect([...(await y.data())]).toEqual(expected.map((e) => e + 1));
      const other = g.tensor(
        Array.from({ length: size }, (_, i) => i % 7),
        { shape: to, dtype },
      );
      expect([...(await g.add(other, g.permute(x, order)).data())]).toEqual(expected.map((e, i) => e + (i % 7)));
    }),
  );
});
