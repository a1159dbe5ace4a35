import * as g from "../../src/index.ts";
import { make } from "../draw.ts";
import { gram, identity, random, singularOf, symmetricOf } from "./help.ts";

/** A function of matrices at one place, in f64; of vectors only what their sign and choice of basis do not change. */
export interface MatrixCase {
  readonly name: string;
  readonly inputs: readonly g.Tensor[];
  readonly f: (...inputs: g.Tensor[]) => g.Tensor;
  /** What differences of a function this curved allow for; default 1e-6. */
  readonly tolerance?: number;
  /** Some derivative needs what is not distinct here: only the first order is checked. */
  readonly first?: boolean;
}

const spd = (n: number, seed: number): g.Tensor => g.add(gram(random([n, n], seed)), identity(n));
const flat = (...parts: g.Tensor[]): g.Tensor => g.concat(parts.map((t) => g.flatten(t)));
const projector = (v: g.Tensor, from: number, to: number): g.Tensor => {
  const none = v.shape.slice(0, -1).map(() => 0);
  const part = g.slice(v, [...none, from], [...v.shape.slice(0, -1), to]);
  return g.matmul(part, g.transpose(part));
};
const right = (vt: g.Tensor, from: number, to: number): g.Tensor => projector(g.transpose(vt), from, to);
const distinct = (m: number, n: number, seed = 5): g.Tensor =>
  singularOf(m, n, [3, 1.7, 0.6].slice(0, Math.min(m, n)), seed);

/** Factor shapes and places, then what is made of factors. */
export const matrixCases: readonly MatrixCase[] = [
  { name: "cholesky", inputs: [spd(4, 1)], f: (a) => g.cholesky(a!) },
  { name: "cholesky of a batch", inputs: [g.stack([spd(3, 2), spd(3, 3)])], f: (a) => g.cholesky(a!) },
  {
    name: "choSolve",
    inputs: [random([3, 3], 4).add(identity(3).mul(3)), random([3, 2], 5)],
    f: (l, b) => g.choSolve(l!, b!),
  },
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((k): MatrixCase => {
    const options = { lower: (k & 1) > 0, transpose: (k & 2) > 0, unitDiagonal: (k & 4) > 0, left: (k & 8) > 0 };
    return {
      name: `triangularSolve ${JSON.stringify(options)}`,
      inputs: [random([3, 3], 6).add(identity(3).mul(2)), random(options.left ? [3, 2] : [2, 3], 7)],
      f: (t, b) => g.triangularSolve(t!, b!, options),
    };
  }),
  ...[
    [4, 4],
    [5, 3],
    [3, 5],
    [2, 3, 3],
  ].map(
    (shape, i): MatrixCase => ({
      name: `lu of ${shape}`,
      inputs: [random(shape, 12 + i)],
      f: (a) => g.lu(a!)[0],
    }),
  ),
  ...[
    [4, 4],
    [5, 3],
    [2, 3, 3],
  ].map(
    (shape, i): MatrixCase => ({
      name: `qr of ${shape}`,
      inputs: [random(shape, 30 + i)],
      f: (a) => flat(...g.qr(a!)),
    }),
  ),
  { name: "qr, wide", inputs: [random([3, 5], 35)], f: (a) => flat(...g.qr(a!)) },
  {
    name: "qr, complete",
    inputs: [random([5, 3], 36)],
    f: (a) => {
      const [q, r] = g.qr(a!, { mode: "complete" });
      return flat(projector(q, 3, 5), g.slice(q, [], [5, 3]), r);
    },
  },
  { name: "eigvalsh", inputs: [symmetricOf([-1, 0.5, 2, 3], 8)], f: (a) => g.eigvalsh(a!) },
  {
    name: "eigh",
    inputs: [symmetricOf([-1, 0.5, 2, 3], 9)],
    f: (a) => {
      const [w, v] = g.eigh(a!);
      return flat(w, projector(v, 0, 1), projector(v, 1, 3), g.square(v));
    },
  },
  {
    name: "eigh of a batch",
    inputs: [g.stack([symmetricOf([-1, 0.5, 2], 9), symmetricOf([0, 1, 5], 10)])],
    f: (a) => {
      const [w, v] = g.eigh(a!);
      return flat(w, projector(v, 0, 1));
    },
  },
  {
    name: "eigh, repeated: spaces of equal eigenvalues",
    inputs: [symmetricOf([1, 1, 4, 4, 4], 11)],
    f: (a) => projector(g.eigh(a!)[1], 0, 2),
    first: true,
  },
  {
    name: "eigvalsh, repeated: sums of equal eigenvalues",
    inputs: [symmetricOf([1, 1, 4, 4, 4], 11)],
    f: (a) => g.sum(g.slice(g.eigvalsh(a!), [0], [2])),
  },
  { name: "svdvals", inputs: [distinct(4, 3)], f: (a) => g.svdvals(a!) },
  ...[
    [3, 3],
    [5, 3],
    [3, 5],
  ].flatMap(([m, n]) =>
    [false, true].map(
      (fullMatrices): MatrixCase => ({
        name: `svd of ${m}×${n}${fullMatrices ? ", full" : ""}`,
        inputs: [distinct(m as number, n as number)],
        f: (a) => {
          const [u, s, vt] = g.svd(a!, { fullMatrices });
          const [left, rows] = [projector(u, 0, 1), right(vt, 1, 2)];
          const whole = fullMatrices
            ? [projector(u, 3, u.shape[1] as number), right(vt, 3, vt.shape[0] as number)]
            : [];
          const polar = g.matmul(g.slice(u, [], [m as number, 3]), g.slice(vt, [], [3, n as number]));
          return flat(s, left, rows, polar, ...whole);
        },
      }),
    ),
  ),
  {
    name: "polar factor, repeated singular values",
    inputs: [singularOf(4, 3, [2, 2, 1], 14)],
    f: (a) => {
      const [u, s, vt] = g.svd(a!);
      return flat(g.matmul(u, vt), g.sum(g.slice(s, [0], [2])), projector(u, 0, 2));
    },
    first: true,
  },
  {
    name: "nuclear norm, repeated",
    inputs: [singularOf(4, 3, [2, 2, 1], 15)],
    f: (a) => g.matrixNorm(a!, { ord: "nuc" }),
  },
  { name: "solve", inputs: [random([3, 3], 16), random([3, 2], 17)], f: (a, b) => g.solve(a!, b!), tolerance: 1e-5 },
  {
    name: "solve, vector and batch",
    inputs: [random([2, 3, 3], 18), random([3], 19)],
    f: (a, b) => g.solve(a!, b!),
    tolerance: 1e-5,
  },
  { name: "inv", inputs: [spd(4, 20)], f: (a) => g.inv(a!) },
  {
    name: "tensorsolve",
    inputs: [random([2, 3, 6], 21), random([2, 3], 22)],
    f: (a, b) => g.tensorsolve(a!, b!),
    tolerance: 1e-4,
  },
  { name: "tensorinv", inputs: [spd(4, 23)], f: (a) => g.tensorinv(a!.reshape([2, 2, 4])) },
  { name: "det", inputs: [random([4, 4], 24)], f: (a) => g.det(a!) },
  { name: "det of a batch", inputs: [random([3, 2, 2], 25)], f: (a) => g.det(a!) },
  { name: "det, 1×1", inputs: [make([2], [1, 1], "f64")], f: (a) => g.det(a!) },
  { name: "det of the identity", inputs: [identity(3)], f: (a) => g.det(a!) },
  { name: "det, singular", inputs: [distinct(4, 4)], f: (a) => g.det(a!) },
  { name: "det, rank less 2", inputs: [singularOf(4, 4, [2, 1], 26)], f: (a) => g.det(a!) },
  {
    name: "det of a batch, one of them singular",
    inputs: [g.stack([singularOf(3, 3, [2, 1], 26), random([3, 3], 27)])],
    f: (a) => g.det(a!),
  },
  { name: "det of zero", inputs: [g.zeros([2, 2], { dtype: "f64" })], f: (a) => g.det(a!) },
  { name: "slogdet", inputs: [random([4, 4], 27)], f: (a) => g.slogdet(a!)[1], tolerance: 1e-5 },
  { name: "pinv, tall", inputs: [random([5, 3], 28)], f: (a) => g.pinv(a!) },
  { name: "pinv, wide", inputs: [random([3, 5], 29)], f: (a) => g.pinv(a!) },
  { name: "pinv of repeated singular values", inputs: [identity(3)], f: (a) => g.pinv(a!) },
  {
    name: "lstsq",
    inputs: [random([5, 3], 30), random([5], 31)],
    f: (a, b) => flat(g.lstsq(a!, b!).solution, g.lstsq(a!, b!).residuals),
  },
  { name: "matrixPower 5", inputs: [random([3, 3], 32)], f: (a) => g.matrixPower(a!, 5) },
  { name: "matrixPower -2", inputs: [spd(3, 33)], f: (a) => g.matrixPower(a!, -2) },
  { name: "expm", inputs: [random([3, 3], 34)], f: (a) => g.expm(a!) },
  {
    name: "expm, squared, in a batch",
    inputs: [g.stack([random([3, 3], 35).mul(12), random([3, 3], 36)])],
    f: (a) => g.expm(a!, { maxSquarings: 4 }),
    tolerance: 1e-5,
  },
  ...(["fro", "nuc", 1, -1, 2, -2, Infinity, -Infinity] as const).flatMap((ord): MatrixCase[] => [
    { name: `matrixNorm ${ord}`, inputs: [distinct(4, 3, 37)], f: (a) => g.matrixNorm(a!, { ord }) },
    ...(ord === "nuc"
      ? []
      : [
          {
            name: `conditionNumber ${ord}`,
            inputs: [distinct(3, 3, 38)],
            f: (a: g.Tensor) => g.conditionNumber(a, { ord }),
            tolerance: 1e-5,
          } as MatrixCase,
        ]),
  ]),
  ...[0.5, 1, 2, 3, Infinity, -Infinity].map(
    (ord): MatrixCase => ({
      name: `vectorNorm ${ord}`,
      inputs: [random([3, 4], 39)],
      f: (x) => g.vectorNorm(x!, { ord, axes: 1 }),
      tolerance: 1e-4,
    }),
  ),
  {
    name: "diagonal",
    inputs: [random([2, 4, 3], 40)],
    f: (x) => flat(g.diagonal(x!), g.diagonal(x!, { offset: -1 }), g.diagonal(x!, { offset: 2, axis1: 0, axis2: 1 })),
  },
  { name: "trace", inputs: [random([2, 3, 3], 41)], f: (x) => g.square(g.trace(x!)) },
  { name: "diagflat", inputs: [random([2, 3], 42)], f: (x) => g.diagflat(x!, -1) },
  { name: "diag", inputs: [random([2, 3], 42)], f: (x) => flat(g.diag(x!, 1), g.diag(g.at(x!, 0), 2)) },
  { name: "kron", inputs: [random([2, 3], 43), random([2, 2], 44)], f: (a, b) => g.kron(a!, b!) },
  { name: "cross", inputs: [random([2, 3], 45), random([3], 46)], f: (a, b) => g.cross(a!, b!) },
  { name: "vecdot", inputs: [random([2, 3], 47), random([3], 48)], f: (a, b) => g.vecdot(a!, b!) },
  { name: "vdot", inputs: [random([2, 3], 49), random([3, 2], 50)], f: (a, b) => g.vdot(a!, b!) },
  { name: "multiDot", inputs: [random([2], 51), random([2, 4], 52), random([4, 3], 53)], f: (...xs) => g.multiDot(xs) },
];
