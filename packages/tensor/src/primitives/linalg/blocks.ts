import { concat, slice } from "../../functions/shaping.ts";
import type { Tensor } from "../../tensor.ts";
import { barrier } from "../structure.ts";

/** From where to where, of rows or columns. */
export type Range = readonly [from: number, to: number];

/** Matrices of at most so many rows are left to routines. */
export const BLOCK = 32;

/** Products pay for matrices of more rows and columns. */
export const LARGE = 128;

/** Where the halves of `n` rows meet: so that small blocks are alike. */
export const half = (n: number): number => Math.ceil(n / 32) * 16;

/** Rows and columns of the last two axes. */
export const block = (x: Tensor, [top, bottom]: Range, [left, right]: Range): Tensor => {
  const lead = x.shape.slice(0, -2);
  return slice(x, [...lead.map(() => 0), top, left], [...lead, bottom, right]);
};

/** Rows of the second to last axis. */
export const rowsOf = (x: Tensor, rows: Range): Tensor => block(x, rows, [0, x.shape.at(-1) as number]);

/** Blocks put together, in memory: kernels that read it need not choose among blocks. */
export function join(rows: readonly (readonly Tensor[])[]): Tensor {
  const whole = concat(
    rows.map((row) => concat(row, -1)),
    -2,
  );
  return barrier(whole, whole);
}
