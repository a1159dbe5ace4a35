import * as g from "../../src/index.ts";
import { defined } from "../definitions/index.ts";
import { type Plain, rounded } from "../definitions/plain.ts";
import { integral } from "../definitions/scalars.ts";
import { draw } from "../draw.ts";
import { specialFunctions } from "../special/cases.ts";
import { shapes, under } from "./shapes.ts";
import { floats, integers, type Trial, without } from "./trial.ts";
import { type Domain, values } from "./values.ts";

type Tensor = g.Tensor;
type Function = (...x: Tensor[]) => Tensor;

/** Of each number of arguments some functions see every shape; all are made from one rule. */
const functions: readonly (readonly [name: string, f: Function, domains: readonly Domain[]])[] = [
  ["erfc", (x) => g.erfc(x as Tensor), ["any"]],
  ["lgamma", (x) => g.lgamma(x as Tensor), ["positive"]],
  ["cbrt", (x) => g.cbrt(x as Tensor), ["any"]],
  ["signbit", (x) => g.signbit(x as Tensor), ["any"]],
  ["hypot", (x, y) => g.hypot(x as Tensor, y as Tensor), ["any", "any"]],
  ["nextafter", (x, y) => g.nextafter(x as Tensor, y as Tensor), ["any", "any"]],
  ["dawsn", (x) => g.dawsn(x as Tensor), ["any"]],
  ["expi", (x) => g.expi(x as Tensor), ["positive"]],
  ["spence", (x) => g.spence(x as Tensor), ["positive"]],
  ["poch", (x, m) => g.poch(x as Tensor, m as Tensor), ["positive", "positive"]],
  ["comb", (n, k) => g.comb(n as Tensor, k as Tensor), ["positive", "unit"]],
  [
    "betainc",
    (a, b, x) => g.betainc(a as Tensor, b as Tensor, g.sigmoid(x as Tensor)),
    ["positive", "positive", "any"],
  ],
];

/** One rule makes all of these kernels, and other functions see the large shape. */
const tedious = "the definition takes long, and the routine is that of the other special functions";

/** Pairs of functions, and each as the integral that it is. */
const integrals: readonly (readonly [
  name: string,
  f: (x: Tensor) => readonly Tensor[],
  readonly ((x: number) => number)[],
])[] = [
  [
    "sici",
    (x) => g.sici(x),
    [
      (x) => integral((t) => Math.sin(t) / t, 0, x, 0.05),
      (x) => 0.5772156649015329 + Math.log(x) + integral((t) => (-2 * Math.sin(t / 2) ** 2) / t, 0, x, 0.05),
    ],
  ],
  [
    "fresnel",
    (x) => g.fresnel(x),
    [
      (x) => integral((t) => Math.sin((Math.PI * t * t) / 2), 0, x, 0.02),
      (x) => integral((t) => Math.cos((Math.PI * t * t) / 2), 0, x, 0.02),
    ],
  ],
];

/** Special functions × float dtypes, and integers where they are defined. */
export function* specialTrials(): Generator<Trial> {
  for (const dtype of floats) {
    for (const [name, f, domains] of functions) {
      const args = (look: (seed: number, domain: Domain) => Tensor): Tensor[] => domains.map((d, i) => look(i + 1, d));
      for (const { family, shape } of shapes)
        if (family === "large" && name === "betainc") yield without(`${name} ${dtype} ${family}`, tedious);
        else
          yield {
            label: `${name} ${dtype} ${family}`,
            f: () => [f(...args((s, d) => values(shape, dtype, s, d)))],
            units: 200,
          };
      for (const { view, look } of under([3, 5])) {
        // its zeros are where these functions have poles and branches
        if (view === "permuted and padded" && domains.includes("positive")) continue;
        yield {
          label: `${name} ${dtype} ${view}`,
          f: () => [f(...args((s, d) => look((shape) => values(shape, dtype, s, d))))],
          units: 200,
        };
      }
    }
    for (const [name, both, integrands] of integrals)
      for (const { family, shape } of shapes) {
        if (family === "large") {
          yield without(`${name} ${dtype} ${family}`, tedious);
          continue;
        }
        const x = (): Tensor => values(shape, dtype, 1, "positive");
        yield {
          label: `${name} ${dtype} ${family}`,
          f: () => both(x()),
          expected: () => {
            const p = defined([x()])[0] as Plain;
            return integrands.map((f) => ({ ...p, data: p.data.map((v) => rounded(dtype, f(v))) }));
          },
          units: 200,
        };
      }
    // f64 has numbers that the definition, which counts bits of f32, would round twice
    for (const [e, m] of dtype === "f64"
      ? ([[5, 10]] as const)
      : ([
          [5, 10],
          [8, 7],
          [8, 3],
          [8, 23],
        ] as const))
      yield {
        label: `reducePrecision ${dtype} to ${e} and ${m} bits`,
        f: () => [g.reducePrecision(values([397], dtype, 1, "any", "edges"), e, m)],
        units: 0,
      };
    for (const c of specialFunctions) {
      // in half precision the rounded arguments decide
      if (c.name === "frexp" && dtype === "f16") continue;
      yield {
        label: `${c.name} ${dtype} as the derivatives see it`,
        f: () => [c.f(...c.inputs.map((arg, i) => draw(arg, i + 1, dtype)))],
        units: 400,
      };
    }
    const derivative = (x: Tensor): Tensor => g.grad((t: Tensor) => g.sum(g.sinc(t)))(x);
    yield { label: `derivative of sinc ${dtype}`, f: () => [derivative(values([37], dtype, 1, "unit"))], units: 200 };
    yield { label: `frexp ${dtype}`, f: () => g.frexp(values([37], dtype, 1)) };
    yield {
      label: `ldexp ${dtype}`,
      f: () => [g.ldexp(values([37], dtype, 1), values([37], "i32", 2, "small"))],
    };
  }
  for (const dtype of integers)
    for (const name of ["gcd", "lcm"] as const) {
      // lcm wraps where it does not fit, which small numbers do not
      const domain: Domain = name === "lcm" && (dtype === "i8" || dtype === "u8") ? "small" : "any";
      for (const { family, shape } of shapes)
        yield {
          label: `${name} ${dtype} ${family}`,
          f: () => [g[name](values(shape, dtype, 1, domain), values(shape, dtype, 2, domain))],
        };
      for (const { view, look } of under([3, 5]))
        yield {
          label: `${name} ${dtype} ${view}`,
          f: () => [
            g[name](
              look((s) => values(s, dtype, 1, domain)),
              look((s) => values(s, dtype, 2, domain)),
            ),
          ],
        };
    }
}
