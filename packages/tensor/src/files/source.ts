import { ArgumentError, FileError, GradusError } from "../errors.ts";
import { said } from "../said.ts";
import { check } from "./check.ts";
import { type FileHandle, fileSystem } from "./node.ts";

/** Random access to bytes: what every reader of files reads from. */
export interface Source {
  /** Bytes in all. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; never asked for bytes beyond `size`. */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
  /** Called once by a reader that opened the source itself. */
  close?(): void | Promise<void>;
}

/** What can be read: a path (Node, Deno, Bun), bytes, a `Blob` or `File`, a file handle, or anything with random access. */
export type SourceLike = string | URL | ArrayBuffer | Uint8Array | Blob | FileHandle | Source;

/**
 * Random access to a path, bytes, a Blob, a file handle or an object `{ size, read }`. Only a path is opened, and closed by `close()`.
 *
 * @throws {@link FileError} when a path is no readable regular file; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for anything else that cannot be read
 * @example
 * ```ts
 * const source = await openSource(new Uint8Array([1, 2, 3]));
 * await source.read(1, 2); // Uint8Array [2, 3]
 * ```
 */
export const openSource = (from: SourceLike): Promise<Source> => openReader("openSource", from);

/** A source whose every answer is checked, with the words that begin its errors. */
export class Reader implements Source {
  readonly where: string;
  readonly size: number;
  readonly #source: Source;

  constructor(where: string, source: Source) {
    check.count(where, source.size, "size");
    this.where = where;
    this.size = source.size;
    this.#source = source;
  }

  /** Bytes of the part of the file that errors call `part`. */
  async read(offset: number, length: number, part = "data"): Promise<Uint8Array> {
    check.count(this.where, offset, "offset");
    check.count(this.where, length, "length");
    if (offset + length > this.size)
      throw new FileError(
        `${this.where}: ${part}: ends at byte ${offset + length}, but there are ${this.size}; the file is cut off or damaged`,
      );
    const bytes = await typed(`${this.where}: ${part}: cannot be read`, () => this.#source.read(offset, length));
    if (!(bytes instanceof Uint8Array) || bytes.length !== length)
      throw new FileError(
        `${this.where}: ${part}: read(${offset}, ${length}) gave ${bytes instanceof Uint8Array ? `${bytes.length} bytes` : said(bytes)}; was the file changed meanwhile?`,
      );
    return bytes;
  }

  async close(): Promise<void> {
    await typed(`${this.where}: cannot be closed`, () => this.#source.close?.());
  }
}

/** What `work` gives; an error that is neither Gradus's own nor an abort becomes a FileError. */
export async function typed<T>(where: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw asTyped(where, cause);
  }
}

/** The error itself when it is Gradus's own or an abort, else a FileError that names its cause. */
export function asTyped(where: string, cause: unknown): unknown {
  const { name, code, message } = (typeof cause === "object" && cause !== null ? cause : {}) as Record<string, unknown>;
  if (cause instanceof GradusError || name === "AbortError" || name === "TimeoutError") return cause;
  return new FileError(`${where} (${code ?? message ?? said(cause)})`, { cause });
}

/** As {@link openSource}, in the name of `op`. */
export async function openReader(op: string, from: SourceLike): Promise<Reader> {
  if (from instanceof Reader) return new Reader(op, borrowed(from));
  if (from instanceof Uint8Array) return new Reader(op, { size: from.length, read: slice(from) });
  if (from instanceof ArrayBuffer) return openReader(op, new Uint8Array(from));
  if (typeof from === "string" || from instanceof URL) return openPath(op, from);
  if (typeof Blob !== "undefined" && from instanceof Blob)
    return new Reader(op, {
      size: from.size,
      read: async (offset, length) => new Uint8Array(await from.slice(offset, offset + length).arrayBuffer()),
    });
  const { stat, read, size } = (typeof from === "object" && from !== null ? from : {}) as Partial<
    Omit<FileHandle, "size"> & Source
  >;
  if (typeof read === "function" && typeof stat === "function") return openHandle(op, from as FileHandle);
  if (typeof read === "function" && size !== undefined) return new Reader(op, borrowed(from as Source));
  throw new ArgumentError(
    `${op}: from: expected a path, bytes, a Blob, a file handle or {size, read}, got ${said(from)}`,
  );
}

const slice =
  (bytes: Uint8Array) =>
  (offset: number, length: number): Uint8Array =>
    bytes.subarray(offset, offset + length);

// Not closed: it belongs to who made it.
const borrowed = (source: Source): Source => ({
  size: source.size,
  read: (offset, length) => source.read(offset, length),
});

async function openPath(op: string, path: string | URL): Promise<Reader> {
  const where = `${op}: ${said(String(path))}`;
  if (path instanceof URL && path.protocol !== "file:")
    throw new ArgumentError(`${where}: only file URLs can be opened; fetch it and pass the Blob`);
  const fs = await fileSystem(where);
  // Looked at before it is opened: opening a pipe would wait for its writer.
  const stat = await typed(`${where}: cannot be read`, () => fs.stat(path));
  if (!stat.isFile()) throw new FileError(`${where}: is not a regular file`);
  const handle = await typed(`${where}: cannot be read`, () => fs.open(path, "r"));
  try {
    return await openHandle(where, handle, () => handle.close());
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openHandle(
  where: string,
  handle: FileHandle,
  close: () => Promise<void> = async () => {},
): Promise<Reader> {
  const stat = await typed(`${where}: cannot be read`, () => handle.stat());
  if (!stat.isFile()) throw new FileError(`${where}: is not a regular file`);
  return new Reader(where, {
    size: stat.size,
    close,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let at = 0;
      while (at < length) {
        const { bytesRead } = await handle.read(bytes, at, length - at, offset + at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
      return bytes.subarray(0, at);
    },
  });
}
