import { Code } from "../assembler.ts";
import { hasFusedMultiplyAdd } from "../features.ts";
import { advance, clear, Layout, PlaneCopy, type Planes, place, repeat } from "./layout.ts";

/** Rows of outputs that are computed at once, so that an input row serves several of them. */
const ROWS = 4;

/** Kernels of few elements slide over the planes of a group. */
export class Slide {
  readonly code: Code;
  readonly scratchBytes: number;
  readonly #planes: Planes;
  readonly #layout: Layout;
  /** Byte offsets of the kernel's elements from the lowest one, row-major, and that of the lowest one from the first. */
  readonly #offsets: readonly number[];
  readonly #lowest: number;
  readonly #taps: readonly number[];
  readonly #value: number;
  readonly #input: number;
  readonly #out: number;
  readonly #end: number;

  /** Parameters: input, kernels, result, scratch, from, to: computes planes from … to − 1 of images × groups. */
  constructor(planes: Planes) {
    const { conv, x, y } = planes;
    this.#planes = planes;
    this.#layout = new Layout(planes, x.output, x.stride, (x.kernel - 1) * x.rhsDilation);
    this.scratchBytes = conv.inChannels * this.#layout.bytes;
    const all = Array.from({ length: y.kernel * x.kernel }, (_, i) => {
      return 4 * (Math.floor(i / x.kernel) * y.b + (i % x.kernel) * x.b);
    });
    this.#lowest = Math.min(...all);
    this.#offsets = all.map((o) => o - this.#lowest);
    const c = new Code(6);
    this.code = c;
    this.#taps = all.map(() => c.local("v128"));
    this.#value = c.local("v128");
    [this.#input, this.#out, this.#end] = [c.local("i32"), c.local("i32"), c.local("i32")];
    this.#images();
  }

  #images(): void {
    const { code: c } = this;
    const planes = this.#planes;
    const layout = this.#layout;
    const { conv, a, b } = planes;
    const [input, kernels, result, scratch, from, to] = [0, 1, 2, 3, 4, 5];
    const [source, target, kernel, group, i] = Array.from({ length: 5 }, () => c.local("i32")) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const copy = new PlaneCopy(c, planes, layout);
    clear(c, scratch, this.scratchBytes);
    const size = 4 * conv.outChannels * planes.y.output * planes.x.output;
    c.get(result);
    c.get(from);
    c.i32(size);
    c.op("i32.mul");
    c.op("i32.add");
    c.set(this.#out);
    c.loop(
      from,
      () => c.get(to),
      1,
      () => {
        c.get(from);
        c.i32(conv.groups);
        c.op("i32.rem_u");
        c.set(group);
        // input of image ⌊from / groups⌋ and the group's first channel
        c.get(input);
        c.get(from);
        c.i32(conv.groups);
        c.op("i32.div_u");
        c.i32(4 * (a.strides[0] as number));
        c.op("i32.mul");
        c.op("i32.add");
        c.get(group);
        c.i32(4 * conv.inChannels * (a.strides[1] as number));
        c.op("i32.mul");
        c.op("i32.add");
        c.i32(4 * a.offset);
        c.op("i32.add");
        c.set(source);
        place(c, target, scratch);
        repeat(c, i, conv.inChannels, () => {
          copy.run(source, target);
          advance(c, source, 4 * (a.strides[1] as number));
          advance(c, target, layout.bytes);
        });
        c.get(kernels);
        c.get(group);
        c.i32(4 * conv.outChannels * (b.strides[0] as number));
        c.op("i32.mul");
        c.op("i32.add");
        c.i32(4 * b.offset + this.#lowest);
        c.op("i32.add");
        c.set(kernel);
        repeat(c, group, conv.outChannels, () => {
          if (conv.inChannels === 1) this.#loadTaps(kernel);
          this.#plane(scratch, kernel);
          advance(c, kernel, 4 * (b.strides[0] as number));
        });
      },
    );
  }

  #loadTaps(kernel: number): void {
    this.#taps.forEach((t, i) => {
      this.code.get(kernel);
      this.code.memory("v128.load32_splat", this.#offsets[i] as number);
      this.code.set(t);
    });
  }

  /** One plane of the result; moves `out` behind it. */
  #plane(scratch: number, kernel: number): void {
    const { code: c } = this;
    const planes = this.#planes;
    const layout = this.#layout;
    const input = this.#input;
    const out = this.#out;
    const end = this.#end;
    const { x, y } = planes;
    const [row, column, i] = [c.local("i32"), c.local("i32"), c.local("i32")];
    const last = 4 * (x.output - 4);
    const start = c.local("i32");
    place(c, row, scratch);
    const block = (rows: number): void => {
      if (last <= 0) {
        place(c, input, row);
        this.#block(rows, kernel, () => place(c, end, out));
      } else {
        c.i32(0);
        c.set(column);
        // The last vector of a row may overlap the one before.
        c.loop(
          column,
          () => c.i32(4 * x.output),
          16,
          () => {
            c.get(column);
            c.i32(last);
            c.get(column);
            c.i32(last);
            c.op("i32.lt_s");
            c.op("select");
            c.tee(start);
            c.get(row);
            c.op("i32.add");
            c.set(input);
            this.#block(rows, kernel, () => {
              c.get(out);
              c.get(start);
              c.op("i32.add");
              c.set(end);
            });
          },
        );
      }
      advance(c, row, rows * y.stride * layout.rowBytes);
      advance(c, out, rows * 4 * x.output);
    };
    const whole = Math.floor(y.output / ROWS);
    if (whole > 0) repeat(c, i, whole, () => block(ROWS));
    if (y.output % ROWS > 0) block(y.output % ROWS);
  }

  /** One vector of each of `rows` rows. */
  #block(rows: number, kernel: number, target: () => void): void {
    const { code: c } = this;
    const planes = this.#planes;
    const layout = this.#layout;
    const input = this.#input;
    const { conv, x } = planes;
    const sums = Array.from({ length: rows }, () => c.local("v128"));
    for (const s of sums) {
      c.constant4("f32", 0);
      c.set(s);
    }
    if (conv.inChannels === 1) this.#products(sums);
    else {
      const [i, k] = [c.local("i32"), c.local("i32")];
      place(c, k, kernel);
      repeat(c, i, conv.inChannels, () => {
        this.#loadTaps(k);
        this.#products(sums);
        advance(c, k, 4 * (planes.b.strides[1] as number));
        advance(c, input, layout.bytes);
      });
    }
    target();
    sums.forEach((s, r) => {
      const at = 4 * x.output * r;
      if (x.output >= 4) {
        c.get(this.#end);
        c.get(s);
        c.memory("v128.store", at);
      } else
        for (let lane = 0; lane < x.output; lane++) {
          c.get(this.#end);
          c.get(s);
          c.extract("f32", lane);
          c.memory("f32.store", at + 4 * lane);
        }
    });
  }

  /** Adds the products of one channel: each input vector goes to all rows that it has a part in. */
  #products(sums: readonly number[]): void {
    const { code: c } = this;
    const planes = this.#planes;
    const layout = this.#layout;
    const taps = this.#taps;
    const value = this.#value;
    const { x, y } = planes;
    const fused = hasFusedMultiplyAdd();
    const span = (sums.length - 1) * y.stride + (y.kernel - 1) * y.rhsDilation + 1;
    for (let r = 0; r < span; r++) {
      const users = sums
        .map((sum, o) => ({ sum, k: (r - o * y.stride) / y.rhsDilation }))
        .filter(({ k }) => Number.isInteger(k) && k >= 0 && k < y.kernel);
      if (users.length === 0) continue;
      for (let k = 0; k < x.kernel; k++) {
        c.get(this.#input);
        c.memory("v128.load", layout.at(r, k * x.rhsDilation));
        c.set(value);
        for (const u of users) {
          if (!fused) c.get(u.sum);
          c.get(value);
          c.get(taps[u.k * x.kernel + k] as number);
          if (fused) {
            c.get(u.sum);
            c.op("f32x4.relaxed_madd");
          } else {
            c.op("f32x4.mul");
            c.op("f32x4.add");
          }
          c.set(u.sum);
        }
      }
    }
  }
}
