// Stockham's autosorting transform: each stage takes one factor off n, reads x and writes y, and leaves the result in natural order. At a stage
// of length m·r with `s` interleaved sequences, element q + s·(p + m·k) of x is term k of butterfly (p, q), and its result j, turned by
// e^{−2πi·pj/(mr)}, becomes element q + s·(r·p + j) of y. (Van Loan, "Computational Frameworks for the Fast Fourier Transform", 1992, §1.7.)

type Row = Float64Array;

/** One stage: both arrays of the source, both of the target, the twiddles [m, r − 1] (cos, sin), m and s. */
export type Stage = (xr: Row, xi: Row, yr: Row, yi: Row, cos: Row, sin: Row, m: number, s: number) => void;

function radix2(xr: Row, xi: Row, yr: Row, yi: Row, cos: Row, sin: Row, m: number, s: number): void {
  for (let p = 0; p < m; p++) {
    const c = cos[p] as number;
    const d = sin[p] as number;
    const end = s * (p + 1);
    let o = 2 * s * p;
    for (let i = s * p; i < end; i++, o++) {
      const j = i + s * m;
      const ar = xr[i] as number;
      const ai = xi[i] as number;
      const br = xr[j] as number;
      const bi = xi[j] as number;
      yr[o] = ar + br;
      yi[o] = ai + bi;
      const r = ar - br;
      const t = ai - bi;
      yr[o + s] = r * c - t * d;
      yi[o + s] = r * d + t * c;
    }
  }
}

const HALF_ROOT3 = Math.sqrt(3) / 2;

function radix3(xr: Row, xi: Row, yr: Row, yi: Row, cos: Row, sin: Row, m: number, s: number): void {
  const k = s * m;
  for (let p = 0; p < m; p++) {
    const c1 = cos[2 * p] as number;
    const d1 = sin[2 * p] as number;
    const c2 = cos[2 * p + 1] as number;
    const d2 = sin[2 * p + 1] as number;
    const end = s * (p + 1);
    let o = 3 * s * p;
    for (let i = s * p; i < end; i++, o++) {
      const ar = xr[i] as number;
      const ai = xi[i] as number;
      const br = xr[i + k] as number;
      const bi = xi[i + k] as number;
      const cr = xr[i + 2 * k] as number;
      const ci = xi[i + 2 * k] as number;
      const tr = br + cr;
      const ti = bi + ci;
      const ur = HALF_ROOT3 * (bi - ci);
      const ui = HALF_ROOT3 * (cr - br);
      const hr = ar - 0.5 * tr;
      const hi = ai - 0.5 * ti;
      yr[o] = ar + tr;
      yi[o] = ai + ti;
      const pr = hr + ur;
      const pi = hi + ui;
      yr[o + s] = pr * c1 - pi * d1;
      yi[o + s] = pr * d1 + pi * c1;
      const qr = hr - ur;
      const qi = hi - ui;
      yr[o + 2 * s] = qr * c2 - qi * d2;
      yi[o + 2 * s] = qr * d2 + qi * c2;
    }
  }
}

function radix4(xr: Row, xi: Row, yr: Row, yi: Row, cos: Row, sin: Row, m: number, s: number): void {
  const k = s * m;
  for (let p = 0; p < m; p++) {
    const c1 = cos[3 * p] as number;
    const d1 = sin[3 * p] as number;
    const c2 = cos[3 * p + 1] as number;
    const d2 = sin[3 * p + 1] as number;
    const c3 = cos[3 * p + 2] as number;
    const d3 = sin[3 * p + 2] as number;
    const end = s * (p + 1);
    let o = 4 * s * p;
    for (let i = s * p; i < end; i++, o++) {
      const ar = xr[i] as number;
      const ai = xi[i] as number;
      const br = xr[i + k] as number;
      const bi = xi[i + k] as number;
      const cr = xr[i + 2 * k] as number;
      const ci = xi[i + 2 * k] as number;
      const dr = xr[i + 3 * k] as number;
      const di = xi[i + 3 * k] as number;
      const er = ar + cr;
      const ei = ai + ci;
      const fr = ar - cr;
      const fi = ai - ci;
      const gr = br + dr;
      const gi = bi + di;
      const hr = bi - di;
      const hi = dr - br;
      yr[o] = er + gr;
      yi[o] = ei + gi;
      const pr = fr + hr;
      const pi = fi + hi;
      yr[o + s] = pr * c1 - pi * d1;
      yi[o + s] = pr * d1 + pi * c1;
      const qr = er - gr;
      const qi = ei - gi;
      yr[o + 2 * s] = qr * c2 - qi * d2;
      yi[o + 2 * s] = qr * d2 + qi * c2;
      const rr = fr - hr;
      const ri = fi - hi;
      yr[o + 3 * s] = rr * c3 - ri * d3;
      yi[o + 3 * s] = rr * d3 + ri * c3;
    }
  }
}

const C1 = Math.cos((2 * Math.PI) / 5);
const C2 = Math.cos((4 * Math.PI) / 5);
const S1 = Math.sin((2 * Math.PI) / 5);
const S2 = Math.sin((4 * Math.PI) / 5);

function radix5(xr: Row, xi: Row, yr: Row, yi: Row, cos: Row, sin: Row, m: number, s: number): void {
  const k = s * m;
  for (let p = 0; p < m; p++) {
    const c1 = cos[4 * p] as number;
    const d1 = sin[4 * p] as number;
    const c2 = cos[4 * p + 1] as number;
    const d2 = sin[4 * p + 1] as number;
    const c3 = cos[4 * p + 2] as number;
    const d3 = sin[4 * p + 2] as number;
    const c4 = cos[4 * p + 3] as number;
    const d4 = sin[4 * p + 3] as number;
    const end = s * (p + 1);
    let o = 5 * s * p;
    for (let i = s * p; i < end; i++, o++) {
      const ar = xr[i] as number;
      const ai = xi[i] as number;
      const br = (xr[i + k] as number) + (xr[i + 4 * k] as number);
      const bi = (xi[i + k] as number) + (xi[i + 4 * k] as number);
      const cr = (xr[i + 2 * k] as number) + (xr[i + 3 * k] as number);
      const ci = (xi[i + 2 * k] as number) + (xi[i + 3 * k] as number);
      const dr = (xr[i + k] as number) - (xr[i + 4 * k] as number);
      const di = (xi[i + k] as number) - (xi[i + 4 * k] as number);
      const er = (xr[i + 2 * k] as number) - (xr[i + 3 * k] as number);
      const ei = (xi[i + 2 * k] as number) - (xi[i + 3 * k] as number);
      const fr = ar + C1 * br + C2 * cr;
      const fi = ai + C1 * bi + C2 * ci;
      const gr = ar + C2 * br + C1 * cr;
      const gi = ai + C2 * bi + C1 * ci;
      const ur = S1 * di + S2 * ei;
      const ui = -S1 * dr - S2 * er;
      const vr = S2 * di - S1 * ei;
      const vi = S1 * er - S2 * dr;
      yr[o] = ar + br + cr;
      yi[o] = ai + bi + ci;
      yr[o + s] = (fr + ur) * c1 - (fi + ui) * d1;
      yi[o + s] = (fr + ur) * d1 + (fi + ui) * c1;
      yr[o + 2 * s] = (gr + vr) * c2 - (gi + vi) * d2;
      yi[o + 2 * s] = (gr + vr) * d2 + (gi + vi) * c2;
      yr[o + 3 * s] = (gr - vr) * c3 - (gi - vi) * d3;
      yi[o + 3 * s] = (gr - vr) * d3 + (gi - vi) * c3;
      yr[o + 4 * s] = (fr - ur) * c4 - (fi - ui) * d4;
      yi[o + 4 * s] = (fr - ur) * d4 + (fi - ui) * c4;
    }
  }
}

/** Any factor, by the definition: r² products. Good for the few small primes. */
function anyRadix(r: number): Stage {
  const [wc, ws] = [new Float64Array(r), new Float64Array(r)];
  for (let j = 0; j < r; j++) [wc[j], ws[j]] = turn(j, r);
  const [br, bi] = [new Float64Array(r), new Float64Array(r)];
  return (xr, xi, yr, yi, cos, sin, m, s) => {
    for (let p = 0; p < m; p++)
      for (let q = 0; q < s; q++) {
        const o = q + s * r * p;
        for (let k = 0, i = q + s * p; k < r; k++, i += s * m) {
          br[k] = xr[i] as number;
          bi[k] = xi[i] as number;
        }
        for (let j = 0; j < r; j++) {
          let tr = br[0] as number;
          let ti = bi[0] as number;
          for (let k = 1, w = j; k < r; k++) {
            const c = wc[w] as number;
            const d = ws[w] as number;
            tr += (br[k] as number) * c - (bi[k] as number) * d;
            ti += (br[k] as number) * d + (bi[k] as number) * c;
            w += j;
            if (w >= r) w -= r;
          }
          const c = j === 0 ? 1 : (cos[(r - 1) * p + j - 1] as number);
          const d = j === 0 ? 0 : (sin[(r - 1) * p + j - 1] as number);
          yr[o + s * j] = tr * c - ti * d;
          yi[o + s * j] = tr * d + ti * c;
        }
      }
  };
}

const known: Readonly<Record<number, Stage>> = { 2: radix2, 3: radix3, 4: radix4, 5: radix5 };

/** The stage that takes off the factor `r`. */
export const stageOf = (r: number): Stage => known[r] ?? anyRadix(r);

/** cos and sin of −2πk/n, the angle reduced to an eighth of the circle first, so that both are right to the last bit or two. */
export function turn(k: number, n: number): [cos: number, sin: number] {
  const [j, quarter] = [8 * (((k % n) + n) % n), 2 * n];
  const octant = Math.floor(j / n);
  const side = Math.floor(j / quarter);
  const rest = octant % 2 === 0 ? j - side * quarter : (side + 1) * quarter - j;
  const angle = (Math.PI * rest) / (4 * n);
  const [c, s] = octant % 2 === 0 ? [Math.cos(angle), Math.sin(angle)] : [Math.sin(angle), Math.cos(angle)];
  // side quarters of the circle further
  const [x, y] = (
    [
      [c, s],
      [-s, c],
      [-c, -s],
      [s, -c],
    ] as const
  )[side] as readonly [number, number];
  return [x, -y + 0];
}
