import { FileError } from "../errors.ts";

/** What is used of Node's `FileHandle`; Deno and Bun have the same. */
export interface FileHandle {
  /** Absent; tells a handle from a `Source`. */
  readonly size?: undefined;
  stat(): Promise<{ readonly size: number; isFile(): boolean }>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  write(buffer: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
  close(): Promise<void>;
}

interface FileSystem {
  open(path: string | URL, flags: string): Promise<FileHandle>;
  stat(path: string | URL): Promise<{ isFile(): boolean }>;
  rename(from: string | URL, to: string | URL): Promise<void>;
  unlink(path: string | URL): Promise<void>;
}

/** Node's file system. The name is put together at run time, so that bundlers for browsers do not look for the module. */
export async function fileSystem(where: string): Promise<FileSystem> {
  const name = ["node:fs", "promises"].join("/");
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as FileSystem;
  } catch (cause) {
    throw new FileError(`${where}: paths need Node, Deno or Bun; in a browser pass bytes, a Blob or a stream`, {
      cause,
    });
  }
}
