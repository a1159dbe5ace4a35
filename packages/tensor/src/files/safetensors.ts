import { options as checkOptions } from "../check.ts";
import { dtypes } from "../dtype.ts";
import { ArgumentError, FileError } from "../errors.ts";
import { readStored } from "../read.ts";
import { said } from "../said.ts";
import { hostTensor, type Tensor } from "../tensor.ts";
import { check, checkRows, type LongOptions, type Named, namedTensors, pairs, Tally } from "./check.ts";
import { countOf, readElements, writeElements } from "./elements.ts";
import {
  encodingOf,
  formatOf,
  readHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
  type SafetensorsLimits,
} from "./safetensors-header.ts";
import { type SinkLike, writeTo } from "./sink.ts";
import { openReader, type Reader, type SourceLike } from "./source.ts";

/** Options of {@link openSafetensors}. */
export interface OpenSafetensorsOptions extends SafetensorsLimits, Pick<LongOptions, "signal"> {}

/** Options of {@link readSafetensors}. */
export interface ReadSafetensorsOptions extends SafetensorsLimits, LongOptions {}

/** Options of reading one tensor. */
export interface ReadTensorOptions extends LongOptions {
  /** First row and the one after the last, along the first axis; default all. Only their bytes are read. */
  readonly rows?: readonly [begin: number, end: number];
}

/** Options of {@link writeSafetensors}. */
export interface WriteSafetensorsOptions extends LongOptions {
  /** Free text pairs stored in the header. */
  readonly metadata?: Named<string>;
}

/** What a safetensors file holds. */
export interface Safetensors {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

const limits = { maxHeaderBytes: check.count, maxTensors: check.count };

/**
 * Opens a safetensors file: reads and checks its header alone. Names, formats, shapes and metadata are then known; tensors are read one at
 * a time.
 *
 * @param from - path, bytes, `Blob`, file handle or any {@link Source}
 * @throws {@link FileError} naming what is wrong with the file, whatever its bytes; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a wrong argument
 * @see https://huggingface.co/docs/safetensors
 * @example
 * ```ts
 * const file = await openSafetensors("model.safetensors");
 * file.tensors.get("conv1.weight"); // { format: "F32", dtype: "f32", shape: [16, 1, 5, 5], … }
 * const weight = await file.read("conv1.weight");
 * await file.close();
 * ```
 */
export async function openSafetensors(
  from: SourceLike,
  options: OpenSafetensorsOptions = {},
): Promise<SafetensorsFile> {
  const op = "openSafetensors";
  checkOptions(op, options, { ...limits, signal: check.long.signal });
  return open(op, from, options);
}

async function open(op: string, from: SourceLike, options: OpenSafetensorsOptions): Promise<SafetensorsFile> {
  options.signal?.throwIfAborted();
  const reader = await openReader(op, from);
  try {
    return new SafetensorsFile(reader, await readHeader(reader, options));
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** An open safetensors file; see {@link openSafetensors}. */
export class SafetensorsFile implements SafetensorsHeader {
  /** Name → format, dtype, shape and place. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly #reader: Reader;

  /** @internal */
  constructor(reader: Reader, { tensors, metadata }: SafetensorsHeader) {
    this.#reader = reader;
    this.tensors = tensors;
    this.metadata = metadata;
  }

  /**
   * One tensor, or some of its rows. Beside the result, 4 MiB of the file lie in memory. BF16 becomes f32; I16 and U16 become i32; I64 and
   * U64 become i32 and u32 when every value fits.
   *
   * @throws {@link FileError} for a format without a dtype (F8, F4, F6, C64), a 64-bit value that does not fit, or a file that cannot be read;
   * {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a name that the file lacks, or rows out of range
   */
  async read(name: string, options: ReadTensorOptions = {}): Promise<Tensor> {
    const op = "SafetensorsFile.read";
    checkOptions(op, options, { ...check.long, rows: () => undefined });
    const entry = this.tensors.get(name);
    if (entry === undefined)
      throw new ArgumentError(`${op}: name: there is no ${said(name)}; the file has ${said([...this.tensors.keys()])}`);
    const [begin, end] = checkRows(op, entry.shape, options.rows);
    const rows = entry.shape[0] ?? 1;
    const tally = new Tally(options, rows === 0 ? 0 : (entry.bytes / rows) * (end - begin));
    return this.#read(name, entry, [begin, end], tally);
  }

  /** Every tensor, one after the other, in the order of the header. Throws as {@link SafetensorsFile.read} does. */
  async readAll(options: LongOptions = {}): Promise<Map<string, Tensor>> {
    checkOptions("SafetensorsFile.readAll", options, check.long);
    const tally = new Tally(
      options,
      [...this.tensors.values()].reduce((n, { bytes }) => n + bytes, 0),
    );
    const all = new Map<string, Tensor>();
    for (const [name, entry] of this.tensors) {
      all.set(name, await this.#read(name, entry, checkRows("", entry.shape, undefined), tally));
    }
    return all;
  }

  async #read(
    name: string,
    { format, shape, offset }: SafetensorsEntry,
    [begin, end]: readonly [number, number],
    tally: Tally,
  ): Promise<Tensor> {
    const encoding = encodingOf(format);
    if (encoding === undefined)
      throw new FileError(
        `${this.#reader.where}: ${said(name)}: ${format} has no dtype here; convert it to F16, BF16 or F32 before saving`,
      );
    const row = countOf(shape.slice(1));
    const region = {
      name: said(name),
      offset: offset + begin * row * encoding.bytes,
      count: (end - begin) * row,
      encoding,
    };
    const data = await readElements(this.#reader, region, tally);
    return hostTensor(data, shape.length === 0 ? [] : [end - begin, ...shape.slice(1)], encoding.dtype);
  }

  /** Closes what {@link openSafetensors} opened: a path. */
  close(): Promise<void> {
    return this.#reader.close();
  }
}

/**
 * All tensors and the metadata of a safetensors file.
 *
 * @throws as {@link openSafetensors} and {@link SafetensorsFile.read} do
 * @example
 * ```ts
 * const { tensors, metadata } = await readSafetensors("model.safetensors");
 * ```
 */
export async function readSafetensors(from: SourceLike, options: ReadSafetensorsOptions = {}): Promise<Safetensors> {
  const op = "readSafetensors";
  checkOptions(op, options, { ...limits, ...check.long });
  const { signal, progress, ...bounds } = options;
  const file = await open(op, from, { ...bounds, ...(signal && { signal }) });
  try {
    const tensors = await file.readAll({ ...(signal && { signal }), ...(progress && { progress }) });
    return { tensors, metadata: file.metadata };
  } finally {
    await file.close();
  }
}

/**
 * Writes tensors as a safetensors file, one at a time: lazy tensors are computed when it is their turn. The order is that of the reference
 * implementation (largest alignment first, then by name), so equal tensors give equal bytes.
 *
 * @param to - path (written beside and renamed: whole or not at all), `WritableStream`, file handle or any {@link Sink}
 * @param tensors - name → tensor
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a name is `__metadata__` or not well-formed text; {@link FileError} when it cannot be written
 * @example
 * ```ts
 * await writeSafetensors("model.safetensors", { weight, bias }, { metadata: { epochs: "3" } });
 * ```
 */
export async function writeSafetensors(
  to: SinkLike,
  tensors: Named<Tensor>,
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  return writeNamed("writeSafetensors", to, tensors, options);
}

/** As {@link writeSafetensors}, in the name of `op`. */
export async function writeNamed(
  op: string,
  to: SinkLike,
  tensors: Named<Tensor>,
  options: WriteSafetensorsOptions,
): Promise<void> {
  checkOptions(op, options, { ...check.long, metadata: () => undefined });
  const metadata = pairs(op, options.metadata ?? {}, "metadata").toSorted(byName);
  for (const [name, text] of metadata)
    if (typeof text !== "string")
      throw new ArgumentError(`${op}: metadata: ${said(name)}: expected text, got ${said(text)}`);
  const list = namedTensors(op, tensors)
    .map(([name, tensor]) => ({ name, tensor, ...formatOf(tensor.dtype) }))
    .toSorted((a, b) => b.rank - a.rank || byName([a.name], [b.name]));
  const fields: string[] = [];
  if (metadata.length > 0)
    fields.push(member("__metadata__", `{${metadata.map(([k, v]) => member(k, JSON.stringify(v))).join()}}`));
  let end = 0;
  for (const { name, tensor, format } of list) {
    if (name === "__metadata__")
      throw new ArgumentError(`${op}: tensors: the name __metadata__ is reserved; rename the tensor`);
    const begin = end;
    end += tensor.size * dtypes[tensor.dtype].bytes;
    fields.push(member(name, JSON.stringify({ dtype: format, shape: tensor.shape, data_offsets: [begin, end] })));
  }
  const json = new TextEncoder().encode(`{${fields.join()}}`);
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  const tally = new Tally(options, end);
  await writeTo(op, to, async (write) => {
    await write(header);
    for (const { name, tensor } of list)
      await writeElements(write, await readStored(op, tensor), { name: said(name) }, tally);
  });
}

const member = (name: string, json: string): string => `${JSON.stringify(name)}:${json}`;

/** Order of names by code point, as UTF-8 has it. */
function byName([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a.codePointAt(i) as number, b.codePointAt(i) as number];
    if (x !== y) return x - y;
  }
  return a.length - b.length;
}
