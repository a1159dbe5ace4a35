import * as g from "../../src/index.ts";
import { type Any, bad, call, callRows, type Family, f32, i32, wrongRows } from "./row.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S } = g;
const [m23, m22, vector, scalar] = [f32(2, 3), f32(2, 2), f32(3), f32()];
const ints = i32(2, 2);
const half = g.ones([2, 2], { dtype: "f16" });
const matrix = (name: string): readonly [string[], () => g.Tensor[], ReturnType<typeof call>] => [
  ["a"],
  () => [f32(2, 2)],
  call(name),
];
const pair = (p: string, q: string, left: number[], right: number[]) => (name: string) =>
  [[p, q], () => [f32(...left), f32(...right)], call(name)] as const;

const square = "cholesky eigh eigvalsh inv det slogdet expm";
const any = "lu qr svd svdvals pinv matrixRank matrixNorm conditionNumber";

/** Matrix functions. */
export const linalg: Family = {
  calls: {
    ...callRows(`${square} ${any}`, matrix),
    ...callRows("solve lstsq choSolve", (name) => pair(name === "choSolve" ? "l" : "a", "b", [2, 2], [2, 2])(name)),
    triangularSolve: pair("t", "b", [2, 2], [2, 2])("triangularSolve"),
    tensorsolve: pair("a", "b", [2, 2], [2])("tensorsolve"),
    tensorinv: [["a"], () => [f32(2, 2)], call("tensorinv", 1)],
    matrixPower: [["a"], () => [f32(2, 2)], call("matrixPower", 2)],
    vectorNorm: [["x"], () => [f32(3)], call("vectorNorm")],
    ...callRows("diagonal trace diag diagflat", (name) => [["x"], () => [f32(2, 2)], call(name)]),
    ...callRows("kron cross vecdot vdot", pair("a", "b", [3], [3])),
    multiDot: [["factors[0]", "factors[1]"], () => [f32(2, 2), f32(2, 2)], (a: Any, b: Any) => g.multiDot([a, b])],
  },
  wrong: [
    wrongRows(square, (f) => [[S, "a", () => f(m23)]]),
    wrongRows(`${square} ${any}`, (f) => [
      [S, "a", () => f(vector)],
      [D, "a", () => f(ints)],
      [D, "a", () => f(half)],
      [A, "a", () => f([[1]])],
    ]),
    wrongRows("expm qr svd pinv matrixRank matrixNorm conditionNumber vectorNorm diagonal trace", (f) => [
      [A, "nothing", () => f(m22, bad)],
      [A, "options", () => f(m22, null)],
    ]),
    wrongRows("lstsq triangularSolve", (f) => [[A, "nothing", () => f(m22, m22, bad)]]),
    wrongRows("solve lstsq choSolve triangularSolve tensorsolve", (f) => [
      [D, "b", () => f(m22, ints)],
      [A, "b", () => f(m22, 1)],
    ]),
    wrongRows("matrixNorm conditionNumber", (f) => [
      [A, "ord", () => f(m22, { ord: 3 })],
      [A, "ord", () => f(m22, { ord: Number.NaN })],
      [A, "ord", () => f(m22, { ord: "max" })],
    ]),
    wrongRows("pinv lstsq", (f, name) => {
      const run = (rcond: unknown) => () => (name === "pinv" ? f(m22, { rcond }) : f(m22, m22, { rcond }));
      return [
        [A, "rcond", run(-1)],
        [A, "rcond", run(Number.NaN)],
        [A, "rcond", run(Number.POSITIVE_INFINITY)],
      ];
    }),
    wrongRows("diagonal trace", (f) => [
      [S, "x", () => f(vector)],
      [S, "axis1", () => f(m22, { axis1: 2 })],
      [S, "axis2", () => f(m22, { axis1: 1 })],
      [A, "axis2", () => f(m22, { axis2: Number.NaN })],
      [A, "offset", () => f(m22, { offset: 0.5 })],
      [A, "offset", () => f(m22, { offset: 2 ** 31 })],
    ]),
    wrongRows("diag diagflat", (f) => [
      [A, "k", () => f(vector, 0.5)],
      [A, "k", () => f(vector, Number.NaN)],
      [A, "x", () => f(3)],
    ]),
    {
      solve: [
        [S, "a", () => g.solve(m23, vector)],
        [S, "b", () => g.solve(m22, vector)],
        [S, "b", () => g.solve(m22, scalar)],
        [D, "a", () => g.solve(half, m22)],
        [S, "broadcast", () => g.solve(f32(2, 2, 2), f32(3, 2, 2))],
      ],
      choSolve: [
        [S, "l", () => g.choSolve(m23, m22)],
        [S, "b", () => g.choSolve(m22, f32(3, 2))],
        [S, "b", () => g.choSolve(m22, f32(2))],
      ],
      triangularSolve: [
        [S, "t", () => g.triangularSolve(m23, m22)],
        [S, "b", () => g.triangularSolve(m22, f32(3, 2))],
        [S, "b", () => g.triangularSolve(m22, m23, { left: false })],
        [A, "lower", () => g.triangularSolve(m22, m22, { lower: 1 as Any })],
        [A, "upper", () => g.triangularSolve(m22, m22, { upper: true } as Any)],
        [A, "unitDiagonal", () => g.triangularSolve(m22, m22, { unitDiagonal: null as Any })],
      ],
      qr: [[A, "mode", () => g.qr(m22, { mode: "full" as Any })]],
      svd: [
        [A, "fullMatrices", () => g.svd(m22, { fullMatrices: "yes" as Any })],
        [A, "computeUv", () => g.svd(m22, { computeUv: 0 as Any })],
      ],
      lstsq: [
        [S, "b", () => g.lstsq(m23, vector)],
        [S, "b", () => g.lstsq(m22, scalar)],
        [D, "a", () => g.lstsq(ints, m22)],
      ],
      matrixRank: [
        [A, "rtol", () => g.matrixRank(m22, { rtol: -1 })],
        [A, "rtol", () => g.matrixRank(m22, { rtol: Number.NaN })],
      ],
      matrixPower: [
        [A, "n", () => g.matrixPower(m22, 0.5)],
        [A, "n", () => g.matrixPower(m22, Number.NaN)],
        [S, "a", () => g.matrixPower(m23, 2)],
        [D, "a", () => g.matrixPower(ints, 2)],
      ],
      vectorNorm: [
        [A, "ord", () => g.vectorNorm(m22, { ord: "fro" as Any })],
        [A, "ord", () => g.vectorNorm(m22, { ord: Number.NaN })],
        [S, "axes", () => g.vectorNorm(m22, { axes: 2 })],
        [A, "axes", () => g.vectorNorm(m22, { axes: "0" as Any })],
        [A, "keepDims", () => g.vectorNorm(m22, { keepDims: 1 as Any })],
        [S, "x", () => g.vectorNorm(f32(0), { ord: Number.POSITIVE_INFINITY })],
      ],
      matrixNorm: [
        [A, "keepDims", () => g.matrixNorm(m22, { keepDims: 1 as Any })],
        [S, "a", () => g.matrixNorm(f32(0, 2), { ord: Number.POSITIVE_INFINITY })],
      ],
      conditionNumber: [
        [S, "a", () => g.conditionNumber(m23, { ord: 1 })],
        [S, "a", () => g.conditionNumber(f32(0, 0))],
      ],
      expm: [
        [A, "maxSquarings", () => g.expm(m22, { maxSquarings: -1 })],
        [A, "maxSquarings", () => g.expm(m22, { maxSquarings: Number.NaN })],
      ],
      tensorsolve: [
        [S, "a", () => g.tensorsolve(m23, vector)],
        [D, "a", () => g.tensorsolve(ints, f32(2))],
        [A, "axes", () => g.tensorsolve(m22, f32(2), 1 as Any)],
        [S, "axes", () => g.tensorsolve(m22, f32(2), [5])],
        [S, "axes", () => g.tensorsolve(m22, f32(2), [0, 0])],
      ],
      tensorinv: [
        [S, "a", () => g.tensorinv(m23, 1)],
        [D, "a", () => g.tensorinv(ints, 1)],
        [A, "count", () => g.tensorinv(m22, 0)],
        [A, "count", () => g.tensorinv(m22, 2)],
        [A, "count", () => g.tensorinv(m22, Number.NaN)],
      ],
      diag: [
        [S, "x", () => g.diag(scalar)],
        [S, "x", () => g.diag(f32(1, 1, 1))],
      ],
      kron: [[A, "b", () => g.kron(m22, 2 as Any)]],
      cross: [
        [S, "b", () => g.cross(vector, m22)],
        [S, "axis", () => g.cross(vector, vector, 1)],
        [S, "axis", () => g.cross(vector, vector, Number.NaN)],
        [S, "broadcast", () => g.cross(f32(2, 3), f32(4, 3))],
      ],
      vecdot: [
        [S, "b", () => g.vecdot(vector, m22)],
        [S, "axis", () => g.vecdot(vector, vector, 1)],
        [S, "broadcast", () => g.vecdot(f32(2, 3), f32(4, 3))],
      ],
      vdot: [[S, "b", () => g.vdot(vector, m22)]],
      multiDot: [
        [A, "factors", () => g.multiDot([m22])],
        [A, "factors", () => g.multiDot(m22 as Any)],
        [S, "factors[1]", () => g.multiDot([m23, m22])],
        [S, "factors[1]", () => g.multiDot([m22, f32(2), m22])],
        [S, "factors[0]", () => g.multiDot([scalar, m22])],
      ],
    },
  ],
};
