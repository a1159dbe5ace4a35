import * as g from "@gradus/tensor";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type WebGPUBackend, webgpu } from "../src/index.ts";
import { unavailable } from "./adapter.ts";

const js = g.jsBackend();

/** Twice x, or x³: of x > limit the former. */
const bend = (x: g.Tensor, limit: number): g.Tensor =>
  g.cond(
    g.greater(g.sum(x), limit),
    (y: g.Tensor) => g.mul(y, 2),
    (y: g.Tensor) => y.pow(3),
    x,
  );

/** Adds x until the sum of the state passes `limit`. */
const fill = (x: g.Tensor, limit: number, options: { maxSteps?: number } = {}): g.Tensor =>
  g.whileLoop(
    (s: g.Tensor) => g.less(g.sum(s), limit),
    (s: g.Tensor) => g.add(s, x),
    x,
    options,
  );

describe.skipIf(unavailable !== null)("branches and loops on webgpu", async () => {
  const before = g.getBackend();
  const gpu = unavailable === null ? await webgpu() : (null as unknown as WebGPUBackend);
  afterAll(async () => {
    await g.setBackend(before);
    gpu.destroy();
  });
  const on = async (backend: g.Backend, f: () => g.Tensor): Promise<number[]> => {
    await g.setBackend(backend);
    return Array.from(await f().data());
  };
  const agree = async (f: () => g.Tensor): Promise<void> => {
    const [a, e] = [await on(gpu, f), await on(js, f)];
    expect(a.length).toBe(e.length);
    a.forEach((x, i) => {
      expect(Math.abs(x - (e[i] as number))).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(e[i] as number)));
    });
  };
  const submissions = async (f: () => g.Tensor): Promise<number> => {
    await g.setBackend(gpu);
    const x = f();
    return (await gpu.profile(() => x.data())).submissions;
  };

  const numbers = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 9 });

  test("branches: the chosen one alone, also nested, under vmap, inside scan and in derivatives", () =>
    fc.assert(
      fc.asyncProperty(
        numbers,
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: -1, max: 3 }),
        async (v, limit, at) => {
          const x = (): g.Tensor => g.tensor(v);
          await agree(() => bend(x(), limit));
          await agree(() => g.grad((t: g.Tensor) => g.sum(bend(t, limit)))(x()));
          await agree(() => g.vmap((t: g.Tensor) => bend(t, limit))(g.stack([x(), g.mul(x(), 2)])));
          const pick = (t: g.Tensor, i: g.Tensor): g.Tensor =>
            g.switchCase(
              i,
              [(s: g.Tensor) => g.neg(s), (s: g.Tensor) => bend(s, limit), (s: g.Tensor) => g.cumsum(s)],
              t,
            );
          await agree(() => pick(x(), g.tensor(at, { dtype: "i32" })));
          await agree(() => {
            const [last, all] = g.scan(
              (s: g.Tensor, i: g.Tensor) => {
                const next = g.div(g.add(1, pick(s, i)), g.add(1, g.max(g.abs(s))));
                return [next, next];
              },
              x(),
              g.iota([5], { dtype: "i32" }),
            ) as [g.Tensor, g.Tensor];
            return g.concat([last.reshape([1, -1]), all]);
          });
        },
      ),
      { numRuns: 12, seed: 1 },
    ));

  test("a branch that divides by zero leaves no trace when it is not taken", async () => {
    const f = (yes: boolean) => () =>
      g.cond(
        g.tensor(yes),
        (x: g.Tensor) => g.div(x, 0),
        (x: g.Tensor) => g.add(x, 1),
        g.tensor([1, -1, 0]),
      );
    expect(await on(gpu, f(false))).toEqual([2, 0, 1]);
    expect(await on(gpu, f(true))).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
  });

  test("loops of any number of steps, bounded or not, and their derivatives", () =>
    fc.assert(
      fc.asyncProperty(
        numbers,
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 12 }),
        async (v, limit, most) => {
          const x = (): g.Tensor => g.tensor(v);
          await agree(() => fill(x(), limit));
          await agree(() => fill(x(), limit, { maxSteps: most }));
          await agree(() => g.grad((t: g.Tensor) => g.sum(fill(t, limit, { maxSteps: 20 })))(x()));
          await agree(() => g.jvp((t: g.Tensor) => fill(t, limit), [x()], [g.ones([v.length])])[1] as g.Tensor);
          await agree(() => g.vmap((t: g.Tensor) => fill(t, limit))(g.stack([x(), g.mul(x(), 3)])));
        },
      ),
      { numRuns: 6, seed: 2 },
    ));

  test("a loop in a loop in a branch, and bodies that scatter and scan", async () => {
    const f = (yes: boolean) => (): g.Tensor =>
      g.cond(
        g.tensor(yes),
        (x: g.Tensor) =>
          g.whileLoop(
            (s: g.Tensor) => g.less(g.sum(s), 900),
            (s: g.Tensor) => {
              const [t] = g.scan((a: g.Tensor) => [g.add(a, 1), null], s, null, { length: 3 }) as [g.Tensor, null];
              const hit = g.vjp((a: g.Tensor) => g.take(a, g.tensor([0, 0, 2], { dtype: "i32" })), t)[1](g.ones([3]));
              return g.add(fill(t, 30), Array.isArray(hit) ? hit[0] : hit);
            },
            x,
          ),
        (x: g.Tensor) => fill(x, 50, { maxSteps: 4 }),
        g.tensor([1, 2, 3]),
      );
    await agree(f(true));
    await agree(f(false));
  });

  test("what runs on the CPU inside a branch or a loop", async () => {
    const order = (x: g.Tensor): g.Tensor => g.qr(x.reshape([2, 2]))[1].reshape([4]);
    for (const yes of [true, false])
      await agree(() =>
        g.cond(
          g.tensor(yes),
          (x: g.Tensor) => g.add(order(g.mul(x, 2)), 1),
          (x: g.Tensor) => g.neg(x),
          g.tensor([1, 2, 3, 5]),
        ),
      );
    await agree(() =>
      g.whileLoop(
        (x: g.Tensor) => g.less(g.sum(g.abs(x)), 100),
        (x: g.Tensor) => g.mul(order(x), 2),
        g.tensor([1, 2, 3, 5]),
      ),
    );
  });

  test("branches and short loops are one submission; long loops ask once for every group of steps", async () => {
    const x = (): g.Tensor => g.tensor([1, 2, 3]);
    expect(await submissions(() => bend(x(), 3))).toBe(1);
    expect(await submissions(() => g.grad((t: g.Tensor) => g.sum(bend(t, 3)))(x()))).toBe(1);
    expect(await submissions(() => fill(x(), 60, { maxSteps: 16 }))).toBe(1);
    expect(await submissions(() => g.grad((t: g.Tensor) => g.sum(fill(t, 60, { maxSteps: 16 })))(x()))).toBe(1);
    // 4 + 8 + 16 + 32 + 64 + … steps
    expect(await submissions(() => fill(x(), 6 * 100))).toBeLessThanOrEqual(7);
  });

  test("a backend destroyed while a loop runs without end rejects it", async () => {
    const own = await webgpu();
    await g.setBackend(own);
    const endless = g.whileLoop(
      (s: g.Tensor) => g.less(g.sum(s), Number.POSITIVE_INFINITY),
      (s: g.Tensor) => g.mul(s, 0.5),
      g.tensor([1, 2]),
    );
    const done = endless.data();
    done.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    own.destroy();
    await expect(done).rejects.toThrow(/^webgpu: the device was destroyed/);
    await g.setBackend(gpu);
  });

  test("loops and branches give back all memory that they take", async () => {
    const own = await webgpu();
    await g.setBackend(own);
    const x = g.tensor([1, 2, 3]);
    const ys = [bend(x, 3), fill(x, 200), fill(x, 200, { maxSteps: 5 }), fill(x, 1e6, { maxSteps: 40 })];
    for (const y of ys) await y.data();
    g.dispose([x, ...ys]);
    expect(own.memory()).toMatchObject({ liveBytes: 0, liveBuffers: 0 });
    await g.setBackend(gpu);
    own.destroy();
  });
});
