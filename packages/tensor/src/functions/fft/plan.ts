import { type Stage, stageOf, turn } from "./stages.ts";

/** A transform of one length in double precision: put the row into `re`, `im`, call `run`, find the result there. */
export interface FourierPlan {
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** Σ x[j] e^{−2πi jk/n}, in place, not scaled. */
  run(): void;
}

/** Larger prime factors are not worth n·r products. */
const LARGEST_FACTOR = 31;

/** Factors of n with 4 before 2; the last is above {@link LARGEST_FACTOR} when n has such a prime. */
export function factors(n: number): number[] {
  const list: number[] = [];
  let rest = n;
  for (const r of [4, 2, 3, 5])
    while (rest % r === 0) {
      list.push(r);
      rest /= r;
    }
  for (let r = 7; rest > 1 && r <= LARGEST_FACTOR; r += 2)
    while (rest % r === 0) {
      list.push(r);
      rest /= r;
    }
  return rest > 1 ? [...list, rest] : list;
}

interface Step {
  readonly stage: Stage;
  readonly cos: Float64Array;
  readonly sin: Float64Array;
  readonly m: number;
  readonly s: number;
}

/** Four arrays of n, moved against each other, so that equal positions do not fall on the same lines of a cache when n is a power of two. */
function apart(n: number): [Float64Array, Float64Array, Float64Array, Float64Array] {
  const shift = 136;
  const whole = new Float64Array(4 * (n + shift));
  const part = (i: number): Float64Array => whole.subarray(i * (n + shift), i * (n + shift) + n);
  return [part(0), part(1), part(2), part(3)];
}

/** Mixed radix, one stage per factor, between two pairs of arrays. */
function mixedRadix(n: number, radices: readonly number[]): FourierPlan {
  const steps: Step[] = [];
  let [length, s] = [n, 1];
  for (const r of radices) {
    const m = length / r;
    const [cos, sin] = [new Float64Array(m * (r - 1)), new Float64Array(m * (r - 1))];
    for (let p = 0; p < m; p++)
      for (let j = 1; j < r; j++) {
        const at = p * (r - 1) + j - 1;
        [cos[at], sin[at]] = turn(p * j, length);
      }
    steps.push({ stage: stageOf(r), cos, sin, m, s });
    [length, s] = [m, s * r];
  }
  const [re, im, otherRe, otherIm] = apart(n);
  return {
    re,
    im,
    run() {
      let [xr, xi, yr, yi] = [re, im, otherRe, otherIm];
      for (const { stage, cos, sin, m, s } of steps) {
        stage(xr, xi, yr, yi, cos, sin, m, s);
        [xr, xi, yr, yi] = [yr, yi, xr, xi];
      }
      if (xr === re) return;
      re.set(xr);
      im.set(xi);
    },
  };
}

/** The smallest length ≥ n that is 1, 3, 5 or 9 times a power of two: one that transforms fast. */
export const lengthFrom = (n: number): number =>
  Math.min(...[1, 3, 5, 9].map((odd) => odd * 2 ** Math.max(0, Math.ceil(Math.log2(n / odd)))));

/**
 * Bluestein's transform, for lengths with a large prime factor: jk = (j² + k² − (k − j)²)/2 makes the transform a convolution with a chirp, which
 * two transforms of a convenient length compute. ("A linear filtering approach to the computation of discrete Fourier transform", 1970.)
 */
function bluestein(n: number): FourierPlan {
  const size = lengthFrom(2 * n - 1);
  const inner = planOf(size);
  const [cos, sin] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) [cos[k], sin[k]] = turn((k * k) % (2 * n), 2 * n);
  inner.re.fill(0);
  inner.im.fill(0);
  for (let k = 0; k < n; k++)
    for (const at of k === 0 ? [0] : [k, size - k]) {
      inner.re[at] = (cos[k] as number) / size;
      inner.im[at] = -(sin[k] as number) / size;
    }
  inner.run();
  const [filterRe, filterIm] = [inner.re.slice(), inner.im.slice()];
  const [re, im] = [new Float64Array(n), new Float64Array(n)];
  return {
    re,
    im,
    run() {
      const { re: br, im: bi } = inner;
      for (let k = 0; k < n; k++) {
        const [x, y, c, d] = [re[k], im[k], cos[k], sin[k]] as [number, number, number, number];
        br[k] = x * c - y * d;
        bi[k] = x * d + y * c;
      }
      br.fill(0, n);
      bi.fill(0, n);
      inner.run();
      for (let k = 0; k < size; k++) {
        const [x, y, c, d] = [br[k], bi[k], filterRe[k], filterIm[k]] as [number, number, number, number];
        // conjugated, so that the next transform is the inverse one
        br[k] = x * c - y * d;
        bi[k] = -(x * d + y * c);
      }
      inner.run();
      for (let k = 0; k < n; k++) {
        const [x, y, c, d] = [br[k], -(bi[k] as number), cos[k], sin[k]] as [number, number, number, number];
        re[k] = x * c - y * d;
        im[k] = x * d + y * c;
      }
    },
  };
}

const plans = new Map<number, FourierPlan>();
/** Elements of all plans kept; the least recently used go first. */
const KEPT = 2 ** 23;

/** The plan of a length: twiddles and work space are made once, and kept while there is room. */
export function planOf(n: number): FourierPlan {
  let plan = plans.get(n);
  if (plan === undefined) {
    const radices = factors(n);
    plan = (radices.at(-1) ?? 1) > LARGEST_FACTOR ? bluestein(n) : mixedRadix(n, radices);
  }
  plans.delete(n);
  plans.set(n, plan);
  let kept = 0;
  for (const size of plans.keys()) kept += size;
  for (const size of plans.keys()) {
    if (kept <= KEPT || size === n) break;
    plans.delete(size);
    kept -= size;
  }
  return plan;
}
