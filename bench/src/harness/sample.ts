/** What is kept of an output to compare it: sums over all of it, and some of its elements. */
export interface Sample {
  readonly length: number;
  readonly sum: number;
  readonly magnitude: number;
  readonly elements: readonly number[];
}

const KEPT = 61;

export function sampleOf(values: ArrayLike<number>): Sample {
  let sum = 0;
  let magnitude = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i] as number;
    magnitude += Math.abs(values[i] as number);
  }
  const kept = Math.min(KEPT, values.length);
  const elements = Array.from({ length: kept }, (_, i) => values[Math.floor((i * values.length) / kept)] as number);
  return { length: values.length, sum, magnitude, elements };
}

/** Why `a` and `b` are not the same numbers, or null when they are; `tolerance` is relative to the size of typical elements. */
export function difference(a: readonly Sample[], b: readonly Sample[], tolerance: number): string | null {
  if (a.length !== b.length) return `${a.length} outputs against ${b.length}`;
  for (const [i, p] of a.entries()) {
    const q = b[i] as Sample;
    if (p.length !== q.length) return `output ${i} has ${p.length} elements against ${q.length}`;
    const typical = p.magnitude / p.length;
    const bound = tolerance * Math.max(typical, ...p.elements.map(Math.abs));
    for (const [j, x] of p.elements.entries()) {
      const y = q.elements[j] as number;
      if (!(Math.abs(x - y) <= bound))
        return `output ${i}: ${x} against ${y} (allowed difference ${bound.toExponential(1)})`;
    }
    if (!(Math.abs(p.sum - q.sum) <= tolerance * p.magnitude)) return `output ${i}: sum ${p.sum} against ${q.sum}`;
    if (!(Math.abs(p.magnitude - q.magnitude) <= tolerance * p.magnitude))
      return `output ${i}: sum of magnitudes ${p.magnitude} against ${q.magnitude}`;
  }
  return null;
}
