import type { DType } from "../dtype.ts";
import { FileError } from "../errors.ts";
import { said } from "../said.ts";
import type { Shape } from "../shape.ts";
import { countOf, type Encoding, encodings } from "./elements.ts";
import type { Reader } from "./source.ts";

/** One tensor of a safetensors file. */
export interface SafetensorsEntry {
  /** Format in the file, such as `"BF16"`. */
  readonly format: string;
  /** dtype that it is read as; null when it cannot be read. */
  readonly dtype: DType | null;
  readonly shape: Shape;
  /** Byte of the file at which it begins. */
  readonly offset: number;
  /** Bytes in the file. */
  readonly bytes: number;
}

/** Bounds on what is accepted from a safetensors file. */
export interface SafetensorsLimits {
  /** Bytes of the JSON header; default 100,000,000, as in the reference implementation. */
  readonly maxHeaderBytes?: number;
  /** Tensors in the file; default 1,000,000. */
  readonly maxTensors?: number;
}

/** What the header of a safetensors file says, checked. */
export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

// Bits of an element, and the encoding where there is a dtype to read it into. From the smallest alignment to the largest, as the
// reference implementation counts it: its writer puts tensors in the reverse of this order.
const formats: Readonly<Record<string, readonly [bits: number, encoding?: string]>> = {
  BOOL: [8, "b1"],
  F4: [4],
  F6_E2M3: [6],
  F6_E3M2: [6],
  U8: [8, "u1"],
  I8: [8, "i1"],
  F8_E5M2: [8],
  F8_E4M3: [8],
  F8_E8M0: [8],
  F8_E5M2FNUZ: [8],
  F8_E4M3FNUZ: [8],
  I16: [16, "i2"],
  U16: [16, "u2"],
  F16: [16, "f2"],
  BF16: [16, "bf2"],
  I32: [32, "i4"],
  U32: [32, "u4"],
  F32: [32, "f4"],
  C64: [64],
  F64: [64, "f8"],
  I64: [64, "i8"],
  U64: [64, "u8"],
};
const order = Object.keys(formats);

/** How a format of the file is read; undefined for one that has no dtype here. */
export const encodingOf = (format: string): Encoding | undefined => encodings[formats[format]?.[1] ?? ""];

/** The format of a dtype, and its place in the order of formats. */
export function formatOf(dtype: DType): { readonly format: string; readonly rank: number } {
  const rank = order.findIndex((format) => {
    const encoding = encodingOf(format);
    return encoding?.dtype === dtype && (encoding.decode === undefined || dtype === "bool");
  });
  return { format: order[rank] as string, rank };
}

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * Reads and checks the header: its length against the file and the limits, every shape against its offsets, and the offsets against each
 * other (no overlap, no gap, nothing left over).
 */
export async function readHeader(reader: Reader, limits: SafetensorsLimits): Promise<SafetensorsHeader> {
  const { maxHeaderBytes = 100_000_000, maxTensors = 1_000_000 } = limits;
  const fail = (what: string): never => {
    throw new FileError(`${reader.where}: header: ${what}`);
  };
  const first = await reader.read(0, 8, "header length");
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes))
    fail(`${length} bytes are above the limit of ${maxHeaderBytes}; not a safetensors file, or raise maxHeaderBytes`);
  const start = 8 + Number(length);
  const { header, members } = parse(await reader.read(8, Number(length), "header"), fail);
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isObject(metadata)) return fail("__metadata__ is not an object");
  const texts = Object.entries(metadata);
  const wrong = texts.find(([, text]) => typeof text !== "string");
  if (wrong !== undefined) fail(`__metadata__: ${said(wrong[0])} is not text`);
  const entries = Object.entries(rest);
  if (entries.length > maxTensors)
    fail(`${entries.length} tensors are above the limit of ${maxTensors}; raise maxTensors`);
  const tensors = new Map<string, SafetensorsEntry>();
  for (const [name, fields] of entries) tensors.set(name, checkEntry(name, fields, start, reader.size, fail));
  // Three fields each: whatever else there is was said twice, and the parser kept the last.
  const expected = Object.keys(header).length + 3 * entries.length + texts.length;
  if (members !== expected) fail("a name occurs twice; write the file anew");
  checkLayout(tensors, start, reader.size, fail);
  return { tensors, metadata: new Map(texts as [string, string][]) };
}

/** The header object, and how many `name: value` its text has at all depths. */
function parse(bytes: Uint8Array, fail: (what: string) => never): { header: Fields; members: number } {
  let header: unknown;
  try {
    if (bytes[0] !== 0x7b) throw new SyntaxError();
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    fail("is not a JSON object; not a safetensors file, or damaged");
  }
  let members = 0;
  let quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i];
    if (c === 0x22) quoted = !quoted;
    else if (quoted && c === 0x5c) i++;
    else if (!quoted && c === 0x3a) members++;
  }
  return { header: header as Fields, members };
}

function checkEntry(
  name: string,
  fields: unknown,
  start: number,
  size: number,
  fail: (what: string) => never,
): SafetensorsEntry {
  const bad = (what: string): never => fail(`${said(name)}: ${what}`);
  if (!isObject(fields) || Object.keys(fields).toSorted().join() !== "data_offsets,dtype,shape")
    return bad("expected {dtype, shape, data_offsets}");
  const { dtype, shape, data_offsets: offsets } = fields;
  if (typeof dtype !== "string" || !Object.hasOwn(formats, dtype))
    return bad(`dtype ${said(dtype)} is unknown; use one of ${order.join(", ")}`);
  if (!Array.isArray(shape) || shape.length > 64 || !shape.every(isCount))
    return bad(`shape ${said(shape)} is not a list of at most 64 sizes`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    return bad(`data_offsets ${said(offsets)} are not two offsets`);
  const [begin, end] = offsets as [number, number];
  const room = size - start;
  if (begin > end || end > room)
    return bad(`data_offsets [${begin}, ${end}] lie outside the ${room} bytes of data; the file is cut off or damaged`);
  const [bits] = formats[dtype] as readonly [number];
  const bytes = (countOf(shape) * bits) / 8;
  if (end - begin !== bytes)
    return bad(`shape [${shape}] of ${dtype} needs ${bytes} bytes, but data_offsets span ${end - begin}`);
  return { format: dtype, dtype: encodingOf(dtype)?.dtype ?? null, shape, offset: start + begin, bytes };
}

function checkLayout(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  start: number,
  size: number,
  fail: (what: string) => never,
): void {
  let at = start;
  for (const [name, { offset, bytes }] of [...tensors].toSorted(
    ([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes,
  )) {
    if (offset !== at)
      fail(`${said(name)}: begins at byte ${offset}, but ${at} was expected: tensors overlap or leave a gap`);
    at = offset + bytes;
  }
  if (at !== size) fail(`${size - at} bytes at the end of the file belong to no tensor`);
}
