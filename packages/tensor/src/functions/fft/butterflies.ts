import type { Code } from "../../backends/wasm/assembler.ts";

/** Locals that hold vectors of two real and two imaginary parts, in double precision. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** Where the elements of a part lie: bytes beyond the address in a local. */
export interface Place {
  readonly local: number;
  readonly bytes: number;
  /** Bytes of an element: of f64, or of f32. */
  readonly size: 4 | 8;
}

/** Numbers that the butterfly of a radix multiplies by. */
function constantsOf(r: number): readonly number[] {
  if (r === 3) return [0.5, Math.sqrt(3) / 2];
  const [near, far] = [(2 * Math.PI) / 5, (4 * Math.PI) / 5];
  return r === 5 ? [Math.cos(near), Math.cos(far), Math.sin(near), Math.sin(far)] : [];
}

/** Arithmetic of complex vectors of two lanes, and the butterflies of radix 2 to 5, on locals. */
export class Butterflies {
  readonly #c: Code;
  readonly #pool: number[] = [];
  #used = 0;
  #kept = 0;
  #constants: readonly number[] = [];

  constructor(c: Code) {
    this.#c = c;
  }

  /** Forgets all locals, and makes the given constants, or those of a radix. */
  begin(list: number | readonly number[]): readonly number[] {
    this.#used = 0;
    this.#constants = (typeof list === "number" ? constantsOf(list) : list).map((x) => {
      this.#c.f64(x);
      this.#c.op("f64x2.splat");
      return this.#hold();
    });
    this.#kept = this.#used;
    return this.#constants;
  }

  /** Forgets all locals but the constants. */
  clear(): void {
    this.#used = this.#kept;
  }

  /** A local with the vector on the stack. */
  #hold(): number {
    if (this.#used === this.#pool.length) this.#pool.push(this.#c.local("v128"));
    const local = this.#pool[this.#used++] as number;
    this.#c.set(local);
    return local;
  }

  two(op: "add" | "sub" | "mul", a: number, b: number): number {
    this.#c.get(a);
    this.#c.get(b);
    this.#c.op(`f64x2.${op}`);
    return this.#hold();
  }

  negative(a: number): number {
    this.#c.get(a);
    this.#c.op("f64x2.neg");
    return this.#hold();
  }

  /** Elements i and i + 1. */
  load({ local, bytes, size }: Place, i: number): number {
    this.#c.get(local);
    this.#c.memory(size === 8 ? "v128.load" : "v128.load64_zero", bytes + i * size);
    if (size === 4) this.#c.op("f64x2.promote_low_f32x4");
    return this.#hold();
  }

  /** Element i of f64, twice. */
  splat({ local, bytes }: Place, i: number): number {
    this.#c.get(local);
    this.#c.memory("v128.load64_splat", bytes + 8 * i);
    return this.#hold();
  }

  /** Stores elements i and i + 1, or only the first; nothing where there is no place. */
  store(at: Place | null, i: number, v: number, lanes: 1 | 2 = 2): void {
    if (at === null) return;
    const c = this.#c;
    const offset = at.bytes + i * at.size;
    c.get(at.local);
    c.get(v);
    if (at.size === 4) c.op("f32x4.demote_f64x2_zero");
    if (at.size * lanes === 16) c.memory("v128.store", offset);
    else if (at.size * lanes === 8) c.storeHalf(offset, 0);
    else c.storeLane(offset);
  }

  /** The first lanes of two vectors, and the second ones. */
  halves(a: number, b: number): readonly [number, number] {
    const shuffle = (...lanes: [number, number, number, number]): number => {
      this.#c.get(a);
      this.#c.get(b);
      this.#c.shuffle(...lanes);
      return this.#hold();
    };
    return [shuffle(0, 1, 4, 5), shuffle(2, 3, 6, 7)];
  }

  reverse(v: number): number {
    this.#c.get(v);
    this.#c.get(v);
    this.#c.shuffle(2, 3, 0, 1);
    return this.#hold();
  }

  #add(a: Complex, b: Complex): Complex {
    return { re: this.two("add", a.re, b.re), im: this.two("add", a.im, b.im) };
  }
  #sub(a: Complex, b: Complex): Complex {
    return { re: this.two("sub", a.re, b.re), im: this.two("sub", a.im, b.im) };
  }
  /** Times a real vector. */
  #times(a: Complex, by: number): Complex {
    return { re: this.two("mul", a.re, by), im: this.two("mul", a.im, by) };
  }
  /** a − ib and a + ib. */
  #around(a: Complex, b: Complex): readonly [Complex, Complex] {
    return [
      { re: this.two("add", a.re, b.im), im: this.two("sub", a.im, b.re) },
      { re: this.two("sub", a.re, b.im), im: this.two("add", a.im, b.re) },
    ];
  }

  /** A product. */
  turn(a: Complex, by: Complex): Complex {
    return {
      re: this.two("sub", this.two("mul", a.re, by.re), this.two("mul", a.im, by.im)),
      im: this.two("add", this.two("mul", a.re, by.im), this.two("mul", a.im, by.re)),
    };
  }

  /** The transform of as many numbers as are given. */
  butterfly([a, b, c, d, e]: readonly Complex[]): readonly Complex[] {
    const [x, y] = [a, b] as [Complex, Complex];
    if (!c) return [this.#add(x, y), this.#sub(x, y)];
    if (!d) {
      const [half, root] = this.#constants as [number, number];
      const sum = this.#add(y, c);
      const middle = this.#sub(x, this.#times(sum, half));
      return [this.#add(x, sum), ...this.#around(middle, this.#times(this.#sub(y, c), root))];
    }
    if (!e) {
      const [even, odd] = [this.#add(x, c), this.#add(y, d)];
      const [first, third] = this.#around(this.#sub(x, c), this.#sub(y, d));
      return [this.#add(even, odd), first, this.#sub(even, odd), third];
    }
    const [c1, c2, s1, s2] = this.#constants as [number, number, number, number];
    const [p, q] = [this.#add(y, e), this.#add(c, d)];
    const [u, v] = [this.#sub(y, e), this.#sub(c, d)];
    const near = this.#add(x, this.#add(this.#times(p, c1), this.#times(q, c2)));
    const far = this.#add(x, this.#add(this.#times(p, c2), this.#times(q, c1)));
    const [first, fourth] = this.#around(near, this.#add(this.#times(u, s1), this.#times(v, s2)));
    const [second, third] = this.#around(far, this.#sub(this.#times(u, s2), this.#times(v, s1)));
    return [this.#add(x, this.#add(p, q)), first, second, third, fourth];
  }
}
