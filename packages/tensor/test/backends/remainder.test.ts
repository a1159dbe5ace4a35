import fc from "fast-check";
import { test } from "vitest";
import * as g from "../../src/index.ts";

const words = new Uint32Array(1);
const float = new Float32Array(words.buffer);
/** Any f32, all exponents alike. */
const any = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((b) => {
  words[0] = b;
  return float[0] as number;
});
const special = fc.constantFrom(0, -0, 1, -1, 3, 2 ** -149, 3.4028234663852886e38, Infinity, -Infinity, Number.NaN);
/** k·b and its neighbours, where a rounded quotient would show. */
const near = fc
  .tuple(any, fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), fc.integer({ min: -2, max: 2 }))
  .map(([b, k, step]) => {
    float[0] = k * b;
    words[0] = (words[0] as number) + step;
    return [float[0] as number, b] as const;
  });
const pair = fc.oneof(
  near,
  near.map(([a, b]) => [a, -b] as const),
  fc.tuple(any, any),
  fc.tuple(fc.oneof(any, special), special),
  fc.tuple(fc.double({ min: -1e4, max: 1e4 }).map(Math.fround), fc.double({ min: -10, max: 10 }).map(Math.fround)),
);

test("rem of f32 is exact for quotients of any size, sign of zero included", () => {
  fc.assert(
    fc.property(fc.array(pair, { minLength: 500, maxLength: 1000 }), (pairs) => {
      const [a, b] = [0, 1].map((i) => g.tensor(Float32Array.from(pairs, (p) => p[i as 0] as number)));
      const found = g.rem(a as g.Tensor, b as g.Tensor).dataSync();
      pairs.forEach(([x, y], i) => {
        if (!Object.is(found[i], x % y)) throw new Error(`${x} % ${y} is ${x % y}, not ${found[i]}`);
      });
    }),
    { numRuns: 100 },
  );
});
