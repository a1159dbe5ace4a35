import * as g from "../../src/index.ts";

/** Complex numbers on the host. */
export interface Pair {
  readonly re: readonly number[];
  readonly im: readonly number[];
}

/** The transform by its definition, angles reduced exactly. */
export function definition({ re, im }: Pair, inverse = false): Pair {
  const n = re.length;
  const sign = inverse ? 1 : -1;
  const cos = re.map((_, k) => Math.cos((2 * Math.PI * k) / n));
  const sin = re.map((_, k) => sign * Math.sin((2 * Math.PI * k) / n));
  const sum = (k: number, f: (x: number, y: number, c: number, s: number) => number): number => {
    let total = 0;
    for (let j = 0; j < n; j++) {
      const at = (j * k) % n;
      total += f(re[j] as number, im[j] as number, cos[at] as number, sin[at] as number);
    }
    return total;
  };
  return {
    re: re.map((_, k) => sum(k, (x, y, c, s) => x * c - y * s)),
    im: re.map((_, k) => sum(k, (x, y, c, s) => x * s + y * c)),
  };
}

/** Reproducible numbers in [−1, 1). */
export function noise(n: number, seed: number): number[] {
  let s = (seed * 2654435761 + 12345) >>> 0;
  return Array.from({ length: n }, () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 31 - 1;
  });
}

export const f64 = (data: readonly number[], shape: readonly number[] = [data.length]): g.Tensor =>
  g.tensor(Float64Array.from(data), { shape });
export const pair = (z: Pair, shape?: readonly number[]): g.Complex => ({ re: f64(z.re, shape), im: f64(z.im, shape) });
export const read = async (t: g.Tensor): Promise<number[]> => Array.from((await t.data()) as ArrayLike<number>);
export const readPair = async (z: g.Complex): Promise<Pair> => ({ re: await read(z.re), im: await read(z.im) });

/** The largest difference, over the largest size of what is expected (at least 1). */
export function distance(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Infinity;
  const scale = Math.max(1, ...expected.map(Math.abs));
  return Math.max(0, ...actual.map((x, i) => Math.abs(x - (expected[i] as number)) / scale));
}
