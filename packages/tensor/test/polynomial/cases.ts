import * as g from "../../src/index.ts";
import type { Case } from "../cases.ts";

type Tensor = g.Tensor;
const many = (name: string, shapes: readonly (readonly number[])[], f: (...x: Tensor[]) => Tensor): Case => ({
  name,
  inputs: shapes.map((shape) => ({ shape, domain: "small" })),
  f,
});
const knots = (): Tensor => g.tensor(Float64Array.from([-1, -0.2, 0.3, 0.8]));
/** The primitive, for every suite. */
export const tridiagonalCases: readonly Case[] = [
  many(
    "tridiagonalSolve",
    [
      [2, 3],
      [2, 3],
      [2, 3],
      [2, 3, 2],
    ],
    (l, d, u, b) => g.tridiagonalSolve(l as Tensor, g.add(d as Tensor, 3), u as Tensor, b as Tensor),
  ),
];

/** Every function on the table of derivatives. */
export const polynomialFunctions: readonly Case[] = [
  many("polyval", [[4], [2]], (p, x) => g.polyval(p as Tensor, x as Tensor)),
  many("polyadd", [[2], [4]], (a, b) => g.polyadd(g.mul(a as Tensor, a as Tensor), b as Tensor)),
  many("polymul", [[2], [3]], (a, b) => g.polymul(a as Tensor, b as Tensor)),
  many("polyder", [[4]], (p) => g.square(g.polyder(p as Tensor))),
  many("polyint", [[3]], (p) => g.square(g.polyint(p as Tensor, 2))),
  many("vander", [[3]], (x) => g.vander(x as Tensor, 4)),
  many("polyfit", [[4], [4]], (x, y) => g.polyfit(g.add(knots(), g.mul(x as Tensor, 0.1)), y as Tensor, 1)),
  many("chebval", [[4], [2]], (c, x) => g.chebval(c as Tensor, x as Tensor)),
  ...tridiagonalCases,
  many("cubicSpline", [[4], [4], [2]], (x, y, t) =>
    g.cubicSpline(g.add(knots(), g.mul(x as Tensor, 0.05)), y as Tensor)(g.mul(t as Tensor, 1.3)),
  ),
  many("cubicSpline clamped", [[4, 2], [2], [2]], (y, s, t) =>
    g.cubicSpline(knots(), y as Tensor, { ends: "clamped", slopes: [s as Tensor, 1] })(t as Tensor, 1),
  ),
];
