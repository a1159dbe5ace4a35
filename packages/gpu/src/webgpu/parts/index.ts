import { dtypes, type Kernel, OutOfMemoryError } from "@gradus/tensor";
import { indexKey } from "@gradus/tensor/backend";
import type { Limits } from "../limits.ts";
import { perWord } from "../wgsl/types.ts";
import { foldInParts } from "./folds.ts";
import { chunks, eachPart, rows } from "./grid.ts";
import { flat, flattened, type Load, load, moved, restricted } from "./kernels.ts";
import { bindFewer, loadInPasses, wildLoads } from "./values.ts";
import { wide } from "./wide.ts";
import { bytesOf, excess, fits, operandCount, product, resultOf, storable, windows } from "./windows.ts";
import type { Workshop } from "./workshop.ts";

/** What a shader sees of a buffer, in bytes. */
export interface View {
  /** Which buffer of the step; those beyond are the temporaries. */
  readonly buffer: number;
  readonly offset: number;
  readonly bytes: number;
}

/** A kernel that one shader can do, and what it sees of each of its buffers. */
export interface Part {
  readonly kernel: Kernel;
  readonly views: readonly (View | null)[];
}

/** A kernel as smaller ones, to be run in order. */
export interface Parts {
  /** Bytes of each temporary. */
  readonly temporaries: readonly number[];
  readonly parts: readonly Part[];
}

/** Parts of one kernel at most. */
const MOST = 2 ** 16;

/**
 * Cuts a kernel that asks too much of a device: into parts of its loops, each of which sees a stretch of every buffer; long folds into folds of parts;
 * and where that is not enough, values are stored in temporaries first. Throws OutOfMemoryError when nothing helps.
 */
export function inParts(kernel: Kernel, limits: Limits): Parts {
  const cutter = new Cutter(kernel, limits);
  cutter.emit(
    kernel,
    kernel.buffers.map((_, b) => b),
  );
  return cutter;
}

class Cutter implements Parts, Workshop {
  readonly limits: Limits;
  readonly parts: Part[] = [];
  readonly temporaries: number[] = [];
  readonly #kernel: Kernel;
  readonly #free: number[] = [];

  constructor(kernel: Kernel, limits: Limits) {
    this.#kernel = kernel;
    this.limits = limits;
  }

  take(bytes: number): number {
    const first = this.#kernel.buffers.length;
    const id = this.#free.pop() ?? first + this.temporaries.push(0) - 1;
    this.temporaries[id - first] = Math.max(bytes, this.temporaries[id - first] as number);
    return id;
  }

  give(id: number): void {
    this.#free.push(id);
  }

  emit(k: Kernel, places: readonly number[]): void {
    if (fits(k, this.limits)) this.#push(k, places);
    else if (perWord(resultOf(k)) > 1) this.#inWords(k, places);
    else this.#smaller(k, places);
  }

  #smaller(k: Kernel, places: readonly number[]): void {
    const wild = wildLoads(k, this);
    const crowded = operandCount(k) > this.limits.operands;
    const needs = {
      without: wild,
      outer: crowded || k.outer.some((x) => wild.has(x)),
      inner: k.inner.some((x) => wild.has(x)) || (crowded && k.accumulators.length > 0),
    };
    const c = chunks(k, this.limits, needs);
    const [first] = wild;
    if (c === null) this.#apart(k, places);
    else if ([...k.loops, ...k.reduce].some((n, l) => n !== c[l])) this.#cut(k, places, c);
    else if (first !== undefined) loadInPasses(this, k, places, first as Load);
    else if (!crowded || !bindFewer(this, k, places)) this.#impossible(k);
  }

  #push(k: Kernel, places: readonly number[]): void {
    if (this.parts.length === MOST) this.#impossible(k);
    const views = windows(k).map((w, b): View | null => {
      if (w === null) return null;
      const [offset, end] = bytesOf(k, b, w, this.limits);
      return { buffer: places[b] as number, offset, bytes: end - offset };
    });
    const first = (b: number): number =>
      (views[b]?.offset ?? 0) / dtypes[(k.buffers[b] as Kernel["buffers"][number]).dtype].bytes;
    this.parts.push({ kernel: moved(k, first), views });
  }

  #cut(k: Kernel, places: readonly number[], c: readonly number[]): void {
    const outputs = k.loops.length;
    const inner = c.slice(outputs);
    const folds = inner.some((n, r) => n < (k.reduce[r] as number));
    eachPart(k.loops, c.slice(0, outputs), (from, count) => {
      const part = restricted(k, [...from, ...k.reduce.map(() => 0)], [...count, ...k.reduce]);
      if (folds) foldInParts(this, part, places, inner);
      else this.emit(part, places);
    });
  }

  /** Elements that share words: in stretches from an aligned word on, whose elements are made in words of their own and packed then. */
  #inWords(k: Kernel, places: readonly number[]): void {
    const { limits } = this;
    const size = product(k.loops);
    const most = Math.min(Math.floor(limits.binding / 4), 64 * limits.workgroups ** 3);
    const store = k.stores[0] as Kernel["stores"][number];
    if (!storable(k, limits)) this.#impossible(k);
    if (size > most) {
      let whole = k;
      let c = rows(k, limits, most);
      if (c === null) {
        whole = flattened(k);
        c = rows(whole, limits, most);
      }
      if (c === null) this.#impossible(k);
      this.#cut(whole, places, [...c, ...k.reduce]);
      return;
    }
    const dtype = resultOf(k);
    const word = wide(dtype);
    const id = this.take(4 * size);
    const buffers = [...k.buffers, { dtype: word, size }];
    const own = buffers.length - 1;
    this.emit(
      {
        ...k,
        buffers,
        outer: [...k.outer, { op: "cast", dtype: word, a: store.value }],
        stores: [{ buffer: own, index: flat(k.loops), value: k.outer.length }],
      },
      [...places, id],
    );
    this.emit(
      {
        ...k,
        buffers,
        reduce: [],
        inner: [],
        accumulators: [],
        outer: [load(word, own, flat(k.loops)), { op: "cast", dtype, a: 0 }],
        stores: [{ ...store, value: 1 }],
      },
      [...places, id],
    );
    this.give(id);
  }

  /** Loads of one buffer at different places become loads of different buffers. */
  #apart(k: Kernel, places: readonly number[]): void {
    const known = new Map<string, number>();
    const buffers = [...k.buffers];
    const ids = [...places];
    const list = (xs: Kernel["outer"]): Kernel["outer"] =>
      xs.map((x) => {
        if (x.op !== "load") return x;
        const key = `${x.buffer} ${indexKey(x.index)} ${x.guards.map((g) => `${indexKey(g.of)} ${g.low} ${g.high}`)}`;
        let b = known.get(key);
        if (b === undefined) {
          const first = ![...known.values()].includes(x.buffer);
          b = first ? x.buffer : buffers.push(k.buffers[x.buffer] as Kernel["buffers"][number]) - 1;
          if (!first) ids.push(places[x.buffer] as number);
          known.set(key, b);
        }
        return { ...x, buffer: b };
      });
    const [inner, outer] = [list(k.inner), list(k.outer)];
    if (buffers.length === k.buffers.length) this.#impossible(k);
    this.emit({ ...k, inner, outer, buffers }, ids);
  }

  #impossible(k: Kernel): never {
    const { limits } = this;
    const { name, buffers } = this.#kernel;
    const own = buffers.map((b) => b.size * dtypes[b.dtype].bytes);
    const most = Math.max(...own);
    const at = own.indexOf(most);
    const what = at === this.#kernel.stores[0]?.buffer ? "the result" : `operand ${at}`;
    if (excess(k, limits) === 0 && operandCount(k) > limits.operands)
      throw new OutOfMemoryError(
        `webgpu: ${name}: reads ${operandCount(k) - 1} arrays at once, and this device binds ${limits.operands} with the result; realize some of them apart`,
      );
    throw new OutOfMemoryError(
      `webgpu: ${name}: ${what} (${(buffers[at] as Kernel["buffers"][number]).dtype}) has ${most} bytes, of which this device binds ${limits.binding} at once, and the kernel cannot be cut that small; compute it in parts`,
    );
  }
}
