import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { distance, f64, read } from "../fft/help.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
type Row = readonly [name: string, y: () => g.Tensor, expected: readonly number[]];

const rows: readonly Row[] = [
  [
    "lgamma",
    () => g.lgamma(f64([0, -1, -7, 1, 2, inf, -inf, nan, 5e-324])),
    [inf, inf, inf, 0, 0, inf, inf, nan, 744.4400719213812],
  ],
  [
    "gamma",
    () => g.gamma(f64([0, -0, -1, -100, 1, 4, 171, 172, inf, -inf, nan])),
    [inf, -inf, nan, nan, 1, 6, 7.257415615307994e306, inf, inf, nan, nan],
  ],
  ["digamma", () => g.digamma(f64([0, -3, inf, -inf, nan])), [nan, nan, inf, nan, nan]],
  ["trigamma", () => g.trigamma(f64([0, -3, inf, nan])), [inf, inf, 0, nan]],
  ["polygamma", () => g.polygamma(2, f64([0, -3, inf])), [nan, nan, -0]],
  [
    "zeta",
    () => g.zeta(f64([1, 0.5, 2, 2, 2, inf, inf, nan]), f64([1, 1, 0, -1.5, inf, 1, 2, 1])),
    [inf, nan, inf, nan, 0, 1, 0, nan],
  ],
  ["beta", () => g.beta(f64([1, 1e-300, 1e300]), f64([1, 1, 2])), [1, 1e300, 0]],
  [
    "gammainc",
    () => g.gammainc(f64([0, 1, 1, -1, 1, nan, 1e8]), f64([1, 0, inf, 1, -1, 1, 1])),
    [1, 0, 1, nan, nan, nan, 0],
  ],
  ["gammaincc", () => g.gammaincc(f64([0, 1, 1, -1, 0]), f64([1, 0, inf, 1, 0])), [0, 1, 0, nan, nan]],
  [
    "betainc",
    () => g.betainc(f64([1, 1, 1, 0, 2]), f64([1, 1, 1, 1, 2]), f64([0, 1, 1.5, 0.5, nan])),
    [0, 1, nan, nan, nan],
  ],
  ["erfc", () => g.erfc(f64([inf, -inf, nan, 0, 30])), [0, 2, nan, 1, 0]],
  ["erfcx", () => g.erfcx(f64([inf, -inf, nan, 1e300, -30])), [0, inf, nan, 5.641895835477563e-301, inf]],
  ["ndtr", () => g.ndtr(f64([inf, -inf, nan, 0])), [1, 0, nan, 0.5]],
  ["logNdtr", () => g.logNdtr(f64([inf, -inf, nan])), [0, -inf, nan]],
  ["ndtri", () => g.ndtri(f64([0, 1, 0.5, -0.1, 1.1, nan])), [-inf, inf, 0, nan, nan, nan]],
  ["i0", () => g.i0(f64([inf, -inf, nan, 0])), [inf, inf, nan, 1]],
  ["i1", () => g.i1(f64([inf, -inf, nan, 0])), [inf, -inf, nan, 0]],
  ["i1e", () => g.i1e(f64([inf, 0])), [0, 0]],
  ["log2", () => g.log2(f64([0, -1, 8, 2 ** -1074])), [-inf, nan, 3, -1074]],
  ["log10", () => g.log10(f64([0, -1, 1000])), [-inf, nan, 3]],
  ["exp2", () => g.exp2(f64([-inf, inf, 10, -1074])), [0, inf, 1024, 5e-324]],
  ["hypot", () => g.hypot(f64([inf, 3e200, 0]), f64([nan, 4e200, 0])), [inf, 5e200, 0]],
  ["cbrt", () => g.cbrt(f64([-8, 0, inf])), [-2, 0, inf]],
  ["sinc", () => g.sinc(f64([0, 1, -2, inf, nan])), [1, 0, -0, 0, nan]],
  ["xlogy", () => g.xlogy(f64([0, 0, 0, 1]), f64([0, inf, nan, 0])), [0, 0, nan, -inf]],
  ["xlog1py", () => g.xlog1py(f64([0, 1]), f64([-1, -1])), [0, -inf]],
  ["entr", () => g.entr(f64([0, -1, 1, nan])), [0, -inf, -0, nan]],
  ["relEntr", () => g.relEntr(f64([0, 1, -1, 1, nan, 0]), f64([0, 0, 1, -1, 1, 2])), [0, inf, inf, inf, nan, 0]],
  ["klDiv", () => g.klDiv(f64([0, 1, 0, 2]), f64([0, 0, 3, 2])), [0, inf, 3, 0]],
  ["logit", () => g.logit(f64([0, 1, 0.5, 2])), [-inf, inf, 0, nan]],
  [
    "logaddexp",
    () => g.logaddexp(f64([-inf, inf, -inf, inf, 0]), f64([-inf, inf, 3, -inf, nan])),
    [-inf, inf, 3, inf, nan],
  ],
  ["logmeanexp", () => g.logmeanexp(f64([1000, 1000])), [1000]],
  [
    "nextafter",
    () => g.nextafter(f64([1, 0, 0, 1, inf, -1, 2]), f64([2, 1, -1, nan, 0, -2, 2])),
    [1 + 2 ** -52, 5e-324, -5e-324, nan, Number.MAX_VALUE, -1 - 2 ** -52, 2],
  ],
  ["copysign", () => g.copysign(f64([1, -2, 3, 0]), f64([-0, 5, -1, -1])), [-1, 2, -3, -0]],
  ["heaviside", () => g.heaviside(f64([-2, 0, 3, nan]), 0.25), [0, 0.25, 1, nan]],
  ["signbit", () => g.signbit(f64([-1, -0, 0, 2, -inf])), [1, 1, 0, 0, 1]],
  [
    "ldexp",
    () => g.ldexp(f64([1, 0.5, 3, 5e-324]), g.tensor([1023, 1024, -1075, 1074], { dtype: "i32" })),
    [2 ** 1023, 2 ** 1023, 1e-323, 1],
  ],
  ["modf", () => g.modf(f64([2.5, -2.5, inf, 3]))[0], [0.5, -0.5, 0, 0]],
  ["frexp", () => g.frexp(f64([10, -0.1, 0, inf, 5e-324]))[0], [0.625, -0.8, 0, inf, 0.5]],
  ["frexp's exponents", () => g.frexp(f64([10, -0.1, 0, inf, 5e-324]))[1], [4, -3, 0, 0, -1073]],
  ["divmod", () => g.divmod(f64([-7, 7, 7.5]), f64([2, -2, 2]))[0], [-4, -4, 3]],
  ["divmod's remainders", () => g.divmod(f64([-7, 7, 7.5]), f64([2, -2, 2]))[1], [1, -1, 1.5]],
  ["divmod of integers", () => g.divmod(g.tensor([-7, 7], { dtype: "i32" }), 2)[0], [-4, 3]],
  [
    "gcd",
    () => g.gcd(g.tensor([12, -18, 0, 0, 17], { dtype: "i32" }), g.tensor([8, 12, 5, 0, 1], { dtype: "i32" })),
    [4, 6, 5, 0, 1],
  ],
  ["lcm", () => g.lcm(g.tensor([4, -6, 0], { dtype: "i32" }), g.tensor([6, 4, 5], { dtype: "i32" })), [12, 12, 0]],
  ["deg2rad", () => g.deg2rad(f64([180])), [Math.PI]],
  ["rad2deg", () => g.rad2deg(f64([Math.PI])), [180]],
  [
    "expi",
    () => g.expi(f64([0, -0, inf, -inf, nan, 710, 720])),
    [-inf, -inf, inf, -0, nan, 3.1509156882062014e305, inf],
  ],
  ["exp1", () => g.exp1(f64([0, inf, -1, nan, 800])), [inf, 0, nan, nan, 0]],
  ["expn", () => g.expn(3, f64([0, inf, -1, nan])), [0.5, 0, nan, nan]],
  ["expn 0", () => g.expn(0, f64([0, inf, 2])), [inf, 0, Math.exp(-2) / 2]],
  ["sici", () => g.sici(f64([0, inf, -inf, nan]))[0], [0, Math.PI / 2, -Math.PI / 2, nan]],
  ["sici", () => g.sici(f64([0, inf, -1, nan]))[1], [-inf, 0, nan, nan]],
  ["fresnel", () => g.fresnel(f64([0, inf, -inf, nan, 1e9]))[0], [0, 0.5, -0.5, nan, 0.5]],
  ["fresnel", () => g.fresnel(f64([0, inf, -inf, nan, 1e9]))[1], [0, 0.5, -0.5, nan, 0.5]],
  ["dawsn", () => g.dawsn(f64([0, inf, -inf, nan, 1e9])), [0, 0, -0, nan, 5e-10]],
  ["spence", () => g.spence(f64([0, 1, inf, -1, nan])), [Math.PI ** 2 / 6, 0, -inf, nan, nan]],
  ["besselJ", () => g.besselJ(0, f64([0, inf, -inf, nan])), [1, 0, 0, nan]],
  ["besselJ", () => g.besselJ(3, f64([0, inf, nan])), [0, 0, nan]],
  ["gammasgn", () => g.gammasgn(f64([0, -0, inf, -inf, nan, -1, -0.5])), [1, -1, 1, nan, nan, nan, -1]],
  ["poch", () => g.poch(f64([0, 0, 1, -2, -2, nan, 5]), f64([0, 2, 0, 2, 3, 1, -2])), [1, 0, 1, 2, 0, nan, 1 / 12]],
  [
    "comb",
    () => g.comb(f64([5, 5, 5, 0, 5.5, nan, 1e3, -3]), f64([0, 6, -1, 0, 0, 1, 3, 2])),
    [1, 0, 0, 1, 1, nan, 166167000, 6],
  ],
  ["factorial", () => g.factorial(f64([0, 1, 22, 171, -1])), [1, 1, 1124000727777607680000, inf, inf]],
  ["log1mexp", () => g.log1mexp(f64([0, inf, -1, nan, 1e-300])), [-inf, -0, nan, nan, Math.log(1e-300)]],
  ["spacing", () => g.spacing(f64([0, -1, inf, nan])), [5e-324, 2 ** -52, nan, nan]],
  ["rsqrt", () => g.rsqrt(f64([0, inf, -1, nan])), [inf, 0, nan, nan]],
  ["boxcox", () => g.boxcox(f64([0, 0, 1, -1, inf]), f64([0, 2, 3, 1, 2])), [-inf, -0.5, 0, nan, inf]],
];

test.each(rows)("%s at its ends, poles and outside its domain", async (_, y, expected) => {
  const actual = await read(y());
  actual.forEach((x, i) => {
    const e = expected[i] as number;
    if (!Number.isFinite(e) || e === 0 || (Number.isInteger(e) && Math.abs(e) < 1e6))
      expect(x === 0 && e === 0 ? 0 : x).toBe(e === 0 ? 0 : e);
    else expect(Math.abs(x - e)).toBeLessThanOrEqual(1e-14 * Math.abs(e));
  });
  expect(actual.length).toBe(expected.length);
});

describe("identities", () => {
  const check = async (p: g.Tensor, q: g.Tensor, tolerance = 1e-12): Promise<void> =>
    expect(distance(await read(g.div(p, q)), new Array(p.size).fill(1))).toBeLessThan(tolerance);
  const positive = fc.array(fc.double({ min: 1e-3, max: 60, noNaN: true }), { minLength: 1, maxLength: 20 });
  const run = (property: (x: g.Tensor) => Promise<void>): Promise<void> =>
    fc.assert(
      fc.asyncProperty(positive, (data) => property(f64(data)) as never),
      { numRuns: 20 },
    ) as Promise<void>;
  test("recurrence, reflection and duplication of Γ", async () => {
    await run(async (x) => {
      await check(g.gamma(g.add(x, 1)), g.mul(x, g.gamma(x)));
      const right = g.mul(g.mul(g.pow(2, g.sub(1, g.mul(x, 2))), Math.sqrt(Math.PI)), g.gamma(g.mul(x, 2)));
      await check(g.mul(g.gamma(x), g.gamma(g.add(x, 0.5))), right);
      await check(g.exp(g.sub(g.lgamma(g.add(x, 1)), g.lgamma(x))), x, 1e-11);
    });
  });
  test("ψₙ(x + 1) − ψₙ(x) = (−1)ⁿ n!/xⁿ⁺¹", async () => {
    await run(async (x) => {
      for (const [n, factorial] of [
        [1, -1],
        [2, 2],
        [3, -6],
      ] as const) {
        const step = g.mul(g.pow(x, -(n + 1)), factorial);
        await check(g.sub(g.polygamma(n, g.add(x, 1)), step), g.polygamma(n, x));
      }
    });
  });
  test("P + Q = 1, I_x(a, b) + I_{1−x}(b, a) = 1", async () => {
    await run(async (x) => {
      const one = g.add(g.gammainc(3.7, x), g.gammaincc(3.7, x));
      await check(one, g.onesLike(one), 1e-14);
      const t = g.div(x, 61);
      const both = g.add(g.betainc(x, 2.5, t), g.betainc(2.5, x, g.sub(1, t)));
      await check(both, g.onesLike(both), 1e-13);
    });
  });
  test("inverses", async () => {
    await run(async (x) => {
      const p = g.div(x, 61);
      await check(g.ndtr(g.ndtri(p)), p, 1e-14);
      await check(g.sigmoid(g.logit(p)), p, 1e-13);
      await check(g.log2(g.exp2(x)), x);
      const [m, e] = g.frexp(x);
      expect(await read(g.ldexp(m, e))).toEqual(await read(x));
      const near = await read(g.nextafter(g.nextafter(x, Infinity), -Infinity));
      expect(near).toEqual(await read(x));
    });
  });
  test("the Wronskian of the modified Bessel functions' even and odd parts: I₀² − I₁² decreases from 1 when scaled", async () => {
    const x = f64([0, 0.5, 1, 5, 20, 100]);
    const w = await read(g.sub(g.square(g.i0e(x)), g.square(g.i1e(x))));
    expect(w[0]).toBe(1);
    w.slice(1).forEach((v, i) => expect(v).toBeLessThan(w[i] as number));
  });
});

describe("derivatives where compositions break down", () => {
  const slope = async (f: (x: g.Tensor) => g.Tensor, x: readonly number[], order = 1): Promise<number[]> => {
    let d: (x: g.Tensor) => g.Tensor = f;
    for (let i = 0; i < order; i++) {
      const inner = d;
      d = (t) => g.grad((s: g.Tensor) => g.sum(inner(s)))(t);
    }
    return read(d(f64(x)));
  };
  test("sinc at 0: 0, −π²/3, 0, π⁴/5", async () => {
    for (const [i, e] of [0, -(Math.PI ** 2) / 3, 0, Math.PI ** 4 / 5].entries())
      expect((await slope(g.sinc, [0], i + 1))[0]).toBeCloseTo(e, 11);
  });
  test("I₀ and I₁ at 0", async () => {
    expect(await slope(g.i0, [0], 2)).toEqual([0.5]);
    expect(await slope(g.i1, [0], 1)).toEqual([0.5]);
    expect(await slope(g.i1, [0], 3)).toEqual([0.375]);
  });
  test("logaddexp of equals has curvature ¼, and infinities do no harm", async () => {
    expect(await slope((x) => g.logaddexp(x, 1), [1], 2)).toEqual([0.25]);
    expect(await slope((x) => g.logaddexp(x, -Infinity), [1, Infinity])).toEqual([1, 1]);
  });
  test("log Φ far out on both sides", async () => {
    const first = await slope(g.logNdtr, [-100, -20, 40]);
    expect(distance(first, [100.00999800099927, 20.049753068527848, 0])).toBeLessThan(1e-14);
    const second = await slope(g.logNdtr, [-5, 40], 2);
    expect(second[0]).toBeCloseTo(-0.9673035653828892, 12);
    expect(second[1]).toBeCloseTo(0, 10);
  });
  test("xlogy, relEntr and hypot at 0", async () => {
    expect(await slope((y) => g.xlogy(0, y), [0, 1])).toEqual([0, 0]);
    expect(await slope((y) => g.relEntr(0, y), [0.5, 1])).toEqual([0, 0]);
    expect(await slope((y) => g.hypot(y, 0), [0, -2])).toEqual([0, -1]);
  });
  test("derivatives without a closed form are refused by name", () => {
    const x = f64([2]);
    for (const [name, argument, f] of [
      ["gammainc", "a", (t: g.Tensor) => g.gammainc(t, x)],
      ["gammaincc", "a", (t: g.Tensor) => g.gammaincc(t, x)],
      ["betainc", "b", (t: g.Tensor) => g.betainc(1, t, 0.5)],
      ["zeta", "s", (t: g.Tensor) => g.zeta(t, x)],
    ] as const) {
      expect(() => g.grad((t: g.Tensor) => g.sum(f(t)))(x)).toThrow(g.GradientError);
      expect(() => g.jvp(f, [x], [x])).toThrow(`${name}: ${argument}: the derivative by it has no closed form`);
    }
  });
});

test("f16 and integers are taken as they are elsewhere", async () => {
  const half = g.lgamma(g.tensor([5], { dtype: "f16" }));
  expect([half.dtype, await half.item()]).toEqual(["f16", 3.177734375]);
  expect(g.gamma(g.tensor([5], { dtype: "i32" })).dtype).toBe("f32");
  expect(g.hypot(g.tensor([3], { dtype: "i32" }), 4).dtype).toBe("f32");
  const next = g.nextafter(g.tensor([1], { dtype: "f16" }), 2);
  expect(await next.item()).toBe(1 + 2 ** -10);
  expect(await g.nextafter(g.tensor([1]), 2).item()).toBe(1 + 2 ** -23);
});
