import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { IdxArray } from "../../src/datasets/index.ts";
import { parseIdx, readIdx } from "../../src/datasets/index.ts";
import { DataError } from "../../src/errors.ts";
import { encodeIdx, idxHeader } from "./idx-writer.ts";

const folder = mkdtempSync(join(tmpdir(), "gradus-idx-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

/** The array, or the one-line DataError; anything else fails the test. */
function attempt(read: () => IdxArray): IdxArray | DataError {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).not.toMatch(/\p{Cc}/u);
    return error as DataError;
  }
}

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 });
const doubles = fc.oneof(fc.double(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
const arrays: fc.Arbitrary<IdxArray> = fc
  .tuple(fc.constantFrom(Uint8Array, Int8Array, Int16Array, Int32Array, Float32Array, Float64Array), shapes)
  .chain(([Elements, shape]) => {
    const n = shape.reduce((a, b) => a * b, 1);
    const types = new Map<unknown, string>([
      [Uint8Array, "u8"],
      [Int8Array, "i8"],
      [Int16Array, "i16"],
      [Int32Array, "i32"],
      [Float32Array, "f32"],
      [Float64Array, "f64"],
    ]);
    return fc
      .array(doubles, { minLength: n, maxLength: n })
      .map((values) => ({ type: types.get(Elements), shape, data: Elements.from(values) }) as IdxArray);
  });

describe("valid files", () => {
  test("what was written is read", () => {
    fc.assert(
      fc.property(arrays, (array) => {
        const bytes = encodeIdx(array);
        expect(parseIdx(bytes, "x")).toEqual(array);
        // the same at an odd address
        const shifted = new Uint8Array(bytes.length + 1);
        shifted.set(bytes, 1);
        expect(parseIdx(shifted.subarray(1), "x")).toEqual(array);
      }),
    );
  });

  test("bytes are big-endian", () => {
    const bytes = Uint8Array.of(0, 0, 0x0b, 1, 0, 0, 0, 2, 0x01, 0x02, 0xff, 0xfe);
    expect(parseIdx(bytes, "x")).toEqual({ type: "i16", shape: [2], data: Int16Array.of(0x0102, -2) });
  });

  test("a path, plain or gzipped", () => {
    const array: IdxArray = { type: "f32", shape: [2, 2], data: Float32Array.of(1, -2, 0.5, Number.NaN) };
    expect(readIdx(file("plain", encodeIdx(array)))).toEqual(array);
    expect(readIdx(file("packed.gz", gzipSync(encodeIdx(array))))).toEqual(array);
  });
});

describe("hostile files", () => {
  test("random bytes, bare and behind a true magic number", () => {
    const magic = fc.tuple(fc.constantFrom(8, 9, 11, 12, 13, 14, 10, 0), fc.nat(255));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.option(magic), (noise, code) => {
        const bytes = code === null ? noise : Uint8Array.of(0, 0, ...code, ...noise);
        const result = attempt(() => parseIdx(new Uint8Array(bytes), "x"));
        if (!(result instanceof DataError)) expect(result.data.length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 1000 },
    );
  });

  test("every truncation and every extension of a valid file is refused", () => {
    fc.assert(
      fc.property(arrays, fc.nat(), (array, at) => {
        const bytes = encodeIdx(array);
        expect(attempt(() => parseIdx(bytes.slice(0, at % bytes.length), "x"))).toBeInstanceOf(DataError);
        expect(attempt(() => parseIdx(Uint8Array.of(...bytes, 0), "x"))).toBeInstanceOf(DataError);
      }),
    );
  });

  test("lies in the header: a size that differs is refused before anything is allocated", () => {
    fc.assert(
      fc.property(arrays, fc.nat(), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (array, axis, size) => {
        const shape = array.shape.with(axis % array.shape.length, size);
        const bytes = encodeIdx(array);
        bytes.set(idxHeader(bytes[2] as number, shape));
        const result = attempt(() => parseIdx(bytes, "x"));
        const same = shape.reduce((a, b) => a * b, 1) === array.data.length;
        expect(result instanceof DataError).toBe(!same);
      }),
    );
    const huge = idxHeader(14, new Array<number>(8).fill(2 ** 32 - 1));
    expect(attempt(() => parseIdx(huge, "x"))).toMatchObject({ message: expect.stringContaining("but 0 bytes") });
    expect(attempt(() => parseIdx(idxHeader(8, new Array<number>(9).fill(0)), "x"))).toBeInstanceOf(DataError);
    expect(attempt(() => parseIdx(idxHeader(8, []), "x"))).toBeInstanceOf(DataError);
  });

  test("damaged gzip files, and bombs", () => {
    const packed = gzipSync(encodeIdx({ type: "u8", shape: [64], data: new Uint8Array(64) }));
    fc.assert(
      fc.property(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, cut) => {
        const bytes = new Uint8Array(packed);
        bytes[at] = (bytes[at] as number) ^ flip;
        attempt(() => readIdx(file("damaged.gz", cut ? packed.subarray(0, at) : bytes)));
      }),
    );
    const bomb = file("bomb.gz", gzipSync(new Uint8Array(2 ** 24)));
    expect(attempt(() => readIdx(bomb, { maxBytes: 2 ** 20 }))).toMatchObject({
      message: `${bomb}: it unpacks to more than the 1048576 bytes allowed`,
    });
  });

  test("what is no readable file of allowed size", () => {
    const said = (path: string, maxBytes?: number): string =>
      (attempt(() => readIdx(path, { ...(maxBytes && { maxBytes }) })) as DataError).message;
    expect(said(join(folder, "none"))).toContain("cannot be read (ENOENT)");
    expect(said(folder)).toContain("not a regular file");
    expect(said(file("long", new Uint8Array(100)), 99)).toContain("100 bytes, more than the 99 allowed");
    expect(said(join(folder, "a\nb"))).toContain("a b: cannot be read");
    expect(said("nul\0byte")).toContain("cannot be read");
    if (process.platform !== "win32") {
      execFileSync("mkfifo", [join(folder, "fifo")]);
      expect(said(join(folder, "fifo"))).toContain("not a regular file");
      expect(said("/dev/zero")).toContain("not a regular file");
    }
  });
});
