import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";

type T = g.Tensor;
const live = (): number => g.memory().liveBuffers;
const fresh = (): T => g.realize(g.tensor([1, 2, 3]).mul(1));

describe("lifetimes", () => {
  test("using frees at the end of its block, also when the block throws", () => {
    const before = live();
    let kept: T;
    {
      using x = fresh();
      kept = x;
      expect(live()).toBe(before + 1);
    }
    expect(live()).toBe(before);
    expect(() => kept.add(1)).toThrow(g.DisposedError);
    expect(() => {
      using x = fresh();
      throw new Error(`stop ${x.size}`);
    }).toThrow("stop 3");
    expect(live()).toBe(before);
  });

  test("dispose frees every tensor of a tree, and is harmless twice", () => {
    const before = live();
    const tree = { a: fresh(), b: [fresh(), null] };
    expect(live()).toBe(before + 2);
    g.dispose(tree);
    g.dispose(tree);
    tree.a.dispose();
    expect(live()).toBe(before);
  });

  test("tidy leaves alone what was made before it, also when it is given memory or computed within", () => {
    const given = g.tensor(Float32Array.from({ length: 2000 }, (_, i) => i));
    const pending = given.add(1);
    const sum = g.tidy(() => {
      pending.dataSync();
      return given.sum().add(pending.sum());
    });
    expect(sum.itemSync()).toBe(2 * 1999000 + 2000);
    expect(given.mul(2).dataSync()[3]).toBe(6);
    expect(pending.dataSync()[3]).toBe(4);
    g.dispose([given, pending, sum]);
  });

  test("tidy keeps what it returns; in a tidy within, the rest goes with the outer one", () => {
    const before = live();
    const [a, b] = g.tidy(() => {
      const x = fresh();
      const y = g.tidy(() => {
        fresh();
        return fresh();
      });
      expect(live()).toBe(before + 2);
      return [x.add(y), x] as const;
    });
    expect(live()).toBe(before + 2);
    expect([...a.dataSync()]).toEqual([2, 4, 6]);
    expect([...b.dataSync()]).toEqual([1, 2, 3]);
    g.dispose([a, b]);
    expect(live()).toBe(before);
  });

  test("a donated argument is gone, and the result lies where it lay", () => {
    const f = g.jit((x: T) => x.mul(2).add(1), { donate: [0] });
    g.dispose(f(fresh()));
    const x = fresh();
    const { liveBytes } = g.memory();
    const { storage } = x;
    const y = f(x);
    expect(y.storage).toBe(storage);
    expect(g.memory().liveBytes).toBe(liveBytes);
    expect([...y.dataSync()]).toEqual([3, 5, 7]);
    expect(() => f(x)).toThrow(g.DisposedError);
    y.dispose();
  });

  const plus = g.jit((t: T) => t.add(1));
  const gone = (): T => {
    const t = fresh();
    t.dispose();
    return t;
  };
  test.each<[string, (t: T) => unknown]>([
    ["an operation", (t) => t.mul(2)],
    ["a method of structure", (t) => t.T],
    ["dataSync", (t) => t.dataSync()],
    ["itemSync", (t) => t.sum().itemSync()],
    ["realize", (t) => g.realize({ t })],
    ["clone", (t) => t.clone()],
    ["grad", (t) => g.grad((x: T) => x.sum())(t)],
    ["gradient", (t) => g.gradient(g.tensor(1), t)],
    ["jvp", (t) => g.jvp((x: T) => x, [t], [t])],
    ["vmap", (t) => g.vmap((x: T) => x)(t)],
    ["checkpoint", (t) => g.checkpoint((x: T) => x)(t)],
    ["scan", (t) => g.scan((c: T) => [c, null], t, null, { length: 2 })],
    ["jit, first call", (t) => g.jit((x: T) => x.add(2))(t)],
    [
      "jit, replayed",
      (t) => {
        g.dispose(plus(g.tensor([1, 2, 3])));
        return plus(t);
      },
    ],
  ])("use after dispose throws: %s", (_, use) => {
    const t = gone();
    expect(() => use(t)).toThrow(g.DisposedError);
  });

  test("use after dispose rejects where values are awaited, and where they are needed later", async () => {
    await expect(gone().data()).rejects.toThrow(g.DisposedError);
    const t = fresh();
    const later = t.add(1);
    t.dispose();
    expect(() => later.dataSync()).toThrow(g.DisposedError);
  });
});
