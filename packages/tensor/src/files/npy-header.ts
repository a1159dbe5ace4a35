import type { DType } from "../dtype.ts";
import { FileError } from "../errors.ts";
import { said } from "../said.ts";
import type { Shape } from "../shape.ts";
import { countOf, type Encoding, encodings } from "./elements.ts";
import type { Reader } from "./source.ts";

/** What the header of an .npy file says, checked. */
export interface NpyHeader {
  /** NumPy's type string, such as `"<f8"`. */
  readonly descr: string;
  /** dtype that it is read as. */
  readonly dtype: DType;
  readonly shape: Shape;
  /** Elements lie with the first axis fastest. */
  readonly fortranOrder: boolean;
  readonly version: 1 | 2 | 3;
  /** Byte of the file at which the elements begin. */
  readonly offset: number;
}

/** How elements of a type string lie in the file. */
export interface NpyEncoding {
  readonly encoding: Encoding;
  readonly bigEndian: boolean;
}

const MAGIC = "\x93NUMPY";

// What NumPy can save and this library has no dtype for, by the letter of its kind: what it is, and what to save instead.
const foreign: Readonly<Record<string, string>> = {
  O: "Python objects (a pickle, which can run code); save an array of numbers",
  c: "complex numbers; save .real and .imag",
  f: "long doubles; save astype('float64')",
  U: "text; save numbers",
  S: "bytes of text; save numbers",
  a: "bytes of text; save numbers",
  V: "raw or structured records; save each field as an array of its own",
  M: "dates; save astype('int64')",
  m: "time spans; save astype('int64')",
};

/** How elements of a type string lie; throws FileError for a type without a dtype. */
export function npyEncoding(where: string, descr: string): NpyEncoding {
  const [, order, kind = "", digits = ""] = /^([<>|=]?)([a-zA-Z?])(\d*)/.exec(descr) ?? [];
  const encoding =
    descr === `${order}${kind}${digits}` && Object.hasOwn(encodings, kind + digits)
      ? encodings[kind + digits]
      : undefined;
  if (encoding !== undefined && (order !== "|" || encoding.bytes === 1)) return { encoding, bigEndian: order === ">" };
  const what = Object.hasOwn(foreign, kind) ? `holds ${foreign[kind]}` : "is no type of numbers that NumPy writes";
  throw new FileError(`${where}: header: descr: ${said(descr)} ${what}`);
}

/** Reads and checks the header: its length, its text, and the shape against the bytes that follow. */
export async function readNpyHeader(reader: Reader, maxHeaderBytes: number): Promise<NpyHeader> {
  const fail = (what: string): never => {
    throw new FileError(`${reader.where}: header: ${what}`);
  };
  const magic = await reader.read(0, 8, "header");
  if (String.fromCharCode(...magic.subarray(0, 6)) !== MAGIC)
    fail("is not that of an .npy file; pass what np.save wrote");
  const [version, minor] = [magic[6] as number, magic[7]];
  if (version < 1 || version > 3 || minor !== 0) fail(`version ${version}.${minor} is unknown; use 1.0, 2.0 or 3.0`);
  const width = version === 1 ? 2 : 4;
  const bytes = await reader.read(8, width, "header length");
  const view = new DataView(bytes.buffer, bytes.byteOffset, width);
  const length = width === 2 ? view.getUint16(0, true) : view.getUint32(0, true);
  if (length > maxHeaderBytes)
    fail(
      `${length} bytes are above the limit of ${maxHeaderBytes}; structured arrays are not read, else raise maxHeaderBytes`,
    );
  const offset = 8 + width + length;
  const { descr, fortranOrder, shape } = parse(
    decode(await reader.read(8 + width, length, "header"), version, fail),
    fail,
  );
  const { encoding } = npyEncoding(reader.where, descr);
  const needed = countOf(shape) * encoding.bytes;
  if (needed !== reader.size - offset)
    fail(
      `shape [${shape}] of ${descr} needs ${needed} bytes, but ${reader.size - offset} follow; the file is cut off, damaged, or holds more than one array`,
    );
  return { descr, dtype: encoding.dtype, shape, fortranOrder, version: version as 1 | 2 | 3, offset };
}

function decode(bytes: Uint8Array, version: number, fail: (what: string) => never): string {
  try {
    return new TextDecoder(version === 3 ? "utf-8" : "latin1", { fatal: true }).decode(bytes);
  } catch {
    return fail("is not UTF-8; the file is damaged");
  }
}

const TOKEN = /\s*(?:'([^'\\]*)'|"([^"\\]*)"|(\d+)L?|(True|False)|([{}():,[\]]))/y;
type Token = string | { readonly text: string } | { readonly number: number } | { readonly flag: boolean };

/** The dictionary that NumPy writes: `{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }`. */
function parse(text: string, fail: (what: string) => never): Pick<NpyHeader, "descr" | "fortranOrder" | "shape"> {
  const damaged = (): never => fail("is not the dictionary that NumPy writes; the file is damaged");
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const [, single, double, digits, flag, sign] = TOKEN.exec(text) ?? damaged();
    const word = single ?? double;
    if (word !== undefined) tokens.push({ text: word });
    else if (digits !== undefined) tokens.push({ number: Number(digits) });
    else if (flag !== undefined) tokens.push({ flag: flag === "True" });
    else tokens.push(sign as string);
  }
  let at = 0;
  const take = (sign: string): boolean => tokens[at] === sign && ++at > 0;
  const shape = (): number[] => {
    const sizes: number[] = [];
    while (!take(")")) {
      const token = tokens[at++];
      if (typeof token !== "object" || !("number" in token)) return damaged();
      if (!Number.isSafeInteger(token.number)) return fail(`shape: ${token.number} is too large a size`);
      sizes.push(token.number);
      if (!take(",") && tokens[at] !== ")") damaged();
    }
    return sizes;
  };
  const found = new Map<string, unknown>();
  if (!take("{")) damaged();
  while (!take("}")) {
    const key = tokens[at++];
    if (typeof key !== "object" || !("text" in key) || !take(":")) return damaged();
    if (found.has(key.text)) fail(`${said(key.text)} occurs twice; the file is damaged`);
    const value = tokens[at++];
    if (key.text === "descr" && (value === "[" || value === "("))
      fail("descr: structured arrays are not read; save each field as an array of its own");
    if (typeof value === "object")
      found.set(key.text, "text" in value ? value.text : "flag" in value ? value.flag : undefined);
    else found.set(key.text, value === "(" ? shape() : damaged());
    if (!take(",") && tokens[at] !== "}") damaged();
  }
  const { descr, fortran_order: fortranOrder, shape: sizes, ...more } = Object.fromEntries(found);
  if (at !== tokens.length || Object.keys(more).length > 0) damaged();
  if (typeof descr !== "string" || typeof fortranOrder !== "boolean" || !Array.isArray(sizes)) return damaged();
  if (sizes.length > 64) fail(`shape: ${sizes.length} axes; at most 64 are allowed`);
  return { descr, fortranOrder, shape: sizes };
}

// NumPy leaves room for the growing axis to become this long, so that a file can be appended to in place.
const GROWTH_DIGITS = 21;

/** The bytes before the elements, as NumPy writes them: padded so that the elements begin at a multiple of 64. */
export function npyHeader({ descr, fortranOrder, shape, version }: Omit<NpyHeader, "offset" | "dtype">): Uint8Array {
  const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  let text = `{'descr': '${descr}', 'fortran_order': ${fortranOrder ? "True" : "False"}, 'shape': ${sizes}, }`;
  const growing = shape.at(fortranOrder ? -1 : 0);
  if (growing !== undefined) text += " ".repeat(GROWTH_DIGITS - String(growing).length);
  const width = version === 1 ? 2 : 4;
  const length = 64 * (Math.floor((8 + width + text.length + 1) / 64) + 1) - 8 - width;
  const bytes = new TextEncoder().encode(`......${"\0".repeat(2 + width)}${text.padEnd(length - 1)}\n`);
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i);
  bytes[6] = version;
  const view = new DataView(bytes.buffer);
  if (width === 2) view.setUint16(8, length, true);
  else view.setUint32(8, length, true);
  return bytes;
}
