import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { setBackend } from "../../src/backends/current.ts";
import { type Axis, type Factor, Gemm, tableOf } from "../../src/backends/wasm/gemm/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";
import type { Heap } from "../../src/backends/wasm/memory.ts";
import { Modules } from "../../src/backends/wasm/modules.ts";
import { Queue } from "../../src/backends/wasm/threads/queue.ts";
import { add, mul } from "../../src/functions/arithmetic.ts";
import * as s from "../../src/functions/shaping.ts";
import { convolution } from "../../src/primitives/convolution.ts";
import { matmulPrimitive } from "../../src/primitives/matmul.ts";
import { apply, type Tensor } from "../../src/tensor.ts";
import { defined } from "../definitions/index.ts";
import { draw } from "../draw.ts";

type Float = "f32" | "f64";
const arrays = { f32: Float32Array, f64: Float64Array } as const;
const size = { f32: 4, f64: 8 } as const;
const float = fc.constantFrom<Float>("f32", "f64");

/** A factor of `lines` × `depths` elements, as offsets from its lowest element in elements. */
interface Layout {
  readonly lines: readonly number[];
  readonly depths: readonly number[];
  /** Elements from one batch to the next. */
  readonly batch: number;
}
/** Steps (also backwards, or 0) or tables of offsets, in elements, for `n` entries. */
function offsets(n: number, step: number, irregular: boolean): number[] {
  return Array.from({ length: n }, (_, i) => i * step + (irregular ? Math.floor(i / 3) * 2 : 0));
}
const lowest = (list: readonly number[]): number => Math.min(0, ...list);
const highest = (list: readonly number[]): number => Math.max(0, ...list);

/** Where the first element lies if the lowest one of all batches lies at 0, and how many elements there are up to the highest. */
function extent({ lines, depths, batch }: Layout, batches: number): { first: number; span: number } {
  const all = Array.from({ length: batches }, (_, i) => i * batch);
  const first = -(lowest(lines) + lowest(depths) + lowest(all));
  return { first, span: first + highest(lines) + highest(depths) + highest(all) + 1 };
}
const layout = (lines: number, depths: number): fc.Arbitrary<Layout> =>
  fc
    .record({
      // row by row, column by column, backwards, strided, broadcast, as patches of a convolution lie
      steps: fc.constantFrom(
        [depths, 1],
        [1, lines],
        [-depths, -1],
        [2 * depths, 2],
        [0, 1],
        [1, 0],
        [3, 3 * lines],
        [-1, lines],
      ),
      irregular: fc.tuple(fc.boolean(), fc.boolean()),
      batch: fc.constantFrom(0, lines * depths, lines * depths + 3, -(lines * depths)),
    })
    .map(({ steps: [l, d], irregular: [il, id], batch }) => ({
      lines: offsets(lines, l as number, il),
      depths: offsets(depths, d as number, id),
      batch,
    }));

const up = (x: number): number => Math.ceil(x / 64) * 64;
/** Products in a memory whose constants are kept from `constants` on. */
function gemmIn(memory: WebAssembly.Memory, constants: number, dtype: Float): Gemm {
  let next = constants;
  const heap = {
    memory,
    shared: false,
    bytes: new Uint8Array(memory.buffer),
    keep: (bytes: number): number => (next += up(bytes)) - up(bytes),
  };
  return new Gemm(new Modules(heap as unknown as Heap, new Queue(null)), dtype);
}
/** Bytes that suffice for the constants of one product, and for its scratch memory. */
const [CONSTANTS, SCRATCH] = [2 ** 18, 2 ** 20] as const;

describe("Gemm", () => {
  const sizes = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    m: fc.integer({ min: 1, max: 30 }),
    n: fc.integer({ min: 1, max: 30 }),
    k: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constantFrom(255, 256, 257, 300, 513, 4096, 4500)),
  });
  const setting = sizes.chain((z) =>
    fc.record({
      z: fc.constant(z),
      dtype: float,
      a: layout(z.m, z.k),
      b: layout(z.n, z.k),
      last: fc.constantFrom("a", "b"),
      seed: fc.nat(999),
    }),
  );

  test("agrees with the sum of products wherever elements lie, and reads nothing outside a factor", () => {
    fc.assert(
      fc.property(setting, ({ z: { batch, m, n, k }, dtype, a, b, last, seed }) => {
        const bytes = size[dtype];
        const [ea, eb] = [extent(a, batch), extent(b, batch)];
        // One factor begins at the first byte of the memory, the other ends with its last: a read beyond either traps or meets NaN.
        const spans = { a: up(ea.span * bytes + 64), b: up(eb.span * bytes + 64) };
        const total = up(spans.a + spans.b + batch * m * n * bytes + SCRATCH + CONSTANTS + 1024);
        const memory = new WebAssembly.Memory({ initial: Math.ceil(total / 65536) });
        const end = memory.buffer.byteLength;
        const view = new arrays[dtype](memory.buffer);
        view.fill(Number.NaN);
        const first = last === "a" ? "b" : "a";
        const start = { [first]: 0, [last]: end - (last === "a" ? ea : eb).span * bytes } as Record<"a" | "b", number>;
        const target = up(spans[first]);
        const scratch = up(target + batch * m * n * bytes + 64);
        let state = seed + 1;
        const value = (): number => {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          return Math.fround(state / 2 ** 31 - 1);
        };
        const place = (x: Layout, e: { first: number }, from: number, i: number, l: number, d: number): number =>
          from / bytes + e.first + i * x.batch + (x.lines[l] as number) + (x.depths[d] as number);
        for (const [x, e, from, lines] of [
          [a, ea, start.a, m],
          [b, eb, start.b, n],
        ] as const)
          for (let i = 0; i < batch; i++)
            for (let l = 0; l < lines; l++) for (let d = 0; d < k; d++) view[place(x, e, from, i, l, d)] = value();
        const axis = (list: readonly number[]): Axis =>
          tableOf(
            list.map((o) => o * bytes),
            bytes,
          );
        const factor = (x: Layout): Factor => ({
          batch: x.batch * bytes,
          lines: axis(x.lines),
          depths: axis(x.depths),
        });
        const product = gemmIn(memory, scratch + SCRATCH, dtype).prepare(batch, m, n, k, factor(a), factor(b));
        expect(product.bytes).toBeLessThanOrEqual(SCRATCH);
        product.run(start.a + ea.first * bytes, start.b + eb.first * bytes, target, scratch);
        // what rounding can do at most, in whatever order the terms are taken
        const relative = (k + 1) * (dtype === "f32" ? 2 ** -24 : 2 ** -53);
        for (let i = 0; i < batch; i++)
          for (let r = 0; r < m; r++)
            for (let c = 0; c < n; c++) {
              let [sum, sizes] = [0, 0];
              for (let d = 0; d < k; d++) {
                const term =
                  (view[place(a, ea, start.a, i, r, d)] as number) * (view[place(b, eb, start.b, i, c, d)] as number);
                sum += term;
                sizes += Math.abs(term);
              }
              const y = view[target / bytes + (i * m + r) * n + c] as number;
              if (!(Math.abs(y - sum) <= relative * sizes))
                throw new Error(`[${i}, ${r}, ${c}] is ${y} instead of ${sum}`);
            }
        // what lies around the result is as it was
        expect(view[target / bytes - 1]).toBeNaN();
        expect(view[target / bytes + batch * m * n]).toBeNaN();
      }),
      { numRuns: 200 },
    );
  });

  test.each(["f32", "f64"] as const)("takes more columns than are packed at once, in %s", (dtype) => {
    const [m, n, k] = [5, 2051, 7];
    const bytes = size[dtype];
    const memory = new WebAssembly.Memory({ initial: 20 });
    const view = new arrays[dtype](memory.buffer);
    const [a, b, c] = [0, 64 * 1024, 256 * 1024];
    for (let i = 0; i < m * k; i++) view[a / bytes + i] = (i % 7) - 3;
    for (let i = 0; i < k * n; i++) view[b / bytes + i] = (i % 5) - 2;
    const step = (x: number): Axis => ({ step: x * bytes });
    const product = gemmIn(memory, 448 * 1024, dtype).prepare(
      1,
      m,
      n,
      k,
      { batch: 0, lines: step(k), depths: step(1) },
      { batch: 0, lines: step(1), depths: step(n) },
    );
    product.run(a, b, c, 512 * 1024);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let d = 0; d < k; d++) sum += (((i * k + d) % 7) - 3) * (((d * n + j) % 5) - 2);
        expect(view[c / bytes + i * n + j]).toBe(sum);
      }
  });
});

const backend = wasmBackend();
/** Leaves NaN in the memory that the next buffers will take. */
function poison(): void {
  const s = backend.allocate(2 ** 22);
  backend.write(s, new Float32Array(2 ** 20).fill(Number.NaN));
  backend.free(s);
}

/** A tensor of `shape` seen through one of several views. */
function seen(shape: readonly number[], seed: number, dtype: Float, view: number): Tensor {
  const make = (sh: readonly number[]): Tensor => draw({ shape: sh, domain: "small" }, seed, dtype);
  const last = shape.length - 1;
  switch (view) {
    case 1:
      return s.permute(make([...shape].reverse()));
    case 2:
      return s.flip(make(shape));
    case 3:
      return s.slice(
        make(shape.map((n) => 2 * n + 1)),
        shape.map(() => 1),
        shape.map((n) => 2 * n + 1),
        shape.map(() => 2),
      );
    case 4:
      return s.broadcastTo(make(shape.map((n, i) => (i === 0 ? 1 : n))), shape);
    case 5:
      return s.swapaxes(
        make(
          shape.map((n, i) =>
            i === last ? (shape[last - 1] as number) : i === last - 1 ? (shape[last] as number) : n,
          ),
        ),
        last - 1,
        last,
      );
    case 6:
      return s.slice(
        make(shape.map((n) => n + 2)),
        shape.map(() => 1),
        shape.map((n) => n + 1),
      );
    case 7:
      return s.flip(s.permute(make([...shape].reverse())), [last]);
    default:
      return make(shape);
  }
}
const view = fc.nat(7);

function agree(y: Tensor, terms: number, dtype: Float): void {
  poison();
  const expected = defined([y])[0]?.data as readonly number[];
  const actual = y.dataSync();
  // of numbers below 1
  const tolerance = (dtype === "f32" ? 2 ** -24 : 2 ** -53) * (terms + 4) ** 2;
  expect(actual.length).toBe(expected.length);
  expected.forEach((e, i) => {
    if (!(Math.abs((actual[i] as number) - e) <= tolerance))
      throw new Error(`element ${i} is ${actual[i]} instead of ${e}`);
  });
}

describe("products of tensors", () => {
  beforeAll(() => setBackend(backend));

  test("agree with the definition for any sizes, views and batches, alone and with an epilogue", () => {
    const any = fc.record({
      dtype: float,
      b: fc.integer({ min: 1, max: 3 }),
      m: fc.integer({ min: 1, max: 24 }),
      k: fc.oneof(fc.integer({ min: 1, max: 24 }), fc.constantFrom(256, 261)),
      n: fc.integer({ min: 1, max: 24 }),
      views: fc.tuple(view, view),
      epilogue: fc.boolean(),
    });
    fc.assert(
      fc.property(any, ({ dtype, b, m, k, n, views, epilogue }) => {
        const y = apply(
          matmulPrimitive,
          [seen([b, m, k], 1, dtype, views[0]), seen([b, k, n], 2, dtype, views[1])],
          null,
        );
        const bias = draw({ shape: [b, m, n], domain: "small" }, 3, dtype);
        agree(epilogue ? mul(add(y, bias), bias) : y, k, dtype);
      }),
      { numRuns: 100 },
    );
  });

  test("convolutions agree with the definition for any geometry, groups, dilation and views", () => {
    const axis = fc.record({
      n: fc.integer({ min: 1, max: 7 }),
      k: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      low: fc.integer({ min: -1, max: 3 }),
      high: fc.integer({ min: -1, max: 3 }),
      lhs: fc.integer({ min: 1, max: 3 }),
      rhs: fc.integer({ min: 1, max: 2 }),
    });
    const any = fc.record({
      dtype: float,
      axes: fc.array(axis, { minLength: 1, maxLength: 3 }),
      batch: fc.integer({ min: 1, max: 5 }),
      groups: fc.constantFrom(1, 1, 2, 3),
      ci: fc.integer({ min: 1, max: 6 }),
      co: fc.integer({ min: 1, max: 9 }),
      views: fc.tuple(view, view),
      epilogue: fc.boolean(),
    });
    let large = 0;
    fc.assert(
      fc.property(any, ({ dtype, axes, batch, groups, ci, co, views, epilogue }) => {
        const list = (key: "n" | "k" | "stride" | "low" | "high" | "lhs" | "rhs"): number[] => axes.map((a) => a[key]);
        fc.pre(axes.every((a) => (a.n - 1) * a.lhs + 1 + a.low + a.high >= (a.k - 1) * a.rhs + 1));
        const x = seen([batch, groups * ci, ...list("n")], 1, dtype, views[0]);
        const w = seen([groups * co, ci, ...list("k")], 2, dtype, views[1]);
        const y = apply(convolution, [x, w], {
          stride: list("stride"),
          low: list("low"),
          high: list("high"),
          lhsDilation: list("lhs"),
          rhsDilation: list("rhs"),
          groups,
        });
        const terms = ci * list("k").reduce((p, q) => p * q, 1);
        fc.pre(y.size * terms < 150_000);
        if (y.size * terms >= 4096) large++;
        const bias = draw({ shape: y.shape, domain: "small" }, 3, dtype);
        agree(epilogue ? mul(add(y, bias), bias) : y, terms, dtype);
      }),
      { numRuns: 150 },
    );
    // small ones run as loops: enough must have been products
    expect(large).toBeGreaterThan(30);
  });

  test("convolutions of many images are padded a few at a time", () => {
    // a padded image takes about 2·300·300 elements: at most one or two at a time
    for (const dtype of ["f32", "f64"] as const) {
      const x = seen([5, 2, 130, 131], 1, dtype, 0);
      const w = seen([4, 2, 2, 2], 2, dtype, 0);
      for (const groups of [1, 2]) {
        const kernels = groups === 1 ? w : s.slice(w, [0, 0, 0, 0], [4, 1, 2, 2]);
        agree(
          apply(convolution, [x, kernels], {
            stride: [7, 7],
            low: [20, 20],
            high: [20, 1],
            lhsDilation: [2, 2],
            rhsDilation: [1, 1],
            groups,
          }),
          8,
          dtype,
        );
      }
    }
  });
});
