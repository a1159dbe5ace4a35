import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { setBackend } from "../../src/backends/current.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";
import { isFloat } from "../../src/dtype.ts";
import { realizeTensors } from "../../src/plan/run.ts";
import type { Tensor } from "../../src/tensor.ts";
import { pullback, pushforward } from "../../src/transforms/differentiate.ts";
import { reach } from "../../src/transforms/graph.ts";
import { jit } from "../../src/transforms/jit.ts";
import { draw } from "../draw.ts";
import { leaves, type Program, programs } from "./programs.ts";

// GRADUS_PROGRAMS=5000 tries that many programs per property, GRADUS_SEED=… others.
const numRuns = Number(process.env.GRADUS_PROGRAMS ?? 1000);
const seed = Number(process.env.GRADUS_SEED ?? 1);
const [js, wasm] = [jsBackend(), wasmBackend()];
const all = programs(["f32", "f64", "i32", "bool"]);
const check = (from: fc.Arbitrary<Program>, property: (p: Program) => void): void =>
  fc.assert(fc.property(from, property), { numRuns, seed });

function read(t: Tensor): number[] {
  realizeTensors([t]);
  if (t.host !== null) return Array.from(t.host);
  const storage = t.storage as NonNullable<Tensor["storage"]>;
  return Array.from(storage.backend.readSync?.(storage, t.dtype, t.size) ?? []);
}

/** Values of tensors computed in one plan. */
function together(ts: readonly Tensor[]): number[][] {
  realizeTensors(ts);
  return ts.map(read);
}

/** Values of tensors when every node of their graph is a plan of its own. */
function apart(ts: readonly Tensor[]): number[][] {
  for (const node of reach(ts, 0)) if (node.parts === null) realizeTensors([node]);
  return ts.map(read);
}

function agree(p: Program, actual: readonly number[][], expected: readonly number[][]): void {
  p.outputs.forEach(({ t, error, name }, k) => {
    const [a, e] = [actual[k] as number[], expected[k] as number[]];
    expect(a.length).toBe(e.length);
    const far = a.findIndex((x, i) => !(Math.abs(x - (e[i] as number)) <= 4 * error));
    if (far >= 0)
      throw new Error(`${name} ${t.dtype} [${t.shape}]: element ${far} is ${a[far]} instead of ${e[far]} ± ${error}`);
  });
}

describe("random programs", () => {
  test("fused, they give what they give node by node", async () => {
    await setBackend(js);
    check(all, (p) => agree(p, together(p.build(leaves(p))), apart(p.build(leaves(p)))));
  });

  test("wasm gives what js gives", async () => {
    const on = async (backend: typeof js, p: Program): Promise<number[][]> => {
      await setBackend(backend);
      return together(p.build(leaves(p)));
    };
    await fc.assert(
      fc.asyncProperty(all, async (p) => agree(p, await on(wasm, p), await on(js, p))),
      { numRuns, seed: seed + 1 },
    );
  });

  test("jitted, they give what they give eagerly", async () => {
    await setBackend(js);
    check(all, (p) => agree(p, together(jit(p.build)(leaves(p))), together(p.build(leaves(p)))));
  });

  test("reverse mode is the transpose of forward mode", async () => {
    await setBackend(js);
    check(programs(["f64", "f64", "i32"], ["toF32"]), (p) => {
      const xs = leaves(p);
      const ys = p.build(xs);
      const noise = (t: Tensor, k: number): Tensor | null =>
        t.dtype === "f64" ? draw({ shape: t.shape, domain: "small" }, k) : null;
      const vs = xs.map((x, i) => noise(x, i + 1));
      const us = ys.map((y, i) => (isFloat(y.dtype) ? noise(y, i + 50) : null));
      const wanted = ys.flatMap((y, i) => (us[i] && y.dtype === "f64" ? [i] : []));
      if (wanted.length === 0) return;
      const chosen = wanted.map((i) => ys[i] as Tensor);
      const forward = pushforward(chosen, xs, vs);
      const backward = pullback(
        chosen,
        wanted.map((i) => us[i] as Tensor),
        xs,
      );
      let [left, right, size] = [0, 0, 1];
      const pair = (a: Tensor, b: Tensor): number => {
        const [p, q] = [read(a), read(b)];
        size += Math.hypot(...p) * Math.hypot(...q);
        return p.reduce((s, x, i) => s + x * (q[i] as number), 0);
      };
      forward.forEach((jv, k) => {
        if (jv) left += pair(jv, us[wanted[k] as number] as Tensor);
      });
      backward.forEach((ju, i) => {
        if (ju && vs[i]) right += pair(ju, vs[i] as Tensor);
      });
      if (!(Math.abs(left - right) <= 1e-9 * size)) throw new Error(`<u, J v> is ${left}, <Jᵀ u, v> is ${right}`);
    });
  });
});
