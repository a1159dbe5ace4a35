import { checkTensor } from "../../check.ts";
import { type HostArray, isFloat, promote } from "../../dtype.ts";
import { ShapeError } from "../../errors.ts";
import { f16ToNumber, numberToF16 } from "../../ir/scalar-math.ts";
import type { Primitive } from "../../primitive.ts";
import { alignBatch } from "../../primitives/batching.ts";
import { show, sizeOf } from "../../shape.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { add, mul, neg, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { sum } from "../reduction.ts";
import { expandDims, pad, reshape, slice } from "../shaping.ts";

/** Gaussian elimination with row exchanges of one system, in place: `b` [n, k] becomes the solution, the bands are used up (LAPACK gtsv). */
function eliminate(l: Float64Array, d: Float64Array, u: Float64Array, b: Float64Array, n: number, k: number): void {
  // second band above the diagonal, filled by exchanges
  const second = new Float64Array(n);
  for (let i = 0; i + 1 < n; i++) {
    const [p, q] = [d[i] as number, l[i + 1] as number];
    if (Math.abs(p) < Math.abs(q)) {
      const below = i + 2 < n ? (u[i + 1] as number) : 0;
      const factor = p / q;
      d[i] = q;
      const right = d[i + 1] as number;
      d[i + 1] = (u[i] as number) - factor * right;
      u[i] = right;
      second[i] = below;
      if (i + 2 < n) u[i + 1] = -factor * below;
      for (let j = 0; j < k; j++) {
        const [x, y] = [b[i * k + j] as number, b[(i + 1) * k + j] as number];
        b[i * k + j] = y;
        b[(i + 1) * k + j] = x - factor * y;
      }
    } else {
      const factor = q / p;
      d[i + 1] = (d[i + 1] as number) - factor * (u[i] as number);
      for (let j = 0; j < k; j++)
        b[(i + 1) * k + j] = (b[(i + 1) * k + j] as number) - factor * (b[i * k + j] as number);
    }
  }
  for (let i = n - 1; i >= 0; i--)
    for (let j = 0; j < k; j++) {
      const one = i + 1 < n ? (u[i] as number) * (b[(i + 1) * k + j] as number) : 0;
      const two = i + 2 < n ? (second[i] as number) * (b[(i + 2) * k + j] as number) : 0;
      b[i * k + j] = ((b[i * k + j] as number) - one - two) / (d[i] as number);
    }
}

function run(outer: number, n: number, k: number, half: boolean, arrays: readonly HostArray[]): void {
  const out = arrays[4] as HostArray;
  const row = (x: HostArray, o: number, size: number): Float64Array =>
    Float64Array.from(x.subarray(o * size, (o + 1) * size), half ? (bits) => f16ToNumber(bits) : (v) => v);
  for (let o = 0; o < outer; o++) {
    const [l, d, u] = arrays.slice(0, 3).map((x) => row(x, o, n)) as [Float64Array, Float64Array, Float64Array];
    const b = row(arrays[3] as HostArray, o, n * k);
    eliminate(l, d, u, b, n, k);
    out.set(half ? b.map(numberToF16) : b, o * n * k);
  }
}

/** `x` one row further down (or up), zeros coming in, along the axis after `lead` others. */
function moved(x: Tensor, down: boolean): Tensor {
  const n = x.shape[1] as number;
  const padded = pad(
    x,
    x.shape.map((_, i) => (i === 1 ? (down ? [1, 0] : [0, 1]) : [0, 0])),
  );
  return down ? slice(padded, [], [x.shape[0] as number, n]) : slice(padded, [0, 1], []);
}

/** Tridiagonal matrices [outer, n] × 3 times x [outer, n, k]. */
function times(bands: readonly (Tensor | null)[], x: Tensor): Tensor | null {
  const [l, d, u] = bands as [Tensor | null, Tensor | null, Tensor | null];
  const terms = [
    l && mul(expandDims(l, 2), moved(x, true)),
    d && mul(expandDims(d, 2), x),
    u && mul(expandDims(u, 2), moved(x, false)),
  ];
  return terms.reduce<Tensor | null>((s, t) => (s && t ? add(s, t) : (s ?? t)), null);
}

/** Bands [outer, n] (lower[0] and upper[n − 1] do not count) and right hand sides [outer, n, k]. */
export const tridiagonal: Primitive<null> = {
  name: "tridiagonalSolve",
  infer: (inputs) => inputs[3] as Tensor,
  vjp(ct, out) {
    const [l, d, u] = out.inputs as [Tensor, Tensor, Tensor];
    // Aᵀ has the bands u and l, one row further
    const g = apply(tridiagonal, [moved(u, true), d, moved(l, false), ct], null);
    const band = (x: Tensor): Tensor => neg(sum(mul(g, x), 2));
    return [band(moved(out, true)), band(out), band(moved(out, false)), g];
  },
  jvp([dl, dd, du, db], out) {
    const change = times([dl as Tensor | null, dd as Tensor | null, du as Tensor | null], out);
    const right = db && change ? sub(db, change) : (db ?? (change && neg(change)));
    return right ? apply(tridiagonal, [...out.inputs.slice(0, 3), right], null) : null;
  },
  batch(inputs, batched, size, out) {
    const rows = alignBatch(inputs, batched, size).map((t) =>
      reshape(t, [size * (t.shape[1] as number), ...t.shape.slice(2)]),
    );
    return reshape(apply(tridiagonal, rows, null), [size, ...out.shape]);
  },
  lower: {
    kind: "special",
    special(node) {
      const [outer, n, k] = node.shape as [number, number, number];
      const half = node.dtype === "f16";
      return { kind: "routine", name: "tridiagonalSolve", run: (arrays) => run(outer, n, k, half, arrays) };
    },
  },
};

/**
 * The solution of a tridiagonal system in O(n), by elimination with row exchanges: lower[i] x[i − 1] + diagonal[i] x[i] + upper[i] x[i + 1] = b[i].
 *
 * @param lower - [..., n]; lower[0] does not count
 * @param diagonal - [..., n]
 * @param upper - [..., n]; upper[n − 1] does not count
 * @param b - [..., n, k]
 * @returns [..., n, k]; not finite where the matrix is singular
 * @throws {@link ShapeError} unless the shapes fit
 * @example
 * ```ts
 * tridiagonalSolve(tensor([0, 1]), tensor([2, 2]), tensor([1, 0]), tensor([[3], [3]])); // [[1], [1]]
 * ```
 */
export function tridiagonalSolve(lower: Tensor, diagonal: Tensor, upper: Tensor, b: Tensor): Tensor {
  const named = { lower, diagonal, upper, b };
  for (const [name, t] of Object.entries(named)) checkTensor("tridiagonalSolve", t, name);
  const shape = b.shape.slice(0, -1);
  if (b.rank < 2) throw new ShapeError(`tridiagonalSolve: b: expected [..., n, k], got ${show(b.shape)}`);
  for (const [name, t] of Object.entries({ lower, diagonal, upper }))
    if (show(t.shape) !== show(shape))
      throw new ShapeError(
        `tridiagonalSolve: ${name}: expected ${show(shape)} as b ${show(b.shape)} has, got ${show(t.shape)}`,
      );
  const met = Object.values(named).reduce((d, t) => promote(d, t.dtype), b.dtype);
  const dtype = isFloat(met) ? met : "f32";
  const n = shape.at(-1) as number;
  const outer = sizeOf(shape.slice(0, -1));
  const bands = [lower, diagonal, upper].map((t) => reshape(astype(t, dtype), [outer, n]));
  const right = reshape(astype(b, dtype), [outer, n, b.shape.at(-1) as number]);
  return reshape(apply(tridiagonal, [...bands, right], null), b.shape);
}
