import { describe, expect, test } from "vitest";
import { setBackend } from "../../src/backends/current.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { loadGraph } from "../../src/graphs/index.ts";
import * as g from "../../src/index.ts";
import { sameStructure } from "../../src/tree.ts";
import { bitsOfAll, fileOf, jsonOf, operationsIn, through } from "./help.ts";
import { model, type Point, point } from "./model.ts";

type Tensor = g.Tensor;
type Model = (p: Point) => ReturnType<typeof model>;

const loss = (f: Model) => (p: Point) => f(p).loss;
const direction = (): Point => g.treeMap((t: Tensor) => g.cos(t), point());

describe("a model", async () => {
  const file = await fileOf(model, point());
  const loaded = (await loadGraph<[Point], ReturnType<typeof model>>(file)) satisfies Model;

  test("is saved as the operations that it is made of", async () => {
    const found = operationsIn(await jsonOf(file));
    for (const name of ["convolution", "scan", "switch", "fft", "sort", "cholesky", "randomBits", "matmul"])
      expect(found, name).toContain(name);
  });

  test("gives the same bits, call after call, and the same tree", async () => {
    const expected = await bitsOfAll(g.jit(model)(point()));
    for (let i = 0; i < 3; i++) expect(await bitsOfAll(loaded(point()))).toEqual(expected);
    expect(sameStructure(loaded(point()), model(point()))).toBe(true);
  });

  test("is written to the same bytes when it is saved again", async () => {
    const again = await fileOf(loaded, point());
    expect(await fileOf(await loadGraph<[Point], unknown>(again), point())).toEqual(again);
  });

  test("has the same gradient, Hessian product and tangent", async () => {
    const of = (f: Model) => (p: Point, v: Point) => [
      g.grad(loss(f))(p),
      g.hvp(loss(f), p, v),
      g.jvp(loss(f), [p], [v]),
    ];
    expect(await bitsOfAll(g.jit(of(loaded))(point(), direction()))).toEqual(
      await bitsOfAll(g.jit(of(model))(point(), direction())),
    );
  });

  test("and these can be saved", async () => {
    const gradient = g.grad(loss(model));
    expect(await bitsOfAll((await through(gradient, point()))(point()))).toEqual(
      await bitsOfAll(g.jit(gradient)(point())),
    );
    const product = (p: Point, v: Point) => g.hvp(loss(model), p, v);
    expect(await bitsOfAll((await through(product, point(), direction()))(point(), direction()))).toEqual(
      await bitsOfAll(g.jit(product)(point(), direction())),
    );
  });

  test("can be batched", async () => {
    const points = [point(), direction()];
    const images = g.stack(points.map((p) => p.image));
    const each = (f: Model) => g.vmap((image: Tensor) => f({ ...point(), image }).all[3]!);
    const all = await each(loaded)(images).data();
    const one = await Promise.all(points.map((p) => loaded({ ...point(), image: p.image }).all[3]!.data()));
    one.flatMap((x) => [...x]).forEach((x, i) => expect(all[i]).toBeCloseTo(x, 5));
  });

  test("that was saved on wasm runs on js, and back", async () => {
    const wasm = g.getBackend();
    const expected = await Promise.all(g.treeLeaves(loaded(point())).map((t) => t.data()));
    try {
      await setBackend(jsBackend());
      const results = await Promise.all(g.treeLeaves(loaded(point())).map((t) => t.data()));
      results.forEach((r, k) => {
        r.forEach((x: number, i: number) => {
          expect(Math.abs(x - expected[k]![i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(x)));
        });
      });
    } finally {
      await setBackend(wasm);
    }
    expect(await loaded(point()).loss.item()).toBe(expected[0]![0]);
  });
});

test("trees keep their statics, and class instances count by their fields", async () => {
  class Scale extends g.TreeNode {
    factor = g.tensor([2, 3]);
    offset = Number.NaN;
    __proto = "x";
  }
  const f = (s: Scale, list: unknown[]): unknown => ({ y: g.mul(s.factor, list[1] as number), s, u: undefined, list });
  const args = (): [Scale, unknown[]] => [new Scale(), [null, -0, Number.POSITIVE_INFINITY, true, "text", undefined]];
  const loaded = await through(f, ...args());
  const result = loaded(...args());
  expect(result.list).toEqual(args()[1]);
  expect({ ...result.s, factor: 0 }).toEqual({ factor: 0, offset: Number.NaN, __proto: "x" });
  expect(Object.hasOwn(result, "u")).toBe(true);
  expect(await result.y.array()).toEqual([-0, -0]);
});

test("an object may have a field of any name", async () => {
  const tree = JSON.parse('{"__proto__": 1, "constructor": 2}') as Record<string, unknown>;
  const loaded = await through((x: Tensor) => ({ x, tree }), g.tensor(1));
  const result = loaded(g.tensor(1));
  expect(Object.keys(result.tree)).toEqual(["__proto__", "constructor"]);
  expect(Object.getPrototypeOf(result.tree)).toBe(Object.prototype);
});

test("values pass bit by bit: constants and captured tensors of every dtype", async () => {
  const kept = (["f32", "f64", "f16", "i32", "u32", "i8", "u8", "bool"] as const).flatMap((dtype) => [
    g.astype(g.tensor([0, 1, 1]), dtype).realize(),
    g.astype(g.tensor(1), dtype).realize(),
  ]);
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0.1, 5e-324].map((x) =>
    g.tensor(x, { dtype: "f64" }),
  );
  const f = (x: Tensor): Tensor[] => [...kept, ...odd.map((c) => g.add(x, c)), ...odd, x];
  const x = g.tensor(-0, { dtype: "f64" });
  expect(await bitsOfAll((await through(f, x))(x))).toEqual(await bitsOfAll(f(x)));
});

test("computes nothing new when it is called again with other values", async () => {
  const loaded = await through((x: Tensor, y: Tensor) => g.sub(x, y), g.ones([2]), g.ones([2]));
  expect(await loaded(g.tensor([3, 5]), g.tensor([1, 2])).array()).toEqual([2, 3]);
  expect(await loaded(g.tensor([1, 2]), g.tensor([3, 5])).array()).toEqual([-2, -3]);
});
