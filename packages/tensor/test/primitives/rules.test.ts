import { describe, expect, test } from "vitest";
import { isFloat } from "../../src/dtype.ts";
import { stack } from "../../src/functions/shaping.ts";
import { aliasOf, type Tensor } from "../../src/tensor.ts";
import { batchGraph, spread } from "../../src/transforms/batch.ts";
import { pullback, pushforward } from "../../src/transforms/differentiate.ts";
import { type Case, cases } from "../cases.ts";
import { draw, make } from "../draw.ts";
import { evaluate, values } from "../reference.ts";

const noise = (t: Tensor, seed: number): Tensor => draw({ shape: t.shape }, seed);
const dot = (p: readonly number[], q: readonly number[]): number => p.reduce((s, x, i) => s + x * (q[i] as number), 0);

function near(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  actual.forEach((x, i) => {
    const e = expected[i] as number;
    if (Object.is(x, e) || x === e) return;
    if (!(Math.abs(x - e) <= tolerance * scale)) throw new Error(`element ${i} is ${x} instead of ${e}`);
  });
}

/** One-sided differences would disagree here on purpose: the case sits on a kink or is rounded to f32. */
const rough = new Set(["cast", "stopGradient", "pow at zero", "reducePrecision to f16"]);
const smooth = cases.filter((c) => {
  const inputs = c.inputs.map((arg, i) => draw(arg, i));
  return isFloat(c.f(...inputs).dtype) && inputs.every((t) => t.dtype !== "f32");
});

function derivatives(c: Case): {
  readonly inputs: Tensor[];
  readonly y: Tensor;
  readonly tangents: (Tensor | null)[];
  readonly jv: Tensor | null;
} {
  const inputs = c.inputs.map((arg, i) => aliasOf(draw(arg, i + 1), 0));
  const y = c.f(...inputs);
  const tangents = inputs.map((t, i) => (isFloat(t.dtype) ? noise(t, 50 + i) : null));
  return { inputs, y, tangents, jv: pushforward([y], inputs, tangents)[0] as Tensor | null };
}

describe("forward mode agrees with central differences", () => {
  test.each(smooth.filter((c) => !rough.has(c.name)).map((c) => [c.name, c] as const))("%s", (_, c) => {
    const { inputs, y, tangents, jv } = derivatives(c);
    const h = 1e-6;
    const moved = (sign: number): number[] =>
      values(
        c.f(
          ...inputs.map((t, i) => {
            const v = tangents[i];
            return v
              ? make(
                  values(t).map((x, k) => x + sign * h * (values(v)[k] as number)),
                  t.shape,
                  "f64",
                )
              : t;
          }),
        ),
      );
    const [up, down] = [moved(1), moved(-1)];
    const expected = up.map((x, i) => (x - (down[i] as number)) / (2 * h));
    near(jv ? values(jv) : new Array<number>(y.size).fill(0), expected, 1e-6);
  });
});

describe("reverse mode is the transpose of forward mode", () => {
  test.each(smooth.map((c) => [c.name, c] as const))("%s", (_, c) => {
    const { inputs, y, tangents, jv } = derivatives(c);
    const u = noise(y, 99);
    const cts = pullback([y], [u], inputs);
    cts.forEach((ct, i) => {
      if (ct) expect([ct.shape, ct.dtype]).toEqual([inputs[i]?.shape, inputs[i]?.dtype]);
    });
    const left = jv ? dot(values(u), values(jv)) : 0;
    const right = cts.reduce(
      (s, ct, i) => s + (ct && tangents[i] ? dot(values(ct), values(tangents[i] as Tensor)) : 0),
      0,
    );
    near([right], [left], c.name === "cast" ? 1e-6 : 1e-10);
  });
});

describe("second derivatives: reverse over reverse equals forward over reverse", () => {
  test.each(smooth.map((c) => [c.name, c] as const))("%s", (_, c) => {
    const { inputs, y, tangents } = derivatives(c);
    const cts = pullback([y], [noise(y, 98)], inputs);
    const present = cts.flatMap((ct, i) => (ct && tangents[i] ? [[ct, tangents[i] as Tensor] as const] : []));
    if (present.length === 0) return;
    const forward = pushforward(
      present.map((p) => p[0]),
      inputs,
      tangents,
    );
    const reverse = pullback(
      present.map((p) => p[0]),
      present.map((p) => p[1]),
      inputs,
    );
    // v·H v, where H is symmetric, by both ways
    const a = forward.reduce(
      (s, t, i) => s + (t ? dot(values(t), values((present[i] as readonly [Tensor, Tensor])[1])) : 0),
      0,
    );
    const b = reverse.reduce(
      (s, t, i) => s + (t && tangents[i] ? dot(values(t), values(tangents[i] as Tensor)) : 0),
      0,
    );
    near([b], [a], c.name === "cast" ? 1e-6 : 1e-9);
  });
});

describe("a batch is the stack of its examples", () => {
  test.each(cases.map((c) => [c.name, c] as const))("%s", (_, c) => {
    const size = 3;
    // every choice of which inputs are batched, but for none
    for (let mask = 1; mask < 2 ** c.inputs.length; mask++) {
      const on = c.inputs.map((_, i) => (mask >> i) % 2 === 1);
      const examples = Array.from({ length: size }, (_, k) =>
        c.inputs.map((arg, i) => draw(arg, i + 1 + (on[i] ? 10 * k : 0))),
      );
      const probes = (examples[0] as Tensor[]).map((t) => aliasOf(t, 0));
      const y = c.f(...probes);
      const inputs = probes.map((t, i) => ({
        value: on[i] ? stack(examples.map((x) => x[i] as Tensor)) : t,
        batched: on[i] as boolean,
      }));
      const batched = spread(batchGraph([y], probes, inputs, size)[0] as never, size);
      expect(batched.shape).toEqual([size, ...y.shape]);
      near(values(batched), evaluate(...examples.map((xs) => c.f(...xs))).flat(), 1e-12);
    }
  });
});
