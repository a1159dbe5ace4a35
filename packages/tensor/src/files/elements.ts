import { type DType, dtypes, type HostArray } from "../dtype.ts";
import { FileError, OutOfMemoryError } from "../errors.ts";
import type { Tally } from "./check.ts";
import type { Reader } from "./source.ts";

// Typed arrays lie in the host's order of bytes, which is little-endian wherever JavaScript runs today.

/** Bytes that are read or written at once; a multiple of every element's size. */
export const PIECE: number = 2 ** 22;

/** How elements lie in a file, and the dtype that they become. */
export interface Encoding {
  readonly bytes: number;
  readonly dtype: DType;
  /** Puts a piece of the file into `target` from element `at` on; without it the bytes are the dtype's own. `where` begins errors. */
  readonly decode?: (piece: ArrayBuffer, target: HostArray, at: number, where: string) => void;
}

const own = (dtype: DType): Encoding => ({ bytes: dtypes[dtype].bytes, dtype });

/** 64-bit integers as 32-bit ones: the low halves, when the high halves say nothing. */
const narrowed = (dtype: "i32" | "u32"): Encoding => ({
  bytes: 8,
  dtype,
  decode(piece, target, at, where) {
    const halves = new Int32Array(piece);
    for (let i = 0; i < halves.length; i += 2) {
      const low = halves[i] as number;
      if (halves[i + 1] !== (dtype === "i32" ? low >> 31 : 0)) {
        const value = new (dtype === "i32" ? BigInt64Array : BigUint64Array)(piece, 4 * i, 1)[0];
        throw new FileError(
          `${where}: the 64-bit value ${value} at element ${at + i / 2} does not fit ${dtype}; save as 32 bits or as a float`,
        );
      }
      target[at + i / 2] = low;
    }
  },
});

/** Every encoding that can be read, by kind and bytes as NumPy writes them; `bf2` is bfloat16. */
export const encodings: Readonly<Record<string, Encoding>> = {
  f8: own("f64"),
  f4: own("f32"),
  f2: own("f16"),
  i4: own("i32"),
  u4: own("u32"),
  i1: own("i8"),
  u1: own("u8"),
  b1: {
    bytes: 1,
    dtype: "bool",
    decode(piece, target, at, where) {
      const values = new Uint8Array(piece);
      const bad = values.findIndex((v) => v > 1);
      if (bad >= 0)
        throw new FileError(`${where}: element ${at + bad} of a bool is ${values[bad]}, neither 0 nor 1; save as u8`);
      target.set(values, at);
    },
  },
  i2: { bytes: 2, dtype: "i32", decode: (piece, target, at) => target.set(new Int16Array(piece), at) },
  u2: { bytes: 2, dtype: "i32", decode: (piece, target, at) => target.set(new Uint16Array(piece), at) },
  i8: narrowed("i32"),
  u8: narrowed("u32"),
  bf2: {
    bytes: 2,
    dtype: "f32",
    decode(piece, target, at) {
      const bits = new Uint32Array(target.buffer, 4 * at);
      new Uint16Array(piece).forEach((b, i) => {
        bits[i] = b << 16;
      });
    },
  },
};

/** Turns the bytes of each element of `width` around, in place. */
function swap(bytes: Uint8Array, width: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < bytes.length; i += width) {
    if (width === 2) view.setUint16(i, view.getUint16(i), true);
    else if (width === 4) view.setUint32(i, view.getUint32(i), true);
    else if (width === 8) view.setBigUint64(i, view.getBigUint64(i), true);
    else return;
  }
}

/** Product of sizes; 0 when one of them is, however large the others are. */
export const countOf = (shape: readonly number[]): number => (shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1));

/** Elements that lie in a file: where, how many, and how. */
export interface Region {
  /** What errors and progress call them. */
  readonly name: string;
  readonly offset: number;
  readonly count: number;
  readonly encoding: Encoding;
  readonly bigEndian?: boolean;
}

/** Reads a region piece by piece: beside the result, one piece lies in memory. */
export async function readElements(reader: Reader, region: Region, tally: Tally): Promise<HostArray> {
  const { name, offset, count, encoding, bigEndian = false } = region;
  const { bytes: width, dtype, decode } = encoding;
  const where = `${reader.where}: ${name}`;
  // Whether the file holds the last byte is known before anything is allocated.
  if (offset + count * width > reader.size)
    throw new FileError(`${where}: needs ${count * width} bytes, but the file ends before; it is cut off or damaged`);
  const target = allocate(where, dtype, count);
  const all = new Uint8Array(target.buffer);
  for (let i = 0; i < count; i += PIECE / width) {
    const n = Math.min(PIECE / width, count - i);
    const piece = await reader.read(offset + i * width, n * width, name);
    if (decode === undefined) {
      all.set(piece, i * width);
      if (bigEndian) swap(all.subarray(i * width, (i + n) * width), width);
    } else {
      const copy = new Uint8Array(piece);
      if (bigEndian) swap(copy, width);
      decode(copy.buffer, target, i, where);
    }
    tally.add(name, piece.length);
  }
  return target;
}

function allocate(where: string, dtype: DType, count: number): HostArray {
  const { array, bytes } = dtypes[dtype];
  try {
    return new array(new ArrayBuffer(count * bytes));
  } catch (cause) {
    throw new OutOfMemoryError(`${where}: ${count * bytes} bytes cannot be had; read fewer rows at a time`, { cause });
  }
}

/** Writes elements piece by piece. */
export async function writeElements(
  write: (bytes: Uint8Array) => Promise<void>,
  data: HostArray,
  { name, bigEndian = false }: Pick<Region, "name" | "bigEndian">,
  tally: Tally,
): Promise<void> {
  const all = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < all.length; at += PIECE) {
    let piece = all.subarray(at, at + PIECE);
    if (bigEndian) swap((piece = piece.slice()), data.BYTES_PER_ELEMENT);
    await write(piece);
    tally.add(name, piece.length);
  }
}
