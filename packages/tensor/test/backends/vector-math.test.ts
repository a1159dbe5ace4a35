import { expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { evaluateUnary } from "../../src/ir/evaluate.ts";
import type { UnaryOp } from "../../src/ir/ir.ts";

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);
/** Position of an f32 among all f32 in order. */
const rank = (x: number): number => {
  float[0] = x;
  const b = bits[0] as number;
  return b < 0 ? -(b & 0x7fffffff) : b;
};

/** Every 4099th f32, and all those with exact or extreme results. */
const samples = Float32Array.from(
  [
    [0, -0, 1, -1, 0.5, -0.5, 2, 1e-8, -1e-8, 1e-30, -1e-30, 1e-45, 88.7, -88.7, 88.72284, 100, -104, -103.9, 1e30],
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2999.9, 3000.1, 3.4e38, 0.625, 4, 17.3],
    Array.from({ length: 2 ** 20 }, (_, i) => {
      bits[0] = i * 4099;
      return float[0] as number;
    }),
    Array.from({ length: 20001 }, (_, i) => (i - 10000) / 500),
  ].flat(),
);

const functions: readonly [UnaryOp, (x: g.Tensor) => g.Tensor, number][] = [
  ["exp", g.exp, 2],
  ["expm1", g.expm1, 2],
  ["log", g.log, 2],
  ["log1p", g.log1p, 3],
  ["tanh", g.tanh, 5],
  ["sigmoid", g.sigmoid, 4],
  ["erf", g.erf, 3],
  ["sign", g.sign, 0],
  ["sin", g.sin, 2],
  ["cos", g.cos, 2],
];

test.each(functions)("%s of f32 is within a few units of the last place", (name, f, ulps) => {
  const values = f(g.tensor(samples)).dataSync();
  let worst = 0;
  let at = 0;
  samples.forEach((x, i) => {
    const expected = Math.fround(evaluateUnary(name, "f64", "f64", x));
    const y = values[i] as number;
    if (Number.isNaN(expected) || expected === 0) {
      if (!Object.is(y, expected)) throw new Error(`${name}(${x}) is ${y} instead of ${expected}`);
      return;
    }
    // Near the zeros of sin and cos the rounding of π/2 shows: allow 1e-8 in absolute terms.
    if ((name === "sin" || name === "cos") && Math.abs(y - expected) < 3e-8) return;
    const error = Math.abs(rank(y) - rank(expected));
    if (!(error <= worst)) [worst, at] = [error, x];
  });
  expect(`${worst <= ulps ? "within" : `${worst} ulp at ${at}, not`} ${ulps} ulp`).toBe(`within ${ulps} ulp`);
});

test("the value of an element does not depend on its place", () => {
  const x = g.tensor(Float32Array.from({ length: 11 }, () => 1.2345));
  for (const [, f] of functions) expect(new Set(f(x).dataSync()).size).toBe(1);
});
