import { describe, expect, test } from "vitest";
import { DisposedError, TraceError } from "../../src/errors.ts";
import { add, mul, sub } from "../../src/functions/arithmetic.ts";
import { sin, tanh } from "../../src/functions/elementary.ts";
import { matmul } from "../../src/functions/matmul.ts";
import { sum } from "../../src/functions/reduction.ts";
import { stack } from "../../src/functions/shaping.ts";
import { dispose, memory, realize, tidy } from "../../src/memory.ts";
import type { Tensor } from "../../src/tensor.ts";
import { checkpoint } from "../../src/transforms/checkpoint.ts";
import { grad, valueAndGrad } from "../../src/transforms/grad.ts";
import { jit } from "../../src/transforms/jit.ts";
import { hvp, jvp } from "../../src/transforms/products.ts";
import { scan } from "../../src/transforms/scan.ts";
import { vmap } from "../../src/transforms/vmap.ts";
import { f64, values } from "./help.ts";

const close = (a: readonly number[], b: readonly number[], tolerance = 1e-11): void => {
  expect(a.length).toBe(b.length);
  a.forEach((x, i) => expect(Math.abs(x - (b[i] as number))).toBeLessThan(tolerance * (1 + Math.abs(x))));
};
const x3 = f64([0.3, -0.6, 0.9]);
const v3 = f64([1, -2, 0.5]);

describe("jit", () => {
  test("traces once per shape, dtype, structure and static value; results are realised leaves", () => {
    const f = jit((p: { a: Tensor; k: number }) => ({ y: mul(p.a, p.k) }));
    const { y } = f({ a: x3, k: 2 });
    close(values(y), [0.6, -1.2, 1.8]);
    expect(y.inputs.length).toBe(0);
    expect(y.storage).not.toBe(null);
    f({ a: v3, k: 2 });
    expect(f.traces).toBe(1);
    f({ a: v3, k: 3 });
    expect(f.traces).toBe(2);
    f({ a: f64([1]), k: 3 });
    expect(f.traces).toBe(3);
    f.clear();
    f({ a: v3, k: 3 });
    expect(f.traces).toBe(4);
  });

  test("captures, constants and arguments come out as they went in", () => {
    const f = jit((x: Tensor) => [x, v3, mul(x, 2), mul(v3, 2), x] as const);
    const out = f(x3);
    out.forEach((t, i) =>
      close(
        values(t),
        i === 0 || i === 4 ? values(x3) : i === 1 ? values(v3) : i === 2 ? [0.6, -1.2, 1.8] : [2, -4, 1],
      ),
    );
    dispose(out);
    close(values(x3), [0.3, -0.6, 0.9]);
    close(values(f(v3)[0]), values(v3));
  });

  test("reading a value is an error", () => {
    expect(() => jit((x: Tensor) => realize(mul(x, 2)))(x3)).not.toThrow();
    let leaked: Tensor | undefined;
    jit((x: Tensor) => {
      leaked = mul(x, 2);
      return x;
    })(x3);
    expect(() => realize(leaked)).toThrow(TraceError);
  });

  test("donated arguments are gone", () => {
    const step = jit((w: Tensor, g: Tensor) => sub(w, g), { donate: [0] });
    const w = f64([1, 2]);
    const next = step(w, f64([1, 1]));
    expect(values(next)).toEqual([0, 1]);
    expect(() => add(w, 1)).toThrow(DisposedError);
    const same = jit((a: Tensor) => a, { donate: [0] })(f64([5]));
    expect(values(same)).toEqual([5]);
  });

  test("results take over the memory of donated arguments", () => {
    const swap = jit((p: Tensor, q: Tensor) => [add(q, 1), mul(sum(p), q), p] as const, { donate: [0, 1] });
    const [p, q] = [realize(mul(f64([1, 2, 3]), 1)), realize(mul(f64([4, 5, 6]), 1))];
    const before = memory().liveBytes;
    const [a, b, c] = swap(p, q);
    expect(values(a)).toEqual([5, 6, 7]);
    expect(values(b)).toEqual([24, 30, 36]);
    expect(values(c)).toEqual([1, 2, 3]);
    expect(memory().liveBytes).toBe(before + 24);
    dispose([a, b, c]);
    // one tensor given twice is read as the second argument after the first was given away
    const twice = jit((x: Tensor, y: Tensor) => [mul(x, 2), add(y, sum(x))] as const, { donate: [0] });
    const t = realize(mul(f64([1, 2]), 1));
    const [d, e] = twice(t, t);
    expect(values(d)).toEqual([2, 4]);
    expect(values(e)).toEqual([4, 5]);
    expect(() => add(t, 1)).toThrow(DisposedError);
  });

  test("options are checked", () => {
    expect(() => jit((x: Tensor) => x, { donate: [-1] })).toThrow(/donate/);
    expect(() => jit((x: Tensor) => x, { donate: [0], static: [0] })).toThrow(/static/);
    expect(() => jit((x: Tensor) => x, { donate: [1] })(x3)).toThrow(/argument 1/);
    expect(() => jit((x: Tensor) => x, { static: [0] })(x3)).toThrow(/holds tensors/);
  });

  test("inside other transforms the trace is reused and inlined", () => {
    const f = jit((x: Tensor) => sum(mul(sin(x), x)));
    const plain = (x: Tensor): Tensor => sum(mul(sin(x), x));
    close(values(grad(f)(x3)), values(grad(plain)(x3)));
    close(values(hvp(f, x3, v3)), values(hvp(plain, x3, v3)));
    close(values(jvp(grad(f), [x3], [v3])[1]), values(hvp(plain, x3, v3)));
    close(values(vmap(f)(stack([x3, v3]))), [...values(plain(x3)), ...values(plain(v3))]);
    expect(f.traces).toBe(1);
  });

  test("what it captures from a running transform is differentiated", () => {
    const f = (x: Tensor): Tensor => sum(jit((y: Tensor) => mul(x, y))(v3));
    close(values(grad(f)(x3)), values(v3));
  });

  test("grad of jit of vmap of scan of checkpoint, to third order, jitted", () => {
    const w = f64([0.5, -1, 0.25, 0.7, 0.2, -0.4, 1, 0.1, 0.3], [3, 3]);
    const cell = (c: Tensor): Tensor => checkpoint((t: Tensor) => tanh(matmul(w, t)))(c);
    const f = jit((x: Tensor) =>
      sum(
        vmap((a: Tensor) => scan((c: Tensor) => [add(cell(c), a), null], a, null, { length: 3 })[0])(
          stack([x, mul(x, x)]),
        ),
      ),
    );
    const plain = (x: Tensor): Tensor => {
      const one = (a: Tensor): Tensor => {
        let c = a;
        for (let i = 0; i < 3; i++) c = add(tanh(matmul(w, c)), a);
        return sum(c);
      };
      return add(one(x), one(mul(x, x)));
    };
    const third = (g: (x: Tensor) => Tensor) => (x: Tensor) => grad((p: Tensor) => sum(mul(hvp(g, p, v3), v3)))(x);
    close(values(jit(grad(f))(x3)), values(grad(plain)(x3)));
    close(values(jit((x: Tensor) => hvp(f, x, v3))(x3)), values(hvp(plain, x3, v3)));
    close(values(jit(third(f))(x3)), values(third(plain)(x3)), 1e-9);
  });
});

describe("memory", () => {
  test("1,000 training steps, eager and jitted, leave nothing behind", () => {
    const loss = (w: Tensor, x: Tensor): Tensor => sum(mul(sub(w, x), sub(w, x)));
    const update = (w: Tensor, x: Tensor): [Tensor, Tensor] => {
      const [value, g] = valueAndGrad(loss)(w, x);
      return [sub(w, mul(g, 0.1)), value];
    };
    const compiled = jit(update, { donate: [0] });
    const x = realize(f64([1, 2, 3]));
    for (const step of [(w: Tensor) => compiled(w, x), (w: Tensor) => tidy(() => update(w, x))]) {
      let w = realize(f64([0, 0, 0]));
      let early = { liveBytes: 0, liveBuffers: 0, peakBytes: 0 };
      for (let i = 0; i < 1000; i++) {
        const [next, value] = step(w);
        dispose([value, w]);
        w = next;
        if (i === 10) early = memory();
      }
      const late = memory();
      expect(late.liveBytes).toBeLessThanOrEqual(early.liveBytes);
      expect(late.liveBuffers).toBeLessThanOrEqual(early.liveBuffers);
      close(values(w), [1, 2, 3], 1e-9);
      dispose(w);
    }
  });

  test("tidy frees what it made and keeps what it returns, also when f throws", () => {
    const x = realize(f64([1, 2]));
    const before = memory().liveBytes;
    const y = tidy(() => {
      const t = realize(mul(x, 2));
      return add(t, 1);
    });
    expect(values(y)).toEqual([3, 5]);
    expect(memory().liveBytes).toBe(before + 16);
    dispose(y);
    expect(() =>
      tidy(() => {
        realize(mul(x, 3));
        throw new Error("stop");
      }),
    ).toThrow("stop");
    expect(memory().liveBytes).toBe(before);
    expect(() => tidy(() => Promise.resolve(x))).toThrow(/synchronous/);
    dispose(x);
    expect(() => add(x, 1)).toThrow(DisposedError);
  });

  test("10,000 steps of a scan differentiate in bounded memory", () => {
    const f = (checkpointed: boolean) =>
      jit(
        grad((c: Tensor) =>
          sum(
            scan((s: Tensor) => [sin(mul(s, 1.0001)), null], c, null, { length: 10_000, checkpoint: checkpointed })[0],
          ),
        ),
      );
    const c = realize(f64(Array.from({ length: 64 }, (_, i) => i / 64)));
    const before = memory().liveBytes;
    const g = f(true)(c);
    // 200 saved carries of 512 bytes are 100 KiB; all 10,000 would be 5 MB
    expect(memory().peakBytes - before).toBeLessThan(1_000_000);
    close(values(g), values(f(false)(c)), 1e-9);
  });
});
