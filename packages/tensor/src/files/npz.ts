import { options as checkOptions, flag } from "../check.ts";
import { dtypes } from "../dtype.ts";
import { ArgumentError, FileError, GradusError } from "../errors.ts";
import { said } from "../said.ts";
import type { Tensor } from "../tensor.ts";
import { check, type LongOptions, type Named, namedTensors, Tally } from "./check.ts";
import { layoutChecks, type NpyLayout, npyParts, readNpy, writeArray } from "./npy.ts";
import { type SinkLike, writeTo } from "./sink.ts";
import { asTyped, openReader, type Reader, type SourceLike } from "./source.ts";
import { type Packed, packInto, unpacked, zipEntries } from "./zip.ts";

/** Bounds on what is accepted from an .npz file. */
export interface NpzLimits {
  /** Bytes that arrays may unpack to, each alone and all that one call reads together; default 1 GiB. */
  readonly maxBytes?: number;
  /** Arrays in the file; default 100,000. */
  readonly maxTensors?: number;
}

/** Options of {@link openNpz}. */
export interface OpenNpzOptions extends NpzLimits, Pick<LongOptions, "signal"> {}

/** Options of {@link readNpz}. */
export interface ReadNpzOptions extends NpzLimits, LongOptions {}

/** Options of {@link writeNpz}. */
export interface WriteNpzOptions extends Omit<NpyLayout, "version">, LongOptions {
  /** Deflate each array, as `np.savez_compressed` does; default false. */
  readonly compress?: boolean;
}

/** One array of an .npz file, as the table of contents has it. */
export interface NpzEntry {
  /** Bytes that it unpacks to, header included. */
  readonly bytes: number;
  /** Bytes in the file. */
  readonly packedBytes: number;
}

const limits = { maxBytes: check.count, maxTensors: check.count };
const SUFFIX = ".npy";

/**
 * Opens an .npz file: reads its table of contents alone; arrays are unpacked one at a time. The zip container is read by the optional peer
 * dependency: `npm i @zip.js/zip.js`.
 *
 * @param from - path, bytes, `Blob`, file handle or any {@link Source}
 * @throws {@link FileError} naming what is wrong with the file, whatever its bytes, or that the library is missing;
 * {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a wrong argument
 * @example
 * ```ts
 * const file = await openNpz("arrays.npz");
 * [...file.tensors.keys()]; // ["x", "y"]
 * const x = await file.read("x");
 * await file.close();
 * ```
 */
export async function openNpz(from: SourceLike, options: OpenNpzOptions = {}): Promise<NpzFile> {
  checkOptions("openNpz", options, { ...limits, signal: check.long.signal });
  return open("openNpz", from, options);
}

async function open(op: string, from: SourceLike, options: OpenNpzOptions): Promise<NpzFile> {
  const { signal, maxBytes = 2 ** 30, maxTensors = 100_000 } = options;
  signal?.throwIfAborted();
  const reader = await openReader(op, from);
  try {
    const entries = new Map<string, Packed>();
    for (const entry of await zipEntries(reader, maxTensors)) {
      if (!entry.name.endsWith(SUFFIX)) continue;
      const name = entry.name.slice(0, -SUFFIX.length);
      if (entries.has(name)) throw new FileError(`${reader.where}: ${said(name)} occurs twice; write the file anew`);
      entries.set(name, entry);
    }
    return new NpzFile(reader, entries, maxBytes);
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** An open .npz file; see {@link openNpz}. */
export class NpzFile {
  /** Name → sizes. What is no .npy file is left out. */
  readonly tensors: ReadonlyMap<string, NpzEntry>;
  readonly #entries: ReadonlyMap<string, Packed>;
  readonly #reader: Reader;
  readonly #maxBytes: number;

  /** @internal */
  constructor(reader: Reader, entries: ReadonlyMap<string, Packed>, maxBytes: number) {
    this.#reader = reader;
    this.#entries = entries;
    this.#maxBytes = maxBytes;
    this.tensors = new Map([...entries].map(([name, { bytes, packedBytes }]) => [name, { bytes, packedBytes }]));
  }

  /**
   * One array, unpacked piece by piece: beside the result, a few MiB lie in memory. dtypes as of {@link readNpy}.
   *
   * @throws {@link FileError} when the array is damaged, or unpacks to more than `maxBytes` or than it says; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a
   * name that the file lacks
   */
  async read(name: string, options: LongOptions = {}): Promise<Tensor> {
    const op = "NpzFile.read";
    checkOptions(op, options, check.long);
    const entry = this.#entries.get(name);
    if (entry === undefined)
      throw new ArgumentError(
        `${op}: name: there is no ${said(name)}; the file has ${said([...this.#entries.keys()])}`,
      );
    this.#checkSize(said(name), entry.bytes);
    return this.#read(name, entry, new Tally(options, entry.bytes), options.signal);
  }

  /** Every array, one after the other. Throws as {@link NpzFile.read} does. */
  async readAll(options: LongOptions = {}): Promise<Map<string, Tensor>> {
    checkOptions("NpzFile.readAll", options, check.long);
    const total = [...this.#entries.values()].reduce((n, { bytes }) => n + bytes, 0);
    this.#checkSize("arrays", total);
    const tally = new Tally(options, total);
    const all = new Map<string, Tensor>();
    for (const [name, entry] of this.#entries) all.set(name, await this.#read(name, entry, tally, options.signal));
    return all;
  }

  #checkSize(part: string, bytes: number): void {
    if (bytes > this.#maxBytes)
      throw new FileError(
        `${this.#reader.where}: ${part}: unpacks to ${bytes} bytes, above the limit of ${this.#maxBytes}; raise maxBytes if you trust the file`,
      );
  }

  async #read(name: string, entry: Packed, tally: Tally, signal: AbortSignal | undefined): Promise<Tensor> {
    const where = `${this.#reader.where}: ${said(name)}`;
    const source = await unpacked(where, entry, signal, (bytes) => tally.add(name, bytes));
    try {
      const tensor = await readNpy(source);
      await source.finish();
      return tensor;
    } catch (error) {
      const first = await source.cancel(error);
      signal?.throwIfAborted();
      if (first instanceof GradusError)
        throw new FileError(`${where}: ${first.message.replace(/^readNpy: /, "")}`, { cause: first });
      throw asTyped(where, first);
    }
  }

  /** Closes what {@link openNpz} opened: a path. */
  close(): Promise<void> {
    return this.#reader.close();
  }
}

/**
 * All arrays of an .npz file.
 *
 * @throws as {@link openNpz} and {@link NpzFile.read} do
 * @example
 * ```ts
 * const arrays = await readNpz("arrays.npz"); // np.savez("arrays.npz", x=x, y=y)
 * arrays.get("x");
 * ```
 */
export async function readNpz(from: SourceLike, options: ReadNpzOptions = {}): Promise<Map<string, Tensor>> {
  checkOptions("readNpz", options, { ...limits, ...check.long });
  const { signal, progress } = options;
  const file = await open("readNpz", from, options);
  try {
    return await file.readAll({ ...(signal && { signal }), ...(progress && { progress }) });
  } finally {
    await file.close();
  }
}

/**
 * Writes tensors as an .npz file, one at a time in the order given, without dates: equal tensors give equal bytes. Needs the optional peer
 * dependency: `npm i @zip.js/zip.js`.
 *
 * @param to - path (written beside and renamed: whole or not at all), `WritableStream`, file handle or any {@link Sink}
 * @param tensors - name → tensor
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option or an ill-formed name; {@link FileError} when it cannot be written, or the library is missing
 * @example
 * ```ts
 * await writeNpz("arrays.npz", { x, y }, { compress: true }); // np.load("arrays.npz")["x"]
 * ```
 */
export async function writeNpz(to: SinkLike, tensors: Named<Tensor>, options: WriteNpzOptions = {}): Promise<void> {
  const op = "writeNpz";
  const { endian, fortranOrder } = layoutChecks;
  checkOptions(op, options, { ...check.long, endian, fortranOrder, compress: flag });
  const list = namedTensors(op, tensors);
  const tally = new Tally(
    options,
    list.reduce((n, [, t]) => n + t.size * dtypes[t.dtype].bytes, 0),
  );
  await writeTo(op, to, (write) =>
    packInto(
      op,
      write,
      options.compress === true,
      list.map(([name, t]) => ({
        name: name + SUFFIX,
        bytes: npyParts(t, options).bytes,
        write: (into) => writeArray(op, into, t, options, name, tally),
      })),
    ),
  );
}
