/** Row-major values on the host. */
export interface HostArray {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
}

export type Inputs = Readonly<Record<string, HostArray>>;

export const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Pseudo-random numbers in [0, 1), the same in every process (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Uniform values in [low, high). */
export function uniform(
  shape: readonly number[],
  seed: number,
  { low = -1, high = 1, f64 = false }: { low?: number; high?: number; f64?: boolean } = {},
): HostArray {
  const data = new (f64 ? Float64Array : Float32Array)(count(shape));
  const next = generator(seed);
  for (let i = 0; i < data.length; i++) data[i] = low + (high - low) * next();
  return { shape, data };
}

/** One-hot rows of random classes. */
export function oneHot(rows: number, classes: number, seed: number): HostArray {
  const data = new Float32Array(rows * classes);
  const next = generator(seed);
  for (let i = 0; i < rows; i++) data[i * classes + Math.floor(next() * classes)] = 1;
  return { shape: [rows, classes], data };
}

/** Axes in another order, copied. */
export function permuted({ shape, data }: HostArray, axes: readonly number[]): HostArray {
  const out = axes.map((a) => shape[a] as number);
  const strides = shape.map((_, i) => count(shape.slice(i + 1)));
  const result = data.slice();
  const at = out.map(() => 0);
  for (let i = 0; i < result.length; i++) {
    result[i] = data[axes.reduce((sum, a, j) => sum + (at[j] as number) * (strides[a] as number), 0)] as number;
    for (let j = out.length - 1; j >= 0 && ++(at[j] as number) === out[j]; j--) at[j] = 0;
  }
  return { shape: out, data: result };
}
