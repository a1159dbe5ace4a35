import * as zip from "@zip.js/zip.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readNpy, readNpz, readSafetensors, type Source, writeNpz, writeSafetensors } from "../../src/files/index.ts";
import { FileError, type Tensor, tensor, zeros } from "../../src/index.ts";
import { allocatedBy } from "./allocations.ts";
import { npyFiles, npzFiles, safetensorsFile, wideSafetensorsFile } from "./fixtures.ts";
import { mutated, mutatedText } from "./mutations.ts";
import { fromBase64, npyOf, safetensorsOf, written } from "./some.ts";

// Every run reads the same 8,000 damaged files (2,000 damaged IDX files are in the tests of the tools).
const SEED = 20261125;
const CONSTANT = 2 ** 12;
const tally = new Map<string, number>();

interface Bound {
  /** Largest sum of bytes read from a source of this size. */
  readonly read: (size: number) => number;
  /** Largest sum of bytes allocated. */
  readonly allocate: (size: number) => number;
}

/** Reads a file that may be damaged: a result or a FileError of one line, soon, within the bounds. */
async function attempt(
  kind: string,
  read: (from: Source) => Promise<unknown>,
  bytes: Uint8Array,
  bound: Bound,
): Promise<void> {
  let asked = 0;
  let outcome: unknown = "hangs";
  const source: Source = {
    size: bytes.length,
    read(offset, length) {
      expect(offset + length).toBeLessThanOrEqual(bytes.length);
      asked += length;
      return bytes.subarray(offset, offset + length);
    },
  };
  const allocated = await allocatedBy(async () => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<string>((done) => {
      timer = setTimeout(done, 5000, "hangs");
    });
    const result = read(source).then(
      () => "read",
      (error: unknown) => error,
    );
    outcome = await Promise.race([result, late]);
    clearTimeout(timer);
  });
  if (outcome !== "read") {
    expect(outcome).toBeInstanceOf(FileError);
    expect((outcome as Error).message).toMatch(/^\w+: [^\n\r]+$/);
  }
  expect(asked).toBeLessThanOrEqual(bound.read(bytes.length));
  expect(allocated).toBeLessThanOrEqual(bound.allocate(bytes.length));
  const key = `${kind} ${outcome === "read" ? "read" : "refused"}`;
  tally.set(key, (tally.get(key) ?? 0) + 1);
}

const fuzz = (
  kind: string,
  runs: number,
  files: fc.Arbitrary<Uint8Array>,
  read: (from: Source) => Promise<unknown>,
  bound: Bound,
): Promise<void> =>
  fc.assert(
    fc.asyncProperty(files, (bytes) => attempt(kind, read, bytes, bound)),
    { numRuns: runs, seed: SEED },
  );

/** Both outcomes must occur, or the files were all too damaged, or not at all. */
function bothOutcomes(kind: string, total: number): void {
  const [ok = 0, refused = 0] = [tally.get(`${kind} read`), tally.get(`${kind} refused`)];
  expect(ok + refused).toBe(total);
  expect(Math.min(ok, refused)).toBeGreaterThan(total / 100);
}

// Elements of 16 bits may become 32, and pass through a copy of a piece.
const plain: Bound = { read: (size) => size, allocate: (size) => 4 * size + CONSTANT };
const small: Readonly<Record<string, Tensor>> = {
  w: tensor([
    [1, 2],
    [3, 4],
  ]),
  half: tensor([1, 2], { dtype: "f16" }),
  flag: tensor([true, false]),
  none: zeros([0, 2]),
  s: tensor(3, { dtype: "i32" }),
};

test("3,000 damaged safetensors files", async () => {
  const made = await written((to) => writeSafetensors(to, small, { metadata: { k: "v" } }));
  const files = [made, fromBase64(safetensorsFile), fromBase64(wideSafetensorsFile)];
  const parts = files.map((file) => {
    const start = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    return { text: new TextDecoder().decode(file.subarray(8, start)), data: [...file.subarray(start)] };
  });
  await fuzz("safetensors", 1500, mutated(files), readSafetensors, plain);
  const words = ["F64", "F8_E4M3", "I64", "BOOL", "F4", "__metadata__", "__proto__", "dtype", "shape", "\\u0000"];
  const header = fc
    .constantFrom(...parts)
    .chain(({ text, data }) => mutatedText([text], words).map((t) => safetensorsOf(t, data)));
  await fuzz("safetensors", 1500, header, readSafetensors, plain);
  bothOutcomes("safetensors", 3000);
});

const npyBytes = npyFiles.map(([, , , , text]) => fromBase64(text));
const npyHeaders = npyBytes.map((file) => {
  const start = file[6] === 1 ? 10 : 12;
  const end = start + new DataView(file.buffer).getUint16(8, true);
  return {
    text: new TextDecoder().decode(file.subarray(start, end)),
    data: [...file.subarray(end)],
    version: file[6]!,
  };
});
const npyWords = ["<f8", ">i8", "<f2", "|O", "|V8", "<c8", "<U1", "|b1", "descr", "shape", "fortran_order", "("];
const damagedHeader = fc
  .constantFrom(...npyHeaders)
  .chain(({ text, data, version }) => mutatedText([text], npyWords).map((t) => npyOf(t, data, [version, 0])));

test("3,000 damaged .npy files", async () => {
  await fuzz("npy", 1500, mutated(npyBytes), readNpy, plain);
  await fuzz("npy", 1500, damagedHeader, readNpy, plain);
  bothOutcomes("npy", 3000);
});

test("2,000 damaged .npz files", async () => {
  // The library looks for the table of contents from the end, and reads it again where it was misplaced; deflate may gain, up to the limit.
  const maxBytes = 2 ** 20;
  const bound: Bound = { read: (size) => 4 * size + CONSTANT, allocate: (size) => 16 * size + maxBytes + CONSTANT };
  const read = (from: Source): Promise<unknown> => readNpz(from, { maxBytes });
  const made = await Promise.all([false, true].map((compress) => written((to) => writeNpz(to, small, { compress }))));
  const files = [...npzFiles.map(([, text]) => fromBase64(text)), ...made];
  await fuzz("npz", 1500, mutated(files), read, bound);
  const inner = await fc.sample(fc.oneof(mutated(npyBytes), damagedHeader), { numRuns: 500, seed: SEED });
  for (const bytes of inner) {
    const writer = new zip.ZipWriter(new zip.Uint8ArrayWriter(), { useWebWorkers: false });
    await writer.add("x.npy", new zip.Uint8ArrayReader(bytes));
    await attempt("npz", read, await writer.close(), bound);
  }
  bothOutcomes("npz", 2000);
});
