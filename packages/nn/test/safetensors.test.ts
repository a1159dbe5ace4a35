import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { HostTensor } from "../src/index.ts";
import { decodeSafetensors, encodeSafetensors, FormatError } from "../src/index.ts";

/** A file by hand, independent of the encoder. */
function file(header: unknown, data: readonly number[] = []): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}
const entry = (dtype: string, shape: unknown, begin: number, end: number): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe("round trip", () => {
  test("every dtype, scalars, empties and metadata", () => {
    const tensors = new Map<string, HostTensor>([
      [
        "a.weight",
        { dtype: "f32", shape: [2, 2], data: new Float32Array([1, -0, Number.NaN, Number.POSITIVE_INFINITY]) },
      ],
      ["b", { dtype: "f64", shape: [], data: new Float64Array([Math.PI]) }],
      [
        "half",
        {
          dtype: "f16",
          shape: [7],
          data: new Float32Array([1, -0, 65504, 2 ** -24, -(2 ** -14), Number.NaN, Number.NEGATIVE_INFINITY]),
        },
      ],
      ["none", { dtype: "i32", shape: [0, 3], data: new Int32Array() }],
      ["u", { dtype: "u32", shape: [1], data: new Uint32Array([2 ** 32 - 1]) }],
      ["i8", { dtype: "i8", shape: [3], data: new Int8Array([-128, 0, 127]) }],
      ["0", { dtype: "u8", shape: [3], data: new Uint8Array([1, 2, 255]) }],
      ["__proto__", { dtype: "bool", shape: [2], data: new Uint8Array([0, 1]) }],
    ]);
    const back = decodeSafetensors(encodeSafetensors(tensors, new Map([["epoch", "3"]])));
    expect([...back.tensors.keys()].toSorted()).toEqual([...tensors.keys()].toSorted());
    for (const [name, t] of tensors) expect(back.tensors.get(name)).toEqual(t);
    expect(back.metadata).toEqual(new Map([["epoch", "3"]]));
  });

  test("property: any f32 tensors, bit for bit", () => {
    const some = fc.dictionary(
      fc.string({ minLength: 1 }).filter((s) => s !== "__metadata__"),
      fc.float32Array({ maxLength: 20 }),
      { maxKeys: 5 },
    );
    fc.assert(
      fc.property(some, (dict) => {
        const tensors = new Map(
          Object.entries(dict).map(([name, data]): [string, HostTensor] => [
            name,
            { dtype: "f32", shape: [data.length], data },
          ]),
        );
        const back = decodeSafetensors(encodeSafetensors(tensors)).tensors;
        for (const [name, { data }] of tensors)
          expect(new Uint8Array(back.get(name)!.data.buffer)).toEqual(new Uint8Array(data.slice().buffer));
      }),
    );
  });

  test("a byte array that starts at an odd offset", () => {
    const bytes = encodeSafetensors(new Map([["x", { dtype: "f64", shape: [1], data: new Float64Array([7]) }]]));
    const moved = new Uint8Array(bytes.length + 3);
    moved.set(bytes, 3);
    expect(decodeSafetensors(moved.subarray(3)).tensors.get("x")?.data).toEqual(new Float64Array([7]));
  });
});

describe("formats without a dtype", () => {
  const one = (dtype: string, data: number[]): unknown =>
    decodeSafetensors(file({ x: entry(dtype, [1], 0, data.length) }, data)).tensors.get("x");
  test.each([
    ["BF16", [0xc0, 0x3f], { dtype: "f32", shape: [1], data: new Float32Array([1.5]) }],
    ["I16", [0xff, 0xff], { dtype: "i32", shape: [1], data: new Int32Array([-1]) }],
    ["U16", [0xff, 0xff], { dtype: "i32", shape: [1], data: new Int32Array([65535]) }],
    ["I64", [0xfe, 255, 255, 255, 255, 255, 255, 255], { dtype: "i32", shape: [1], data: new Int32Array([-2]) }],
    ["U64", [5, 0, 0, 0, 0, 0, 0, 0], { dtype: "u32", shape: [1], data: new Uint32Array([5]) }],
  ])("%s", (dtype, data, wanted) => expect(one(dtype, data)).toEqual(wanted));
  test("64-bit values that do not fit", () => {
    expect(() => one("I64", [0, 0, 0, 128, 0, 0, 0, 0])).toThrow("x: the 64-bit value 2147483648 does not fit 32 bits");
  });
});

describe("damaged files", () => {
  test.each<[string, Uint8Array, string]>([
    ["empty", new Uint8Array(), "0 bytes are too few"],
    ["length beyond the file", file("{}").subarray(0, 9), "the header ends at 10"],
    ["length of 2^63", new Uint8Array([0, 0, 0, 0, 0, 0, 0, 128]), "above the limit"],
    ["no JSON", file("{"), "not JSON"],
    ["no object", file("[]"), "not an object"],
    ["not UTF-8", file({ x: 1 }).fill(0xff, 10, 12), "not JSON"],
    ["entry is no object", file({ x: 1 }), "x: the entry is not an object"],
    ["dtype", file({ x: entry("toString", [], 0, 0) }), 'dtype "toString" is unknown'],
    ["shape", file({ x: entry("F32", [-1], 0, 0) }), "shape is not a list of sizes"],
    ["fractional shape", file({ x: entry("F32", [0.5], 0, 2) }, [0, 0]), "shape is not a list of sizes"],
    ["huge shape", file({ x: entry("F32", [2 ** 52, 2 ** 52], 0, 4) }, [0, 0, 0, 0]), "needs"],
    ["offsets", file({ x: { dtype: "F32", shape: [], data_offsets: [0] } }), "not two offsets"],
    ["beyond the data", file({ x: entry("F32", [], 0, 4) }), "outside the 0 bytes"],
    ["reversed", file({ x: entry("F32", [], 4, 0) }, [0, 0, 0, 0]), "outside"],
    ["wrong span", file({ x: entry("F32", [2], 0, 4) }, [0, 0, 0, 0]), "needs 8 bytes"],
    ["overlap", file({ x: entry("U8", [2], 0, 2), y: entry("U8", [2], 1, 3) }, [0, 0, 0]), "overlap or leave a gap"],
    ["gap", file({ x: entry("U8", [1], 1, 2) }, [0, 0]), "overlap or leave a gap"],
    ["left over", file({ x: entry("U8", [1], 0, 1) }, [0, 0]), "1 bytes at the end"],
    ["bool of 2", file({ x: entry("BOOL", [1], 0, 1) }, [2]), "neither 0 nor 1"],
    ["metadata", file({ __metadata__: { a: 1 } }), "a is not text"],
  ])("%s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(FormatError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  test("limits", () => {
    const bytes = file({ x: entry("U8", [0], 0, 0), y: entry("U8", [0], 0, 0) });
    expect(decodeSafetensors(bytes).tensors.size).toBe(2);
    expect(() => decodeSafetensors(bytes, { maxTensors: 1 })).toThrow("more than the limit of 1");
    expect(() => decodeSafetensors(bytes, { maxHeaderBytes: 10 })).toThrow("above the limit of 10");
  });

  test("fuzz: whatever the bytes, a result or a FormatError", () => {
    const good = encodeSafetensors(
      new Map([
        ["w", { dtype: "f32", shape: [2, 3], data: new Float32Array(6) }],
        ["b", { dtype: "bool", shape: [3], data: new Uint8Array(3) }],
      ]),
      new Map([["k", "v"]]),
    );
    const check = (bytes: Uint8Array): void => {
      try {
        decodeSafetensors(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check), { numRuns: 1000 });
    const flips = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(flips, fc.nat(good.length), (edits, length) => {
        const bytes = good.slice();
        for (const [at, value] of edits) bytes[at] = value;
        check(bytes);
        check(bytes.subarray(0, length));
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.json(), (json) => check(file(json))),
      { numRuns: 1000 },
    );
  });
});

test("the writer refuses what it could not read back", () => {
  expect(() => encodeSafetensors(new Map([["x", { dtype: "f32", shape: [2], data: new Float32Array(1) }]]))).toThrow(
    "x: shape [2] has 2 elements, data has 1",
  );
  expect(() =>
    encodeSafetensors(new Map([["__metadata__", { dtype: "f32", shape: [0], data: new Float32Array() }]])),
  ).toThrow("reserved");
});
