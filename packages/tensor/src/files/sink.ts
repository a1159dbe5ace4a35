import type { Bytes } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import { said } from "../said.ts";
import { type FileHandle, fileSystem } from "./node.ts";
import { typed } from "./source.ts";

/** Where bytes go, one piece after the other; a piece is only valid during the call. */
export interface Sink {
  write(bytes: Uint8Array): void | Promise<void>;
  /** All is written. */
  close?(): void | Promise<void>;
  /** Writing failed: what came so far is worthless. */
  abort?(reason: unknown): void | Promise<void>;
}

/** What can be written to: a path (Node, Deno, Bun; written beside and renamed, so whole or not at all), a stream, a file handle or a {@link Sink}. */
export type SinkLike = string | URL | WritableStream<Uint8Array> | FileHandle | Sink;

/**
 * A sink that keeps what is written.
 *
 * @example
 * ```ts
 * const sink = new MemorySink();
 * await writeNpy(sink, tensor([1, 2]));
 * sink.bytes(); // Uint8Array of the file
 * ```
 */
export class MemorySink implements Sink {
  #pieces: Bytes[] = [];

  write(bytes: Uint8Array): void {
    this.#pieces.push(new Uint8Array(bytes));
  }

  /** All bytes written so far, in one array. */
  bytes(): Bytes {
    if (this.#pieces.length === 1) return this.#pieces[0] as Bytes;
    const all = new Uint8Array(this.#pieces.reduce((n, piece) => n + piece.length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [all];
    return all;
  }
}

/** Opens `to`, lets `work` write, and closes it; aborts it when anything fails. Errors of the sink become typed, those of `work` pass. */
export async function writeTo(
  op: string,
  to: SinkLike,
  work: (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const where = typeof to === "string" || to instanceof URL ? `${op}: ${said(String(to))}` : op;
  const failed = `${where}: cannot be written`;
  const sink = await typed(failed, () => openSink(where, to));
  try {
    await work((bytes) => typed(failed, () => sink.write(bytes)));
    await typed(failed, () => sink.close());
  } catch (error) {
    await typed(failed, () => sink.abort(error)).catch(() => undefined); // the first error tells more
    throw error;
  }
}

async function openSink(where: string, to: SinkLike): Promise<Required<Sink>> {
  if (typeof to === "string" || to instanceof URL) return openPath(where, to);
  const some = (typeof to === "object" && to !== null ? to : {}) as Partial<
    FileHandle & Sink & WritableStream<Uint8Array>
  >;
  if (typeof some.getWriter === "function") {
    if (some.locked) throw new ArgumentError(`${where}: to: the stream is locked to another writer; release it first`);
    const writer = some.getWriter();
    return { write: (b) => writer.write(b.slice()), close: () => writer.close(), abort: (e) => writer.abort(e) };
  }
  if (typeof some.write !== "function")
    throw new ArgumentError(
      `${where}: to: expected a path, a WritableStream, a file handle or {write}, got ${said(to)}`,
    );
  if (typeof some.stat === "function") return handleSink(some as FileHandle);
  const sink = to as Sink;
  return {
    write: (bytes) => sink.write(bytes),
    close: () => sink.close?.(),
    abort: (reason) => sink.abort?.(reason),
  };
}

const handleSink = (handle: FileHandle): Required<Sink> => ({
  async write(bytes) {
    for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
  },
  close: () => undefined,
  abort: () => undefined,
});

async function openPath(where: string, path: string | URL): Promise<Required<Sink>> {
  if (path instanceof URL && path.protocol !== "file:")
    throw new ArgumentError(`${where}: only file URLs can be written`);
  const fs = await fileSystem(where);
  const part = `${path}.${Math.random().toString(36).slice(2)}.part`;
  const beside = path instanceof URL ? new URL(part) : part;
  const handle = await fs.open(beside, "wx");
  const { write } = handleSink(handle);
  return {
    write,
    async close() {
      await handle.close();
      await fs.rename(beside, path);
    },
    async abort() {
      await handle.close().catch(() => undefined);
      await fs.unlink(beside);
    },
  };
}
