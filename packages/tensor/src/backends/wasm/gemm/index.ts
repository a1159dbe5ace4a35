import { hasFusedMultiplyAdd } from "../features.ts";
import type { Modules } from "../modules.ts";
import type { Cut, Entry } from "../threads/queue.ts";
import { blocks } from "./blocks.ts";
import { driver, KC, NC, parameters, TILE_BYTES } from "./driver.ts";
import { packing } from "./pack.ts";
import { type Kind, kindOf, tile, UNROLL } from "./tile.ts";

/** Rows of the other tile, for products whose rows it fits better. */
const FEW_ROWS = 4;
/** Estimated nanoseconds of a multiplication and addition. */
const MULTIPLY = 0.04;
/** Blocks of c are not cut smaller than this many tiles along an axis. */
const LEAST_TILES = 4;
/** Tasks per thread: one that comes late leaves some of its share to the others. */
const TASKS = 2;

const up = (n: number, by: number): number => Math.ceil(n / by) * by;

/** Offsets in bytes along one axis of a factor: multiples of a step, or a list. */
export type Axis = { readonly step: number } | { readonly table: Int32Array };

/** One factor: bytes between batches, and the offsets of its lines (rows of a, columns of b) and depths. */
export interface Factor {
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

/** A product made ready: writes c from the addresses of a and b. */
export interface Multiplication {
  /** Scratch memory that it needs. */
  readonly bytes: number;
  run(a: number, b: number, c: number, scratch: number, batch?: number): void;
}

/** Products c[batch, m, n] = a[batch, m, k] · b[batch, k, n] of one dtype by packed panels. */
export class Gemm {
  private readonly kind: Kind;
  private readonly modules: Modules;
  private readonly drivers = new Map<number, Entry>();

  constructor(modules: Modules, dtype: "f32" | "f64") {
    this.modules = modules;
    this.kind = kindOf(dtype, hasFusedMultiplyAdd());
  }

  /** The kind of tile whose rows fit m best: a step of depth takes two loads of b, and a load and two products per row. */
  private kindFor(m: number): Kind {
    const cost = (rows: number): number => Math.ceil(m / rows) * (3 * rows + 2);
    return cost(FEW_ROWS) < cost(this.kind.rows) ? { ...this.kind, rows: FEW_ROWS } : this.kind;
  }

  private driver(kind: Kind): Entry {
    let entry = this.drivers.get(kind.rows);
    if (entry === undefined) {
      const functions = [
        { parameters: 6, code: tile(kind) },
        { parameters: 7, code: packing(kind, kind.rows) },
        { parameters: 7, code: packing(kind, kind.columns) },
        { parameters: 9, code: blocks(kind, 0) },
        { parameters: parameters.length + 2, code: driver(kind, { packA: 1, packB: 2, blocks: 3 }) },
      ];
      entry = this.modules.instantiate({ imports: [], functions })[4] as Entry;
      this.drivers.set(kind.rows, entry);
    }
    return entry;
  }

  /** Address of the table of an axis. */
  private table(axis: Axis, entries: number): number {
    const { bytes } = this.kind;
    if ("table" in axis) return this.modules.table(`list ${axis.table.join()}`, () => axis.table);
    const next = Number(axis.step === bytes);
    // Tables of one step are the same but for their length.
    const length = 2 ** Math.max(6, Math.ceil(Math.log2(entries)));
    return this.modules.table(`step ${axis.step} ${next} ${length}`, () =>
      Int32Array.from({ length }, (_, i) => (i * axis.step) | next),
    );
  }

  /** How c is cut into blocks for the threads there are, so that little is packed twice. */
  private blocksOf(batch: number, m: number, n: number, kind: Kind): { rowBlock: number; columnBlock: number } {
    const wanted = TASKS * (this.modules.queue.crew?.size ?? 1);
    let best = { rowBlock: m, columnBlock: n };
    if (wanted <= TASKS || batch >= wanted) return best;
    let [count, packed] = [batch, 0];
    const most = (extent: number, tileExtent: number): number =>
      Math.max(1, Math.min(wanted, Math.floor(extent / (tileExtent * LEAST_TILES))));
    for (let down = 1; down <= most(m, kind.rows); down++)
      for (let across = 1; across <= most(n, kind.columns); across++) {
        const tasks = Math.min(wanted, batch * down * across);
        const cost = across * m + down * n;
        if (tasks < count || (tasks === count && (packed === 0 || cost >= packed))) continue;
        [count, packed] = [tasks, cost];
        best = { rowBlock: up(Math.ceil(m / down), kind.rows), columnBlock: up(Math.ceil(n / across), kind.columns) };
      }
    return best;
  }

  /** `cBatch`: bytes between the results of a batch. */
  prepare(batch: number, m: number, n: number, k: number, a: Factor, b: Factor, cBatch?: number): Multiplication {
    const kind = this.kindFor(m);
    const { queue } = this.modules;
    const entry = this.driver(kind);
    const { rowBlock, columnBlock } = this.blocksOf(batch, m, n, kind);
    const depth = up(Math.min(k, KC), UNROLL);
    const panelsA = up(TILE_BYTES + up(Math.min(columnBlock, NC), kind.columns) * depth * kind.bytes, 64);
    const bytes = up(panelsA + up(rowBlock, kind.rows) * depth * kind.bytes, 64);
    const perBatch = Math.ceil(m / rowBlock) * Math.ceil(n / columnBlock);
    const threads = queue.crew?.size ?? 1;
    const cutFor = (tasks: number): Cut => ({
      grain: Math.ceil(tasks / (threads * TASKS)),
      cost: (tasks / perBatch) * m * n * k * MULTIPLY,
      scratch: { argument: parameters.length - 1, bytes },
    });
    const whole = cutFor(batch * perBatch);
    const [aLines, aDepths] = [this.table(a.lines, m), this.table(a.depths, k)];
    const [bLines, bDepths] = [this.table(b.lines, n), this.table(b.depths, k)];
    // Filled anew by each run.
    const args = [0, a.batch, aLines, aDepths, 0, b.batch, bLines, bDepths, 0, cBatch ?? m * n * kind.bytes];
    args.push(m, n, k, rowBlock, columnBlock, panelsA, 0);
    return {
      bytes: bytes * (queue.crew?.members ?? 1),
      run(a, b, c, scratch, images = batch) {
        [args[0], args[4], args[8], args[16]] = [a, b, c, scratch];
        queue.call(entry, args, 0, images * perBatch, images === batch ? whole : cutFor(images * perBatch));
      },
    };
  }
}
