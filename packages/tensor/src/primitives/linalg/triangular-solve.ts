import { add, neg, sub } from "../../functions/arithmetic.ts";
import { eye } from "../../functions/creation.ts";
import { matmul } from "../../functions/matmul.ts";
import { transpose } from "../../functions/shaping.ts";
import type { Primitive } from "../../primitive.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { BLOCK, block, half, join, LARGE, type Range, rowsOf } from "./blocks.ts";
import { transposeInto } from "./kernels/product.ts";
import { invertTriangle, substitute } from "./kernels/substitute.ts";
import { triangleOf } from "./masks.ts";
import { matrixPrimitive } from "./rules.ts";

/** Which triangle of the matrix is meant, and how. */
export interface Triangle {
  readonly lower: boolean;
  /** Solve with Tᵀ. */
  readonly transposed: boolean;
  /** The diagonal is ones, whatever the matrix holds. */
  readonly unit: boolean;
}

/** X with T·X = B (or Tᵀ·X = B), on leading axes that both share. */
export function solveTriangle(t: Tensor, b: Tensor, options: Partial<Triangle>): Tensor {
  const attributes = { lower: false, transposed: false, unit: false, ...options };
  return applyMany(triangularSolvePrimitive, [t, b], attributes)[0] as Tensor;
}

/** Solution of T·X = B for triangular T [..., n, n] and B [..., n, k]. Tangent: T⁻¹·(Ḃ − Ṫ·X). */
export const triangularSolvePrimitive: Primitive<Triangle> = matrixPrimitive<Triangle>({
  name: "triangularSolve",
  parts: ([, b]) => [b as Tensor],
  tangents([dt, db], { inputs: [t], attributes }, [x]) {
    if (!dt && !db) return [null];
    let right = db ?? null;
    if (dt) {
      const own = triangleOf(dt, attributes);
      const moved = neg(matmul(attributes.transposed ? transpose(own) : own, x as Tensor));
      right = right ? add(right, moved) : moved;
    }
    return [solveTriangle(t as Tensor, right as Tensor, attributes)];
  },
  cotangents([ct], { inputs: [t], attributes }, [x], needs) {
    const flow = solveTriangle(t as Tensor, ct as Tensor, { ...attributes, transposed: !attributes.transposed });
    if (!needs(t as Tensor)) return [null, flow];
    const outer = attributes.transposed ? matmul(x as Tensor, transpose(flow)) : matmul(flow, transpose(x as Tensor));
    return [neg(triangleOf(outer, attributes)), flow];
  },
  run(n, _, [t, b], [x], { lower, transposed, unit }) {
    const [matrix, right, out] = [t, b, x] as [Float64Array, Float64Array, Float64Array];
    let factor = matrix;
    if (transposed) {
      factor = new Float64Array(n * n);
      transposeInto(factor, matrix, n, n);
    }
    solveColumns(factor, n, right, out, lower !== transposed, unit);
  },
  blocked: ([t, b], triangle) =>
    pays(t as Tensor, b as Tensor) ? [solveBlocked(t as Tensor, b as Tensor, triangle)] : null,
});

/** The inverse of triangular T [..., n, n], zero in the other triangle. Tangent: −T⁻¹·Ṫ·T⁻¹. */
export const triangularInversePrimitive: Primitive<Omit<Triangle, "transposed">> = matrixPrimitive({
  name: "triangularInverse",
  parts: ([t]) => [t as Tensor],
  tangents([dt], { attributes }, [inverse]) {
    if (!dt) return [null];
    return [neg(matmul(inverse as Tensor, matmul(triangleOf(dt, attributes), inverse as Tensor)))];
  },
  run(_, n, [t], [out], { lower, unit }) {
    invertTriangle(t as Float64Array, n, out as Float64Array, lower, unit);
  },
});

/** A solution for few right sides takes less than the inverses of blocks do. */
const pays = (t: Tensor, b: Tensor): boolean => (t.shape.at(-1) as number) > LARGE && (b.shape.at(-1) as number) >= 32;

/** One half of the rows after the other, down to {@link BLOCK}. */
export function solveBlocked(t: Tensor, b: Tensor, triangle: Triangle): Tensor {
  const n = t.shape.at(-1) as number;
  if (n <= BLOCK) return solveSmall(t, b, triangle);
  const { lower, transposed } = triangle;
  const ranges: [Range, Range] = [
    [0, half(n)],
    [half(n), n],
  ];
  if (lower === transposed) ranges.reverse();
  const [p, q] = ranges;
  const x = solveBlocked(block(t, p, p), rowsOf(b, p), triangle);
  const between = transposed ? transpose(block(t, p, q)) : block(t, q, p);
  const y = solveBlocked(block(t, q, q), sub(rowsOf(b, q), matmul(between, x)), triangle);
  return join(lower === transposed ? [[y], [x]] : [[x], [y]]);
}

/** By the inverse of T; what that leaves is solved once more, which makes it as accurate as substitution. */
function solveSmall(t: Tensor, b: Tensor, triangle: Triangle): Tensor {
  const n = t.shape.at(-1) as number;
  const strict = triangleOf(t, triangle);
  const own = triangle.unit ? add(strict, eye(n, n, { dtype: t.dtype })) : strict;
  const turned = (m: Tensor): Tensor => (triangle.transposed ? transpose(m) : m);
  const inverse = turned(applyMany(triangularInversePrimitive, [t], triangle)[0] as Tensor);
  const x = matmul(inverse, b);
  return add(x, matmul(inverse, sub(b, matmul(turned(own), x))));
}

/** Columns of the n×k matrix `b` solved into `out`. */
export function solveColumns(
  t: Float64Array,
  n: number,
  b: Float64Array,
  out: Float64Array,
  lower: boolean,
  unit: boolean,
): void {
  if (n === 0) return;
  const k = b.length / n;
  const columns = new Float64Array(b.length);
  transposeInto(columns, b, n, k);
  substitute(t, 0, n, n, columns, 0, n, k, lower, unit);
  transposeInto(out, columns, k, n);
}
