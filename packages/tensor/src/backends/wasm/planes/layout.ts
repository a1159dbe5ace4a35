import type { Contraction } from "../../../ir/ir.ts";
import type { Code } from "../assembler.ts";

type Conv = Extract<Contraction, { kind: "conv" }>;

/** One spatial axis of a convolution, and elements per step in its operands. */
export interface Axis {
  readonly input: number;
  readonly kernel: number;
  readonly output: number;
  readonly stride: number;
  readonly low: number;
  readonly lhsDilation: number;
  readonly rhsDilation: number;
  readonly a: number;
  readonly b: number;
}

/** A convolution of planes: rows are axis `y`, columns axis `x`. */
export interface Planes {
  readonly conv: Conv["conv"];
  readonly a: Conv["a"];
  readonly b: Conv["b"];
  readonly y: Axis;
  readonly x: Axis;
}

/** A convolution of one or two spatial axes as one of planes; null for more. */
export function planesOf({ conv, a, b }: Conv): Planes | null {
  const d = conv.output.length;
  if (d > 2) return null;
  const axis = (i: number): Axis =>
    i < 0
      ? { input: 1, kernel: 1, output: 1, stride: 1, low: 0, lhsDilation: 1, rhsDilation: 1, a: 0, b: 0 }
      : {
          input: conv.input[i] as number,
          kernel: conv.kernel[i] as number,
          output: conv.output[i] as number,
          stride: conv.stride[i] as number,
          low: conv.low[i] as number,
          lhsDilation: conv.lhsDilation[i] as number,
          rhsDilation: conv.rhsDilation[i] as number,
          a: a.strides[i + 2] as number,
          b: b.strides[i + 2] as number,
        };
  return { conv, a, b, y: axis(d - 2), x: axis(d - 1) };
}

const up = (n: number, by: number): number => Math.ceil(n / by) * by;
const span = (p: Axis): number => (p.output - 1) * p.stride + (p.kernel - 1) * p.rhsDilation + 1;

/**
 * One plane of the input with its padding and dilation, laid out so that four neighbours along the axis that runs four lanes at a time (`step` columns
 * apart) always lie side by side: each row is `step` runs of `width` elements, of which run r holds columns r, r + step, r + 2·step, …
 */
export class Layout {
  readonly rows: number;
  readonly step: number;
  readonly width: number;
  readonly columns: number;

  /** `across` positions, `step` columns apart, of which each is met by columns up to `reach` further on. */
  constructor({ x, y }: Planes, across: number, step: number, reach: number) {
    this.rows = span(y);
    this.columns = span(x);
    this.step = step;
    this.width = up(up(across, 4) + Math.floor(reach / step), 4);
  }

  get rowBytes(): number {
    return 4 * this.step * this.width;
  }
  get bytes(): number {
    return this.rows * this.rowBytes;
  }
  /** Offset of a row and column from the plane's beginning. */
  at(row: number, column: number): number {
    return row * this.rowBytes + 4 * ((column % this.step) * this.width + Math.floor(column / this.step));
  }
}

/** local += bytes */
export function advance(c: Code, local: number, bytes: number): void {
  if (bytes === 0) return;
  c.get(local);
  c.i32(bytes);
  c.op("i32.add");
  c.set(local);
}

/** to = from + bytes */
export function place(c: Code, to: number, from: number, bytes = 0): void {
  c.get(from);
  if (bytes !== 0) {
    c.i32(bytes);
    c.op("i32.add");
  }
  c.set(to);
}

/** Runs `body` `times` times; `i` counts. */
export function repeat(c: Code, i: number, times: number, body: () => void): void {
  c.i32(0);
  c.set(i);
  c.loop(i, () => c.i32(times), 1, body);
}

/** Most vectors of a row that are copied without a loop. */
const UNROLLED = 16;

/** Copies input planes to their layout in scratch memory that holds zeros wherever there is padding. */
export class PlaneCopy {
  readonly #c: Code;
  readonly #layout: Layout;
  readonly #x: Axis;
  readonly #y: Axis;
  readonly #counter: number;
  readonly #inner: number;
  readonly #source: number;
  readonly #target: number;
  readonly #from: number;
  readonly #to: number;
  readonly #v: number;
  readonly #w: number;

  constructor(c: Code, { x, y }: Planes, layout: Layout) {
    this.#c = c;
    this.#x = x;
    this.#y = y;
    this.#layout = layout;
    const local = (): number => c.local("i32");
    [this.#counter, this.#inner, this.#source, this.#target, this.#from, this.#to] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ];
    [this.#v, this.#w] = [c.local("v128"), c.local("v128")];
  }

  /** Input positions [first, end) of an axis that lie within the first `extent` places of the layout. */
  static #inside({ input, low, lhsDilation: d }: Axis, extent: number): [number, number] {
    const first = Math.max(0, Math.ceil(-low / d));
    return [first, Math.max(first, Math.min(input, Math.floor((extent - 1 - low) / d) + 1))];
  }

  /** Copies the plane that begins at local `source` to local `target`. */
  run(source: number, target: number): void {
    const c = this.#c;
    const y = this.#y;
    const layout = this.#layout;
    const [first, end] = PlaneCopy.#inside(y, layout.rows);
    place(c, this.#source, source, 4 * y.a * first);
    place(c, this.#target, target, (first * y.lhsDilation + y.low) * layout.rowBytes);
    repeat(c, this.#counter, end - first, () => {
      this.#row();
      advance(c, this.#source, 4 * y.a);
      advance(c, this.#target, y.lhsDilation * layout.rowBytes);
    });
  }

  #row(): void {
    const x = this.#x;
    const layout = this.#layout;
    const [first, end] = PlaneCopy.#inside(x, layout.columns);
    if (x.a === 1 && x.lhsDilation === 1 && layout.step <= 2) this.#vectors(first, end);
    else this.#runs(first, end);
  }

  /** Elements [first, end) of a row one by one. */
  #singles(first: number, end: number): void {
    const c = this.#c;
    const x = this.#x;
    const layout = this.#layout;
    for (let i = first; i < end; i++) {
      c.get(this.#target);
      c.get(this.#source);
      c.memory("f32.load", 4 * i);
      c.memory("f32.store", layout.at(0, i + x.low));
    }
  }

  /** A row whose elements lie side by side, as vectors. */
  #vectors(first: number, end: number): void {
    const c = this.#c;
    const x = this.#x;
    const layout = this.#layout;
    const { step } = layout;
    const size = 4 * step;
    // runs begin with an even column
    const start = Math.min(end, first + ((first + x.low) % step));
    this.#singles(first, start);
    const whole = Math.floor((end - start) / size);
    const [read, write] = [4 * start, layout.at(0, start + x.low)];
    if (whole <= UNROLLED)
      for (let i = 0; i < whole; i++) this.#piece(this.#source, this.#target, read + 4 * size * i, write + 16 * i);
    else {
      place(c, this.#from, this.#source);
      place(c, this.#to, this.#target);
      repeat(c, this.#inner, whole, () => {
        this.#piece(this.#from, this.#to, read, write);
        advance(c, this.#from, 4 * size);
        advance(c, this.#to, 16);
      });
    }
    const done = start + whole * size;
    // the last vector of a plain row may overlap the one before
    if (step === 1 && whole > 0 && done < end)
      this.#piece(this.#source, this.#target, 4 * (end - 4), layout.at(0, end - 4 + x.low));
    else this.#singles(done, end);
  }

  /** One vector per run. */
  #piece(source: number, target: number, read: number, write: number): void {
    const c = this.#c;
    const layout = this.#layout;
    if (layout.step === 1) {
      c.get(target);
      c.get(source);
      c.memory("v128.load", read);
      c.memory("v128.store", write);
      return;
    }
    [this.#v, this.#w].forEach((local, i) => {
      c.get(source);
      c.memory("v128.load", read + 16 * i);
      c.set(local);
    });
    for (const odd of [0, 1] as const) {
      c.get(target);
      c.get(this.#v);
      c.get(this.#w);
      c.shuffle(odd, 2 + odd, 4 + odd, 6 + odd);
      c.memory("v128.store", write + odd * 4 * layout.width);
    }
  }

  /** Each run element by element: its columns come from input elements that are equally far apart. */
  #runs(first: number, end: number): void {
    const c = this.#c;
    const x = this.#x;
    const layout = this.#layout;
    const { step } = layout;
    const column = (i: number): number => i * x.lhsDilation + x.low;
    for (let run = 0; run < step; run++) {
      const [one, two] = Array.from({ length: end - first }, (_, i) => first + i).filter(
        (i) => column(i) % step === run,
      );
      if (one === undefined) continue;
      const apart = two === undefined ? step : two - one;
      place(c, this.#from, this.#source, 4 * x.a * one);
      place(c, this.#to, this.#target, layout.at(0, column(one)));
      repeat(c, this.#inner, Math.ceil((end - one) / apart), () => {
        c.get(this.#to);
        c.get(this.#from);
        c.memory("f32.load");
        c.memory("f32.store");
        advance(c, this.#from, 4 * x.a * apart);
        advance(c, this.#to, (4 * apart * x.lhsDilation) / step);
      });
    }
  }
}

/** Stores zeros in `bytes` (a multiple of 16) from local `at` on. */
export function clear(c: Code, at: number, bytes: number): void {
  const [i, to] = [c.local("i32"), c.local("i32")];
  place(c, to, at);
  repeat(c, i, bytes / 16, () => {
    c.get(to);
    c.constant4("f32", 0);
    c.memory("v128.store");
    advance(c, to, 16);
  });
}
