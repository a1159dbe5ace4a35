import { axpy, subtractProduct } from "./product.ts";

const block = 32;

/**
 * Solves T·x = b for each of `rows` vectors that lie as rows of `x`, in place. T is n×n, lower (forward substitution) or upper (backward); both it and `x`
 * are given as array, first element, distance between rows. Blocks of columns take up what is solved already by one product.
 */
export function substitute(
  t: Float64Array,
  t0: number,
  ts: number,
  n: number,
  x: Float64Array,
  x0: number,
  xs: number,
  rows: number,
  lower: boolean,
  unit: boolean,
): void {
  for (let done = 0; done < n; done += block) {
    const size = Math.min(block, n - done);
    const from = lower ? done : n - done - size;
    const known = lower ? 0 : from + size;
    subtractProduct(
      x,
      x0 + from,
      xs,
      x,
      x0 + known,
      xs,
      t,
      t0 + from * ts + known,
      ts,
      rows,
      size,
      lower ? from : n - known,
    );
    for (let r = 0; r < rows; r++) {
      const row = x0 + r * xs;
      for (let step = 0; step < size; step++) {
        const i = lower ? from + step : from + size - 1 - step;
        const of = t0 + i * ts;
        let s = x[row + i]!;
        for (let k = lower ? from : i + 1, end = lower ? i : from + size; k < end; k++) s -= t[of + k]! * x[row + k]!;
        x[row + i] = unit ? s : s / t[of + i]!;
      }
    }
  }
}

/** The inverse of the n×n triangle in `t`, written to `out` with zeros in the other one, row by row from those that are done. */
export function invertTriangle(t: Float64Array, n: number, out: Float64Array, lower: boolean, unit: boolean): void {
  out.fill(0);
  for (let step = 0; step < n; step++) {
    const i = lower ? step : n - 1 - step;
    const pivot = unit ? 1 : 1 / t[i * n + i]!;
    for (let k = lower ? 0 : i + 1, end = lower ? i : n; k < end; k++) {
      const from = lower ? 0 : k;
      axpy(-pivot * t[i * n + k]!, out, k * n + from, out, i * n + from, lower ? k + 1 : n - k);
    }
    out[i * n + i] = pivot;
  }
}
