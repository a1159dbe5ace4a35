import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";

const read = async (t: g.Tensor): Promise<number[]> => Array.from((await t.data()) as ArrayLike<number>);
const widths = { i32: 32, u32: 32, i8: 8, u8: 8 } as const;
type Integer = keyof typeof widths;
const edges: Record<Integer, number[]> = {
  i32: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 12345678, -255],
  u32: [0, 1, 2 ** 32 - 1, 2 ** 31, 0x55555555, 77],
  i8: [0, 1, -1, 127, -128, 85, -3],
  u8: [0, 1, 255, 128, 85, 3],
};
const pattern = (x: number, width: number): string => (x < 0 ? 2 ** width + x : x).toString(2).padStart(width, "0");

describe.each(["js", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => g.setBackend(backend === "js" ? g.jsBackend() : g.wasmBackend()));
  test.each(Object.keys(widths) as Integer[])("counts and complements of %s by their digits", async (dtype) => {
    const [data, width] = [edges[dtype], widths[dtype]];
    const x = g.tensor(data, { dtype });
    const digits = data.map((v) => pattern(v, width));
    const counts = g.populationCount(x);
    expect([counts.dtype, await read(counts)]).toEqual([dtype, digits.map((d) => d.replaceAll("0", "").length)]);
    expect(await read(g.countLeadingZeros(x))).toEqual(digits.map((d) => d.replace(/1.*/, "").length));
    expect(await read(g.bitwiseNot(x))).toEqual(data.map((v) => (dtype.startsWith("u") ? 2 ** width - 1 - v : -v - 1)));
  });
  test("bool", async () => {
    const x = g.tensor([true, false]);
    expect(await read(g.bitwiseNot(x))).toEqual([0, 1]);
    expect(await read(g.populationCount(x))).toEqual([1, 0]);
    expect(await read(g.countLeadingZeros(x))).toEqual([0, 1]);
  });
  test("shifts to the right keep the sign of signed integers", async () => {
    expect(await read(g.shiftRight(g.tensor([-8, 8], { dtype: "i32" }), 1))).toEqual([-4, 4]);
    expect(await read(g.shiftRight(g.tensor([-128], { dtype: "i8" }), 7))).toEqual([-1]);
    expect(await read(g.shiftRight(g.tensor([2 ** 31], { dtype: "u32" }), 31))).toEqual([1]);
  });
  test("bits of bytes in both orders", async () => {
    const x = g.tensor([1, 0, 1, 1, 0, 0, 0, 1, 1], { dtype: "u8" });
    expect(await read(g.packbits(x))).toEqual([0b10110001, 0b10000000]);
    expect(await read(g.packbits(x, { order: "little" }))).toEqual([0b10001101, 1]);
    expect(await read(g.unpackbits(g.tensor([0b10110001], { dtype: "u8" }), { count: 5 }))).toEqual([1, 0, 1, 1, 0]);
  });
});

test("unpackbits undoes packbits along any axis", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 2 }),
      fc.constantFrom("big" as const, "little" as const),
      fc.integer(),
      async (n, axis, order, seed) => {
        const shape = [2, 3, 2].map((m, i) => (i === axis ? n : m));
        const size = shape.reduce((a, b) => a * b, 1);
        const data = Array.from({ length: size }, (_, i) => (Math.imul(i + 1, seed | 1) >>> 7) & 1);
        const x = g.tensor(Uint8Array.from(data), { shape });
        const packed = g.packbits(x, { axis, order });
        expect(packed.shape[axis]).toBe(Math.ceil(n / 8));
        expect(await read(g.unpackbits(packed, { axis, order, count: n }))).toEqual(data);
      },
    ),
    { numRuns: 50 },
  );
});

test("vmap is the stack, jit changes nothing", async () => {
  const x = g.tensor(Int32Array.from([1, -5, 77, 1024, -1, 0]), { shape: [3, 2] });
  expect(await read(g.vmap(g.populationCount)(x))).toEqual(await read(g.populationCount(x)));
  expect(await read(g.jit(g.packbits as (t: g.Tensor) => g.Tensor)(x))).toEqual(await read(g.packbits(x)));
});
