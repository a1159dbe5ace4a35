/** An order of contraction, as found from the sizes. */
export interface EinsumPath {
  /** Pairs of positions in the list of operands left, the result of each going to its end. */
  readonly path: readonly (readonly [number, number])[];
  /** Multiplications of the whole. */
  readonly cost: number;
  /** Elements of the largest intermediate result. */
  readonly largest: number;
}

type Labels = ReadonlySet<string>;
const union = (a: Labels, b: Labels): Labels => new Set([...a, ...b]);
/** At most this many operands are searched exhaustively: 3ⁿ splits. */
const EXHAUSTIVE = 6;

/**
 * The order of contractions that takes the fewest multiplications, over all orders up to 6 operands; beyond, greedily the pair whose result saves most memory (Smith
 * and Gray 2018).
 */
export function contractionPath(
  terms: readonly (readonly string[])[],
  out: readonly string[],
  sizes: ReadonlyMap<string, number>,
): EinsumPath {
  const n = terms.length;
  /** Elements over the labels of both. */
  const size = (a: Labels, b: Labels = new Set()): number => {
    let product = 1;
    for (const l of a) product *= sizes.get(l) as number;
    for (const l of b) if (!a.has(l)) product *= sizes.get(l) as number;
    return product;
  };
  /** Labels of the product of the operands in `inside` that the others or the result ask for. */
  const kept = (labels: Labels, others: readonly Labels[]): Labels =>
    new Set([...labels].filter((l) => out.includes(l) || others.some((o) => o.has(l))));
  const given = terms.map((t) => new Set(t) as Labels);
  // what one operand alone has is summed before
  const sets = given.map((s, i) =>
    kept(
      s,
      given.filter((_, k) => k !== i),
    ),
  );
  const pairs = n <= EXHAUSTIVE ? exhaustive() : greedy();
  return replay(pairs);

  /** By dynamic programming over subsets: pairs of disjoint subsets, as bits. */
  function exhaustive(): [number, number][] {
    const all = 2 ** n - 1;
    const labels: Labels[] = [];
    const cost = new Float64Array(all + 1);
    const split = new Int32Array(all + 1);
    for (let set = 1; set <= all; set++) {
      const inside = sets.filter((_, i) => (set >> i) & 1);
      const outside = sets.filter((_, i) => !((set >> i) & 1));
      labels[set] = kept(inside.reduce(union), outside);
      if (inside.length === 1) continue;
      cost[set] = Infinity;
      for (let part = (set - 1) & set; part > set - part; part = (part - 1) & set) {
        const rest = set - part;
        const total =
          (cost[part] as number) + (cost[rest] as number) + size(labels[part] as Labels, labels[rest] as Labels);
        if (total < (cost[set] as number)) {
          cost[set] = total;
          split[set] = part;
        }
      }
    }
    const list: [number, number][] = [];
    const visit = (set: number): void => {
      const part = split[set] as number;
      if (part === 0) return;
      visit(part);
      visit(set - part);
      list.push([part, set - part]);
    };
    visit(all);
    return list;
  }

  function greedy(): [number, number][] {
    const live = sets.map((s, i) => ({ s, bits: 2 ** i }));
    const list: [number, number][] = [];
    while (live.length > 1) {
      let best = { saved: -Infinity, i: 0, j: 1, s: live[0]?.s as Labels };
      for (let i = 0; i < live.length; i++)
        for (let j = i + 1; j < live.length; j++) {
          const [p, q] = [live[i]?.s as Labels, live[j]?.s as Labels];
          const s = kept(
            union(p, q),
            live.filter((_, k) => k !== i && k !== j).map((o) => o.s),
          );
          const saved = size(p) + size(q) - size(s);
          if (saved > best.saved) best = { saved, i, j, s };
        }
      const [b] = live.splice(best.j, 1) as [{ s: Labels; bits: number }];
      const [a] = live.splice(best.i, 1) as [{ s: Labels; bits: number }];
      list.push([a.bits, b.bits]);
      live.push({ s: best.s, bits: a.bits + b.bits });
    }
    return list;
  }

  function replay(list: readonly (readonly [number, number])[]): EinsumPath {
    const live = sets.map((s, i) => ({ s, bits: 2 ** i }));
    let [cost, largest] = [0, 0];
    const path = list.map(([p, q]): readonly [number, number] => {
      const [i, j] = [p, q].map((bits) => live.findIndex((o) => o.bits === bits)) as [number, number];
      const both = union(live[i]?.s as Labels, live[j]?.s as Labels);
      const others = live.filter((_, k) => k !== i && k !== j);
      const s = kept(
        both,
        others.map((o) => o.s),
      );
      cost += size(both);
      largest = Math.max(largest, size(s));
      live.splice(0, live.length, ...others, { s, bits: p + q });
      return i < j ? [i, j] : [j, i];
    });
    return { path, cost, largest };
  }
}
