import { dot } from "./folds.ts";
import { fill, get, type Plain, placeOf, positions, sizeOf } from "./plain.ts";
import { type Definition, one } from "./structure.ts";

interface Frames {
  readonly input: readonly number[];
  readonly size: readonly number[];
  readonly count: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly low: readonly number[];
}

/** Where element `k` of window `o` lies. */
const within = (f: Frames, k: readonly number[], o: readonly number[]): number[] =>
  k.map((e, i) => (o[i] as number) * (f.stride[i] as number) + e * (f.dilation[i] as number) - (f.low[i] as number));

/** Windows side by side and their sum, and sparse matrices along an axis. */
export const image: Readonly<Record<string, Definition>> = {
  unfold: one(([x], f: Frames, shape, dtype) => {
    const lead = shape.length - 2 * f.size.length;
    return fill(shape, dtype, (index) => {
      const [k, o] = [index.slice(lead, lead + f.size.length), index.slice(lead + f.size.length)];
      return get(x, [...index.slice(0, lead), ...within(f, k, o)]) ?? 0;
    });
  }),
  fold: one(([y], f: Frames, shape, dtype) => {
    const lead = shape.length - f.size.length;
    const terms: [number, number][][] = Array.from({ length: sizeOf(shape) }, () => []);
    // every element of every window is handed to the place where it lies
    for (const index of positions(y.shape)) {
      const [k, o] = [index.slice(lead, lead + f.size.length), index.slice(lead + f.size.length)];
      const place = [...index.slice(0, lead), ...within(f, k, o)];
      if (place.every((p, i) => p >= 0 && p < (shape[i] as number)))
        terms[placeOf(place, shape)]?.push([get(y, index) as number, 1]);
    }
    return { shape, dtype, data: terms.map((list) => dot(dtype, list)) };
  }),
  resample: one(([x, indices, weights], _, shape, dtype): Plain => {
    const taps = Array.from({ length: indices.shape[0] as number }, (_, t) => t);
    return fill(shape, dtype, ([o, m, i]) =>
      dot(
        dtype,
        taps.flatMap((t): [number, number][] => {
          const weight = get(weights, [t, m as number]) as number;
          const row = get(indices, [t, m as number]) as number;
          return weight === 0 ? [] : [[weight, get(x, [o as number, row, i as number]) as number]];
        }),
      ),
    );
  }),
};
