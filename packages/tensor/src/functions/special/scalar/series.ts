/** Σ' c[k] T_k(t) by Clenshaw's recurrence; the first coefficient counts half. */
export function chebyshev(c: readonly number[], t: number): number {
  let [b0, b1, b2] = [0, 0, 0];
  for (let k = c.length - 1; k >= 0; k--) {
    b2 = b1;
    b1 = b0;
    b0 = 2 * t * b1 - b2 + (c[k] as number);
  }
  return (b0 - b2) / 2;
}

/** c[0] + c[1] t + c[2] t² + … */
export function polynomial(c: readonly number[], t: number): number {
  let p = 0;
  for (let k = c.length - 1; k >= 0; k--) p = p * t + (c[k] as number);
  return p;
}

/** e^{sign·x²/over}, the square in two parts, so that large x lose no digits. */
export function expSquare(x: number, sign: 1 | -1, over: 1 | 2): number {
  const high = Math.fround(x);
  const low = (x - high) * (x + high);
  return Math.abs(x) > 1e10
    ? sign > 0
      ? Infinity
      : 0
    : Math.exp((sign * high * high) / over) * Math.exp((sign * low) / over);
}

/** log r − x of a ratio r = 1 + x, accurate near r = 1; both are given, as neither can be found from the other everywhere. */
export function logMinus(ratio: number, x: number): number {
  if (Math.abs(x) > 0.6) return Math.log(ratio) - x;
  // log(1 + x) = 2 artanh r with r = x/(2 + x), and x − 2r = x·r
  const r = x / (2 + x);
  const square = r * r;
  let [sum, power] = [0, square];
  for (let k = 3; k < 60 && power > 1e-18; k += 2, power *= square) sum += power / k;
  return r * (2 * sum - x);
}

/** B₂, B₄, … */
export const bernoulliEven: readonly number[] = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
  854513 / 138,
  -236364091 / 2730,
];
