import fc from "fast-check";
import { expect, test } from "vitest";
import {
  divIndex,
  flattenIndex,
  loopIndex,
  modIndex,
  offsetIndex,
  rangeOf,
  scaleIndex,
  unflattenIndex,
} from "../../src/ir/index-expr.ts";
import type { Index } from "../../src/ir/ir.ts";

function value(e: Index, at: readonly number[]): number {
  return e.terms.reduce((sum, { coefficient, atom }) => {
    if (atom.kind === "value") throw new Error("no values here");
    if (atom.kind === "loop") return sum + coefficient * (at[atom.loop] as number);
    const of = value(atom.of, at);
    const q = Math.floor(of / atom.by);
    return sum + coefficient * (atom.kind === "div" ? q : of - q * atom.by);
  }, e.constant);
}

function* points(extents: readonly number[]): Generator<number[]> {
  if (extents.length === 0) yield [];
  else for (let i = 0; i < (extents[0] as number); i++) for (const rest of points(extents.slice(1))) yield [i, ...rest];
}

const shape = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 });
const steps = fc.array(
  fc.record({ op: fc.constantFrom("div", "mod", "scale", "offset"), n: fc.integer({ min: 1, max: 7 }) }),
  { maxLength: 5 },
);

test("simplified expressions have the value of what they simplify, within their range", () => {
  fc.assert(
    fc.property(shape, steps, (extents, list) => {
      let e = flattenIndex(
        extents.map((n, i) => loopIndex(i, n)),
        extents,
      );
      const rules: ((x: number) => number)[] = [];
      for (const { op, n } of list) {
        if (op === "div") [e] = [divIndex(e, n), rules.push((x) => Math.floor(x / n))];
        else if (op === "mod") [e] = [modIndex(e, n), rules.push((x) => x - Math.floor(x / n) * n)];
        else if (op === "scale") [e] = [scaleIndex(e, n - 4), rules.push((x) => x * (n - 4))];
        else [e] = [offsetIndex(e, n - 4), rules.push((x) => x + n - 4)];
      }
      const [low, high] = rangeOf(e);
      for (const at of points(extents)) {
        const flat = at.reduce((s, i, k) => s * (extents[k] as number) + i, 0);
        const expected = rules.reduce((x, f) => f(x), flat) + 0;
        expect(value(e, at) + 0).toBe(expected);
        expect(expected >= low && expected <= high).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test("a split that is merged again leaves the loops as they were", () => {
  fc.assert(
    fc.property(shape, (extents) => {
      const size = extents.reduce((a, b) => a * b, 1);
      const flat = loopIndex(0, size);
      expect(flattenIndex(unflattenIndex(flat, extents), extents)).toEqual(flat);
    }),
  );
});
