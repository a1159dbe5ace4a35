import fc from "fast-check";
import { expect, test } from "vitest";
import { assemble, Code } from "../../src/backends/wasm/assembler.ts";
import { transformCode } from "../../src/functions/fft/kernel.ts";
import { complexRows, realRows } from "../../src/functions/fft/rows.ts";
import { sortCode } from "../../src/functions/sorting/kernel.ts";
import { sortRows } from "../../src/functions/sorting/radix.ts";
import type { RowCode } from "../../src/ir/ir.ts";
import { runningCode } from "../../src/primitives/running.ts";
import { runCumulative, runRecurrence } from "../../src/primitives/running-rows.ts";

type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array;

const special = [Number.NaN, 0, -0, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-40, -1e-40];
const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u32: Uint32Array } as const;
/** Numbers of a dtype, one after another. */
const numbers = (dtype: keyof typeof arrays, length: number, f: () => number): Numbers =>
  new arrays[dtype](Array.from({ length }, f));

/** Words of 32 bits in no order. */
const generator = (seed: number): (() => number) => {
  let s = seed >>> 0;
  return () => (s = (Math.imul(s, 1664525) + 1013904223) >>> 0);
};

/** Numbers of all kinds, made of random words. */
const some = (dtype: keyof typeof arrays, length: number, next: () => number): Numbers =>
  numbers(dtype, length, () => {
    const [kind, at, x] = [next() >>> 27, next() >>> 20, next() / 2 ** 32];
    if (dtype[0] !== "f") return 2 ** 33 * (x - (dtype === "u32" ? 0 : 0.5));
    return kind === 0 ? (special[at % special.length] as number) : 4 * x - 2;
  });

const memory = new WebAssembly.Memory({ initial: 256 });

/** Results of rows [0, cut) and [cut, rows) of `code`, from inputs and for as many results as `results` has. */
function runCode<T extends Numbers>(
  code: RowCode,
  inputs: readonly Numbers[],
  results: readonly T[],
  cut: number,
): T[] {
  const buffers = [...inputs, ...results];
  const parameters = buffers.length + 4;
  const c = new Code(parameters);
  code.write(c);
  const bytes = assemble({ imports: [], functions: [{ parameters, code: c }] });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const all = new Uint8Array(memory.buffer).fill(0xa5);
  let end = 1024;
  const place = (data: Numbers | Int32Array): number => {
    const at = end;
    all.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    end += Math.ceil(data.byteLength / 64) * 64;
    return at;
  };
  const addresses = buffers.map(place);
  const constants = place(code.constants?.() ?? new Int32Array(0));
  const scratch = end;
  for (const [from, to] of [
    [cut, code.rows],
    [0, cut],
  ])
    (exports.f0 as (...args: number[]) => void)(...addresses, constants, scratch, from as number, to as number);
  // nothing before, between or behind is written
  const written = new Uint8Array(memory.buffer);
  expect(written.subarray(0, 1024).every((b) => b === 0xa5)).toBe(true);
  expect(written.subarray(scratch + code.scratch, scratch + code.scratch + 4096).every((b) => b === 0xa5)).toBe(true);
  const after = (i: number): Uint8Array =>
    new Uint8Array(memory.buffer, (addresses[i] as number) + (buffers[i] as Numbers).byteLength, 64);
  results.forEach((r, i) => {
    const at = inputs.length + i;
    const free = Math.ceil(r.byteLength / 64) * 64 - r.byteLength;
    expect(
      after(at)
        .subarray(0, free)
        .every((b) => b === 0xa5),
    ).toBe(true);
  });
  return results.map((r, i) => {
    const type = r.constructor as new (buffer: ArrayBufferLike, at: number, n: number) => T;
    return new type(memory.buffer, addresses[inputs.length + i] as number, r.length).slice() as T;
  });
}

test.each(["f32", "i32", "u32"] as const)("generated code sorts rows of %s as the routine does", (dtype) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.oneof(fc.integer({ min: 1, max: 90 }), fc.constantFrom(255, 1000, 2047, 2048, 5001)),
      fc.constantFrom(...([1, 2, 3] as const)),
      fc.boolean(),
      fc.constantFrom(2 ** 32, 2 ** 17, 300, 3),
      fc.nat(),
      fc.nat(4),
      (outer, n, parts, descending, range, seed, cut) => {
        const [values, indices] = [(parts & 1) > 0, (parts & 2) > 0];
        const code = sortCode({ dtype, outer, n, descending, values, indices }) as RowCode;
        expect(code.rows).toBe(outer);
        const random = generator(seed);
        const x = numbers(dtype, outer * n, () => {
          const [kind, at, size] = [random() >>> 29, random() >>> 20, random()];
          if (dtype === "f32" && kind === 0) return special[at % special.length] as number;
          return ((size / 2 ** 32) * range - (dtype === "u32" ? 0 : range / 2)) * (dtype === "f32" ? 0.37 : 1);
        });
        const expected = [new arrays[dtype](outer * n), new Int32Array(outer * n)] as const;
        sortRows(dtype, outer, n, descending, x, values ? expected[0] : null, indices ? expected[1] : null);
        const results = [
          ...(values ? [expected[0].slice().fill(7)] : []),
          ...(indices ? [new Int32Array(outer * n)] : []),
        ];
        const found = runCode<Numbers>(code, [x], results, Math.min(cut, outer));
        // −0 is not 0 here
        if (values) expect(found[0]).toStrictEqual(expected[0]);
        if (indices) expect(found.at(-1)).toStrictEqual(expected[1]);
      },
    ),
    { numRuns: 150 },
  );
});

test.each([
  ["f32", 1e-7],
  ["f64", 1e-15],
] as const)("generated code transforms rows of %s as the routine does", (dtype, bound) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc
        .constantFrom(1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 20, 25, 27, 32, 45, 64, 75, 128, 135, 256, 1024)
        .map((k) => 4 * k),
      fc.constantFrom(...([1, 2, 3] as const)),
      fc.boolean(),
      fc.boolean(),
      fc.nat(),
      fc.nat(3),
      (outer, h, wanted, inverse, real, seed, cut) => {
        const n = real ? 2 * h : h;
        const parts = [(wanted & 1) > 0, (wanted & 2) > 0] as const;
        const code = transformCode({ dtype, outer, n, inverse, real, parts }) as RowCode;
        expect(code.rows).toBe(outer);
        const next = generator(seed);
        const draw = (): number => next() / 2 ** 31 - 1;
        const row = (): Numbers => numbers(dtype, outer * n, draw);
        const [re, im] = [row(), row()];
        const expected = [row(), row()] as const;
        const asked = [parts[0] ? expected[0] : null, parts[1] ? expected[1] : null] as const;
        if (real) realRows(dtype, outer, n, inverse, re, asked);
        else complexRows(dtype, outer, n, inverse, [re, im], asked);
        const results = asked.filter((a) => a !== null);
        const found = runCode<Numbers>(
          code,
          real ? [re] : [re, im],
          results.map((r) => r.slice().fill(7)),
          Math.min(cut, outer),
        );
        results.forEach((r, i) => {
          const scale = Math.max(...r.map(Math.abs));
          const apart = r.map((v, k) => Math.abs(v - (found[i]?.[k] as number)) / scale);
          expect(Math.max(...apart)).toBeLessThan(bound);
        });
      },
    ),
    { numRuns: 200 },
  );
});

test.each(["f32", "f64", "i32", "u32"] as const)(
  "generated code runs along axes of %s as the interpreter does",
  (dtype) => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(["sum", "max", "min", "recurrence"] as const)),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 30 }),
        fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 50 })),
        fc.boolean(),
        fc.nat(),
        fc.nat(4),
        (op, outer, n, inner, reverse, seed, cut) => {
          const size = { dtype, outer, n, inner, reverse };
          const code = runningCode({ op, ...size }) as RowCode;
          const next = generator(seed);
          const make = (): Numbers => some(dtype, outer * n * inner, next);
          const inputs = op === "recurrence" ? [make(), make()] : [make()];
          const expected = make();
          const all = [...inputs, expected];
          if (op === "recurrence") runRecurrence(size, all);
          else runCumulative(op, size, all);
          const [found] = runCode(code, inputs, [make()], Math.min(cut, outer));
          expect(found).toStrictEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  },
);

test("what the code does not fit stays with the routine", () => {
  const sort = { outer: 2, n: 50, descending: false, values: true, indices: false } as const;
  for (const dtype of ["f64", "f16", "i8", "u8", "bool"] as const) expect(sortCode({ ...sort, dtype })).toBeNull();
  const fft = { dtype: "f32", outer: 2, inverse: false, real: false, parts: [true, true] } as const;
  for (const n of [1, 2, 6, 17, 50, 7 * 16, 37 * 16, 2 ** 21]) expect(transformCode({ ...fft, n })).toBeNull();
  expect(transformCode({ ...fft, dtype: "f16", n: 64 })).toBeNull();
  const sum = { op: "sum", outer: 2, n: 3, inner: 4, reverse: false } as const;
  for (const dtype of ["f16", "i8", "u8", "bool"] as const) expect(runningCode({ ...sum, dtype })).toBeNull();
});
