import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { DataError } from "../errors.ts";

/** The bytes of a regular file of at most `maxBytes`, unpacked when it is a gzip file. No FIFO or device is waited for. */
export function readBytes(path: string, maxBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = readPlain(path, maxBytes);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? unpack(path, bytes, maxBytes) : bytes;
}

function readPlain(path: string, maxBytes: number): Uint8Array<ArrayBuffer> {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new DataError(`${path}: not a regular file`);
    if (stat.size > maxBytes) throw new DataError(`${path}: ${stat.size} bytes, more than the ${maxBytes} allowed`);
    const bytes = new Uint8Array(stat.size);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(file, bytes, filled, bytes.length - filled, filled);
      if (count === 0) throw new DataError(`${path}: it was cut off while it was read; read it again`);
      filled += count;
    }
    return bytes;
  } catch (error) {
    if (error instanceof DataError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DataError(`${path}: cannot be read (${code ?? message})`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function unpack(path: string, packed: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(gunzipSync(packed, { maxOutputLength: maxBytes }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw new DataError(`${path}: it unpacks to more than the ${maxBytes} bytes allowed`);
    throw new DataError(`${path}: a damaged gzip file (${(error as Error).message})`);
  }
}
