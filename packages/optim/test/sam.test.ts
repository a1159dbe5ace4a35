import type { Key, Tensor } from "@gradus/tensor";
import {
  add,
  bernoulli,
  exp,
  grad,
  hvp,
  key,
  log1p,
  mean,
  mul,
  slice,
  square,
  sub,
  sum,
  tensor,
  treeMap,
  where,
} from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as o from "../src/index.ts";

const f64 = { dtype: "f64" } as const;
const near = (got: Iterable<number>, wanted: readonly number[], within = 1e-9): void => {
  const all = [...got];
  wanted.forEach((w, i) => expect(Math.abs(all[i]! - w)).toBeLessThan(within));
};
type Loss = (x: Tensor) => Tensor;
/** What the rule inside gets: the gradient at the perturbed point. */
const sharp = (f: Loss, x: Tensor, options: o.SamOptions): Tensor =>
  mul(
    o
      .sam(o.sgd({ learningRate: 1 }), options)
      .update(grad(f)(x), o.sgd({ learningRate: 1 }).init(x), x, { loss: f })[0],
    -1,
  );
function path(f: Loss, rule: o.Optimizer, x0: number[], steps: number): number[] {
  let [x, s] = [tensor(x0, f64), rule.init(tensor(x0, f64))];
  const seen: number[] = [];
  for (let t = 0; t < steps; t++) {
    const [u, next] = rule.update(grad(f)(x), s, x, { loss: f });
    [x, s] = [o.applyUpdates(x, u), next];
    seen.push(...(x.dataSync() as unknown as number[]));
  }
  return seen;
}

describe("SAM", () => {
  const h = tensor([4, 1], f64);
  const bowl: Loss = (x) => mul(sum(mul(h, square(x))), 0.5);
  test("a quadratic: g₂ = H w + ρ H H w / ‖H w‖", async () => {
    near(await sharp(bowl, tensor([1, 1], f64), { rho: 0.1 }).data(), [4.3880570001, 1.0242535625]);
    near(path(bowl, o.sam(o.sgd({ learningRate: 0.1 }), { rho: 0.1 }), [1, 1], 1), [0.5611943, 0.8975746437]);
  });
  test("w⁴ / 4 from 1", () => {
    const f: Loss = (x) => mul(sum(square(square(x))), 0.25);
    near(path(f, o.sam(o.sgd({ learningRate: 0.1 }), { rho: 0.5 }), [1], 3), [0.6625, 0.5053990234, 0.4037705558]);
    near(path(f, o.sam(o.sgd({ learningRate: 0.1 }), { rho: 0 }), [1], 3), [0.9, 0.8271, 0.7705185513]);
  });
  test("logistic regression", async () => {
    const x = tensor([[1, 2], [-1, 0.5]], f64); // biome-ignore format: rows of a matrix
    const sign = tensor([1, -1], f64);
    const f: Loss = (w) => mean(log1p(exp(mul(sum(mul(x, w), 1), mul(sign, -1)))));
    const w = tensor([0.5, -0.25], f64);
    near(await grad(f)(w).data(), [-0.4243225677, -0.4128387162]);
    near(await sharp(f, w, { rho: 0.05 }).data(), [-0.4396021217, -0.4381592991]);
  });
  test("no radius: the rule itself, bit for bit", () => {
    const f: Loss = (x) => sum(square(sub(square(x), x)));
    const rule = (): o.Optimizer => o.adamw({ learningRate: 0.03 });
    expect(path(f, o.sam(rule(), { rho: 0 }), [1.5, -2], 9)).toEqual(path(f, rule(), [1.5, -2], 9));
  });
  test("to first order g₂ = g₁ + ρ H g₁ / ‖g₁‖, and the size of the loss does not matter", async () => {
    const number = fc.double({ min: -2, max: 2, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(number, number, number),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        async (at, c) => {
          const f: Loss = (x) => add(sum(square(square(x))), sum(mul(x, tensor([1, -2, 3], f64))).sin());
          const x = tensor(at, f64);
          const g = grad(f)(x);
          const length = o.globalNorm(g).itemSync() as number;
          if (length < 0.1) return;
          const rho = 1e-5;
          const change = mul(sub(sharp(f, x, { rho }), g), 1 / rho);
          const along = mul(hvp(f, x, g), 1 / length);
          near(
            await change.data(),
            [...(await along.data())] as number[],
            0.01 * (1 + (o.globalNorm(along).itemSync() as number)),
          );
          const scaled = sharp((y) => mul(f(y), c), x, { rho: 0.1 });
          const plain = [...(await sharp(f, x, { rho: 0.1 }).data())] as number[];
          near(await mul(scaled, 1 / c).data(), plain, 1e-8 * (1 + Math.max(...plain.map(Math.abs))));
        },
      ),
      { numRuns: 20 },
    );
  });
  test("a zero gradient or one that is not finite moves nothing uphill", async () => {
    near(await sharp((x) => sum(square(x)), tensor([0, 0], f64), { rho: 1 }).data(), [0, 0]);
    const rule = o.sam(o.sgd({ learningRate: 1 }), { rho: 1 });
    const x = tensor([1, 2], f64);
    const [u] = rule.update(tensor([Number.NaN, 1], f64), rule.init(x), x, { loss: (y: Tensor) => sum(square(y)) });
    near(await u.data(), [-2, -4]);
  });
  test("adaptive: ε̂ = ρ w² g / ‖|w| g‖", async () => {
    const w = [2, -0.5];
    const g = [8, -0.5];
    const norm = Math.hypot(w[0]! * g[0]!, w[1]! * g[1]!);
    const moved = w.map((x, i) => x + (0.3 * x * x * g[i]!) / norm);
    near(await sharp(bowl, tensor(w, f64), { rho: 0.3, adaptive: true }).data(), [4 * moved[0]!, moved[1]!]);
  });
  test("one norm over all parameters; those outside the mask stay where they are", async () => {
    const p = { a: tensor([3], f64), b: tensor([4], f64), n: tensor([7], { dtype: "i32" }) };
    const loss = (q: typeof p): Tensor => mul(add(sum(square(q.a)), sum(square(q.b))), 0.5);
    const grads = { a: p.a, b: p.b, n: tensor([0], { dtype: "i32" }) };
    const run = (options: o.SamOptions) => {
      const rule = o.sam(o.sgd({ learningRate: 1 }), { rho: 1, ...options });
      return rule.update(grads, rule.init(p), p, { loss })[0];
    };
    const all = run({});
    near([...(await all.a.data()), ...(await all.b.data())] as number[], [-3.6, -4.8]);
    const one = run({ mask: (name) => name === "a" });
    near([...(await one.a.data()), ...(await one.b.data())] as number[], [-4, -4]);
  });
});

describe("parts of a batch", () => {
  const data = tensor([[1, 0], [0, 2], [3, 1], [1, 1]], f64); // biome-ignore format: rows of a matrix
  const lossOn = (w: Tensor, x: Tensor): Tensor => mean(square(sub(sum(mul(x, w), 1), 1)));
  const run = (microBatches: number, rho = 0.5): Tensor => {
    const w = tensor([0.3, -1], f64);
    const loss: Loss = (p) => lossOn(p, data);
    const rule = o.sam(o.sgd({ learningRate: 1 }), { rho, microBatches });
    return rule.update(grad(loss)(w), rule.init(w), w, { loss, batch: data, lossOn })[0];
  };
  test("each has a perturbation of its own; the gradients are averaged", async () => {
    const halves = [slice(data, [0, 0], [2, 2]), slice(data, [2, 0], [4, 2])];
    const w = tensor([0.3, -1], f64);
    const each = halves.map((part) => sharp((p) => lossOn(p, part), w, { rho: 0.5 }));
    near(await run(2).data(), [...(await mul(add(each[0]!, each[1]!), -0.5).data())] as number[]);
    expect([...(await run(1).data())]).not.toEqual([...(await run(2).data())]);
    near(await run(4, 0).data(), [...(await run(1, 0).data())] as number[], 1e-12);
  });
  test("they must divide the batch", () => {
    expect(() => run(3)).toThrow("sam: microBatches: 3 does not divide the batch of 4");
  });
});

test("train: both passes see one batch and one dropout mask", async () => {
  let steps = 0;
  const x = tensor(
    Array.from({ length: 32 }, (_, i) => Math.sin(i)),
    { shape: [8, 4] },
  );
  const seen = (w: Tensor, batch: Tensor, k: Key): Tensor =>
    mean(square(sub(sum(mul(where(bernoulli(k, 0.5, batch.shape), batch, 0), w), 1), 1)));
  // A rule whose update is the difference of both passes: the parameters stay as they are only if they agree.
  let agreed = 0;
  const compare: o.Optimizer = {
    init: () => tensor(0),
    update(g, s, p, context) {
      const again = grad(context!.loss!)(p) as typeof g;
      return [treeMap((a, b) => sub(a, b), g, again), s];
    },
  };
  await o.train(tensor([1, 1, 1, 1]), {
    optimizer: compare,
    loss: seen,
    data: o.batches(x, 4, key(0)),
    epochs: 2,
    onStep: ({ state }) => {
      steps++;
      if ([...state.model.dataSync()].every((v) => v === 1)) agreed++;
    },
  });
  expect(steps).toBe(4);
  expect(agreed).toBe(4);
});
