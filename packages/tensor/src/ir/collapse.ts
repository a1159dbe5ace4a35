import type { Index, Instruction, Kernel, Term } from "./ir.ts";

/**
 * The same kernel in fewer loops: those of extent 1 are dropped, and neighbours that every index runs through as if they were one are joined. The
 * order of elements and of terms stays. The hint for contractions, which names the loops, is gone.
 */
export function collapse(kernel: Kernel): Kernel {
  const { contraction: _, ...plain } = kernel;
  const extents = [...plain.loops, ...plain.reduce];
  const indices = indicesOf(plain);
  /** Loops that become one: their numbers. */
  const groups: number[][] = [];
  extents.forEach((extent, l) => {
    if (extent === 1) return;
    const last = groups.at(-1);
    const before = last?.at(-1);
    const border = before !== undefined && before < plain.loops.length && l >= plain.loops.length;
    if (before !== undefined && !border && indices.every((e) => joined(e, before, l, extent))) last?.push(l);
    else groups.push([l]);
  });
  if (groups.length === extents.length) return plain;
  const size = (g: readonly number[]): number => g.reduce((n, l) => n * (extents[l] as number), 1);
  const outer = groups.filter((g) => (g[0] as number) < plain.loops.length);
  // The innermost loop of a group counts what the joined loop counts; the others are implied by it.
  const place = new Map(groups.map((g, i) => [g.at(-1) as number, { loop: i, extent: size(g) }]));
  const mapped = (e: Index): Index => ({
    constant: e.constant,
    terms: e.terms.flatMap(({ coefficient, atom }): Term[] => {
      if (atom.kind === "value") return [{ coefficient, atom }];
      if (atom.kind !== "loop") return [{ coefficient, atom: { ...atom, of: mapped(atom.of) } }];
      const to = place.get(atom.loop);
      return to === undefined ? [] : [{ coefficient, atom: { kind: "loop", ...to } }];
    }),
  });
  const instructions = (list: readonly Instruction[]): Instruction[] =>
    list.map((x) => {
      const guards = "guards" in x ? { guards: x.guards.map((g) => ({ ...g, of: mapped(g.of) })) } : {};
      return { ...x, ...guards, ...("index" in x ? { index: mapped(x.index) } : {}) };
    });
  const reduce = groups.slice(outer.length).map(size);
  return {
    ...plain,
    loops: outer.map(size),
    // A fold of one term is still a fold.
    reduce: reduce.length === 0 && plain.reduce.length > 0 ? [1] : reduce,
    inner: instructions(plain.inner),
    outer: instructions(plain.outer),
    stores: plain.stores.map((s) => ({ ...s, index: mapped(s.index) })),
  };
}

/** Every index expression of a kernel, those inside divisions too. */
function indicesOf(k: Kernel): Index[] {
  const found: Index[] = [];
  const visit = (e: Index): void => {
    found.push(e);
    for (const { atom } of e.terms) if (atom.kind === "div" || atom.kind === "mod") visit(atom.of);
  };
  for (const x of [...k.inner, ...k.outer]) {
    if ("guards" in x) for (const g of x.guards) visit(g.of);
    if ("index" in x) visit(x.index);
  }
  for (const s of k.stores) visit(s.index);
  return found;
}

/** True when a step of loop `a` is the end of a run of loop `b`, its neighbour inside. */
function joined(e: Index, a: number, b: number, extent: number): boolean {
  const coefficient = (l: number): number =>
    e.terms.reduce((sum, t) => sum + (t.atom.kind === "loop" && t.atom.loop === l ? t.coefficient : 0), 0);
  return coefficient(a) === coefficient(b) * extent;
}
