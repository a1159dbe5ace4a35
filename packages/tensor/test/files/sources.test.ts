import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import {
  openNpy,
  openSafetensors,
  openSource,
  readNpy,
  readSafetensors,
  type Source,
  type SourceLike,
  writeNpy,
  writeSafetensors,
} from "../../src/files/index.ts";
import { ArgumentError, FileError, tensor, zeros } from "../../src/index.ts";
import { written } from "./some.ts";

const folder = mkdtempSync(join(tmpdir(), "gradus-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
const here = (name: string): string => join(folder, name);
const bytes = await written((to) => writeNpy(to, tensor([1, 2, 3])));
writeFileSync(here("x.npy"), bytes);

describe("sources", () => {
  const padded = new Uint8Array(bytes.length + 3);
  padded.set(bytes, 3);
  test.each<[string, () => SourceLike | Promise<SourceLike>]>([
    ["bytes", () => bytes],
    ["bytes at an odd offset", () => padded.subarray(3)],
    ["a Buffer", () => readFileSync(here("x.npy"))],
    ["an ArrayBuffer", () => bytes.buffer],
    ["a Blob", () => new Blob([bytes])],
    ["a File", () => new File([bytes], "x.npy")],
    ["a path", () => here("x.npy")],
    ["a URL", () => pathToFileURL(here("x.npy"))],
    ["a source that answers at once", () => ({ size: bytes.length, read: (at, n) => bytes.subarray(at, at + n) })],
    ["an opened source", () => openSource(here("x.npy"))],
  ])("%s", async (_, from) => {
    const source = await from();
    for (let again = 0; again < 2; again++) expect(await (await readNpy(source)).array()).toEqual([1, 2, 3]);
    if (typeof source === "object" && "close" in source) await source.close?.();
  });

  test("a file handle stays open, a path is closed", async () => {
    const handle = await open(here("x.npy"));
    expect(await (await readNpy(handle)).array()).toEqual([1, 2, 3]);
    expect(await (await readNpy(handle)).array()).toEqual([1, 2, 3]);
    await handle.close();
    await expect(readNpy(handle)).rejects.toThrow(FileError);
    const file = await openNpy(here("x.npy"));
    await file.close();
    await expect(file.read()).rejects.toThrow(FileError);
  });

  test("openSource gives exactly what is asked for, or an error", async () => {
    const source = await openSource(new Uint8Array([1, 2, 3]));
    expect([...(await source.read(1, 2))]).toEqual([2, 3]);
    await expect(source.read(2, 2)).rejects.toThrow("openSource: data: ends at byte 4, but there are 3");
    for (const bad of [-1, 0.5, Number.NaN, 2 ** 60]) {
      await expect(source.read(bad, 1)).rejects.toThrow("openSource: offset: expected an integer in [0, ∞)");
      await expect(source.read(0, bad)).rejects.toThrow("openSource: length: expected an integer in [0, ∞)");
    }
  });

  test("what is no source", async () => {
    for (const wrong of [null, undefined, 3, {}, [], { size: 3 }, () => 1])
      await expect(openSource(wrong as never)).rejects.toThrow("openSource: from: expected a path, bytes, a Blob");
    for (const size of [Number.NaN, -1, 0.5, "3", Number.POSITIVE_INFINITY])
      await expect(openSource({ size, read: () => bytes } as Source)).rejects.toThrow(ArgumentError);
    await expect(openSource(new URL("https://example.org/x.npy"))).rejects.toThrow("fetch it and pass the Blob");
    await expect(openSource(here("none"))).rejects.toThrow(/none": cannot be read \(ENOENT\)/);
    await expect(openSource(folder)).rejects.toThrow("is not a regular file");
    await expect(openSource("/dev/zero")).rejects.toThrow("is not a regular file");
    await expect(openSource("a\0b")).rejects.toThrow(FileError);
  });

  test("sources that misbehave", async () => {
    const size = bytes.length;
    const read = (give: (at: number, n: number) => unknown) => readNpy({ size, read: give } as Source);
    await expect(read((at, n) => bytes.subarray(at, at + n - 1))).rejects.toThrow(
      "read(0, 8) gave 7 bytes; was the file changed",
    );
    await expect(read(() => "text")).rejects.toThrow('read(0, 8) gave "text"');
    const cause = new Error("the net\nis down");
    await expect(read(() => Promise.reject(cause))).rejects.toMatchObject({
      name: "FileError",
      message: "readNpy: header: cannot be read (the net is down)",
      cause,
    });
  });
});

describe("sinks", () => {
  test("a path is written whole or not at all", async () => {
    await writeNpy(here("y.npy"), tensor([1, 2, 3]));
    await writeNpy(pathToFileURL(here("y.npy")), tensor([1, 2, 3]));
    expect(new Uint8Array(readFileSync(here("y.npy")))).toEqual(bytes);
    const controller = new AbortController();
    const stop = { signal: controller.signal, progress: () => controller.abort() };
    await expect(writeNpy(here("y.npy"), zeros([9]), stop)).rejects.toMatchObject({ name: "AbortError" });
    expect(new Uint8Array(readFileSync(here("y.npy")))).toEqual(bytes);
    expect(readdirSync(folder).toSorted()).toEqual(["x.npy", "y.npy"]);
    await expect(writeNpy(here("no/y.npy"), zeros([1]))).rejects.toThrow(/cannot be written \(ENOENT\)/);
  });

  test("a stream, a file handle, an object", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const [all] = await Promise.all([new Response(readable).arrayBuffer(), writeNpy(writable, tensor([1, 2, 3]))]);
    expect(new Uint8Array(all)).toEqual(bytes);
    const handle = await open(here("z.npy"), "w");
    await writeNpy(handle, tensor([1, 2, 3]));
    await handle.close();
    expect(new Uint8Array(readFileSync(here("z.npy")))).toEqual(bytes);
    const calls: string[] = [];
    const sink = {
      write: () => void calls.push("write"),
      close: () => void calls.push("close"),
      abort: () => void calls.push("abort"),
    };
    await writeNpy(sink, tensor([1, 2, 3]));
    expect(calls).toEqual(["write", "write", "close"]);
    const full = { ...sink, write: () => Promise.reject(Object.assign(new Error("no room"), { code: "ENOSPC" })) };
    await expect(writeNpy(full, tensor([1]))).rejects.toThrow("writeNpy: cannot be written (ENOSPC)");
    expect(calls.at(-1)).toBe("abort");
  });

  test("what is no sink", async () => {
    for (const wrong of [null, 3, {}, []])
      await expect(writeNpy(wrong as never, zeros([1]))).rejects.toThrow(
        "writeNpy: to: expected a path, a WritableStream",
      );
    const stream = new WritableStream<Uint8Array>();
    stream.getWriter();
    await expect(writeNpy(stream, zeros([1]))).rejects.toThrow("locked to another writer");
  });
});

describe("signal and progress", () => {
  const t = zeros([2 ** 21 + 1]);
  test("progress counts the bytes of all tensors", async () => {
    const seen: string[] = [];
    const progress = (p: { done: number; total: number; name: string }): void =>
      void seen.push(`${p.name} ${p.done}/${p.total}`);
    const file = await written((to) => writeSafetensors(to, { t, u: zeros([1]) }, { progress }));
    const wanted = ['"t" 4194304/8388616', '"t" 8388608/8388616', '"t" 8388612/8388616', '"u" 8388616/8388616'];
    expect(seen).toEqual(wanted);
    seen.length = 0;
    await readSafetensors(file, { progress });
    expect(seen).toEqual(wanted);
  });

  test("an abort stops between two pieces, with the signal's own reason", async () => {
    const file = await written((to) => writeNpy(to, t));
    for (const reason of [undefined, new Error("enough"), "enough"]) {
      const controller = new AbortController();
      let calls = 0;
      const progress = (): void => void (++calls === 2 && controller.abort(reason));
      const result = readNpy(file, { signal: controller.signal, progress });
      const error = await result.catch((e: unknown) => e);
      expect(error).toBe(controller.signal.reason);
      expect(calls).toBe(2);
      await expect(readNpy(file, { signal: controller.signal })).rejects.toBe(controller.signal.reason);
      await expect(written((to) => writeNpy(to, t, { signal: controller.signal }))).rejects.toBe(
        controller.signal.reason,
      );
    }
  });
});

describe("files beyond 2 GiB", () => {
  // 20 tensors of 128 MiB, and one of 8 rows at the end.
  const big = 2 ** 27;
  const names = Array.from({ length: 20 }, (_, i) => `layer${i}`);
  const fields = names.map((name, i) => [name, { dtype: "U8", shape: [big], data_offsets: [i * big, (i + 1) * big] }]);
  const last = { dtype: "F32", shape: [8, 2], data_offsets: [20 * big, 20 * big + 64] };
  const json = JSON.stringify({ ...Object.fromEntries(fields), last });
  const header = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8));
  const start = 8 + header.length;
  const size = start + 20 * big + 64;
  const head = new Uint8Array(start);
  new DataView(head.buffer).setBigUint64(0, BigInt(header.length), true);
  head.set(header, 8);
  const tail = new Uint8Array(Float32Array.from({ length: 16 }, (_, i) => i).buffer);

  test("a source of 2.5 GiB: one tensor at a time, by pieces of 4 MiB", async () => {
    expect(size).toBeGreaterThan(2.5 * 2 ** 30);
    const reads: number[] = [];
    const file = await openSafetensors({
      size,
      read(offset, length) {
        reads.push(length);
        const out = new Uint8Array(length).fill(offset / big);
        if (offset < start) out.set(head.subarray(offset, offset + length));
        if (offset >= size - 64) out.set(tail.subarray(offset - size + 64));
        return out;
      },
    });
    expect(reads).toEqual([8, header.length]);
    for (const name of ["layer0", "layer17", "layer19"]) {
      reads.length = 0;
      using t = await file.read(name);
      expect(t.size).toBe(big);
      expect(Math.max(...reads)).toBe(2 ** 22);
      expect(reads.length).toBe(big / 2 ** 22);
    }
    reads.length = 0;
    const rows = await file.read("layer18", { rows: [5, 7] });
    expect([...(await rows.data())]).toEqual([18, 18]);
    expect(await (await file.read("last", { rows: [6, 8] })).array()).toEqual([
      [12, 13],
      [14, 15],
    ]);
    expect(reads).toEqual([2, 16]);
  });

  test("a sparse file on disk, by its path", async () => {
    const path = here("sparse.safetensors");
    const handle = await open(path, "w");
    await handle.truncate(size);
    await handle.write(head, 0, head.length, 0);
    await handle.write(tail, 0, 64, size - 64);
    await handle.close();
    const file = await openSafetensors(path);
    expect(file.tensors.size).toBe(21);
    expect(await (await file.read("last")).array()).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
      [8, 9],
      [10, 11],
      [12, 13],
      [14, 15],
    ]);
    using t = await file.read("layer19", { rows: [0, 3] });
    expect([...(await t.data())]).toEqual([0, 0, 0]);
    await file.close();
    rmSync(path);
  });
});
