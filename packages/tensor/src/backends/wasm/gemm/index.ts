import { assemble } from "../assembler.ts";
import { hasFusedMultiplyAdd } from "../features.ts";
import { blocks } from "./blocks.ts";
import { affineTable, packing } from "./pack.ts";
import { type Kind, kindOf, tile, UNROLL } from "./tile.ts";

/** Depth of a block: a panel of B of this depth stays in the first-level cache. */
const KC = 256;
/** Columns of B that are packed at once. */
const NC = 1024;

/** Rows of the other tile, for products whose rows it fits better. */
const FEW_ROWS = 4;

type Run = (...args: number[]) => void;

/** Functions of the product module. */
interface Functions {
  readonly affine: Run;
  readonly packA: Run;
  readonly packB: Run;
  readonly blocks: Run;
}

function build(memory: WebAssembly.Memory, kind: Kind): Functions {
  const bytes = assemble({
    imports: [],
    functions: [
      { parameters: 5, code: tile(kind) },
      { parameters: 4, code: affineTable(kind) },
      { parameters: 7, code: packing(kind, kind.rows) },
      { parameters: 7, code: packing(kind, kind.columns) },
      { parameters: 8, code: blocks(kind, 0) },
    ],
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return {
    affine: exports.f1 as Run,
    packA: exports.f2 as Run,
    packB: exports.f3 as Run,
    blocks: exports.f4 as Run,
  };
}

const up = (n: number, by: number): number => Math.ceil(n / by) * by;

/** Offsets in bytes along one axis of a factor: multiples of a step, or a list. */
export type Axis = { readonly step: number } | { readonly table: Int32Array };

/** One factor: where batch 0 begins, bytes between batches, and the offsets of its lines (rows of a, columns of b) and depths. */
export interface Factor {
  readonly address: number;
  readonly batch: number;
  readonly lines: Axis;
  readonly depths: Axis;
}

/** Offsets as a table: bit 0 of an entry says that the next one is one element further on. */
export function tableOf(offsets: readonly number[], bytes: number): Axis {
  const step = offsets.length > 1 ? (offsets[1] as number) - (offsets[0] as number) : bytes;
  if (offsets.every((o, i) => o === i * step)) return { step };
  return { table: Int32Array.from(offsets, (o, i) => (offsets[i + 1] === o + bytes ? o | 1 : o)) };
}

/** Products c[batch, m, n] += a[batch, m, k] · b[batch, k, n] of one dtype by packed panels. */
export class Gemm {
  private readonly kind: Kind;
  private readonly memory: WebAssembly.Memory;
  private readonly built = new Map<number, Functions>();

  constructor(memory: WebAssembly.Memory, dtype: "f32" | "f64") {
    this.memory = memory;
    this.kind = kindOf(dtype, hasFusedMultiplyAdd());
  }

  /** The kind of tile whose rows fit m best: a step of depth takes two loads of b, and a load and two products per row. */
  private kindFor(m: number): Kind {
    const cost = (rows: number): number => Math.ceil(m / rows) * (3 * rows + 2);
    return cost(FEW_ROWS) < cost(this.kind.rows) ? { ...this.kind, rows: FEW_ROWS } : this.kind;
  }

  private functions(kind: Kind): Functions {
    let functions = this.built.get(kind.rows);
    if (functions === undefined) this.built.set(kind.rows, (functions = build(this.memory, kind)));
    return functions;
  }

  /** Bytes of scratch memory that `run` needs. */
  scratchBytes(m: number, n: number, k: number): number {
    const { rows, columns, bytes } = this.kindFor(m);
    const depth = up(Math.min(k, KC), UNROLL);
    return rows * columns * bytes + (up(m, rows) + up(Math.min(n, NC), columns)) * depth * bytes + 4 * (m + n + 2 * k);
  }

  /** Writes the table of an axis; gives its address. */
  private table({ affine }: Functions, axis: Axis, entries: number, address: number): number {
    if ("table" in axis) new Int32Array(this.memory.buffer, address, entries).set(axis.table);
    else affine(address, entries, 0, axis.step);
    return address;
  }

  /** c must hold zeros (or what is to be added to); its batches lie `cBatch` bytes apart. */
  run(
    batch: number,
    m: number,
    n: number,
    k: number,
    a: Factor,
    b: Factor,
    c: number,
    scratch: number,
    cBatch: number = m * n * this.kind.bytes,
  ): void {
    const kind = this.kindFor(m);
    const functions = this.functions(kind);
    const { packA, packB, blocks: multiply } = functions;
    const { rows, columns, bytes } = kind;
    const full = up(Math.min(k, KC), UNROLL);
    const panelsB = scratch + rows * columns * bytes;
    const panelsA = panelsB + up(Math.min(n, NC), columns) * full * bytes;
    const aLines = this.table(functions, a.lines, m, panelsA + up(m, rows) * full * bytes);
    const bLines = this.table(functions, b.lines, n, aLines + 4 * m);
    const aDepths = this.table(functions, a.depths, k, bLines + 4 * n);
    const bDepths = this.table(functions, b.depths, k, aDepths + 4 * k);
    for (let k0 = 0; k0 < k; k0 += KC) {
      const depth = Math.min(KC, k - k0);
      const padded = up(depth, UNROLL);
      for (let i = 0; i < batch; i++) {
        // A factor that all products share is packed once.
        if (i === 0 || a.batch !== 0)
          packA(a.address + i * a.batch, aLines, aDepths + 4 * k0, m, depth, padded, panelsA);
        for (let n0 = 0; n0 < n; n0 += NC) {
          const width = Math.min(NC, n - n0);
          if (i === 0 || b.batch !== 0 || n > NC)
            packB(b.address + i * b.batch, bLines + 4 * n0, bDepths + 4 * k0, width, depth, padded, panelsB);
          multiply(panelsA, panelsB, c + i * cBatch + n0 * bytes, m, width, padded, n * bytes, scratch);
        }
      }
    }
  }
}
