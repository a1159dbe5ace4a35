import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SafetensorsLimits } from "../../src/files/index.ts";
import { openSafetensors, readSafetensors, writeSafetensors } from "../../src/files/index.ts";
import { ArgumentError, DisposedError, FileError, type Tensor, tensor, zeros } from "../../src/index.ts";
import { safetensorsFile, wideSafetensorsFile } from "./fixtures.ts";
import { allBits, bitsOf, entryOf, safetensorsOf as file, fromBase64, names, tensors, written } from "./some.ts";

describe("round trip", () => {
  test("property: any tensors under any names, with any metadata, bit for bit", async () => {
    const dict = fc.uniqueArray(fc.tuple(names, tensors), { selector: ([name]) => name, maxLength: 5 });
    const texts = fc.uniqueArray(fc.tuple(names, names), { selector: ([name]) => name, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(dict, texts, async (entries, pairs) => {
        const [all, metadata] = [new Map(entries), new Map(pairs)];
        const bytes = await written((to) => writeSafetensors(to, all, { metadata }));
        const back = await readSafetensors(bytes);
        expect(await allBits(back.tensors)).toEqual(await allBits(all));
        expect(back.metadata).toEqual(new Map([...metadata].toSorted()));
        // Aligned: no element lies across a multiple of its size, and the order of the arguments does not matter.
        const { tensors: listed } = await openSafetensors(bytes);
        for (const [name, { offset }] of listed)
          expect(
            offset % ((await bitsOf(all.get(name) as Tensor)).bytes.length / Math.max(1, all.get(name)!.size) || 1),
          ).toBe(0);
        const turned = new Map(entries.toReversed());
        expect(await written((to) => writeSafetensors(to, turned, { metadata }))).toEqual(bytes);
      }),
    );
  });

  test("rows: only their bytes are read", async () => {
    await fc.assert(
      fc.asyncProperty(tensors, fc.nat(4), fc.nat(4), async (t, a, b) => {
        fc.pre(t.rank > 0);
        const [begin, end] = [Math.min(a, b, t.shape[0]!), Math.min(Math.max(a, b), t.shape[0]!)];
        const bytes = await written((to) => writeSafetensors(to, { t }));
        let got = 0;
        const source = {
          size: bytes.length,
          read: (at: number, n: number) => bytes.subarray(at, at + n + 0 * (got += n)),
        };
        const opened = await openSafetensors(source);
        const before = got;
        const some = await bitsOf(await opened.read("t", { rows: [begin, end] }));
        const whole = await bitsOf(t);
        const row = whole.bytes.length / Math.max(1, t.shape[0]!);
        expect(some).toEqual({
          dtype: t.dtype,
          shape: [end - begin, ...t.shape.slice(1)],
          bytes: whole.bytes.slice(begin * row, end * row),
        });
        expect(got - before).toBe((end - begin) * row);
      }),
    );
    const opened = await openSafetensors(await written((to) => writeSafetensors(to, { t: zeros([3]), s: zeros([]) })));
    await expect(opened.read("t", { rows: [1, 4] })).rejects.toThrow(
      "SafetensorsFile.read: rows: end: expected an integer in [1, 3], got 4",
    );
    await expect(opened.read("t", { rows: [-1, 1] })).rejects.toThrow("rows: begin");
    await expect(opened.read("s", { rows: [0, 1] })).rejects.toThrow("of a tensor with axes");
    await expect(opened.read("u")).rejects.toThrow('name: there is no "u"; the file has ["s", "t"]');
  });
});

describe("files of the reference implementation", () => {
  test("are read, and written byte for byte", async () => {
    const bytes = fromBase64(safetensorsFile);
    const { tensors: all, metadata } = await readSafetensors(bytes);
    expect(metadata).toEqual(new Map([["né", "1\n2"]]));
    const values = await Promise.all([...all].map(async ([name, t]) => [name, t.dtype, await t.array()]));
    expect(values.toSorted()).toEqual(
      [
        ["0", "f32", [7]],
        ["a.f32", "f32", 0.5],
        ["bool", "bool", [true, false, true]],
        ["empty", "f32", []],
        ["f16", "f16", [1, 65504, 2 ** -24]],
        ["f64", "f64", [Math.PI, -0]],
        ["i32", "i32", [-1]],
        ["i8", "i8", [-128, 127]],
        ["u32", "u32", [2 ** 32 - 1]],
        ["u8", "u8", [255]],
        [
          "z.f32",
          "f32",
          [
            [0, 1, 2],
            [3, 4, 5],
          ],
        ],
        ['😀 "\\\n', "f32", [2]],
        ["～", "f32", [1]],
      ].toSorted(),
    );
    expect(all.get("empty")?.shape).toEqual([0, 3]);
    expect(await written((to) => writeSafetensors(to, all, { metadata }))).toEqual(bytes);
  });

  test("formats without a dtype are widened, narrowed when they fit, or refused", async () => {
    const opened = await openSafetensors(fromBase64(wideSafetensorsFile));
    const read = async (name: string): Promise<unknown> => {
      const t = await opened.read(name);
      return [opened.tensors.get(name)?.format, t.dtype, await t.array()];
    };
    expect(await read("bf16")).toEqual(["BF16", "f32", [1.5, -2]]);
    expect(await read("i16")).toEqual(["I16", "i32", [-3]]);
    expect(await read("u16")).toEqual(["U16", "i32", [65535]]);
    expect(await read("i64")).toEqual(["I64", "i32", [-2, 5]]);
    expect(await read("u64")).toEqual(["U64", "u32", [9]]);
    expect(opened.tensors.get("f8")).toMatchObject({ format: "F8_E4M3", dtype: null, shape: [1], bytes: 1 });
    await expect(opened.read("f8")).rejects.toThrow(
      'openSafetensors: "f8": F8_E4M3 has no dtype here; convert it to F16, BF16 or F32 before saving',
    );
  });

  test("64-bit values at the ends of 32 bits", async () => {
    const one = async (dtype: string, value: bigint): Promise<unknown> => {
      const data = [...new Uint8Array(BigInt64Array.of(BigInt.asIntN(64, value)).buffer)];
      const { tensors: all } = await readSafetensors(file({ x: entryOf(dtype, [1], 0, 8) }, data));
      return (await all.get("x")!.data())[0];
    };
    for (const v of [-(2n ** 31n), -1n, 0n, 2n ** 31n - 1n]) expect(await one("I64", v)).toBe(Number(v));
    for (const v of [0n, 2n ** 31n, 2n ** 32n - 1n]) expect(await one("U64", v)).toBe(Number(v));
    for (const v of [-(2n ** 31n) - 1n, 2n ** 31n, 2n ** 32n, -(2n ** 63n)])
      await expect(one("I64", v)).rejects.toThrow(`"x": the 64-bit value ${v} at element 0 does not fit i32`);
    for (const v of [2n ** 32n, 2n ** 64n - 1n])
      await expect(one("U64", v)).rejects.toThrow(`${v} at element 0 does not fit u32`);
  });
});

describe("damaged files", () => {
  const deep = `{"x":${"[".repeat(1e5)}${"]".repeat(1e5)}}`;
  test.each<[string, Uint8Array, string]>([
    ["empty", new Uint8Array(), "header length: ends at byte 8, but there are 0"],
    ["length beyond the file", file("{}").subarray(0, 9), "header: ends at byte 10, but there are 9"],
    ["length of 2^63", new Uint8Array([0, 0, 0, 0, 0, 0, 0, 128]), "above the limit of 100000000"],
    ["no JSON", file("{"), "is not a JSON object"],
    ["no object", file("[]"), "is not a JSON object"],
    ["space before the object", file(" {}"), "is not a JSON object"],
    ["not UTF-8", file({ x: 1 }).fill(0xff, 10, 12), "is not a JSON object"],
    ["deeply nested", file(deep), '"x": expected {dtype, shape, data_offsets}'],
    ["entry is no object", file({ x: 1 }), '"x": expected {dtype, shape, data_offsets}'],
    ["one field more", file({ x: { ...entryOf("U8", [0], 0, 0), more: 1 } }), '"x": expected {dtype, shape'],
    ["one field less", file({ x: { dtype: "U8", shape: [0] } }), '"x": expected {dtype, shape'],
    ["dtype", file({ x: entryOf("toString", [], 0, 0) }), 'dtype "toString" is unknown; use one of BOOL, F4'],
    ["shape", file({ x: entryOf("F32", [-1], 0, 0) }), "shape [-1] is not a list"],
    ["fractional shape", file({ x: entryOf("F32", [0.5], 0, 2) }, [0, 0]), "shape [0.5] is not a list"],
    ["NaN shape", file({ x: entryOf("F32", [Number.NaN], 0, 0) }), "shape [null] is not a list"],
    ["65 axes", file({ x: entryOf("U8", new Array(65).fill(1), 0, 1) }, [0]), "is not a list of at most 64 sizes"],
    ["huge shape", file({ x: entryOf("F32", [2 ** 52, 2 ** 52], 0, 4) }, [0, 0, 0, 0]), "needs"],
    ["huge and zero", file({ x: entryOf("F32", [2 ** 52, 2 ** 52, 0], 0, 4) }, [0, 0, 0, 0]), "needs 0 bytes"],
    ["offsets", file({ x: { dtype: "F32", shape: [], data_offsets: [0] } }), "data_offsets [0] are not two offsets"],
    ["NaN offsets", file({ x: entryOf("F32", [], Number.NaN, 4) }, [0, 0, 0, 0]), "are not two offsets"],
    [
      "offset above 2^53",
      file('{"x":{"dtype":"U8","shape":[1],"data_offsets":[9007199254740993,9007199254740994]}}'),
      "are not two",
    ],
    ["beyond the data", file({ x: entryOf("F32", [], 0, 4) }), "outside the 0 bytes"],
    ["reversed", file({ x: entryOf("F32", [], 4, 0) }, [0, 0, 0, 0]), "outside"],
    ["wrong span", file({ x: entryOf("F32", [2], 0, 4) }, [0, 0, 0, 0]), "needs 8 bytes, but data_offsets span 4"],
    ["half a byte", file({ x: entryOf("F4", [1], 0, 1) }, [0]), "needs 0.5 bytes"],
    [
      "overlap",
      file({ x: entryOf("U8", [2], 0, 2), y: entryOf("U8", [2], 1, 3) }, [0, 0, 0]),
      "overlap or leave a gap",
    ],
    ["the same twice", file({ x: entryOf("U8", [2], 0, 2), y: entryOf("U8", [2], 0, 2) }, [0, 0]), "overlap"],
    ["gap", file({ x: entryOf("U8", [1], 1, 2) }, [0, 0]), "overlap or leave a gap"],
    ["left over", file({ x: entryOf("U8", [1], 0, 1) }, [0, 0]), "1 bytes at the end"],
    ["bool of 2", file({ x: entryOf("BOOL", [2], 0, 2) }, [1, 2]), "element 1 of a bool is 2, neither 0 nor 1"],
    ["metadata", file({ __metadata__: { a: 1 } }), '__metadata__: "a" is not text'],
    ["metadata is a list", file({ __metadata__: [] }), "__metadata__ is not an object"],
    [
      "a name twice",
      file(
        '{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0078":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      "a name occurs twice",
    ],
    [
      "a field twice",
      file('{"x":{"dtype":"F32","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      "a name occurs twice",
    ],
    ["metadata twice", file('{"__metadata__":{"a":"1"},"__metadata__":{"b":":"}}'), "a name occurs twice"],
  ])("%s", async (_, bytes, message) => {
    const result = readSafetensors(bytes);
    await expect(result).rejects.toThrow(FileError);
    await expect(result).rejects.toThrow(message);
    await expect(result).rejects.toThrow(/^readSafetensors: .*$/);
  });

  test("tensors may lie in any order, and the header may end in spaces", async () => {
    const bytes = file(
      `{"y":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}   `,
      [5, 6],
    );
    const { tensors: all } = await readSafetensors(bytes);
    expect([...all.keys()]).toEqual(["y", "x"]);
    expect(await Promise.all([...all.values()].map((t) => t.array()))).toEqual([[6], [5]]);
  });

  test("a name with colons, quotes and __proto__ is one name", async () => {
    const all = new Map([
      ['a:"b\\":', tensor([1])],
      ["__proto__", tensor([2])],
      ["1", tensor([3])],
    ]);
    const back = await readSafetensors(await written((to) => writeSafetensors(to, all)));
    expect(await allBits(back.tensors)).toEqual(await allBits(all));
  });

  test("limits", async () => {
    const bytes = file({ x: entryOf("U8", [0], 0, 0), y: entryOf("U8", [0], 0, 0) });
    const read = (limits: SafetensorsLimits) => readSafetensors(bytes, limits);
    expect((await read({})).tensors.size).toBe(2);
    await expect(read({ maxTensors: 1 })).rejects.toThrow("2 tensors are above the limit of 1; raise maxTensors");
    await expect(read({ maxHeaderBytes: 10 })).rejects.toThrow(
      "above the limit of 10; not a safetensors file, or raise maxHeaderBytes",
    );
    await expect(read({ maxTensors: Number.NaN })).rejects.toThrow(ArgumentError);
    await expect(readSafetensors(bytes, { more: 1 } as object)).rejects.toThrow(
      "readSafetensors: more: unknown option",
    );
  });
});

test("the writer refuses what it could not read back", async () => {
  const x = zeros([1]);
  const write = (all: object, options = {}) =>
    written((to) => writeSafetensors(to, all as Record<string, Tensor>, options));
  await expect(write({ __metadata__: x })).rejects.toThrow(
    "writeSafetensors: tensors: the name __metadata__ is reserved",
  );
  await expect(write({ "\ud800": x })).rejects.toThrow("not well-formed text");
  await expect(write([x])).rejects.toThrow("tensors: expected a Map or an object, got [a Tensor]");
  await expect(write({ x: [1] })).rejects.toThrow('tensors: "x": expected a tensor');
  await expect(write({ x }, { metadata: { a: 1 } })).rejects.toThrow('metadata: "a": expected text, got 1');
  await expect(write({ x }, { signal: 1 })).rejects.toThrow("signal: expected an AbortSignal, got 1");
  const gone = zeros([1]);
  gone.dispose();
  await expect(write({ gone })).rejects.toThrow(DisposedError);
});
