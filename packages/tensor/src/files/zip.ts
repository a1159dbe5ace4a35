import type { Entry, FileEntry } from "@zip.js/zip.js";
import { FileError } from "../errors.ts";
import { said } from "../said.ts";
import { asTyped, type Reader, type Source } from "./source.ts";

// The zip container, by way of zip.js: the only file that knows the library. Declarations of what is exported do not name it, since it may be
// missing.

/** One file of a zip container. */
export interface Packed {
  readonly name: string;
  readonly bytes: number;
  readonly packedBytes: number;
  /** Unpacks into a stream, and compares the checksum. */
  unpack(into: WritableStream<Uint8Array>, signal: AbortSignal | undefined): Promise<unknown>;
}

// Deflate gains at most this factor.
const MAX_RATIO = 1032;
const STORED = 0;
const DEFLATED = 8;
/** Bytes that the table of contents may have. */
const MAX_DIRECTORY = 100_000_000;
const plain = { useWebWorkers: false, useCompressionStream: false } as const;

async function library(op: string): Promise<typeof import("@zip.js/zip.js")> {
  try {
    return await import("@zip.js/zip.js");
  } catch (cause) {
    throw new FileError(`${op}: .npz needs a library for zip files: npm i @zip.js/zip.js`, { cause });
  }
}

/** The table of contents: at most `maxEntries` files, none encrypted, of methods that are read, of sizes that can be. */
export async function zipEntries(reader: Reader, maxEntries: number): Promise<Packed[]> {
  const { where } = reader;
  const zip = await library(where);
  class Access extends zip.Reader<Reader> {
    override size = reader.size;
    override readUint8Array(index: number, length: number): Promise<Uint8Array> {
      const some = Math.max(0, Math.min(length, reader.size - index));
      if (some > MAX_DIRECTORY)
        throw new FileError(`${where}: table of contents: ${some} bytes are above the limit of ${MAX_DIRECTORY}`);
      return reader.read(index, some);
    }
  }
  const packed: Packed[] = [];
  const options = { ...plain, strictness: "strict", filenameValidation: "tolerant" } as const;
  try {
    for await (const entry of new zip.ZipReader(new Access(reader), options).getEntriesGenerator()) {
      if (packed.length === maxEntries)
        throw new FileError(`${where}: table of contents: more than ${maxEntries} files; raise maxTensors`);
      if (!entry.directory) packed.push(checkEntry(reader, entry));
    }
  } catch (error) {
    throw asTyped(`${where}: table of contents: not a sound zip file`, error);
  }
  return packed;
}

function checkEntry(reader: Reader, entry: Entry & FileEntry): Packed {
  const { filename: name, uncompressedSize: bytes, compressedSize: packedBytes, compressionMethod: method } = entry;
  const bad = (what: string): never => {
    throw new FileError(`${reader.where}: ${said(name)}: ${what}`);
  };
  if (entry.encrypted) bad("is encrypted; write it without a password");
  if (method !== STORED && method !== DEFLATED)
    bad(`compression method ${method} is not read; use np.savez or np.savez_compressed`);
  if (packedBytes > reader.size) bad(`says ${packedBytes} bytes, but the file has ${reader.size}; it is damaged`);
  if (method === STORED ? bytes !== packedBytes : bytes > packedBytes * MAX_RATIO)
    bad(`${packedBytes} bytes cannot unpack to ${bytes}; the file is damaged or hostile`);
  const strict = { ...plain, strictness: "strict", checkOverlappingEntry: true, checkSignature: true } as const;
  return {
    name,
    bytes,
    packedBytes,
    unpack: (into, signal) => entry.getData(into, { ...strict, ...(signal && { signal }) }),
  };
}

/** A source that must be read in order: an entry as it is unpacked. */
export interface Unpacked extends Source {
  /** Throws unless the entry ends here, and its checksum is right. */
  finish(): Promise<void>;
  /** Gives up because of `error`; answers the error that came first, the unpacker's or this one. */
  cancel(error: unknown): Promise<unknown>;
}

/** Begins to unpack an entry; `done` counts bytes. */
export async function unpacked(
  where: string,
  { bytes, unpack }: Packed,
  signal: AbortSignal | undefined,
  done: (bytes: number) => void,
): Promise<Unpacked> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  let failure: unknown;
  const work = unpack(writable, signal).catch((error: unknown) => {
    failure ??= asTyped(`${where}: cannot be unpacked`, error);
    return writable.abort(error).catch(() => undefined);
  });
  const pieces = readable.getReader();
  let left: Uint8Array = new Uint8Array();
  let at = 0;
  const next = async (): Promise<Uint8Array> => {
    const { value, done: ended } = await pieces.read();
    if (!ended) return value;
    await work;
    throw failure ?? new FileError(`${where}: unpacks to ${at} bytes, but says ${bytes}; the file is damaged`);
  };
  return {
    size: bytes,
    async read(offset, length) {
      if (offset !== at) throw new RangeError(`read at ${offset} instead of ${at}`);
      const whole = new Uint8Array(length);
      for (let got = 0; got < length; ) {
        if (left.length === 0) left = await next();
        const some = left.subarray(0, length - got);
        whole.set(some, got);
        left = left.subarray(some.length);
        got += some.length;
        at += some.length;
        done(some.length);
      }
      return whole;
    },
    async finish() {
      const { done: ended } = left.length > 0 ? { done: false } : await pieces.read();
      if (!ended) throw new FileError(`${where}: unpacks to more than the ${bytes} bytes it says; the file is damaged`);
      await work;
      if (failure !== undefined) throw failure;
    },
    async cancel(error) {
      const first = failure ?? error;
      await pieces.cancel(error).catch(() => undefined);
      await work;
      return first;
    },
  };
}

/** A file to be packed: its name, its size, and what writes it. */
export interface Unwritten {
  readonly name: string;
  readonly bytes: number;
  write(into: (bytes: Uint8Array) => Promise<void>): Promise<void>;
}

/** Writes a zip container, one file after the other. */
export async function packInto(
  op: string,
  write: (bytes: Uint8Array) => Promise<void>,
  compress: boolean,
  files: readonly Unwritten[],
): Promise<void> {
  const zip = await library(op);
  const options = {
    ...plain,
    level: compress ? 6 : 0,
    extendedTimestamp: false,
    lastModDate: new Date(1980, 0, 1),
    keepOrder: true,
  };
  // The library may wait for ever on an output that failed, so the failure is listened to beside it.
  let reject: (error: unknown) => void = () => undefined;
  const broken = new Promise<never>((_, no) => {
    reject = no;
  });
  broken.catch(() => undefined);
  const output = new WritableStream<Uint8Array>({
    write: (bytes) =>
      write(bytes).catch((error) => {
        reject(error);
        throw error;
      }),
  });
  const writer = new zip.ZipWriter(output, options);
  for (const file of files) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const into = writable.getWriter();
    const fill = async (): Promise<void> => {
      await file.write(async (bytes) => {
        await into.ready;
        await into.write(bytes.slice());
      });
      await into.close();
    };
    const add = (): Promise<unknown> => writer.add(file.name, readable, { zip64: file.bytes > 2 ** 31 });
    try {
      await Promise.race([broken, Promise.all([fill(), add()])]);
    } catch (error) {
      into.abort(error).catch(() => undefined); // not awaited: a write that nobody takes away never ends
      throw asPacked(op, error);
    }
  }
  await Promise.race([broken, writer.close()]).catch((error) => {
    throw asPacked(op, error);
  });
}

// zip.js's own errors are plain ones; whatever else comes by is the caller's.
const asPacked = (op: string, error: unknown): unknown =>
  error instanceof Error && error.constructor === Error ? asTyped(`${op}: cannot be packed`, error) : error;
