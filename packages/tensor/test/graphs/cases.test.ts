import { afterAll, describe, expect, test } from "vitest";
import { isFloat } from "../../src/dtype.ts";
import { GradientError } from "../../src/errors.ts";
import { loadGraph } from "../../src/graphs/index.ts";
import { table } from "../../src/graphs/table.ts";
import * as g from "../../src/index.ts";
import { reflectorsPrimitive } from "../../src/primitives/linalg/reflectors.ts";
import { triangularInversePrimitive } from "../../src/primitives/linalg/triangular-solve.ts";
import { applyMany } from "../../src/tensor.ts";
import { pullback, pushforward } from "../../src/transforms/differentiate.ts";
import { cases } from "../cases.ts";
import { draw, make } from "../draw.ts";
import { matrixCases } from "../linalg/cases.ts";
import { bitsOfAll, fileOf, jsonOf, operationsIn } from "./help.ts";

type Tensor = g.Tensor;
type Function = (...inputs: Tensor[]) => Tensor;

const met = new Set<string>();

/** The value with its derivatives in both modes, in directions that are not constant. */
const withDerivatives =
  (f: Function) =>
  (...xs: Tensor[]): unknown => {
    const y = f(...xs);
    const direction = (t: Tensor): Tensor | null => (isFloat(t.dtype) ? g.cos(t) : null);
    const orNone = (rule: () => readonly (Tensor | null)[]): readonly (Tensor | null)[] => {
      try {
        return rule();
      } catch (error) {
        // some arguments of some functions have no derivative
        if (error instanceof GradientError) return [];
        throw error;
      }
    };
    return {
      y,
      vjp: isFloat(y.dtype) ? orNone(() => pullback([y], [direction(y)], xs)) : [],
      jvp: orNone(() => pushforward([y], xs, xs.map(direction))),
    };
  };

async function roundTrip(f: (...inputs: Tensor[]) => unknown, inputs: readonly Tensor[]): Promise<void> {
  const file = await fileOf(f, ...inputs);
  operationsIn(await jsonOf(file), met);
  const loaded = await loadGraph<Tensor[], unknown>(file);
  const expected = await bitsOfAll(g.jit(f)(...inputs));
  expect(await bitsOfAll(loaded(...inputs))).toEqual(expected);
  if (inputs.length === 0) return;
  // saved anew it has the same operations: nothing of the graph was lost
  expect(operationsIn(await jsonOf(await fileOf(loaded, ...inputs)))).toEqual(operationsIn(await jsonOf(file)));
}

describe("every case, with its derivatives, computes the same bits once loaded", () => {
  test.each(cases.map((c) => [c.name, c] as const))("%s", async (_, c) => {
    await roundTrip(
      withDerivatives(c.f),
      c.inputs.map((arg, i) => draw(arg, i, "f32")),
    );
  });
  test.each(matrixCases.map((c) => [c.name, c] as const))("%s", (_, c) => roundTrip(withDerivatives(c.f), c.inputs));
});

const bits = [make([1, 6, -7], [3], "i32"), make([3, 2, 5], [3], "i32")];
const plain: Readonly<Record<string, readonly [Function, readonly Tensor[]]>> = {
  not: [(x) => g.bitwiseNot(x!), bits],
  and: [(x, y) => g.bitwiseAnd(x!, y!), bits],
  or: [(x, y) => g.bitwiseOr(x!, y!), bits],
  xor: [(x, y) => g.bitwiseXor(x!, y!), bits],
  shl: [(x, y) => g.shiftLeft(x!, y!), bits],
  shr: [(x, y) => g.shiftRight(x!, y!), bits],
  gcd: [(x, y) => g.gcd(x!, y!), bits],
  lcm: [(x, y) => g.lcm(x!, y!), bits],
  "frexp and ldexp": [(x) => g.add(...g.frexp(x!)), [make([0, 3, -0.1], [3], "f32")]],
  nextafter: [(x, y) => g.nextafter(x!, y!), [make([0, 1, 2], [3], "f32"), make([1, 1, 1], [3], "f32")]],
  reflectors: [
    (x) => g.concat(applyMany(reflectorsPrimitive, [x!], null), 0),
    [make([1, 2, 3, 4, 5, 7], [3, 2], "f64")],
  ],
  triangularInverse: [
    (t) => applyMany(triangularInversePrimitive, [t!], { lower: true, unit: false })[0]!,
    [make([2, 0, 1, 4], [2, 2], "f32")],
  ],
};
const three = [make([0.2, 0.7, 1.5], [3], "f64")];
const two = [...three, make([1.2, 2.5, 0.4], [3], "f64")];
const smooth: Readonly<Record<string, readonly [Function, readonly Tensor[]]>> = {
  ...Object.fromEntries(
    (["log2", "log10", "cbrt", "sinc", "expi", "dawsn", "spence", "gamma", "ndtr", "logNdtr", "signbit"] as const).map(
      (name) => [name, [(x: Tensor) => g[name](x), three]],
    ),
  ),
  ...Object.fromEntries(
    (["beta", "gammainc", "gammaincc", "logaddexp"] as const).map((name) => [
      name,
      [(x: Tensor, y: Tensor) => g[name](x, y), two],
    ]),
  ),
  ndtri: [(x) => g.ndtri(g.sigmoid(x!)), three],
  zeta: [(x, y) => g.zeta(g.add(x!, 1), y!), two],
  sici: [(x) => g.add(...g.sici(x!)), three],
  fresnel: [(x) => g.add(...g.fresnel(x!)), three],
  checkpoint: [g.checkpoint((x: Tensor) => g.sin(g.exp(x))), three],
  customGradient: [
    g.customGradient((x: Tensor) => g.sin(x), { vjp: (ct, _, x) => [g.mul(ct, g.mul(2, g.cos(x)))] }),
    three,
  ],
  while: [
    (x) =>
      g.whileLoop(
        (t: Tensor) => g.less(g.sum(t), 9),
        (t: Tensor) => g.mul(t, g.add(1, x!)),
        x!,
        { maxSteps: 10 },
      ),
    three,
  ],
};

describe("and the primitives that no case has", () => {
  test.each(Object.entries(plain))("%s", (_, [f, inputs]) => roundTrip(f, inputs));
  test.each(Object.entries(smooth))("%s, with derivatives", (_, [f, inputs]) => roundTrip(withDerivatives(f), inputs));
});

afterAll(() => {
  expect([...table().rules.keys()].filter((name) => !met.has(name))).toEqual([]);
});
