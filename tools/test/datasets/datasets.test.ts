import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { dataset, fashionMnist, loadSplit, mnist } from "../../src/datasets/index.ts";
import { DataError, UsageError } from "../../src/errors.ts";
import { encodeIdx, smallFiles } from "./idx-writer.ts";

const root = mkdtempSync(join(tmpdir(), "gradus-datasets-"));
afterAll(() => rmSync(root, { recursive: true }));
const folderOf = (change: Readonly<Record<string, Uint8Array | null>> = {}, pack = false): string => {
  const folder = mkdtempSync(join(root, "data-"));
  for (const [name, bytes] of [...smallFiles, ...Object.entries(change)])
    if (bytes !== null && change[name] !== null)
      writeFileSync(join(folder, pack ? `${name}.gz` : name), pack ? gzipSync(bytes) : bytes);
  return folder;
};

describe("by name", () => {
  test("mnist", () => {
    const { train, test, classes } = mnist();
    expect([train.size, test.size, classes, ...train.shape]).toEqual([60000, 10000, 10, 1, 28, 28]);
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    // the mean of all training pixels is known
    expect(train.images.reduce((a, b) => a + b, 0) / train.images.length / 255).toBeCloseTo(0.1307, 4);
  });

  test.each([false, true])("idx:<dir>; packed: %s", (pack) => {
    const { name, classes, train, test } = dataset(`idx:${folderOf({}, pack)}`);
    expect(name).toMatch(/^idx:/);
    expect([classes, train.size, test.size, ...train.shape]).toEqual([3, 5, 2, 1, 2, 3]);
    expect([...test.images]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test("unknown names are answered with the known ones", () => {
    for (const name of ["", "mnis", "idx:", "__proto__", "toString", "a\nb"])
      expect(() => dataset(name)).toThrow(
        new UsageError(`--dataset ${JSON.stringify(name)}: unknown; choose mnist, fashion-mnist, idx:<dir>`),
      );
  });

  test("fashion-mnist that is not installed names the package", () => {
    expect(() => fashionMnist(join(root, "none"))).toThrow(DataError);
    expect(() => fashionMnist(join(root, "none"))).toThrow("install Debian's package dataset-fashion-mnist");
    expect(fashionMnist(folderOf({}, true)).name).toBe("fashion-mnist");
  });
});

describe("files that do not belong together", () => {
  const labels = encodeIdx({ type: "u8", shape: [4], data: new Uint8Array(4) });
  const floats = encodeIdx({ type: "f32", shape: [5, 2, 3], data: new Float32Array(30) });
  const empty = encodeIdx({ type: "u8", shape: [0, 2, 3], data: new Uint8Array(0) });
  const other = encodeIdx({ type: "u8", shape: [2, 3, 2], data: new Uint8Array(12) });
  test.each([
    ["too few labels", { "train-labels-idx1-ubyte": labels }, "4 labels for the 5 images"],
    ["floats", { "train-images-idx3-ubyte": floats }, "f32 [5,2,3] are no images"],
    ["no images", { "t10k-images-idx3-ubyte": empty }, "u8 [0,2,3] are no images"],
    ["images for labels", { "t10k-labels-idx1-ubyte": other }, "u8 [2,3,2] are no labels"],
    ["another shape", { "t10k-images-idx3-ubyte": other }, "differ in shape"],
    ["a missing file", { "t10k-labels-idx1-ubyte": null }, "t10k-labels-idx1-ubyte[.gz] is missing"],
  ])("%s", (_, change, message) => {
    const load = (): unknown => dataset(`idx:${folderOf(change)}`);
    expect(load).toThrow(DataError);
    expect(load).toThrow(message);
  });
});

describe("a split", () => {
  const folder = folderOf();
  const split = loadSplit(join(folder, "train-images-idx3-ubyte"), join(folder, "train-labels-idx1-ubyte"));

  test("take shares bytes and clips at the end", () => {
    const part = split.take(10, 3);
    expect([part.size, part.images.buffer === split.images.buffer]).toEqual([2, true]);
    expect([...part.images]).toEqual([18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
    for (const [count, from] of [
      [0, 0],
      [1, 5],
      [1.5, 0],
      [1, -1],
    ] as const)
      expect(() => split.take(count, from)).toThrow(UsageError);
  });

  test("tensors", async () => {
    const { images, labels } = split.take(2).tensors();
    expect([images.shape, images.dtype, labels.shape, labels.dtype]).toEqual([[2, 1, 2, 3], "u8", [2], "u8"]);
    expect([...(await images.data())]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect([...(await labels.data())]).toEqual([0, 1]);
  });
});
