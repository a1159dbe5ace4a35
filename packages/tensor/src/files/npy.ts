import { type Check, options as checkOptions, checkTensor, flag, oneOf } from "../check.ts";
import { type DType, dtypes } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import { permute } from "../functions/shaping.ts";
import { readStored } from "../read.ts";
import { said } from "../said.ts";
import { hostTensor, type Tensor } from "../tensor.ts";
import { check, checkRows, type LongOptions, Tally } from "./check.ts";
import { countOf, readElements, writeElements } from "./elements.ts";
import { type NpyHeader, npyEncoding, npyHeader, readNpyHeader } from "./npy-header.ts";
import { type SinkLike, writeTo } from "./sink.ts";
import { openReader, type Reader, type SourceLike } from "./source.ts";

/** Bounds on what is accepted from an .npy file. */
export interface NpyLimits {
  /** Bytes of the header; default 10,000, as in NumPy. */
  readonly maxHeaderBytes?: number;
}

/** Options of {@link openNpy}. */
export interface OpenNpyOptions extends NpyLimits, Pick<LongOptions, "signal"> {}

/** Options of {@link readNpy}. */
export interface ReadNpyOptions extends NpyLimits, LongOptions {
  /** First row and the one after the last, along the first axis; default all. Only their bytes are read. */
  readonly rows?: readonly [begin: number, end: number];
}

/** How an .npy file is laid out. */
export interface NpyLayout {
  /** Order of the bytes of an element; default `"little"`. */
  readonly endian?: "little" | "big";
  /** First axis fastest; default false. */
  readonly fortranOrder?: boolean;
  /** Version of the format; default 1, which every reader knows. */
  readonly version?: 1 | 2 | 3;
}

/** Options of {@link writeNpy}. */
export interface WriteNpyOptions extends NpyLayout, LongOptions {}

/**
 * Opens an .npy file: reads and checks its header alone, against the bytes that follow.
 *
 * @param from - path, bytes, `Blob`, file handle or any {@link Source}
 * @throws {@link FileError} naming what is wrong with the file, whatever its bytes: objects (pickles), text, records and complex numbers
 * are refused; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a wrong argument
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @example
 * ```ts
 * const file = await openNpy("big.npy");
 * file.header.shape; // [1000000, 256]
 * const some = await file.read({ rows: [0, 100] });
 * await file.close();
 * ```
 */
export async function openNpy(from: SourceLike, options: OpenNpyOptions = {}): Promise<NpyFile> {
  checkOptions("openNpy", options, { signal: check.long.signal, maxHeaderBytes: check.count });
  return open("openNpy", from, options);
}

async function open(
  op: string,
  from: SourceLike,
  { signal, maxHeaderBytes = 10_000 }: OpenNpyOptions,
): Promise<NpyFile> {
  signal?.throwIfAborted();
  const reader = await openReader(op, from);
  try {
    return new NpyFile(reader, await readNpyHeader(reader, maxHeaderBytes));
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** An open .npy file; see {@link openNpy}. */
export class NpyFile {
  readonly header: NpyHeader;
  readonly #reader: Reader;

  /** @internal */
  constructor(reader: Reader, header: NpyHeader) {
    this.#reader = reader;
    this.header = header;
  }

  /**
   * The array, or some of its rows. Beside the result, 4 MiB of the file lie in memory. int16 and uint16 become i32; int64 and uint64
   * become i32 and u32 when every value fits.
   *
   * @throws {@link FileError} for a 64-bit value that does not fit, or a file that cannot be read; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for rows out of
   * range, or of an array in Fortran order, whose rows are not contiguous
   */
  async read(options: LongOptions & Pick<ReadNpyOptions, "rows"> = {}): Promise<Tensor> {
    const op = "NpyFile.read";
    checkOptions(op, options, { ...check.long, rows: () => undefined });
    const { descr, shape, fortranOrder, offset } = this.header;
    const { encoding, bigEndian } = npyEncoding(this.#reader.where, descr);
    const reversed = fortranOrder && shape.length > 1;
    if (reversed && options.rows !== undefined)
      throw new ArgumentError(`${op}: rows: the array lies in Fortran order; leave rows out`);
    const [begin, end] = checkRows(op, shape, options.rows);
    const row = countOf(shape.slice(1));
    const count = (end - begin) * row;
    const region = { name: "data", offset: offset + begin * row * encoding.bytes, count, encoding, bigEndian };
    const data = await readElements(this.#reader, region, new Tally(options, count * encoding.bytes));
    if (reversed) return permute(hostTensor(data, shape.toReversed(), encoding.dtype));
    return hostTensor(data, shape.length === 0 ? [] : [end - begin, ...shape.slice(1)], encoding.dtype);
  }

  /** Closes what {@link openNpy} opened: a path. */
  close(): Promise<void> {
    return this.#reader.close();
  }
}

/**
 * The array in an .npy file.
 *
 * @throws as {@link openNpy} and {@link NpyFile.read} do
 * @example
 * ```ts
 * const x = await readNpy("x.npy"); // np.save("x.npy", x)
 * ```
 */
export async function readNpy(from: SourceLike, options: ReadNpyOptions = {}): Promise<Tensor> {
  checkOptions("readNpy", options, { ...check.long, rows: () => undefined, maxHeaderBytes: check.count });
  const { maxHeaderBytes, ...rest } = options;
  const file = await open("readNpy", from, options);
  try {
    return await file.read(rest);
  } finally {
    await file.close();
  }
}

const letters: Readonly<Record<DType, string>> = {
  f64: "f8",
  f32: "f4",
  f16: "f2",
  i32: "i4",
  u32: "u4",
  i8: "i1",
  u8: "u1",
  bool: "b1",
};

/** Throws unless a layout is one. */
export const layoutChecks: Readonly<Record<keyof NpyLayout, Check>> = {
  endian: oneOf("little", "big"),
  fortranOrder: flag,
  version: (op, value, argument) => {
    if (value !== 1 && value !== 2 && value !== 3)
      throw new ArgumentError(`${op}: ${argument}: ${said(value)} is unknown; use 1, 2 or 3`);
  },
};

/** Bytes before the elements of a tensor, and all bytes of its file. */
export function npyParts(t: Tensor, layout: NpyLayout): { readonly header: Uint8Array; readonly bytes: number } {
  const { endian = "little", fortranOrder = false, version = 1 } = layout;
  const order = dtypes[t.dtype].bytes === 1 ? "|" : endian === "big" ? ">" : "<";
  // An array of one axis is in C order whatever was asked, as NumPy has it.
  const fortran = fortranOrder && t.rank > 1;
  const header = npyHeader({ descr: order + letters[t.dtype], fortranOrder: fortran, shape: t.shape, version });
  return { header, bytes: header.length + t.size * dtypes[t.dtype].bytes };
}

/** Writes header and elements. */
export async function writeArray(
  op: string,
  write: (bytes: Uint8Array) => Promise<void>,
  t: Tensor,
  layout: NpyLayout,
  name: string,
  tally: Tally,
): Promise<void> {
  await write(npyParts(t, layout).header);
  const data = await readStored(op, layout.fortranOrder ? permute(t) : t);
  await writeElements(write, data, { name, bigEndian: layout.endian === "big" }, tally);
}

/**
 * Writes a tensor as an .npy file, byte for byte as NumPy does.
 *
 * @param to - path (written beside and renamed: whole or not at all), `WritableStream`, file handle or any {@link Sink}
 * @param tensor - f16, f32, f64, i32, u32, i8, u8 or bool
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option; {@link FileError} when it cannot be written
 * @example
 * ```ts
 * await writeNpy("x.npy", x); // np.load("x.npy")
 * ```
 */
export async function writeNpy(to: SinkLike, tensor: Tensor, options: WriteNpyOptions = {}): Promise<void> {
  const op = "writeNpy";
  checkOptions(op, options, { ...check.long, ...layoutChecks });
  checkTensor(op, tensor, "tensor");
  const tally = new Tally(options, tensor.size * dtypes[tensor.dtype].bytes);
  await writeTo(op, to, (write) => writeArray(op, write, tensor, options, "data", tally));
}
