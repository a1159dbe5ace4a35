/** Least number of characters to insert, delete or replace that make `b` of `a` (Levenshtein 1965). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] as number) + 1,
          (next[j - 1] as number) + 1,
          (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[b.length] as number;
}

/** The `count` names that are nearest to `name`. */
export const near = (name: string, names: Iterable<string>, count = 3): string[] =>
  [...names]
    .map((other) => ({ other, d: distance(name, other) }))
    .toSorted((a, b) => a.d - b.d)
    .slice(0, count)
    .map(({ other }) => other);
