import * as g from "../../src/index.ts";
import { type Any, bad, call, callRows, type Family, f32, wrongRows } from "./row.ts";

const { ArgumentError: A, ShapeError: S } = g;
const [p, knots] = [f32(3), g.tensor([0, 1, 2])];

/** Polynomials, fits and splines. */
export const polynomial: Family = {
  calls: {
    polyval: [["p", "x"], () => [f32(2), f32(2)], call("polyval")],
    chebval: [["c", "x"], () => [f32(2), f32(2)], call("chebval")],
    ...callRows("polyadd polymul", (name) => [["a", "b"], () => [f32(2), f32(2)], call(name)]),
    ...callRows("polyder polyint", (name) => [["p"], () => [f32(3)], call(name)]),
    vander: [["x"], () => [f32(2)], call("vander")],
    polyfit: [["x", "y"], () => [g.tensor([0, 1, 2]), f32(3)], call("polyfit", 1)],
    cubicSpline: [["x", "y"], () => [g.tensor([0, 1, 2]), f32(3)], call("cubicSpline")],
    tridiagonalSolve: [
      ["lower", "diagonal", "upper", "b"],
      () => [f32(2), f32(2), f32(2), f32(2, 1)],
      call("tridiagonalSolve"),
    ],
  },
  wrong: [
    wrongRows("polyval chebval", (f, name) => {
      const c = name === "polyval" ? "p" : "c";
      return [
        [S, c, () => f(f32(), 1)],
        [S, c, () => f(f32(0), 1)],
        [S, "x", () => f(f32(2, 3), f32(2))],
      ];
    }),
    wrongRows("polyadd polymul", (f) => [
      [S, "a", () => f(f32(), p)],
      [S, "a", () => f(f32(0), p)],
      [S, "b", () => f(p, f32(2, 2))],
    ]),
    wrongRows("polyder polyint", (f) => [
      [S, "p", () => f(f32(2, 2))],
      [S, "p", () => f(f32(0))],
      [A, "order", () => f(p, -1)],
      [A, "order", () => f(p, 0.5)],
      [A, "order", () => f(p, Number.NaN)],
    ]),
    {
      polyint: [
        [A, "constant", () => g.polyint(p, 1, Number.NaN)],
        [A, "constant", () => g.polyint(p, 1, p as Any)],
      ],
      vander: [
        [S, "x", () => g.vander(f32())],
        [A, "n", () => g.vander(p, 0)],
        [A, "n", () => g.vander(p, Number.NaN)],
        [A, "n", () => g.vander(f32(0))],
        [A, "increasing", () => g.vander(p, 2, { increasing: 1 as Any })],
        [A, "nothing", () => g.vander(p, 2, bad)],
      ],
      polyfit: [
        [S, "x", () => g.polyfit(f32(2, 2), p, 1)],
        [S, "y", () => g.polyfit(p, f32(2), 1)],
        [S, "y", () => g.polyfit(p, f32(3, 1, 1), 1)],
        [A, "degree", () => g.polyfit(p, p, 3)],
        [A, "degree", () => g.polyfit(p, p, -1)],
        [A, "degree", () => g.polyfit(p, p, Number.NaN)],
        [S, "weights", () => g.polyfit(p, p, 1, { weights: f32(2) })],
        [A, "weights", () => g.polyfit(p, p, 1, { weights: [1, 1, 1] as Any })],
        [A, "nothing", () => g.polyfit(p, p, 1, bad)],
      ],
      cubicSpline: [
        [S, "x", () => g.cubicSpline(f32(1), f32(1))],
        [S, "x", () => g.cubicSpline(f32(2, 2), f32(2))],
        [S, "y", () => g.cubicSpline(knots, f32(2))],
        [S, "y", () => g.cubicSpline(knots, f32())],
        [A, "ends", () => g.cubicSpline(knots, p, { ends: "periodic" as Any })],
        [S, "slopes", () => g.cubicSpline(knots, p, { ends: "clamped", slopes: [1] as Any })],
        [A, "slopes[1]", () => g.cubicSpline(knots, p, { ends: "clamped", slopes: [1, "1"] as Any })],
        [S, "slopes[0]", () => g.cubicSpline(knots, p, { ends: "clamped", slopes: [f32(2), 1] })],
        [A, "order", () => g.cubicSpline(knots, p)(1, 4)],
        [A, "order", () => g.cubicSpline(knots, p)(1, Number.NaN)],
        [A, "t", () => g.cubicSpline(knots, p)("1" as Any)],
        [A, "nothing", () => g.cubicSpline(knots, p, bad)],
      ],
      tridiagonalSolve: [
        [S, "b", () => g.tridiagonalSolve(p, p, p, p)],
        [S, "lower", () => g.tridiagonalSolve(f32(2), p, p, f32(3, 1))],
        [S, "upper", () => g.tridiagonalSolve(p, p, f32(1, 3), f32(3, 1))],
      ],
    },
  ],
};
