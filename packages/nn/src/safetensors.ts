import type { DType, Values } from "@gradus/tensor";
import { ArgumentError, check, GradusError } from "@gradus/tensor";
import { halfBits, halfValue } from "./half.ts";

/** A file is damaged, hostile, or not a safetensors file. */
export class FormatError extends GradusError {
  override name = "FormatError";
}

/** Elements of one tensor on the host, as `data()` gives them: `f16` as numbers in a Float32Array, `bool` as 0 and 1. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Values;
}

/** What a safetensors file holds. */
export interface Safetensors {
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: Map<string, string>;
}

/** Bounds on what is accepted from a file. */
export interface SafetensorsLimits {
  /** Bytes of the JSON header; 100,000,000 unless told, as in the reference implementation. */
  readonly maxHeaderBytes?: number;
  /** Tensors in the file; 1,000,000 unless told. */
  readonly maxTensors?: number;
}

interface Format {
  readonly bytes: number;
  readonly dtype: DType;
  read(buffer: ArrayBuffer, name: string): Values;
}

const plain =
  (array: new (buffer: ArrayBuffer) => Values) =>
  (buffer: ArrayBuffer): Values =>
    new array(buffer);

// The formats without a dtype of their own are widened, or narrowed when every value fits.
const formats: Readonly<Record<string, Format>> = {
  F64: { bytes: 8, dtype: "f64", read: plain(Float64Array) },
  F32: { bytes: 4, dtype: "f32", read: plain(Float32Array) },
  F16: { bytes: 2, dtype: "f16", read: (b) => Float32Array.from(new Uint16Array(b), halfValue) },
  I32: { bytes: 4, dtype: "i32", read: plain(Int32Array) },
  U32: { bytes: 4, dtype: "u32", read: plain(Uint32Array) },
  I8: { bytes: 1, dtype: "i8", read: plain(Int8Array) },
  U8: { bytes: 1, dtype: "u8", read: plain(Uint8Array) },
  BOOL: { bytes: 1, dtype: "bool", read: readBool },
  BF16: {
    bytes: 2,
    dtype: "f32",
    read: (b) => new Float32Array(Uint32Array.from(new Uint16Array(b), (bits) => bits << 16).buffer),
  },
  I16: { bytes: 2, dtype: "i32", read: (b) => Int32Array.from(new Int16Array(b)) },
  U16: { bytes: 2, dtype: "i32", read: (b) => Int32Array.from(new Uint16Array(b)) },
  I64: {
    bytes: 8,
    dtype: "i32",
    read: (b, name) => Int32Array.from(new BigInt64Array(b), (v) => narrow(v, -(2n ** 31n), 2n ** 31n, name)),
  },
  U64: {
    bytes: 8,
    dtype: "u32",
    read: (b, name) => Uint32Array.from(new BigUint64Array(b), (v) => narrow(v, 0n, 2n ** 32n, name)),
  },
};

const written: Readonly<Record<DType, string>> = {
  f64: "F64",
  f32: "F32",
  f16: "F16",
  i32: "I32",
  u32: "U32",
  i8: "I8",
  u8: "U8",
  bool: "BOOL",
};

/** Arrays in which elements lie on the host. */
const arrays: Readonly<Record<DType, new (n: number) => Values>> = {
  f64: Float64Array,
  f32: Float32Array,
  f16: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
};

function readBool(buffer: ArrayBuffer, name: string): Values {
  const data = new Uint8Array(buffer);
  if (data.some((v) => v > 1)) throw new FormatError(`safetensors: ${name}: a BOOL byte is neither 0 nor 1`);
  return data;
}

function narrow(value: bigint, low: bigint, high: bigint, name: string): number {
  if (value < low || value >= high)
    throw new FormatError(`safetensors: ${name}: the 64-bit value ${value} does not fit 32 bits`);
  return Number(value);
}

/**
 * Writes tensors as a safetensors file: header length (u64), JSON header, raw little-endian elements, 8-byte aligned, in the
 * order given. Hosts are little-endian, as every JavaScript engine's today.
 *
 * @param tensors - name → elements in row-major order
 * @param metadata - free text pairs stored in the header
 * @throws {@link ArgumentError} when a name is `__metadata__`, or the element count does not match the shape
 * @see https://huggingface.co/docs/safetensors
 * @example
 * ```ts
 * const bytes = encodeSafetensors(new Map([["w", { dtype: "f32", shape: [2], data: new Float32Array([1, 2]) }]]));
 * ```
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  for (const [map, argument] of [
    [tensors, "tensors"],
    [metadata, "metadata"],
  ] as const)
    if (!(map instanceof Map))
      throw new ArgumentError(`encodeSafetensors: ${argument}: expected a Map, got ${check.said(map)}`);
  for (const [name, text] of metadata)
    if (typeof name !== "string" || typeof text !== "string")
      throw new ArgumentError(
        `encodeSafetensors: metadata: ${check.said(name)}: expected text, got ${check.said(text)}`,
      );
  for (const [name, entry] of tensors) checkHost(name, entry);
  const header: [string, unknown][] = metadata.size > 0 ? [["__metadata__", Object.fromEntries(metadata)]] : [];
  let end = 0;
  const raws: ArrayBufferView[] = [];
  for (const [name, { dtype, shape, data }] of tensors) {
    const raw = dtype === "f16" ? Uint16Array.from(data, halfBits) : data;
    raws.push(raw);
    header.push([name, { dtype: written[dtype], shape, data_offsets: [end, end + raw.byteLength] }]);
    end += raw.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.fill(0x20, 8, start).set(json, 8);
  let at = start;
  for (const raw of raws) {
    bytes.set(new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength), at);
    at += raw.byteLength;
  }
  return bytes;
}

function checkHost(name: string, entry: HostTensor): void {
  const op = "encodeSafetensors";
  if (name === "__metadata__")
    throw new ArgumentError(`${op}: tensors: the name __metadata__ is reserved; rename the tensor`);
  if (!isObject(entry)) throw new ArgumentError(`${op}: tensors: ${name}: expected {dtype, shape, data}`);
  check.dtype(op, entry.dtype, `tensors: ${name}: dtype`);
  check.shape(op, entry.shape, `tensors: ${name}: shape`);
  const { shape, data } = entry;
  if (!ArrayBuffer.isView(data))
    throw new ArgumentError(`${op}: tensors: ${name}: data: expected a typed array, got ${check.said(data)}`);
  const size = shape.reduce((a, b) => a * b, 1);
  if (data.length !== size)
    throw new ArgumentError(`${op}: tensors: ${name}: shape [${shape}] has ${size} elements, data has ${data.length}`);
  const array = arrays[entry.dtype];
  if (!(data instanceof array))
    throw new ArgumentError(`${op}: tensors: ${name}: data: expected a ${array.name} for ${entry.dtype}`);
}

/**
 * Reads a safetensors file. Everything in it is checked before it is used: sizes against the file and the limits, offsets against
 * shapes, gaps and overlaps. BF16, I16, U16, I64 and U64, which have no dtype here, become f32, i32, i32, i32 and u32.
 *
 * @throws {@link FormatError} naming what is wrong; never anything else, whatever the bytes. {@link ArgumentError} for what is no Uint8Array
 * @example
 * ```ts
 * const { tensors } = decodeSafetensors(await readFile("model.safetensors"));
 * tensors.get("conv1.weight")?.shape; // [16, 1, 5, 5]
 * ```
 */
export function decodeSafetensors(bytes: Uint8Array, limits: SafetensorsLimits = {}): Safetensors {
  if (!(bytes instanceof Uint8Array))
    throw new ArgumentError(`decodeSafetensors: bytes: expected a Uint8Array, got ${check.said(bytes)}`);
  check.options("decodeSafetensors", limits, { maxHeaderBytes: count, maxTensors: count }, "limits");
  const { maxHeaderBytes = 100_000_000, maxTensors = 1_000_000 } = limits;
  const { header, start } = readHeader(bytes, maxHeaderBytes);
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  if (entries.length > maxTensors)
    throw new FormatError(`safetensors: ${entries.length} tensors are more than the limit of ${maxTensors}`);
  const found = entries.map(([name, entry]) => ({ name, ...checkEntry(name, entry, bytes.length - start) }));
  let at = 0;
  for (const { name, begin, end } of found.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      throw new FormatError(
        `safetensors: ${name}: data begins at ${begin}, but ${at} was expected (tensors overlap or leave a gap)`,
      );
    at = end;
  }
  if (at !== bytes.length - start)
    throw new FormatError(`safetensors: ${bytes.length - start - at} bytes at the end belong to no tensor`);
  const tensors = new Map<string, HostTensor>();
  for (const { name, format, shape, begin, end } of found)
    tensors.set(name, {
      dtype: format.dtype,
      shape,
      data: format.read(Uint8Array.from(bytes.subarray(start + begin, start + end)).buffer, name),
    });
  return { tensors, metadata: checkMetadata(header.__metadata__) };
}

const count = check.integer("[0, ∞)");

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readHeader(bytes: Uint8Array, maxHeaderBytes: number): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8) throw new FormatError(`safetensors: ${bytes.length} bytes are too few for a header length`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes))
    throw new FormatError(`safetensors: a header of ${length} bytes is above the limit of ${maxHeaderBytes}`);
  const start = 8 + Number(length);
  if (start > bytes.length)
    throw new FormatError(`safetensors: the header ends at ${start}, but the file has ${bytes.length} bytes`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, start)));
  } catch {
    throw new FormatError("safetensors: the header is not JSON");
  }
  if (!isObject(header)) throw new FormatError("safetensors: the header is not an object");
  return { header, start };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function checkEntry(
  name: string,
  entry: unknown,
  room: number,
): { format: Format; shape: number[]; begin: number; end: number } {
  if (!isObject(entry)) throw new FormatError(`safetensors: ${name}: the entry is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(formats, dtype))
    throw new FormatError(`safetensors: ${name}: dtype ${JSON.stringify(dtype)} is unknown`);
  const format = formats[dtype] as Format;
  if (!Array.isArray(shape) || shape.length > 64 || !shape.every(isCount))
    throw new FormatError(`safetensors: ${name}: shape is not a list of sizes`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw new FormatError(`safetensors: ${name}: data_offsets are not two offsets`);
  const [begin, end] = offsets as [number, number];
  const size = (shape as number[]).reduce((a, b) => a * b, format.bytes);
  if (begin > end || end > room)
    throw new FormatError(
      `safetensors: ${name}: data_offsets [${begin}, ${end}] lie outside the ${room} bytes of data`,
    );
  if (end - begin !== size)
    throw new FormatError(
      `safetensors: ${name}: shape [${shape}] of ${dtype} needs ${size} bytes, data_offsets span ${end - begin}`,
    );
  return { format, shape, begin, end };
}

function checkMetadata(metadata: unknown): Map<string, string> {
  if (metadata === undefined) return new Map();
  if (!isObject(metadata)) throw new FormatError("safetensors: __metadata__ is not an object");
  const entries = Object.entries(metadata).map(([name, value]): [string, string] => {
    if (typeof value !== "string") throw new FormatError(`safetensors: __metadata__: ${name} is not text`);
    return [name, value];
  });
  return new Map(entries);
}
