import type { Atom, Index, Term } from "./ir.ts";

/** Symbolic integer arithmetic on loop variables. Every extent is known, so ranges decide what a division leaves over. */
export const constantIndex = (constant: number): Index => ({ constant, terms: [] });

export const loopIndex = (loop: number, extent: number): Index =>
  extent === 1 ? constantIndex(0) : { constant: 0, terms: [{ coefficient: 1, atom: { kind: "loop", loop, extent } }] };

export const valueIndex = (instruction: number, extent: number): Index => ({
  constant: 0,
  terms: [{ coefficient: 1, atom: { kind: "value", instruction, extent } }],
});

/** A text that is equal for equal expressions. */
export function indexKey(e: Index): string {
  return `${e.constant}${e.terms.map((t) => `+${t.coefficient}*${atomKey(t.atom)}`).join("")}`;
}

function atomKey(a: Atom): string {
  if (a.kind === "loop") return `l${a.loop}:${a.extent}`;
  if (a.kind === "value") return `v${a.instruction}:${a.extent}`;
  return `${a.kind}(${indexKey(a.of)},${a.by})`;
}

/** Smallest and largest value. */
export function rangeOf(e: Index): readonly [number, number] {
  let low = e.constant;
  let high = e.constant;
  for (const { coefficient, atom } of e.terms) {
    const [l, h] = atomRange(atom);
    low += coefficient * (coefficient > 0 ? l : h);
    high += coefficient * (coefficient > 0 ? h : l);
  }
  return [low, high];
}

function atomRange(a: Atom): readonly [number, number] {
  if (a.kind === "loop" || a.kind === "value") return [0, Math.max(0, a.extent - 1)];
  const [low, high] = rangeOf(a.of);
  if (a.kind === "div") return [Math.floor(low / a.by), Math.floor(high / a.by)];
  return [0, a.by - 1];
}

export function addIndex(a: Index, b: Index): Index {
  const terms = new Map<string, Term>();
  for (const t of [...a.terms, ...b.terms]) {
    const key = atomKey(t.atom);
    const coefficient = t.coefficient + (terms.get(key)?.coefficient ?? 0);
    if (coefficient === 0) terms.delete(key);
    else terms.set(key, { coefficient, atom: t.atom });
  }
  return rejoin({ constant: a.constant + b.constant, terms: [...terms.values()] });
}

/** `(e div n)·n·c + (e mod n)·c = e·c`: undoes a split that a later reshape merges again. */
function rejoin(e: Index): Index {
  for (const d of e.terms) {
    if (d.atom.kind !== "div") continue;
    const quotient = indexKey({ constant: 0, terms: [{ coefficient: 1, atom: d.atom }] });
    for (const m of e.terms) {
      if (m.atom.kind !== "mod" || m.coefficient * m.atom.by !== d.coefficient) continue;
      // Comparing quotients also finds splits into three and more, whose divisions have been merged.
      if (indexKey(divIndex(m.atom.of, m.atom.by)) !== quotient) continue;
      const rest: Index = { constant: e.constant, terms: e.terms.filter((t) => t !== d && t !== m) };
      return addIndex(rest, scaleIndex(m.atom.of, m.coefficient));
    }
  }
  return e;
}

export function scaleIndex(e: Index, k: number): Index {
  if (k === 0) return constantIndex(0);
  return { constant: e.constant * k, terms: e.terms.map((t) => ({ coefficient: t.coefficient * k, atom: t.atom })) };
}

export const offsetIndex = (e: Index, c: number): Index => ({ constant: e.constant + c, terms: e.terms });

/** The part of `e` that `n` divides, divided, and the rest. */
function splitBy(e: Index, n: number): readonly [Index, Index] {
  const whole: Term[] = [];
  const rest: Term[] = [];
  for (const t of e.terms) {
    if (t.coefficient % n === 0) whole.push({ coefficient: t.coefficient / n, atom: t.atom });
    else rest.push(t);
  }
  const q = Math.floor(e.constant / n);
  return [
    { constant: q, terms: whole },
    { constant: e.constant - q * n, terms: rest },
  ];
}

/** Floor division by a positive integer. */
export function divIndex(e: Index, n: number): Index {
  if (n === 1) return e;
  const [whole, rest] = splitBy(e, n);
  const [low, high] = rangeOf(rest);
  const q = Math.floor(low / n);
  if (q === Math.floor(high / n)) return offsetIndex(whole, q);
  const only = rest.terms[0];
  if (rest.terms.length === 1 && rest.constant === 0 && only?.coefficient === 1 && only.atom.kind === "div")
    return addIndex(whole, divIndex(only.atom.of, only.atom.by * n));
  return addIndex(whole, { constant: 0, terms: [{ coefficient: 1, atom: { kind: "div", of: rest, by: n } }] });
}

/** Remainder in `[0, n)`. */
export function modIndex(e: Index, n: number): Index {
  if (n === 1) return constantIndex(0);
  const [, rest] = splitBy(e, n);
  const [low, high] = rangeOf(rest);
  const q = Math.floor(low / n);
  if (q === Math.floor(high / n)) return offsetIndex(rest, -q * n);
  const only = rest.terms[0];
  if (
    rest.terms.length === 1 &&
    rest.constant === 0 &&
    only?.coefficient === 1 &&
    only.atom.kind === "mod" &&
    only.atom.by % n === 0
  )
    return modIndex(only.atom.of, n);
  return { constant: 0, terms: [{ coefficient: 1, atom: { kind: "mod", of: rest, by: n } }] };
}

/** Row-major position of a multi-index. */
export function flattenIndex(index: readonly Index[], shape: readonly number[]): Index {
  let e = constantIndex(0);
  for (let i = 0; i < shape.length; i++) e = addIndex(scaleIndex(e, shape[i] as number), index[i] as Index);
  return e;
}

/** Multi-index of a row-major position. */
export function unflattenIndex(position: Index, shape: readonly number[]): Index[] {
  const out = new Array<Index>(shape.length);
  let e = position;
  for (let i = shape.length - 1; i >= 0; i--) {
    const n = Math.max(1, shape[i] as number);
    out[i] = i === 0 ? e : modIndex(e, n);
    e = divIndex(e, n);
  }
  return out;
}

/** Coefficients of loop variables when `e` is affine in them, else null. */
export function affine(e: Index, loops: number): { readonly constant: number; readonly strides: number[] } | null {
  const strides = new Array<number>(loops).fill(0);
  for (const { coefficient, atom } of e.terms) {
    if (atom.kind !== "loop") return null;
    strides[atom.loop] = (strides[atom.loop] as number) + coefficient;
  }
  return { constant: e.constant, strides };
}
