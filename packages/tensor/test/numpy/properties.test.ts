import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { contractionPath } from "../../src/functions/einsum-path.ts";
import * as g from "../../src/index.ts";
import { draw } from "../draw.ts";
import { arrayFunctions } from "./cases.ts";

type Tensor = g.Tensor;
const f64 = (data: Parameters<typeof g.tensor>[0], shape?: readonly number[]): Tensor =>
  g.reshape(g.tensor(data, { dtype: "f64" }), shape ?? [-1]);
const i32 = (data: readonly number[]): Tensor => g.tensor(data as number[], { dtype: "i32" });
const read = async (t: Tensor): Promise<number[]> => Array.from((await t.data()) as ArrayLike<number>, Number);
const number = fc.integer({ min: -50, max: 50 }).map((n) => n / 4);
const vector = (minLength: number, maxLength = 12): fc.Arbitrary<number[]> =>
  fc.array(number, { minLength, maxLength });
const near = (actual: readonly number[], expected: readonly number[], tolerance = 1e-12): void => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((x, i) => {
    const e = expected[i] as number;
    const close = Object.is(x, e) || x === e || Math.abs(x - e) <= tolerance * Math.max(1, Math.abs(e));
    expect(close, `element ${i} is ${x} instead of ${e}`).toBe(true);
  });
};
beforeAll(() => g.setBackend(g.jsBackend()));

describe("einsum", () => {
  const letters = ["i", "j", "k", "l", "m"];
  const sizes = new Map(letters.map((l, i) => [l, [2, 3, 1, 4, 2][i] as number]));
  const terms = fc.array(fc.uniqueArray(fc.constantFrom(...letters), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 5,
  });
  const problem = terms.chain((t) => {
    const all = [...new Set(t.flat())];
    return fc.tuple(fc.constant(t), fc.shuffledSubarray(all));
  });

  test("is the sum over all values of all letters", () =>
    fc.assert(
      fc.asyncProperty(problem, async ([list, out]) => {
        const operands = list.map((t, i) =>
          draw({ shape: t.map((l) => sizes.get(l) as number), domain: "small" }, i + 1),
        );
        const values = await Promise.all(operands.map(read));
        const used = [...new Set(list.flat())];
        const place = (labels: readonly string[], at: ReadonlyMap<string, number>): number =>
          labels.reduce((p, l) => p * (sizes.get(l) as number) + (at.get(l) as number), 0);
        const expected = new Array<number>(out.reduce((n, l) => n * (sizes.get(l) as number), 1)).fill(0);
        const loop = (depth: number, at: Map<string, number>): void => {
          const letter = used[depth];
          if (letter === undefined) {
            const term = list.reduce((p, t, i) => p * ((values[i] as number[])[place(t, at)] as number), 1);
            expected[place(out, at)] = (expected[place(out, at)] as number) + term;
            return;
          }
          for (let i = 0; i < (sizes.get(letter) as number); i++) loop(depth + 1, at.set(letter, i));
        };
        loop(0, new Map());
        const text = `${list.map((t) => t.join("")).join(",")}->${out.join("")}`;
        near(await read(g.einsum(text, ...operands)), expected, 1e-11);
      }),
      { numRuns: 150 },
    ));

  /** Multiplications of the cheapest order, over all of them. */
  function cheapest(list: readonly (readonly string[])[], out: readonly string[]): number {
    if (list.length === 1) return 0;
    let best = Infinity;
    for (let i = 0; i < list.length; i++)
      for (let j = i + 1; j < list.length; j++) {
        const rest = list.filter((_, k) => k !== i && k !== j);
        const both = [...new Set([...(list[i] as string[]), ...(list[j] as string[])])];
        const kept = both.filter((l) => out.includes(l) || rest.some((t) => t.includes(l)));
        const cost = both.reduce((n, l) => n * (sizes.get(l) as number), 1);
        best = Math.min(best, cost + cheapest([...rest, kept], out));
      }
    return best;
  }
  test("takes the order of the fewest multiplications, and counts them", () =>
    fc.assert(
      fc.property(problem, ([list, out]) => {
        // a letter that one operand alone has is summed before the product
        const asked = list.map((t, i) =>
          t.filter((l) => out.includes(l) || list.some((u, k) => k !== i && u.includes(l))),
        );
        expect(contractionPath(list, out, sizes).cost).toBe(cheapest(asked, out));
      }),
    ));
  test("beyond that, every operand is contracted once", () => {
    const chain = Array.from({ length: 9 }, (_, i) => [String.fromCharCode(97 + i), String.fromCharCode(98 + i)]);
    const all = new Map([..."abcdefghij"].map((l) => [l, 3]));
    const { path } = contractionPath(chain, ["a", "j"], all);
    expect(path.length).toBe(8);
    path.forEach(([i, j], step) => {
      expect(i).toBeLessThan(j);
      expect(j).toBeLessThan(9 - step);
    });
  });
});

describe("statistics", () => {
  test("the quantile at j/(n − 1) is the j-th of the sorted", () =>
    fc.assert(
      fc.asyncProperty(vector(2), async (list) => {
        const q = list.map((_, j) => j / (list.length - 1));
        near(
          await read(g.quantile(f64(list), f64(q))),
          list.toSorted((a, b) => a - b),
        );
      }),
    ));
  test("histograms count what lies between the edges", () =>
    fc.assert(
      fc.asyncProperty(vector(0), fc.uniqueArray(number, { minLength: 2, maxLength: 6 }), async (list, marks) => {
        const edges = marks.toSorted((a, b) => a - b);
        const last = edges.length - 2;
        const expected = edges.slice(1).map((high, j) => {
          const low = edges[j] as number;
          return list.filter((x) => x >= low && (x < high || (j === last && x === high))).length;
        });
        near(await read(g.histogram(f64(list), f64(edges))[0]), expected);
      }),
    ));
  test("NaN takes no part: the rest alone gives the same", () =>
    fc.assert(
      fc.asyncProperty(vector(1), fc.array(fc.nat(12), { maxLength: 4 }), async (list, holes) => {
        const spoilt = [...list];
        for (const h of holes) spoilt.splice(Math.min(h, spoilt.length), 0, Number.NaN);
        const [x, y] = [f64(spoilt), f64(list)];
        const pairs: [Tensor, Tensor][] = [
          [g.nansum(x), g.sum(y)],
          [g.nanmean(x), g.mean(y)],
          [g.nanvar(x), g.variance(y)],
          [g.nanmax(x), g.max(y)],
          [g.nanmin(x), g.min(y)],
          [g.nanmedian(x), g.median(y)],
          [g.nanquantile(x, 0.3), g.quantile(y, 0.3)],
        ];
        for (const [a, b] of pairs) near(await read(a), await read(b));
      }),
    ));
  test("nothing but NaN", async () => {
    const x = f64([Number.NaN, Number.NaN]);
    for (const f of [g.nanmax, g.nanmin, g.nanmean, g.nanmedian]) expect(await f(x).item()).toBeNaN();
    expect(await read(g.stack([g.nansum(x), g.nanprod(x)]))).toEqual([0, 1]);
    expect(await read(g.stack([g.nanargmax(x), g.nanargmin(x)]))).toEqual([-1, -1]);
  });
  test("infinities are elements as others", async () => {
    const x = f64([Infinity, -Infinity, 1, Infinity]);
    near(await read(g.quantile(x, f64([0, 1 / 3, 1]))), [-Infinity, 1, Infinity]);
    expect(await g.median(f64([1, Number.NaN])).item()).toBeNaN();
  });
});

describe("arrays", () => {
  test("insert and remove are splices", () =>
    fc.assert(
      fc.asyncProperty(vector(1), fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }), async (list, at) => {
        const places = at.map((i) => i % (list.length + 1));
        const order = places.map((_, i) => i).sort((p, q) => (places[p] as number) - (places[q] as number) || p - q);
        const expected = [...list];
        order.forEach((i, done) => void expected.splice((places[i] as number) + done, 0, 100 + i));
        const values = f64(places.map((_, i) => 100 + i));
        near(await read(g.insert(f64(list), places, values)), expected);
        const gone = new Set(at.map((i) => i % list.length));
        near(
          await read(g.remove(f64(list), [...gone])),
          list.filter((_, i) => !gone.has(i)),
        );
      }),
    ));
  test("take undoes put", () =>
    fc.assert(
      fc.asyncProperty(vector(5, 12), fc.uniqueArray(fc.nat(4), { minLength: 1 }), async (list, at) => {
        const values = at.map((i) => i + 1000);
        near(await read(g.take(g.put(f64(list), i32(at), f64(values)), i32(at))), values);
      }),
    ));
  test("putAlongAxis and takeAlongAxis are inverse along every axis, and nothing else changes", () =>
    fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(100), async (axis, seed) => {
        const x = draw({ shape: [3, 2, 4] }, seed + 1);
        const order = g.argsort(draw({ shape: [3, 2, 4] }, seed + 2), axis);
        const sorted = g.takeAlongAxis(x, order, axis);
        near(await read(g.putAlongAxis(g.zerosLike(x), order, sorted, axis)), await read(x));
        const skipped = g.putAlongAxis(x, g.add(g.mul(order, 0), 9), 1, axis);
        near(await read(skipped), await read(x));
      }),
    ));
  test("dynamicSlice sees what dynamicUpdateSlice wrote, also from starts outside", () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: -3, max: 6 }), fc.integer({ min: -3, max: 6 }), async (i, j) => {
        const [x, u] = [draw({ shape: [4, 3] }, 1), draw({ shape: [2, 2] }, 2)];
        const y = g.dynamicUpdateSlice(x, u, i32([i, j]));
        near(await read(g.dynamicSlice(y, [i, j], [2, 2])), await read(u));
        const [r, c] = [Math.min(Math.max(i, 0), 2), Math.min(Math.max(j, 0), 1)];
        const expected = await read(x);
        for (const [k, v] of (await read(u)).entries()) expected[(r + (k >> 1)) * 3 + c + (k % 2)] = v;
        near(await read(y), expected);
      }),
    ));
  test("ravelMultiIndex undoes unravelIndex", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), async (shape) => {
        const all = g.iota([shape.reduce((a, b) => a * b)], { dtype: "i32" });
        near(await read(g.ravelMultiIndex(g.unravelIndex(all, shape), shape)), await read(all));
      }),
    ));
  test("reduce folds as a loop does, over any axes", () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 9 }), fc.subarray([0, 1]), async (n, axes) => {
        const x = draw({ shape: [n, 3] }, 3);
        near(await read(g.reduce(x, 0, g.add, axes)), await read(g.sum(x, axes)), 1e-12);
      }),
    ));
  test("vectorize is the loop over broadcast leading axes, for every output", async () => {
    const [a, b] = [draw({ shape: [2, 1, 3] }, 1), draw({ shape: [4, 3, 2] }, 2)];
    const f = g.vectorize((u: Tensor, m: Tensor) => ({ y: g.matmul(u, m), s: g.sum(u) }), "(n),(n,m)->(m),()");
    const { y, s } = f(a, b);
    expect([y.shape, s.shape]).toEqual([
      [2, 4, 2],
      [2, 4],
    ]);
    near(await read(y), await read(g.einsum("abn,bnm->abm", g.broadcastTo(a, [2, 4, 3]), b)));
    near(await read(s), await read(g.sum(g.broadcastTo(a, [2, 4, 3]), 2)));
    const scalars = g.vectorize((u: Tensor, v: Tensor) => g.where(g.less(u, v), u, v), "(),()->()");
    near(
      await read(scalars(a, g.mul(a, -1))),
      (await read(a)).map((t) => -Math.abs(t)),
    );
  });
  test("the trapezoidal rule is exact for straight lines, second-order slopes for parabolas", () =>
    fc.assert(
      fc.asyncProperty(fc.uniqueArray(number, { minLength: 3, maxLength: 8 }), async (marks) => {
        const at = marks.toSorted((a, b) => a - b);
        const x = f64(at);
        const [first, last] = [at[0] as number, at.at(-1) as number];
        near([await g.trapezoid(g.add(g.mul(x, 2), 1), { x }).item()], [last ** 2 + last - first ** 2 - first], 1e-10);
        const slopes = g.numericalGradient(g.mul(x, x), { spacing: x, edgeOrder: 2 });
        near(
          await read(slopes),
          at.map((t) => 2 * t),
          1e-10,
        );
      }),
    ));
  test("unwrap takes back whole periods, and leaves no jump of more than half of one", () =>
    fc.assert(
      fc.asyncProperty(vector(2), async (list) => {
        const y = await read(g.unwrap(f64(list), { period: 3 }));
        y.forEach((t, i) => {
          const turns = (t - (list[i] as number)) / 3;
          expect(Math.abs(turns - Math.round(turns))).toBeLessThan(1e-9);
          if (i > 0) expect(Math.abs(t - (y[i - 1] as number))).toBeLessThanOrEqual(1.5 + 1e-9);
        });
      }),
    ));
});

describe("special functions", () => {
  test("spherical harmonics are orthonormal", async () => {
    // Gauss-Legendre in cos θ (5 points, exact to degree 9), 8 angles φ
    const nodes = [0, 0.5384693101056831, 0.906179845938664].flatMap((t) => (t === 0 ? [0] : [-t, t]));
    const weights = [0.5688888888888889, 0.47862867049936647, 0.23692688505618908].flatMap((w, i) =>
      i === 0 ? [w] : [w, w],
    );
    const theta = f64(nodes.map(Math.acos), [5, 1]);
    const phi = f64(Array.from({ length: 8 }, (_, k) => (2 * Math.PI * k) / 8));
    const w = f64(
      weights.map((v) => (v * 2 * Math.PI) / 8),
      [5, 1],
    );
    const list = [0, 1, 2, 3].flatMap((l) =>
      Array.from({ length: 2 * l + 1 }, (_, i) => g.sphHarm(l, i - l, theta, phi)),
    );
    for (const [i, a] of list.entries())
      for (const [j, b] of list.entries()) {
        const re = g.sum(g.mul(w, g.add(g.mul(a.re, b.re), g.mul(a.im, b.im))));
        near([await re.item()], [Number(i === j)], 1e-12);
      }
  });
  test("Bessel functions satisfy their recurrence in the order", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.5, max: 300, noNaN: true }),
        async (n, x) => {
          const [a, b, c] = await read(g.stack([n - 1, n, n + 1].map((k) => g.besselJ(k, f64([x])))));
          const scale = Math.max(Math.abs(a as number), ((2 * n) / x) * Math.abs(b as number), Math.abs(c as number));
          expect(Math.abs((a as number) + (c as number) - ((2 * n) / x) * (b as number))).toBeLessThanOrEqual(
            1e-12 * scale + 1e-300,
          );
        },
      ),
    ));
});

describe.each(["js", "wasm"] as const)("%s: every float dtype", (backend) => {
  beforeAll(() => g.setBackend(backend === "js" ? g.jsBackend() : g.wasmBackend()));
  // f16 has 11 bits, f32 24; some of these functions subtract neighbours
  const bits = { f32: 2 ** -24, f16: 2 ** -11 } as const;
  const table = arrayFunctions.map((c) => [c.name, c] as const);
  test.each(table)("%s", async (_, c) => {
    for (const dtype of ["f16", "f32"] as const) {
      const exact = c.inputs.map((arg, i) => {
        const t = draw(arg, i + 1);
        return g.isFloat(t.dtype) ? g.astype(g.astype(t, dtype), "f64") : t;
      });
      const narrow = exact.map((t) => (g.isFloat(t.dtype) ? g.astype(t, dtype) : t));
      const [y, e] = [c.f(...narrow), c.f(...exact)];
      expect(g.isFloat(y.dtype)).toBe(true);
      const [a, b] = [await read(g.astype(y, "f64")), await read(e)];
      const scale = Math.max(1, ...b.filter(Number.isFinite).map(Math.abs));
      near(
        a.map((x) => x / scale),
        b.map((x) => x / scale),
        256 * bits[dtype],
      );
    }
  });
});
