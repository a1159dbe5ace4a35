import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dtypes } from "../../src/dtype.ts";
import { type NpyLayout, openNpy, readNpy, writeNpy } from "../../src/files/index.ts";
import { ArgumentError, FileError, tensor, zeros } from "../../src/index.ts";
import { foreignNpyFiles, npyFiles } from "./fixtures.ts";
import { bitsOf, fromBase64, npyOf, tensors, written } from "./some.ts";

const layouts: fc.Arbitrary<NpyLayout> = fc.record({
  endian: fc.constantFrom("little", "big"),
  fortranOrder: fc.boolean(),
  version: fc.constantFrom(1, 2, 3),
});

describe("round trip", () => {
  test("property: any tensor in any layout, bit for bit; elements begin at a multiple of 64", async () => {
    await fc.assert(
      fc.asyncProperty(tensors, layouts, async (t, layout) => {
        const bytes = await written((to) => writeNpy(to, t, layout));
        const file = await openNpy(bytes);
        expect(file.header).toMatchObject({ dtype: t.dtype, shape: t.shape, version: layout.version });
        expect(file.header.offset % 64).toBe(0);
        const back = await file.read();
        // Transposing computes, which may give another NaN for a NaN.
        if (layout.fortranOrder) expect(await back.data()).toEqual(await t.data());
        else expect(await bitsOf(back)).toEqual(await bitsOf(t));
      }),
    );
  });

  test("rows", async () => {
    const t = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const bytes = await written((to) => writeNpy(to, t));
    expect(await (await readNpy(bytes, { rows: [1, 3] })).array()).toEqual([
      [3, 4],
      [5, 6],
    ]);
    expect((await readNpy(bytes, { rows: [2, 2] })).shape).toEqual([0, 2]);
    const fortran = await written((to) => writeNpy(to, t, { fortranOrder: true }));
    await expect(readNpy(fortran, { rows: [0, 1] })).rejects.toThrow("rows: the array lies in Fortran order");
    await expect(readNpy(bytes, { rows: [0, 4] })).rejects.toThrow(ArgumentError);
  });
});

describe("files of NumPy", () => {
  test.each(npyFiles)("%s", async (name, descr, shape, values, text) => {
    const bytes = fromBase64(text);
    const file = await openNpy(bytes);
    expect(file.header).toMatchObject({ descr, shape });
    const t = await file.read();
    expect(t.shape).toEqual(shape);
    const exact = { f16: (x: number) => Math.fround(x), f32: Math.fround, f64: (x: number) => x };
    const wanted = values.map((v) => (exact[t.dtype as keyof typeof exact] ?? Number)(v));
    expect([...(await t.data())]).toEqual(wanted);
    // Written again: the same bytes, where the dtype is the file's own.
    if (dtypes[t.dtype].bytes !== Number(descr.slice(2))) return;
    const { version, fortranOrder } = file.header;
    const layout = { endian: descr[0] === ">" ? "big" : "little", fortranOrder, version } as const;
    expect(await written((to) => writeNpy(to, t, layout)), name).toEqual(bytes);
  });

  test.each(foreignNpyFiles)("%s is refused", async (name, text) => {
    const result = readNpy(fromBase64(text));
    await expect(result).rejects.toThrow(FileError);
    await expect(result).rejects.toThrow(/^readNpy: header: descr: .*(holds|structured|is no type)/);
    if (name === "objects")
      await expect(result).rejects.toThrow("(a pickle, which can run code); save an array of numbers");
  });
});

describe("damaged files", () => {
  const header = (descr: string, order: string, shape: string): string =>
    `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  const good = header("'|u1'", "False", "(2,)");
  test.each<[string, Uint8Array, string]>([
    ["empty", new Uint8Array(), "header: ends at byte 8, but there are 0"],
    ["another magic number", npyOf(good, [1, 2]).fill(0, 0, 1), "is not that of an .npy file"],
    ["version 4", npyOf(good, [1, 2], [4, 0]), "version 4.0 is unknown"],
    ["version 1.1", npyOf(good, [1, 2], [1, 1]), "version 1.1 is unknown"],
    ["header beyond the file", npyOf(good, [1, 2]).subarray(0, 30), "header: ends at byte"],
    ["a header of 16 MiB", npyOf("", [], [2, 0]).fill(255, 10, 11), "16711680 bytes are above the limit of 10000"],
    ["long header", npyOf(good.padEnd(20000), [1, 2], [2, 0]), "20000 bytes are above the limit of 10000"],
    ["not UTF-8", npyOf(good, [1, 2], [3, 0]).fill(255, 14, 15), "is not UTF-8"],
    ["no dictionary", npyOf("[1]", []), "is not the dictionary"],
    ["cut off", npyOf(good.slice(0, 20), []), "is not the dictionary"],
    ["code", npyOf(header("__import__('os')", "False", "(2,)"), [1, 2]), "is not the dictionary"],
    ["a key more", npyOf(good.replace("}", "'x': 1}"), [1, 2]), "is not the dictionary"],
    ["a key less", npyOf("{'descr': '|u1', 'shape': (2,)}", [1, 2]), "is not the dictionary"],
    ["a key twice", npyOf(good.replace("}", "'shape': (2,)}"), [1, 2]), '"shape" occurs twice'],
    ["after the dictionary", npyOf(`${good}{`, [1, 2]), "is not the dictionary"],
    ["nested shape", npyOf(header("'|u1'", "False", "((2,),)"), [1, 2]), "is not the dictionary"],
    ["negative size", npyOf(header("'|u1'", "False", "(-2,)"), [1, 2]), "is not the dictionary"],
    ["fraction", npyOf(header("'|u1'", "False", "(2.0,)"), [1, 2]), "is not the dictionary"],
    ["nan", npyOf(header("'|u1'", "False", "(nan,)"), [1, 2]), "is not the dictionary"],
    ["size above 2^53", npyOf(header("'|u1'", "False", "(9007199254740993,)"), [1, 2]), "too large a size"],
    ["product overflows", npyOf(header("'<f8'", "False", `(${"4503599627370496, ".repeat(30)})`)), "needs"],
    ["65 axes", npyOf(header("'|u1'", "False", `(${"1, ".repeat(65)})`), [1]), "65 axes"],
    ["order is a number", npyOf(header("'|u1'", "1", "(2,)"), [1, 2]), "is not the dictionary"],
    ["descr is a flag", npyOf(header("True", "False", "(2,)"), [1, 2]), "is not the dictionary"],
    ["structured", npyOf(header("[('a', '<f4')]", "False", "(2,)")), "structured arrays are not read"],
    ["subarray", npyOf(header("('<f4', (2,))", "False", "(2,)")), "structured arrays are not read"],
    ["unordered f4", npyOf(header("'|f4'", "False", "(0,)")), "holds long doubles"],
    ["two types", npyOf(header("'<f4<f4'", "False", "(0,)")), "descr"],
    ["bfloat16 by our own name", npyOf(header("'<bf2'", "False", "(0,)")), "is no type of numbers"],
    ["inherited name", npyOf(header("'constructor'", "False", "(0,)")), "descr"],
    ["cut data", npyOf(good, [1]), "needs 2 bytes, but 1 follow"],
    ["trailing bytes", npyOf(good, [1, 2, 3]), "needs 2 bytes, but 3 follow"],
    ["bool of 2", npyOf(header("'|b1'", "False", "(2,)"), [1, 2]), "neither 0 nor 1"],
    [
      "wide",
      npyOf(header("'<i8'", "False", "()"), [0, 0, 0, 0, 1, 0, 0, 0]),
      "the 64-bit value 4294967296 at element 0 does not fit i32",
    ],
  ])("%s", async (_, bytes, message) => {
    const result = readNpy(bytes);
    await expect(result).rejects.toThrow(FileError);
    await expect(result).rejects.toThrow(message);
  });

  test("a header as Python 2 and other writers have it", async () => {
    const other = `{"shape":(2L,1L) , "fortran_order":False,"descr":"|u1"}   `;
    expect(await (await readNpy(npyOf(other, [1, 2]))).array()).toEqual([[1], [2]]);
  });
});

test("the writer's arguments", async () => {
  await expect(written((to) => writeNpy(to, [1] as never))).rejects.toThrow("writeNpy: tensor: expected a tensor");
  await expect(written((to) => writeNpy(to, zeros([1]), { version: 4 as 1 }))).rejects.toThrow(
    "writeNpy: version: 4 is unknown; use 1, 2 or 3",
  );
  await expect(written((to) => writeNpy(to, zeros([1]), { endian: "both" as "big" }))).rejects.toThrow(
    "writeNpy: endian:",
  );
  await expect(readNpy(new Uint8Array(), { maxHeaderBytes: -1 })).rejects.toThrow("readNpy: maxHeaderBytes:");
});
