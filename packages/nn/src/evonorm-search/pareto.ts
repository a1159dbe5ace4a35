import { ArgumentError, check } from "@gradus/tensor";

/** Whether `a` is nowhere worse than `b` and somewhere better. */
const dominates = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((x, i) => x >= (b[i] as number)) && a.some((x, i) => x > (b[i] as number));

/**
 * Which points no other one dominates, that is, is as good as in every score and better in one. Larger is better.
 *
 * @param points - scores, as many for each point
 * @returns their indices, in order
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a point is no list of numbers, or as long as the others
 * @example
 * ```ts
 * paretoFront([[1, 3], [2, 2], [3, 1], [1, 1]]); // [0, 1, 2]
 * ```
 */
export function paretoFront(points: readonly (readonly number[])[]): number[] {
  if (!Array.isArray(points))
    throw new ArgumentError(`paretoFront: points: expected lists of scores, got ${check.said(points)}`);
  for (const [i, point] of points.entries()) {
    if (!Array.isArray(point) || point.length !== points[0]?.length)
      throw new ArgumentError(
        `paretoFront: points[${i}]: expected a list of as many scores as the first one, got ${check.said(point)}`,
      );
    for (const score of point) check.number()("paretoFront", score, `points[${i}]`);
  }
  return points.flatMap((p, i) => (points.some((q) => dominates(q, p)) ? [] : [i]));
}
