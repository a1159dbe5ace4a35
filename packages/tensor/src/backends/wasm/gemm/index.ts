import { addIndex, loopIndex, scaleIndex } from "../../../ir/index-expr.ts";
import type { Kernel } from "../../../ir/ir.ts";
import { hasFusedMultiplyAdd } from "../features.ts";
import { loopRunner, type Modules } from "../modules.ts";
import type { Cut, Entry } from "../threads/queue.ts";
import { blocks } from "./blocks.ts";
import { deepDriver, driver, NC, parameters, TILE_BYTES } from "./driver.ts";
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

/** From this depth on a product of few results is cut along the depth. */
const DEEP = 4096;
const FEW_RESULTS = 16384;
/** Parts of such a depth. */
const PARTS = 16;

/** Depth of a block: a panel of B of this depth stays in the first-level cache. */
const KC = 256;

const up = (n: number, by: number): number => Math.ceil(n / by) * by;

/** Depth of the blocks that a depth is cut into: nearly equal ones, at most an eighth above KC. */
const depthBlockOf = (k: number): number => up(Math.ceil(k / Math.ceil(k / (KC * 1.125))), UNROLL);

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
  readonly #kind: Kind;
  readonly #modules: Modules;
  readonly #drivers = new Map<string, Entry>();

  constructor(modules: Modules, dtype: "f32" | "f64") {
    this.#modules = modules;
    this.#kind = kindOf(dtype, hasFusedMultiplyAdd());
  }

  /** The kind of tile whose rows fit m best: a step of depth takes two loads of b, and a load and two products per row. */
  #kindFor(m: number): Kind {
    const cost = (rows: number): number => Math.ceil(m / rows) * (3 * rows + 2);
    return cost(FEW_ROWS) < cost(this.#kind.rows) ? { ...this.#kind, rows: FEW_ROWS } : this.#kind;
  }

  /** How the product module of a kind of tile is entered. */
  #driver(kind: Kind, write: typeof driver): Entry {
    const key = `${kind.rows} ${write === deepDriver}`;
    let entry = this.#drivers.get(key);
    if (entry === undefined) {
      const functions = [
        { parameters: parameters.length + 2, code: write(kind, { packA: 2, packB: 3, blocks: 4 }) },
        { parameters: 6, code: tile(kind) },
        { parameters: 7, code: packing(kind, kind.rows) },
        { parameters: 7, code: packing(kind, kind.columns) },
        { parameters: 9, code: blocks(kind, 1) },
      ];
      entry = this.#modules.instantiate({ imports: [], functions })[0] as Entry;
      this.#drivers.set(key, entry);
    }
    return entry;
  }

  /** Address of the table of an axis. */
  #table(axis: Axis, entries: number): number {
    const { bytes } = this.#kind;
    if ("table" in axis) return this.#modules.table(`list ${axis.table.join()}`, () => axis.table);
    const next = Number(axis.step === bytes);
    // Tables of one step are the same but for their length.
    const length = 2 ** Math.max(6, Math.ceil(Math.log2(entries)));
    return this.#modules.table(`step ${axis.step} ${next} ${length}`, () =>
      Int32Array.from({ length }, (_, i) => (i * axis.step) | next),
    );
  }

  /** How c is cut into blocks for the threads there are, so that little is packed twice. */
  #blocksOf(batch: number, m: number, n: number, kind: Kind): { rowBlock: number; columnBlock: number } {
    const wanted = TASKS * (this.#modules.queue.crew?.size ?? 1);
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
    if (batch === 1 && k >= DEEP && m * n <= FEW_RESULTS && n <= NC) return this.#prepareDeep(m, n, k, a, b);
    const kind = this.#kindFor(m);
    const { rowBlock, columnBlock } = this.#blocksOf(batch, m, n, kind);
    const depthBlock = depthBlockOf(k);
    const { panelsA, bytes } = this.#room(kind, rowBlock, Math.min(columnBlock, NC), depthBlock);
    const perBatch = Math.ceil(m / rowBlock) * Math.ceil(n / columnBlock);
    const distance = cBatch ?? m * n * kind.bytes;
    const args = this.#arguments(m, n, k, a, b, [distance, rowBlock, columnBlock, depthBlock, panelsA]);
    const { queue } = this.#modules;
    const entry = this.#driver(kind, driver);
    const cutFor = (tasks: number): Cut => this.#cut(tasks, (tasks / perBatch) * m * n * k, bytes);
    const whole = cutFor(batch * perBatch);
    return {
      bytes: bytes * this.#members,
      run(a, b, c, scratch, images = batch) {
        fill(args, a, b, c, scratch);
        queue.call(entry, args, 0, images * perBatch, images === batch ? whole : cutFor(images * perBatch));
      },
    };
  }

  /** The depth is cut into parts, whatever the number of threads; their results are added in order. */
  #prepareDeep(m: number, n: number, k: number, a: Factor, b: Factor): Multiplication {
    const kind = this.#kindFor(m);
    const { queue } = this.#modules;
    const depth = up(Math.ceil(k / PARTS), KC);
    const parts = Math.ceil(k / depth);
    const { panelsA, bytes } = this.#room(kind, m, n, KC);
    const matrix = up(m * n * kind.bytes, 64);
    const args = this.#arguments(m, n, k, a, b, [matrix, depth, n, KC, panelsA]);
    const entry = this.#driver(kind, deepDriver);
    const cut = this.#cut(parts, m * n * k, bytes);
    const sum = sumOfParts(kind.dtype, parts, m * n, matrix / kind.bytes);
    const add = loopRunner(sum, this.#modules.compile([sum])[0] as Entry, queue);
    return {
      bytes: parts * matrix + bytes * this.#members,
      run(a, b, c, scratch) {
        fill(args, a, b, scratch, scratch + parts * matrix);
        queue.call(entry, args, 0, parts, cut);
        add.run([scratch, c], 0);
      },
    };
  }

  get #members(): number {
    return this.#modules.queue.crew?.members ?? 1;
  }

  /** Scratch memory of a member: the tile, the packed columns, and from `panelsA` on the packed rows. */
  #room(kind: Kind, rows: number, columns: number, depth: number): { panelsA: number; bytes: number } {
    const panelsA = up(TILE_BYTES + up(columns, kind.columns) * depth * kind.bytes, 64);
    return { panelsA, bytes: up(panelsA + up(rows, kind.rows) * depth * kind.bytes, 64) };
  }

  #cut(tasks: number, products: number, bytes: number): Cut {
    return {
      grain: Math.ceil(tasks / ((this.#modules.queue.crew?.size ?? 1) * TASKS)),
      cost: products * MULTIPLY,
      scratch: { argument: SCRATCH, bytes },
    };
  }

  /** Arguments of a driver, filled anew by each run. */
  #arguments(
    m: number,
    n: number,
    k: number,
    a: Factor,
    b: Factor,
    sizes: readonly [distance: number, rowBlock: number, columnBlock: number, depthBlock: number, panelsA: number],
  ): number[] {
    return [
      ...[0, a.batch, this.#table(a.lines, m), this.#table(a.depths, k)],
      ...[0, b.batch, this.#table(b.lines, n), this.#table(b.depths, k)],
      ...[0, sizes[0], m, n, k, ...sizes.slice(1), 0],
    ];
  }
}

const [A, B, C, SCRATCH] = (["a", "b", "c", "scratch"] as const).map((name) => parameters.indexOf(name)) as [
  number,
  number,
  number,
  number,
];
function fill(args: number[], a: number, b: number, c: number, scratch: number): void {
  args[A] = a;
  args[B] = b;
  args[C] = c;
  args[SCRATCH] = scratch;
}

/** Adds matrices of `size` elements that lie `distance` elements apart. */
function sumOfParts(dtype: "f32" | "f64", parts: number, size: number, distance: number): Kernel {
  const element = loopIndex(0, size);
  const index = addIndex(element, scaleIndex(loopIndex(1, parts), distance));
  return {
    kind: "loops",
    name: "sum of parts",
    loops: [size],
    reduce: [parts],
    inner: [{ op: "load", dtype, buffer: 0, index, guards: [], fill: 0 }],
    accumulators: [{ op: "sum", dtype, value: 0 }],
    outer: [{ op: "accumulator", dtype, a: 0 }],
    buffers: [
      { dtype, size: parts * distance },
      { dtype, size },
    ],
    stores: [{ buffer: 1, index: element, value: 0 }],
  };
}
