import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { setBackend } from "../../src/backends/current.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";
import { isFloat } from "../../src/dtype.ts";
import { mul } from "../../src/functions/arithmetic.ts";
import { onesLike, zerosLike } from "../../src/functions/fill.ts";
import { sum } from "../../src/functions/reduction.ts";
import { stack } from "../../src/functions/shaping.ts";
import { realizeTensors } from "../../src/plan/run.ts";
import type { Tensor } from "../../src/tensor.ts";
import { checkpoint } from "../../src/transforms/checkpoint.ts";
import { pullback, pushforward } from "../../src/transforms/differentiate.ts";
import { reach } from "../../src/transforms/graph.ts";
import { jit } from "../../src/transforms/jit.ts";
import { vmap } from "../../src/transforms/vmap.ts";
import { draw } from "../draw.ts";
import { leaves, type Program, programs } from "./programs.ts";

// GRADUS_PROGRAMS=5000 (npm run test:nightly) tries that many programs per property, GRADUS_SEED=… others.
const numRuns = Number(process.env.GRADUS_PROGRAMS ?? 200);
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

/** The program with the values of its inputs turned around by `k` places. */
const turned = (p: Program, k: number): Program => ({
  ...p,
  inputs: p.inputs.map((x) => {
    const at = x.data.length === 0 ? 0 : k % x.data.length;
    return { ...x, data: [...x.data.slice(at), ...x.data.slice(0, at)] };
  }),
});

/** Programs of f64 and what has no derivative. */
const smooth = programs(["f64", "f64", "i32"], ["toF32"]);
const noise = (t: Tensor, k: number): Tensor | null =>
  t.dtype === "f64" ? draw({ shape: t.shape, domain: "small" }, k) : null;

/** Gradient, by each f64 input, of a sum of all f64 outputs with drawn weights. */
function slopes(build: (xs: Tensor[]) => Tensor[], xs: Tensor[]): Tensor[] {
  const ys = build(xs).filter((y) => y.dtype === "f64");
  const from = xs.filter((x) => x.dtype === "f64");
  const cts = ys.map((y, k) => noise(y, k + 50));
  return pullback(ys, cts, from).map((t, i) => t ?? zerosLike(from[i] as Tensor));
}

/** The gradient, and the Hessian times a drawn direction, forward over reverse. */
function derivatives(build: (xs: Tensor[]) => Tensor[], xs: Tensor[]): Tensor[] {
  const first = slopes(build, xs);
  const second = pushforward(
    first,
    xs,
    xs.map((x, i) => noise(x, i + 1)),
  );
  return [...first, ...second.map((t, i) => t ?? zerosLike(first[i] as Tensor))];
}

function close(actual: readonly number[][], expected: readonly number[][]): void {
  expect(actual.map((x) => x.length)).toEqual(expected.map((x) => x.length));
  const scale = Math.max(1, ...expected.flat().map(Math.abs));
  expected.flat().forEach((e, i) => {
    const a = actual.flat()[i] as number;
    if (!(Math.abs(a - e) <= 1e-9 * scale)) throw new Error(`element ${i} is ${a} instead of ${e}`);
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

  test("rematerialised, they give what they give at once", async () => {
    await setBackend(js);
    check(all, (p) => agree(p, together(checkpoint(p.build)(leaves(p))), together(p.build(leaves(p)))));
  });

  test("vmapped, they give what they give one by one", async () => {
    await setBackend(js);
    check(all, (p) => {
      const size = 3;
      const examples = Array.from({ length: size }, (_, k) => leaves(turned(p, k)));
      const batched = vmap(p.build)(leaves(p).map((_, i) => stack(examples.map((e) => e[i] as Tensor))));
      const rows = together(batched);
      examples.forEach((e, k) => {
        const parts = rows.map((row) => row.slice((k * row.length) / size, ((k + 1) * row.length) / size));
        agree(p, parts, together(p.build(e)));
      });
    });
  });

  test("reverse mode is the transpose of forward mode", async () => {
    await setBackend(js);
    check(smooth, (p) => {
      const xs = leaves(p);
      const ys = p.build(xs);
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

  describe("first and second derivatives are the same", () => {
    const same = (name: string, other: (p: Program) => Promise<readonly number[][]>): void =>
      test(name, async () => {
        await fc.assert(
          fc.asyncProperty(smooth, async (p) => {
            await setBackend(js);
            close(await other(p), together(derivatives(p.build, leaves(p))));
          }),
          { numRuns, seed: seed + 2 },
        );
      });
    same("node by node", async (p) => apart(derivatives(p.build, leaves(p))));
    same("on wasm", async (p) => {
      await setBackend(wasm);
      return together(derivatives(p.build, leaves(p)));
    });
    same("jitted", async (p) => together(jit((xs: Tensor[]) => derivatives(p.build, xs))(leaves(p))));
    same("of a jitted program in a jitted one", async (p) =>
      together(jit((xs: Tensor[]) => derivatives(jit(p.build), xs))(leaves(p))),
    );
    same("rematerialised", async (p) => together(derivatives(checkpoint(p.build), leaves(p))));
    same("vmapped", async (p) => {
      const stacked = leaves(p).map((t) => stack([t, t]));
      const rows = together(vmap((xs: Tensor[]) => derivatives(p.build, xs))(stacked));
      return rows.map((row) => row.slice(row.length / 2));
    });
    same("when the second is reverse over reverse", async (p) => {
      const xs = leaves(p);
      const places = xs.flatMap((x, i) => (x.dtype === "f64" ? [i] : []));
      const slope = slopes(p.build, xs);
      const along = places.map((i, k) => sum(mul(slope[k] as Tensor, noise(xs[i] as Tensor, i + 1) as Tensor)));
      const ones = along.map((t) => onesLike(t));
      const from = places.map((i) => xs[i] as Tensor);
      const second = pullback(along, ones, from).map((t, k) => t ?? zerosLike(from[k] as Tensor));
      return together([...slope, ...second]);
    });
  });
});
