import { DataError } from "../errors.ts";
import { readBytes } from "./read-file.ts";

interface ElementTypes {
  readonly u8: Uint8Array<ArrayBuffer>;
  readonly i8: Int8Array<ArrayBuffer>;
  readonly i16: Int16Array<ArrayBuffer>;
  readonly i32: Int32Array<ArrayBuffer>;
  readonly f32: Float32Array<ArrayBuffer>;
  readonly f64: Float64Array<ArrayBuffer>;
}

/** Element type of an IDX file. */
export type IdxType = keyof ElementTypes;

/** The array in an IDX file, elements in row-major order. */
export type IdxArray = {
  [T in IdxType]: { readonly type: T; readonly shape: readonly number[]; readonly data: ElementTypes[T] };
}[IdxType];

/** Bounds on what is read. */
export interface IdxLimits {
  /** Bytes of the file, and of what it unpacks to; 256 MiB unless told. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 2 ** 28;
const MAX_AXES = 8;

interface Format<T extends IdxType> {
  readonly type: T;
  readonly bytes: number;
  readonly create: (length: number) => ElementTypes[T];
  readonly get: (view: DataView, at: number) => number;
}

const formats: Readonly<Record<number, { [T in IdxType]: Format<T> }[IdxType]>> = {
  8: { type: "u8", bytes: 1, create: (n) => new Uint8Array(n), get: (v, at) => v.getUint8(at) },
  9: { type: "i8", bytes: 1, create: (n) => new Int8Array(n), get: (v, at) => v.getInt8(at) },
  11: { type: "i16", bytes: 2, create: (n) => new Int16Array(n), get: (v, at) => v.getInt16(at) },
  12: { type: "i32", bytes: 4, create: (n) => new Int32Array(n), get: (v, at) => v.getInt32(at) },
  13: { type: "f32", bytes: 4, create: (n) => new Float32Array(n), get: (v, at) => v.getFloat32(at) },
  14: { type: "f64", bytes: 8, create: (n) => new Float64Array(n), get: (v, at) => v.getFloat64(at) },
};

/**
 * Parses an IDX file (LeCun's format of MNIST): two zero bytes, type, number of axes, sizes, elements, all big-endian. The header is
 * believed only where the bytes that follow bear it out; nothing is allocated before.
 *
 * @param bytes - the whole file, unpacked; elements of one byte share its memory
 * @param name - what errors call it
 * @throws {@link DataError} when it is no IDX file, or not as long as its header says
 */
export function parseIdx(bytes: Uint8Array<ArrayBuffer>, name: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = view.byteLength >= 4 && view.getUint16(0) === 0 ? formats[view.getUint8(2)] : undefined;
  if (format === undefined) throw new DataError(`${name}: not an IDX file (its first bytes name no element type)`);
  const axes = view.getUint8(3);
  if (axes === 0 || axes > MAX_AXES) throw new DataError(`${name}: ${axes} axes; 1 to ${MAX_AXES} are allowed`);
  const start = 4 + 4 * axes;
  if (view.byteLength < start) throw new DataError(`${name}: the file ends inside its header`);
  const shape = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i));
  const length = shape.reduce((a, b) => a * b, 1); // below 2^256: rounded perhaps, never infinite
  const left = view.byteLength - start;
  if (length * format.bytes !== left)
    throw new DataError(`${name}: the header says [${shape}] of ${format.type}, but ${left} bytes follow it`);
  return { type: format.type, shape, data: elements(view, start, length, format) } as IdxArray;
}

function elements(view: DataView<ArrayBuffer>, start: number, length: number, format: Format<IdxType>): unknown {
  const at = view.byteOffset + start;
  if (format.type === "u8") return new Uint8Array(view.buffer, at, length);
  if (format.type === "i8") return new Int8Array(view.buffer, at, length);
  const data = format.create(length);
  for (let i = 0; i < length; i++) data[i] = format.get(view, start + i * format.bytes);
  return data;
}

/**
 * The array in an IDX file, plain or gzipped.
 *
 * @throws {@link DataError} when the file cannot be read, is too large, damaged, or no IDX file
 */
export const readIdx = (path: string, { maxBytes = MAX_BYTES }: IdxLimits = {}): IdxArray =>
  parseIdx(readBytes(path, maxBytes), path);
