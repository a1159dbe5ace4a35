import { assemble, Code } from "./assembler.ts";

/** Columns of a register tile: two vectors. */
const NR = 8;
/** Depth of a block: a panel of B of this depth stays in the first-level cache. */
const KC = 256;
/** Rows of a block of A that stay in the second-level cache while all panels of B pass. */
const MC = 96;
/** The innermost loop is unrolled by this; packing pads the depth with zeros. */
const UNROLL = 4;

type Run = (...args: number[]) => void;

/** Functions of the product module, and the rows of its register tile. */
interface Kernels {
  readonly pack: Run;
  readonly blocks: Run;
  readonly rows: number;
}

/** Parameters: a (packed [k][rows]), b (packed [k][8]), c, depth, bytes per row of c. Adds the product to c. */
function tile(rows: number, fused: boolean): Code {
  const c = new Code(5);
  const [a, b, out, depth, stride] = [0, 1, 2, 3, 4];
  const acc = Array.from({ length: rows }, () => [c.local("v128"), c.local("v128")]);
  const right = [c.local("v128"), c.local("v128")];
  const left = c.local("v128");
  const i = c.local("i32");
  for (const r of acc.flat()) {
    c.f32(0);
    c.op("f32x4.splat");
    c.set(r);
  }
  c.i32(0);
  c.set(i);
  c.loop(
    i,
    () => c.get(depth),
    UNROLL,
    () => {
      for (let u = 0; u < UNROLL; u++) {
        right.forEach((r, j) => {
          c.get(b);
          c.memory("v128.load", (u * NR + 4 * j) * 4);
          c.set(r);
        });
        acc.forEach((pair, m) => {
          c.get(a);
          c.memory("v128.load32_splat", (u * rows + m) * 4);
          c.set(left);
          pair.forEach((r, j) => {
            if (!fused) c.get(r);
            c.get(left);
            c.get(right[j] as number);
            if (fused) {
              c.get(r);
              c.op("f32x4.relaxed_madd");
            } else {
              c.op("f32x4.mul");
              c.op("f32x4.add");
            }
            c.set(r);
          });
        });
      }
      for (const [p, bytes] of [
        [a, rows * 4 * UNROLL],
        [b, NR * 4 * UNROLL],
      ] as const) {
        c.get(p);
        c.i32(bytes);
        c.op("i32.add");
        c.set(p);
      }
    },
  );
  for (const pair of acc) {
    pair.forEach((r, j) => {
      c.get(out);
      c.get(out);
      c.memory("v128.load", 16 * j);
      c.get(r);
      c.op("f32x4.add");
      c.memory("v128.store", 16 * j);
    });
    c.get(out);
    c.get(stride);
    c.op("i32.add");
    c.set(out);
  }
  return c;
}

/**
 * Parameters: source, bytes between lines, bytes between steps of depth, lines, depth, padded depth, lines per panel, target. Panels of lines, depth
 * first, zeros beyond the edges.
 */
function packing(): Code {
  const c = new Code(8);
  const [source, line, step, lines, depth, padded, width, target] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [p, k, w, from] = [c.local("i32"), c.local("i32"), c.local("i32"), c.local("i32")];
  c.i32(0);
  c.set(p);
  // The panel loop advances by a parameter, hence the inner addition.
  c.loop(
    p,
    () => c.get(lines),
    0,
    () => {
      // A whole panel of neighbours is copied by vectors; anything else element by element.
      c.get(line);
      c.i32(4);
      c.op("i32.eq");
      c.get(width);
      c.i32(NR);
      c.op("i32.eq");
      c.op("i32.and");
      c.get(p);
      c.i32(NR);
      c.op("i32.add");
      c.get(lines);
      c.op("i32.le_s");
      c.op("i32.and");
      c.choose(
        null,
        () => {
          c.get(source);
          c.get(p);
          c.i32(4);
          c.op("i32.mul");
          c.op("i32.add");
          c.set(from);
          c.i32(0);
          c.set(k);
          c.loop(
            k,
            () => c.get(padded),
            1,
            () => {
              for (let half = 0; half < 2; half++) {
                c.get(target);
                c.get(k);
                c.get(depth);
                c.op("i32.lt_s");
                c.choose(
                  "v128",
                  () => {
                    c.get(from);
                    c.memory("v128.load", 16 * half);
                  },
                  () => {
                    c.f32(0);
                    c.op("f32x4.splat");
                  },
                );
                c.memory("v128.store", 16 * half);
              }
              for (const [local, by] of [
                [from, () => c.get(step)],
                [target, () => c.i32(NR * 4)],
              ] as const) {
                c.get(local);
                by();
                c.op("i32.add");
                c.set(local);
              }
            },
          );
        },
        () => {
          c.i32(0);
          c.set(k);
          c.loop(
            k,
            () => c.get(padded),
            1,
            () => {
              c.i32(0);
              c.set(w);
              c.loop(
                w,
                () => c.get(width),
                1,
                () => {
                  c.get(target);
                  c.get(p);
                  c.get(w);
                  c.op("i32.add");
                  c.get(lines);
                  c.op("i32.lt_s");
                  c.get(k);
                  c.get(depth);
                  c.op("i32.lt_s");
                  c.op("i32.and");
                  c.choose(
                    "f32",
                    () => {
                      c.get(source);
                      c.get(p);
                      c.get(w);
                      c.op("i32.add");
                      c.get(line);
                      c.op("i32.mul");
                      c.op("i32.add");
                      c.get(k);
                      c.get(step);
                      c.op("i32.mul");
                      c.op("i32.add");
                      c.memory("f32.load");
                    },
                    () => c.f32(0),
                  );
                  c.memory("f32.store");
                  c.get(target);
                  c.i32(4);
                  c.op("i32.add");
                  c.set(target);
                },
              );
            },
          );
        },
      );
      c.get(p);
      c.get(width);
      c.op("i32.add");
      c.set(p);
    },
  );
  return c;
}

/** Parameters: packed a, packed b, c, m, n, padded depth, bytes per row of c, scratch tile. */
function blocks(rows: number, imports: number): Code {
  const c = new Code(8);
  const [a, b, out, m, n, depth, stride, scratch] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [ic, j, i, end, pa, pb, pc, r, q] = Array.from({ length: 9 }, () => c.local("i32")) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const block = Math.floor(MC / rows) * rows;
  const sum = (parts: (() => void)[]): void =>
    parts.forEach((p, k) => {
      p();
      if (k > 0) c.op("i32.add");
    });
  const product = (...locals: (number | { i32: number })[]): void =>
    locals.forEach((l, k) => {
      if (typeof l === "number") c.get(l);
      else c.i32(l.i32);
      if (k > 0) c.op("i32.mul");
    });
  c.i32(0);
  c.set(ic);
  c.loop(
    ic,
    () => c.get(m),
    block,
    () => {
      c.get(ic);
      c.i32(block);
      c.op("i32.add");
      c.get(m);
      c.get(ic);
      c.i32(block);
      c.op("i32.add");
      c.get(m);
      c.op("i32.lt_s");
      c.op("select");
      c.set(end);
      c.i32(0);
      c.set(j);
      c.loop(
        j,
        () => c.get(n),
        NR,
        () => {
          sum([() => c.get(b), () => product(j, depth, { i32: 4 })]);
          c.set(pb);
          c.get(ic);
          c.set(i);
          c.loop(
            i,
            () => c.get(end),
            rows,
            () => {
              sum([() => c.get(a), () => product(i, depth, { i32: 4 })]);
              c.set(pa);
              sum([() => c.get(out), () => product(i, stride), () => product(j, { i32: 4 })]);
              c.set(pc);
              sum([() => c.get(i), () => c.i32(rows)]);
              c.get(m);
              c.op("i32.le_s");
              sum([() => c.get(j), () => c.i32(NR)]);
              c.get(n);
              c.op("i32.le_s");
              c.op("i32.and");
              c.choose(
                null,
                () => {
                  for (const l of [pa, pb, pc, depth, stride]) c.get(l);
                  c.call(imports);
                },
                () => {
                  // At the edges the tile goes to scratch first; only what belongs to c is added to it.
                  for (let k = 0; k < rows * 2; k++) {
                    c.get(scratch);
                    c.f32(0);
                    c.op("f32x4.splat");
                    c.memory("v128.store", 16 * k);
                  }
                  for (const l of [pa, pb, scratch, depth]) c.get(l);
                  c.i32(NR * 4);
                  c.call(imports);
                  c.i32(0);
                  c.set(r);
                  c.loop(
                    r,
                    () => c.i32(rows),
                    1,
                    () => {
                      sum([() => c.get(i), () => c.get(r)]);
                      c.get(m);
                      c.op("i32.lt_s");
                      c.choose(null, () => {
                        c.i32(0);
                        c.set(q);
                        c.loop(
                          q,
                          () => c.i32(NR),
                          1,
                          () => {
                            sum([() => c.get(j), () => c.get(q)]);
                            c.get(n);
                            c.op("i32.lt_s");
                            c.choose(null, () => {
                              const place = (): void =>
                                sum([() => c.get(pc), () => product(r, stride), () => product(q, { i32: 4 })]);
                              place();
                              place();
                              c.memory("f32.load");
                              sum([
                                () => c.get(scratch),
                                () => product(r, { i32: NR * 4 }),
                                () => product(q, { i32: 4 }),
                              ]);
                              c.memory("f32.load");
                              c.op("f32.add");
                              c.memory("f32.store");
                            });
                          },
                        );
                      });
                    },
                  );
                },
              );
            },
          );
        },
      );
    },
  );
  return c;
}

function build(memory: WebAssembly.Memory): Kernels {
  const make = (rows: number, fused: boolean): Uint8Array<ArrayBuffer> =>
    assemble({
      imports: [],
      functions: [
        { parameters: 5, code: tile(rows, fused) },
        { parameters: 8, code: packing() },
        { parameters: 8, code: blocks(rows, 0) },
      ],
    });
  // With fused multiply-add a 6 × 8 tile fills the registers; without, its temporaries would spill, and 4 × 8 is best.
  const wide = make(6, true);
  const fused = WebAssembly.validate(wide);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fused ? wide : make(4, false)), {
    env: { memory },
  });
  return { pack: exports.f1 as Run, blocks: exports.f2 as Run, rows: fused ? 6 : 4 };
}

const up = (n: number, by: number): number => Math.ceil(n / by) * by;

/** One operand: address and bytes between neighbours along batch, line (row of a, column of b) and depth. */
export interface Factor {
  readonly address: number;
  readonly batch: number;
  readonly line: number;
  readonly depth: number;
}

/** f32 products c[batch, m, n] = a[batch, m, k] · b[batch, k, n] by packed panels. */
export class Gemm {
  private readonly kernels: Kernels;
  constructor(memory: WebAssembly.Memory) {
    this.kernels = build(memory);
  }

  /** Bytes of scratch memory that `run` needs. */
  scratchBytes(m: number, n: number, k: number): number {
    const depth = up(Math.min(k, KC), UNROLL);
    return (up(m, this.kernels.rows) + up(n, NR)) * depth * 4 + this.kernels.rows * NR * 4;
  }

  /** c must hold zeros (or what is to be added to). */
  run(batch: number, m: number, n: number, k: number, a: Factor, b: Factor, c: number, scratch: number): void {
    const { pack, blocks: multiply, rows } = this.kernels;
    const full = up(Math.min(k, KC), UNROLL);
    const packedB = scratch + rows * NR * 4;
    const packedA = packedB + up(n, NR) * full * 4;
    for (let k0 = 0; k0 < k; k0 += KC) {
      const depth = Math.min(KC, k - k0);
      const padded = up(depth, UNROLL);
      for (let i = 0; i < batch; i++) {
        // A factor that all products share is packed once.
        if (i === 0 || a.batch !== 0)
          pack(a.address + i * a.batch + k0 * a.depth, a.line, a.depth, m, depth, padded, rows, packedA);
        if (i === 0 || b.batch !== 0)
          pack(b.address + i * b.batch + k0 * b.depth, b.line, b.depth, n, depth, padded, NR, packedB);
        multiply(packedA, packedB, c + i * m * n * 4, m, n, padded, n * 4, scratch);
      }
    }
  }
}
