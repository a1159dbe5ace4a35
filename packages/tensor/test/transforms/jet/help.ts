import { expect } from "vitest";
import { isFloat } from "../../../src/dtype.ts";
import * as g from "../../../src/index.ts";
import type { Case } from "../../cases.ts";
import { draw } from "../../draw.ts";

type Tensor = g.Tensor;
export type Numbers = readonly number[];

export const read = async (t: Tensor): Promise<Numbers> => Array.from((await t.data()) as ArrayLike<number>);
export const f64 = (data: Numbers, shape: Numbers = [data.length]): Tensor =>
  g.reshape(g.tensor([...data], { dtype: "f64" }), shape);

export function near(actual: Numbers, expected: Numbers, tolerance: number, what = ""): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  actual.forEach((x, i) => {
    const e = expected[i] as number;
    if (!(Math.abs(x - e) <= tolerance * scale)) throw new Error(`${what}: element ${i} is ${x} instead of ${e}`);
  });
}

/** A function of several tensors along curves, each given by its value and its derivatives. */
export interface Curve {
  readonly f: (...xs: Tensor[]) => Tensor;
  readonly x: readonly Tensor[];
  /** Per argument, from the first derivative; null is zero. */
  readonly series: readonly (readonly (Tensor | null)[])[];
}

/** Derivatives 0, 1, …, `order` of the function along the curve, by jvp of jvp of …: the definition, at a cost that doubles with every order. */
export function nested({ f, x, series }: Curve, order: number): Tensor[] {
  const at = (t: Tensor): Tensor =>
    f(
      ...x.map((x0, i) => {
        let sum = x0;
        let power = t;
        (series[i] as readonly (Tensor | null)[]).forEach((d, k) => {
          if (k > 0) power = g.mul(power, g.mul(t, 1 / (k + 1)));
          if (d !== null) sum = g.add(sum, g.mul(d, power));
        });
        return sum;
      }),
    );
  const all = [at];
  for (let k = 1; k <= order; k++) {
    const below = all[k - 1] as typeof at;
    all.push((t) => g.jvp(below, [t], [g.onesLike(t)])[1]);
  }
  return all.map((h) => h(f64([0], [])));
}

/** The same by jet. */
export function byJet({ f, x, series }: Curve): Tensor[] {
  const [value, rest] = g.jet(f, [...x], series as never);
  return [value, ...rest];
}

/** The function of a case along parabolas through its arguments. */
export function parabola(c: Case, order: number): Curve {
  const all = c.inputs.map((arg, i) => draw(arg, i + 1));
  const f = (...xs: Tensor[]): Tensor => {
    let next = 0;
    return c.f(...all.map((t) => (isFloat(t.dtype) ? (xs[next++] as Tensor) : t)));
  };
  const x = all.filter((t) => isFloat(t.dtype));
  const direction = (seed: number, i: number): Tensor =>
    draw({ shape: (x[i] as Tensor).shape, domain: "small" }, seed + i);
  const series = x.map((_, i) =>
    Array.from({ length: order }, (_, k) => (k === 0 ? direction(50, i) : k === 1 ? direction(70, i) : null)),
  );
  return { f, x, series };
}

export async function agree(actual: readonly Tensor[], expected: readonly Tensor[], tolerance: number): Promise<void> {
  expect(actual.length).toBe(expected.length);
  for (const [k, t] of actual.entries())
    near(await read(t), await read(expected[k] as Tensor), tolerance, `derivative ${k}`);
}
