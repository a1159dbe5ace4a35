import * as g from "../../src/index.ts";
import { draw } from "../draw.ts";
import { specialFunctions } from "../special/cases.ts";
import { shapes, under } from "./shapes.ts";
import { floats, integers, type Trial } from "./trial.ts";
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
  [
    "betainc",
    (a, b, x) => g.betainc(a as Tensor, b as Tensor, g.sigmoid(x as Tensor)),
    ["positive", "positive", "any"],
  ],
];

/** Special functions × float dtypes, and integers where they are defined. */
export function* specialTrials(): Generator<Trial> {
  for (const dtype of floats) {
    for (const [name, f, domains] of functions) {
      const args = (look: (seed: number, domain: Domain) => Tensor): Tensor[] => domains.map((d, i) => look(i + 1, d));
      for (const { family, shape } of shapes)
        if (family !== "large" || name !== "betainc")
          yield {
            label: `${name} ${dtype} ${family}`,
            f: () => [f(...args((s, d) => values(shape, dtype, s, d)))],
            units: 200,
          };
      for (const { view, look } of under([3, 5]))
        yield {
          label: `${name} ${dtype} ${view}`,
          f: () => [f(...args((s, d) => look((shape) => values(shape, dtype, s, d))))],
          units: 200,
        };
    }
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
