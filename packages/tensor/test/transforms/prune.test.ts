import { expect, test } from "vitest";
import { add, mul } from "../../src/functions/arithmetic.ts";
import { cast } from "../../src/functions/casting.ts";
import { less } from "../../src/functions/comparison.ts";
import { tensor } from "../../src/functions/creation.ts";
import { sum } from "../../src/functions/reduction.ts";
import { realizeTensors } from "../../src/plan/run.ts";
import type { Tensor } from "../../src/tensor.ts";
import { cond } from "../../src/transforms/cond.ts";
import { grad } from "../../src/transforms/grad.ts";
import { partsOf, reach } from "../../src/transforms/graph.ts";
import { loop } from "../../src/transforms/loop.ts";
import { scan } from "../../src/transforms/scan.ts";
import { f64, values } from "./help.ts";

const loopsUnder = (t: Tensor): Tensor[] => reach([t], 0).filter((n) => n.primitive === loop);
const usedParts = (root: Tensor, node: Tensor): boolean[] => {
  const used = (node.parts ?? []).map(() => false);
  for (const t of reach([root], 0)) if (t.inputs[0] === node) used[t.attributes.index] = true;
  return used;
};
const prune = (root: Tensor, node: Tensor) =>
  (loop.lower.kind === "special" ? loop.lower.prune?.(node, usedParts(root, node)) : null) ?? null;

test("a forward loop drops its saved carries", () => {
  const last = scan((c: Tensor, x: Tensor) => [mul(c, x), add(c, x)], f64([2], []), f64([3, 4]))[0];
  const [node] = loopsUnder(last) as [Tensor];
  const parts = prune(last, node);
  expect(parts?.map((t) => t !== null)).toEqual([true, false, false]);
  expect((parts as readonly Tensor[])[0]?.inputs[0]?.parts?.length).toBe(1);
  expect(values(parts?.[0] as Tensor)).toEqual([24]);
});

test("a reverse loop drops the gradients nobody asked for", () => {
  const k = f64([5], []);
  const g = grad((c: Tensor) => sum(scan((s: Tensor, x: Tensor) => [mul(mul(s, x), k), null], c, f64([3, 4]))[0]))(
    f64([2], []),
  );
  const backward = loopsUnder(g).at(-1) as Tensor;
  expect(backward.attributes.reverse).toBe(true);
  const parts = prune(g, backward);
  const index = parts?.findIndex((t) => t !== null) as number;
  const smaller = (parts as readonly Tensor[])[index]?.inputs[0] as Tensor;
  // what is left: the cotangent of the carry; gone: the sum for k, the gradients of xs, the primal carries
  expect(smaller.attributes.carries).toBe(1);
  expect(smaller.parts?.length).toBe(1);
  expect(smaller.inputs.length).toBe(3);
  expect(values(parts?.[index] as Tensor)).toEqual([300]);
  expect(values(partsOf(backward)[index] as Tensor)).toEqual([300]);
});

test("branches that are pruned again once later ones are keep their results apart", () => {
  // The first result of a step is never used, so that each is pruned at once; which others are shows when the next step has been pruned.
  const step = (_: Tensor | null, ...xs: Tensor[]): Tensor[] =>
    cond(
      less(xs[1] as Tensor, 100),
      (...[a, b, c, d]: Tensor[]) => [
        mul(a as Tensor, 5),
        mul(a as Tensor, 2),
        add(b as Tensor, 1),
        add(c as Tensor, cast(a as Tensor, "i32")),
        add(d as Tensor, b as Tensor),
      ],
      (...[a, b, c, d]: Tensor[]) => [a, a, b, c, d] as Tensor[],
      ...xs,
    );
  const i32 = (v: number): Tensor => tensor(v, { dtype: "i32" });
  const chain = (): Tensor[] =>
    step(...(step(...(step(null, tensor(3), i32(0), i32(10), i32(7)) as [Tensor])) as [Tensor]));
  const wanted = [60, 24, 3, 31, 10];
  for (let subset = 1; subset < 32; subset++) {
    const results = chain().filter((_, k) => subset & (1 << k));
    realizeTensors(results);
    expect(results.map((t) => t.itemSync())).toEqual(wanted.filter((_, k) => subset & (1 << k)));
  }
});
