import type { Code } from "../../backends/wasm/assembler.ts";
import { advance, place, repeat } from "../../backends/wasm/planes/layout.ts";
import type { RowCode } from "../../ir/ir.ts";
import { Butterflies, type Complex, type Place } from "./butterflies.ts";
import { factors } from "./plan.ts";
import { turn } from "./stages.ts";

/** The longest transform whose constants are kept. */
const LONGEST = 2 ** 20;
/** Estimated nanoseconds of an element, per doubling of the length. */
const ELEMENT = 0.4;
/** Bytes by which planes are moved against each other, so that equal positions do not fall on the same lines of a cache. */
const SHIFT = 1088;
/** Numbers of a vector. */
const LANES = 2;
/** Bytes of one of them. */
const DOUBLE = 8;

/** Which transform it is; `parts`: which of re and im are wanted. */
export interface TransformOf {
  readonly dtype: string;
  readonly outer: number;
  readonly n: number;
  readonly inverse: boolean;
  readonly real: boolean;
  readonly parts: readonly [re: boolean, im: boolean];
}

interface Stage {
  readonly r: number;
  /** Butterflies with different turns, and interleaved sequences. */
  readonly m: number;
  readonly s: number;
}

/**
 * Rows of f32 or f64 transformed two butterflies at a time, by the stages of the routine and in double precision as there. Null for other types, and
 * for lengths (of real rows: halves of lengths) that are no multiple of 4 or have a prime factor above 5.
 */
export function transformCode(of: TransformOf): RowCode | null {
  const { dtype, outer, n, real } = of;
  const h = real ? n / 2 : n;
  if ((dtype !== "f32" && dtype !== "f64") || outer === 0 || n === 0 || n > LONGEST || h % 4 !== 0) return null;
  const listed = factors(h);
  if ((listed.at(-1) as number) > 5) return null;
  // the butterflies of the first stage come in pairs
  const radices = h % 8 === 0 ? listed : [2, 2, ...listed.slice(1)];
  let s = 1;
  const stages = radices.map((r) => ({ r, m: h / (s * r), s: (s *= r) / r }));
  const plane = h * DOUBLE + SHIFT;
  return {
    key: `fft ${[dtype, n, of.inverse, real, of.parts]}`,
    rows: outer,
    cost: h * Math.log2(h) * ELEMENT,
    scratch: 4 * plane,
    constants: () => constantsOf(n, real, stages),
    write: (c) => new TransformCode(c, of, h, stages, plane).write(),
  };
}

/** Turns in the order in which they are read: of the first stage in vectors, of others one by one, halves of those that part even from odd. */
function constantsOf(n: number, real: boolean, stages: readonly Stage[]): Int32Array {
  const list: number[] = [];
  const vectors = (count: number, turns: number, f: (k: number, j: number) => readonly [number, number]): void => {
    for (let k = 0; k < count; k += LANES)
      for (let j = 1; j <= turns; j++) {
        const [a, b] = [f(k, j), f(k + 1, j)];
        list.push(a[0], b[0], a[1], b[1]);
      }
  };
  stages.forEach(({ r, m }, i) => {
    if (i === 0) vectors(m, r - 1, (p, j) => turn(p * j, m * r));
    else if (m > 1) for (let p = 0; p < m; p++) for (let j = 1; j < r; j++) list.push(...turn(p * j, m * r));
  });
  if (real)
    vectors(n / 2, 1, (k) => {
      const [cos, sin] = turn(k, n);
      return [cos / 2, sin / 2];
    });
  return new Int32Array(Float64Array.from(list).buffer);
}

/** Where a complex row lies; a part that is null is not wanted. */
interface Row {
  readonly re: Place | null;
  readonly im: Place | null;
}
interface Whole extends Row {
  readonly re: Place;
  readonly im: Place;
}

/** Parameters: re, im (not of real rows), the wanted results, constants, scratch, from, to. */
class TransformCode {
  readonly #c: Code;
  readonly #of: TransformOf;
  readonly #h: number;
  readonly #stages: readonly Stage[];
  readonly #plane: number;
  readonly #size: 4 | 8;
  readonly #b: Butterflies;
  readonly #inputs: number;
  readonly #scratch: number;
  readonly #turns: number;
  readonly #i: number;
  readonly #j: number;
  /** Moving addresses: of re and im that are read, and of re and im that are written. */
  readonly #moving: readonly [number, number, number, number];

  constructor(c: Code, of: TransformOf, h: number, stages: readonly Stage[], plane: number) {
    [this.#c, this.#of, this.#h, this.#stages, this.#plane] = [c, of, h, stages, plane];
    this.#size = of.dtype === "f32" ? 4 : 8;
    this.#b = new Butterflies(c);
    this.#inputs = of.real ? 1 : 2;
    this.#scratch = this.#inputs + of.parts.filter(Boolean).length + 1;
    const local = (): number => c.local("i32");
    [this.#turns, this.#i, this.#j] = [local(), local(), local()];
    this.#moving = [local(), local(), local(), local()];
  }

  write(): void {
    const c = this.#c;
    const scratch = this.#scratch;
    const stages = this.#stages;
    const of = this.#of;
    const last = stages.length - 1;
    c.loop(
      scratch + 1,
      () => c.get(scratch + 2),
      1,
      () => {
        place(c, this.#turns, scratch - 1);
        stages.forEach((stage, i) => {
          const from = i === 0 ? this.#input() : this.#inner(0, i % 2);
          const to = i === last && !of.real ? this.#output() : this.#inner(2, (i + 1) % 2);
          this.#b.begin(stage.r);
          if (i === 0) this.#first(stage, from, to);
          else this.#stage(stage, from, to);
        });
        if (of.real) this.#untangle(this.#inner(0, stages.length % 2));
      },
    );
  }

  /** The row in a buffer; `local` gets its address. */
  #rowOf(local: number, buffer: number): Place {
    const c = this.#c;
    const size = this.#size;
    c.get(buffer);
    c.get(this.#scratch + 1);
    c.i32(this.#of.n * size);
    c.op("i32.mul");
    c.op("i32.add");
    c.set(local);
    return { local, bytes: 0, size };
  }

  /** One of the two rows in scratch memory; `k`: the moving address that it gets. */
  #inner(k: 0 | 2, which: number): Whole {
    const local = this.#moving[k];
    place(this.#c, local, this.#scratch, which * 2 * this.#plane);
    return { re: { local, bytes: 0, size: DOUBLE }, im: { local, bytes: this.#plane, size: DOUBLE } };
  }

  /** Of real rows, elements 2k and 2k + 1 are one complex number. The inverse transform is the forward one with re and im exchanged. */
  #input(): Whole {
    const { real, inverse } = this.#of;
    const re = this.#rowOf(this.#moving[0], 0);
    if (real) return { re, im: re };
    const im = this.#rowOf(this.#moving[1], 1);
    return inverse ? { re: im, im: re } : { re, im };
  }

  #output(): Row {
    const { parts, inverse, real } = this.#of;
    const re = parts[0] ? this.#rowOf(this.#moving[2], this.#inputs) : null;
    const im = parts[1] ? this.#rowOf(this.#moving[3], this.#inputs + Number(parts[0])) : null;
    return inverse && !real ? { re: im, im: re } : { re, im };
  }

  /** Moves a row's addresses by elements. */
  #move({ re, im }: Row, elements: number): void {
    if (re !== null) advance(this.#c, re.local, elements * re.size);
    if (im !== null && im.local !== re?.local) advance(this.#c, im.local, elements * im.size);
  }

  #load({ re, im }: Whole, i: number): Complex {
    return { re: this.#b.load(re, i), im: this.#b.load(im, i) };
  }

  #store({ re, im }: Row, i: number, z: Complex, lanes: 1 | 2 = 2): void {
    this.#b.store(re, i, z.re, lanes);
    this.#b.store(im, i, z.im, lanes);
  }

  /** The j-th vector of turns from here. */
  #turnsOf(j: number): Complex {
    const at: Place = { local: this.#turns, bytes: 0, size: DOUBLE };
    return { re: this.#b.load(at, 4 * j), im: this.#b.load(at, 4 * j + LANES) };
  }

  /** The stage whose neighbours are different butterflies; the results of each are written side by side. */
  #first({ r, m }: Stage, from: Whole, to: Row): void {
    const c = this.#c;
    const b = this.#b;
    const { real } = this.#of;
    repeat(c, this.#i, m / LANES, () => {
      b.clear();
      const terms = Array.from({ length: r }, (_, k) => {
        if (!real) return this.#load(from, k * m);
        const [re, im] = b.halves(b.load(from.re, 2 * k * m), b.load(from.re, 2 * k * m + LANES));
        return { re, im };
      });
      const results = b.butterfly(terms).map((z, j) => (j === 0 ? z : b.turn(z, this.#turnsOf(j - 1))));
      for (let j = 0; j < r; j += 2) {
        const [z, w] = [results[j], results[j + 1]] as [Complex, Complex];
        const [re, im] = [b.halves(z.re, w.re), b.halves(z.im, w.im)];
        for (const p of [0, 1] as const) this.#store(to, p * r + j, { re: re[p], im: im[p] });
      }
      this.#move(from, real ? 2 * LANES : LANES);
      this.#move(to, r * LANES);
      advance(c, this.#turns, 4 * (r - 1) * DOUBLE);
    });
  }

  #stage({ r, m, s }: Stage, from: Whole, to: Row): void {
    const c = this.#c;
    const b = this.#b;
    const turns = this.#turns;
    const at: Place = { local: turns, bytes: 0, size: DOUBLE };
    const body = (): void => {
      b.clear();
      const by = Array.from({ length: m > 1 ? r - 1 : 0 }, (_, j) => ({
        re: b.splat(at, 2 * j),
        im: b.splat(at, 2 * j + 1),
      }));
      repeat(c, this.#j, s / LANES, () => {
        const terms = Array.from({ length: r }, (_, k) => this.#load(from, k * m * s));
        b.butterfly(terms).forEach((z, j) => {
          const turned = by[j - 1];
          this.#store(to, j * s, turned ? b.turn(z, turned) : z);
        });
        this.#move(from, LANES);
        this.#move(to, LANES);
      });
      if (m === 1) return;
      advance(c, turns, 2 * (r - 1) * DOUBLE);
      this.#move(to, (r - 1) * s);
    };
    if (m === 1) body();
    else repeat(c, this.#i, m, body);
  }

  /** Z = E + iO, the transforms of the even and the odd elements: X[k] = E[k] + e^{−2πik/n} O[k], and X[n − k] is its conjugate. */
  #untangle(z: Whole): void {
    const c = this.#c;
    const b = this.#b;
    const h = this.#h;
    const of = this.#of;
    const [half] = b.begin([0.5]) as [number];
    const [, back] = this.#moving;
    // Z[h] is Z[0]; X[h] is its own conjugate.
    const zero = this.#load(z, 0);
    this.#store(z, h, zero, 1);
    const to = this.#output();
    this.#store(to, h, { re: b.two("sub", zero.re, zero.im), im: b.two("sub", zero.re, zero.re) }, 1);
    // Z[h − k − 1], Z[h − k], and X[n − k − 1], X[n − k], where k is the first of two
    place(c, back, z.re.local, (h - 1) * DOUBLE);
    const mirror: Whole = { re: { ...z.re, local: back }, im: { ...z.im, local: back } };
    const ends = [to.re, to.im].map((at) => {
      if (at === null) return null;
      const local = c.local("i32");
      place(c, local, at.local, (of.n - 1) * at.size);
      return { ...at, local };
    });
    const end: Row = { re: ends[0] ?? null, im: ends[1] ?? null };
    const two = (mirrored: 1 | 2): void => {
      b.clear();
      const [p, q] = [this.#load(z, 0), this.#load(mirror, 0)];
      const [br, bi] = [b.reverse(q.re), b.reverse(q.im)];
      const odd = b.turn({ re: b.two("add", p.im, bi), im: b.two("sub", br, p.re) }, this.#turnsOf(0));
      const re = b.two("add", b.two("mul", b.two("add", p.re, br), half), odd.re);
      const im = b.two("add", b.two("mul", b.two("sub", p.im, bi), half), odd.im);
      const minus = b.negative(im);
      const [up, down] = of.inverse ? [minus, im] : [im, minus];
      this.#store(to, 0, { re, im: up });
      this.#store(end, 0, { re: b.reverse(re), im: b.reverse(down) }, mirrored);
      this.#move(z, LANES);
      this.#move(mirror, -LANES);
      this.#move(to, LANES);
      this.#move(end, -LANES);
      advance(c, this.#turns, 4 * DOUBLE);
    };
    // X[n] would be X[0]
    two(1);
    repeat(c, this.#i, h / LANES - 1, () => two(2));
  }
}
