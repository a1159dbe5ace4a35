import { beforeAll, describe, expect, test } from "vitest";
import { isFloat } from "../../src/dtype.ts";
import * as gradus from "../../src/index.ts";
import type { Argument, Case } from "../cases.ts";
import { draw, make } from "../draw.ts";
import { matrixCases } from "../linalg/cases.ts";
import { functionCases, leftOut } from "./cases.ts";

type Tensor = gradus.Tensor;
type Point = readonly Tensor[];
type Numbers = readonly number[];
const { grad, jit, jvp, mul, setBackend, stack, sum, vjp, vmap } = gradus;

beforeAll(() => setBackend(gradus.jsBackend()));

const read = async (t: Tensor): Promise<Numbers> => Array.from((await t.data()) as ArrayLike<number>);
const readAll = async (ts: Point): Promise<Numbers> => (await Promise.all(ts.map(read))).flat();
const dot = (p: Numbers, q: Numbers): number => p.reduce((s, x, i) => s + x * (q[i] as number), 0);

function near(actual: Numbers, expected: Numbers, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  actual.forEach((x, i) => {
    const e = expected[i] as number;
    if (!(Math.abs(x - e) <= tolerance * scale)) throw new Error(`element ${i} is ${x} instead of ${e}`);
  });
}

/** A case as a function of its float arguments, at a point, with a weight for its value and two directions. */
interface Problem {
  readonly f: (...xs: Tensor[]) => Tensor;
  readonly x: Point;
  readonly u: Tensor;
  readonly v: Point;
  readonly w: Point;
}

function problem(c: Case): Problem {
  const all = c.inputs.map((arg, i) => draw(arg, i + 1));
  const f = (...xs: Tensor[]): Tensor => {
    let next = 0;
    return c.f(...all.map((t) => (isFloat(t.dtype) ? (xs[next++] as Tensor) : t)));
  };
  const x = all.filter((t) => isFloat(t.dtype));
  const direction = (seed: number): Point => x.map((t, i) => draw({ shape: t.shape, domain: "small" }, seed + i));
  return { f, x, u: draw({ shape: f(...x).shape, domain: "small" }, 99), v: direction(50), w: direction(70) };
}

const pair = (p: Point, q: Point): Tensor =>
  p.map((t, i) => sum(mul(t, q[i] as Tensor))).reduce((a, b) => gradus.add(a, b));
const argnums = (p: Point): readonly number[] => p.map((_, i) => i);
/** The gradient of a scalar function by all arguments. */
const slope =
  (f: (...xs: Tensor[]) => Tensor, n: number) =>
  (...xs: Tensor[]): Tensor[] =>
    grad(f as never, { argnums: argnums(xs.slice(0, n)) } as never)(...(xs as never[])) as unknown as Tensor[];

/** Central difference of `f` at `x` along `v`. */
async function difference(f: (...xs: Tensor[]) => Point, x: Point, v: Point, h = 1e-5): Promise<Numbers> {
  const numbers = await Promise.all(x.map(read));
  const steps = await Promise.all(v.map(read));
  const moved = (sign: number): Promise<Numbers> =>
    readAll(
      f(
        ...x.map((t, i) =>
          make(
            (numbers[i] as Numbers).map((n, k) => n + sign * h * ((steps[i] as Numbers)[k] as number)),
            t.shape,
            "f64",
          ),
        ),
      ),
    );
  const [up, down] = [await moved(1), await moved(-1)];
  return up.map((n, i) => (n - (down[i] as number)) / (2 * h));
}

/** Directions along each coordinate. */
function* coordinates(x: Point): Generator<Point> {
  for (let i = 0; i < x.length; i++)
    for (let k = 0; k < (x[i] as Tensor).size; k++)
      yield x.map((t, j) =>
        make(
          Array.from({ length: t.size }, (_, l) => Number(j === i && l === k)),
          t.shape,
          "f64",
        ),
      );
}

const table = functionCases.map((c) => [c.name, c] as const);

test("every exported function is in the table or left out for a reason", () => {
  const exported = Object.entries(gradus).flatMap(([name, x]) =>
    typeof x === "function" && /^[a-z]/.test(name) ? [name] : [],
  );
  // A few matrix cases are quantities, such as the nuclear norm, rather than functions of that name.
  const ofMatrices = matrixCases.flatMap((c) => c.name.match(/^\w+/) ?? []).filter((name) => exported.includes(name));
  const ofArrays = functionCases.map((c) => c.name.split(" ")[0] as string);
  const known = new Set([...ofArrays, ...ofMatrices, ...Object.values(leftOut).flat()]);
  expect(exported.filter((name) => !known.has(name))).toEqual([]);
  expect([...known].filter((name) => !exported.includes(name))).toEqual([]);
});

test("no name occurs twice", () => expect(new Set(functionCases.map((c) => c.name)).size).toBe(functionCases.length));

describe("the pullback holds the differences along every coordinate", () => {
  test.each(table)("%s", async (_, c) => {
    const { f, x, u } = problem(c);
    const weights = await read(u);
    const expected: number[] = [];
    for (const e of coordinates(x)) expected.push(dot(await difference((...xs) => [f(...xs)], x, e), weights));
    near(await readAll(vjp(f, ...x)[1](u)), expected, 1e-7);
  });
});

describe("forward and reverse mode are transposes of each other", () => {
  test.each(table)("%s", async (_, c) => {
    const { f, x, u, v } = problem(c);
    const left = dot(await read(jvp(f, [...x], [...v])[1]), await read(u));
    const right = dot(await readAll(vjp(f, ...x)[1](u)), await readAll(v));
    near([right], [left], 1e-10);
  });
});

describe("second and third derivatives are differences of those one order lower", () => {
  test.each(table)("%s", async (_, c) => {
    const { f, x, u, v, w } = problem(c);
    const first = slope((...xs) => sum(mul(f(...xs), u)), x.length);
    const second = slope((...xs) => pair(first(...xs), v), x.length);
    const third = slope((...xs) => pair(second(...xs), w), x.length);
    near(await readAll(second(...x)), await difference(first, x, v), 1e-6);
    near(await readAll(third(...x)), await difference(second, x, w), 1e-6);
  });
});

describe("forward over reverse equals reverse over reverse", () => {
  test.each(table)("%s", async (_, c) => {
    const { f, x, u, v } = problem(c);
    const first = slope((...xs) => sum(mul(f(...xs), u)), x.length);
    const reverse = slope((...xs) => pair(first(...xs), v), x.length)(...x);
    const forward = jvp(first, [...x], [...v])[1];
    near(await readAll(forward), await readAll(reverse), 1e-10);
  });
});

describe("a batch is the stack of its examples", () => {
  const size = 3;
  /** Values of example `k`; of integers, those given in another order. */
  const example = (arg: Argument, i: number, k: number): Tensor =>
    draw(arg.data ? { ...arg, data: [...arg.data.slice(k), ...arg.data.slice(0, k)] } : arg, i + 1 + 10 * k);
  test.each(table)("%s", async (_, c) => {
    for (let mask = 1; mask < 2 ** c.inputs.length; mask++) {
      const on = c.inputs.map((_, i) => (mask >> i) % 2 === 1);
      const examples = Array.from({ length: size }, (_, k) => c.inputs.map((arg, i) => example(arg, i, on[i] ? k : 0)));
      const args = c.inputs.map((_, i) => {
        const values = examples.map((e) => e[i] as Tensor);
        return on[i] ? stack(values) : (values[0] as Tensor);
      });
      const y = vmap(c.f, { in: on.map((b) => (b ? 0 : null)) })(...args);
      expect(y.shape).toEqual([size, ...c.f(...(examples[0] as Tensor[])).shape]);
      near(await read(y), await readAll(examples.map((e) => c.f(...e))), 1e-12);
    }
  });
  describe("of gradients too", () => {
    test.each(table)("%s", async (_, c) => {
      const { f, x, u } = problem(c);
      const first = slope((...xs) => sum(mul(f(...xs), u)), x.length);
      const examples = Array.from({ length: size }, (_, k) =>
        c.inputs.flatMap((arg, i) => (arg.dtype === "i32" ? [] : [example(arg, i, k)])),
      );
      const batched = vmap(first)(...x.map((_, i) => stack(examples.map((e) => e[i] as Tensor))));
      const single = examples.map((e) => first(...e));
      near(await readAll(batched), await readAll(x.flatMap((_, i) => single.map((s) => s[i] as Tensor))), 1e-12);
    });
  });
});

describe("jit changes nothing", () => {
  test.each(table)("%s", async (_, c) => {
    const { f, x, u } = problem(c);
    const both = (...xs: Tensor[]): Tensor[] => [f(...xs), ...slope((...p) => sum(mul(f(...p), u)), xs.length)(...xs)];
    near(await readAll(jit(both)(...x)), await readAll(both(...x)), 1e-13);
  });
});
