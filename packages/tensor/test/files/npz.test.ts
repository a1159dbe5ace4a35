import * as zip from "@zip.js/zip.js";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openNpz, readNpz, writeNpy, writeNpz } from "../../src/files/index.ts";
import { FileError, type Tensor, tensor, zeros } from "../../src/index.ts";
import { npzFiles } from "./fixtures.ts";
import { allBits, fromBase64, names, tensors, written } from "./some.ts";

type Files = readonly (readonly [name: string, bytes: Uint8Array, options?: zip.ZipWriterAddDataOptions])[];

/** A zip file with any files in it. */
async function zipOf(files: Files, level = 6): Promise<Uint8Array<ArrayBuffer>> {
  const writer = new zip.ZipWriter(new zip.Uint8ArrayWriter(), { useWebWorkers: false, level });
  for (const [name, bytes, options] of files) await writer.add(name, new zip.Uint8ArrayReader(bytes), options);
  return new Uint8Array(await writer.close());
}
const npy = (t: Tensor): Promise<Uint8Array<ArrayBuffer>> => written((to) => writeNpy(to, t));
/** First place of a little-endian u32. */
const find = (bytes: Uint8Array, signature: number): number => {
  const view = new DataView(bytes.buffer);
  for (let i = 0; i + 4 <= bytes.length; i++) if (view.getUint32(i, true) === signature) return i;
  throw new Error("not found");
};
const DIRECTORY = 0x02014b50;

test("round trip: property: any tensors under any names, packed or not; equal tensors give equal bytes", async () => {
  const some = fc.uniqueArray(fc.tuple(names, tensors), { selector: ([name]) => name, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(some, fc.boolean(), async (entries, compress) => {
      const all = new Map(entries);
      const bytes = await written((to) => writeNpz(to, all, { compress }));
      const back = await readNpz(bytes);
      expect(await allBits(back)).toEqual(await allBits(all));
      expect([...back.keys()]).toEqual([...all.keys()]);
      expect(await written((to) => writeNpz(to, all, { compress }))).toEqual(bytes);
    }),
    { numRuns: 50 },
  );
});

test.each(npzFiles)("np.%s is read", async (_, text) => {
  const file = await openNpz(fromBase64(text));
  expect([...file.tensors.keys()]).toEqual(["x", "é"]);
  expect(file.tensors.get("é")?.bytes).toBe(130);
  expect(await (await file.read("é")).array()).toEqual([1, 2]);
  expect(await (await file.read("x")).array()).toEqual([
    [0, 1, 2],
    [3, 4, 5],
  ]);
  await expect(file.read("y")).rejects.toThrow('NpzFile.read: name: there is no "y"; the file has ["x", "é"]');
});

test("a tensor larger than one piece, packed, with progress", async () => {
  const t = zeros([3, 2 ** 20], { dtype: "f64" });
  const done: number[] = [];
  const bytes = await written((to) => writeNpz(to, { t }, { compress: true, progress: (p) => done.push(p.done) }));
  expect(bytes.length).toBeLessThan(2 ** 16);
  expect(done.at(-1)).toBe(3 * 2 ** 23);
  const read: number[] = [];
  const back = await readNpz(bytes, { progress: ({ done, total }) => read.push(done / total) });
  expect(back.get("t")?.shape).toEqual([3, 2 ** 20]);
  expect(read.at(-1)).toBe(1);
  expect(read).toEqual(read.toSorted((a, b) => a - b));
});

describe("hostile files", () => {
  const one = tensor([1, 2, 3]);
  test("what is no .npy is left out; a damaged one is named", async () => {
    const bytes = await zipOf([
      ["readme.txt", new Uint8Array(3)],
      ["x.npy", await npy(one)],
      ["bad.npy", new Uint8Array(200)],
    ]);
    const file = await openNpz(bytes);
    expect([...file.tensors.keys()]).toEqual(["x", "bad"]);
    expect(await (await file.read("x")).array()).toEqual([1, 2, 3]);
    await expect(file.read("bad")).rejects.toThrow('openNpz: "bad": header: is not that of an .npy file');
    await expect(readNpz(bytes)).rejects.toThrow(FileError);
  });

  test("a bomb: declared sizes against the limits, before anything is unpacked", async () => {
    const t = zeros([2 ** 20]);
    const bytes = await zipOf([
      ["x.npy", await npy(t)],
      ["y.npy", await npy(t)],
    ]);
    expect(bytes.length).toBeLessThan(2 ** 14);
    const limits = { maxBytes: 5_000_000 };
    expect((await (await openNpz(bytes, limits)).read("x")).size).toBe(2 ** 20);
    await expect((await openNpz(bytes, { maxBytes: 4_000_000 })).read("x")).rejects.toThrow(
      '"x": unpacks to 4194432 bytes, above the limit of 4000000; raise maxBytes if you trust the file',
    );
    await expect(readNpz(bytes, limits)).rejects.toThrow(
      "arrays: unpacks to 8388864 bytes, above the limit of 5000000",
    );
    await expect(readNpz(bytes, { maxTensors: 1 })).rejects.toThrow("more than 1 files; raise maxTensors");
  });

  test("sizes that lie: no factor that deflate cannot reach, no more and no fewer bytes than said", async () => {
    const bytes = await zipOf([["x.npy", await npy(zeros([1000]))]]);
    const at = find(bytes, DIRECTORY);
    const lie = (size: number): Uint8Array => {
      const copy = bytes.slice();
      new DataView(copy.buffer).setUint32(at + 24, size, true);
      return copy;
    };
    await expect(readNpz(lie(2 ** 30 - 1))).rejects.toThrow(
      "cannot unpack to 1073741823; the file is damaged or hostile",
    );
    for (const size of [4128 - 4, 4128 + 4]) await expect(readNpz(lie(size))).rejects.toThrow(FileError);
  });

  test("a flipped byte is told by the checksum", async () => {
    const bytes = await written((to) => writeNpz(to, { one }));
    const at = 30 + "one.npy".length + 128 + 4;
    expect(bytes[at + 2]).toBe(0); // within the element 2
    bytes[at] = (bytes[at] as number) ^ 1;
    await expect(readNpz(bytes)).rejects.toThrow(/"one": cannot be unpacked \(/);
  });

  test("the same name twice, encryption, another method, overlap, no zip", async () => {
    const x = await npy(one);
    const twice = await zipOf(
      [
        ["a.npy", x],
        ["b.npy", x],
      ],
      0,
    );
    const second = find(twice.slice(find(twice, DIRECTORY) + 4), DIRECTORY) + find(twice, DIRECTORY) + 4;
    const renamed = twice.slice();
    renamed[second + 46] = "a".charCodeAt(0);
    await expect(readNpz(renamed)).rejects.toThrow(/twice|mbiguous/);
    const overlapping = twice.slice();
    new DataView(overlapping.buffer).setUint32(second + 42, 0, true);
    await expect(readNpz(overlapping)).rejects.toThrow(FileError);
    await expect(readNpz(await zipOf([["x.npy", x, { password: "p" }]]))).rejects.toThrow('"x.npy": is encrypted');
    const other = twice.slice();
    new DataView(other.buffer).setUint16(second + 10, 12, true);
    await expect(readNpz(other)).rejects.toThrow("compression method 12 is not read");
    await expect(readNpz(new Uint8Array(100))).rejects.toThrow("readNpz: table of contents: not a sound zip file (");
    await expect(readNpz(new Uint8Array())).rejects.toThrow(FileError);
  });
});

test("writing: what fails is told, once", async () => {
  const fail = { write: () => Promise.reject(new Error("disk full")) };
  await expect(writeNpz(fail, { x: zeros([10]) })).rejects.toThrow("writeNpz: cannot be written (disk full)");
  await expect(written((to) => writeNpz(to, { x: 1 as never }))).rejects.toThrow(
    'writeNpz: tensors: "x": expected a tensor',
  );
  const controller = new AbortController();
  const stop = { signal: controller.signal, progress: () => controller.abort() };
  await expect(written((to) => writeNpz(to, { x: zeros([4]), y: zeros([4]) }, stop))).rejects.toThrow("abort");
  await expect(readNpz(await zipOf([["x.npy", await npy(zeros([4]))]]), stop)).rejects.toThrow("abort");
});

describe("without the library", () => {
  afterEach(() => {
    vi.doUnmock("@zip.js/zip.js");
    vi.resetModules();
  });
  test("one line tells how to get it", async () => {
    vi.resetModules();
    vi.doMock("@zip.js/zip.js", () => {
      throw new Error("Cannot find package");
    });
    const files = await import("../../src/files/index.ts");
    const { zeros: nothing } = await import("../../src/index.ts");
    const message = "needs a library for zip files: npm i @zip.js/zip.js";
    await expect(files.readNpz(new Uint8Array(30))).rejects.toThrow(`readNpz: .npz ${message}`);
    await expect(files.writeNpz(new files.MemorySink(), { x: nothing([1]) })).rejects.toThrow(
      `writeNpz: .npz ${message}`,
    );
  });
});
