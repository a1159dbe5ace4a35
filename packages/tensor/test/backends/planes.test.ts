import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { setBackend } from "../../src/backends/current.ts";
import { assemble } from "../../src/backends/wasm/assembler.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";
import { planeKernel } from "../../src/backends/wasm/planes/index.ts";
import { flip, permute } from "../../src/functions/shaping.ts";
import { type Convolution, convolution } from "../../src/primitives/convolution.ts";
import { apply, type Tensor } from "../../src/tensor.ts";
import { defined } from "../definitions/index.ts";
import { draw } from "../draw.ts";

interface Setting {
  readonly n: number;
  readonly groups: number;
  readonly ci: number;
  readonly co: number;
  readonly axes: readonly {
    n: number;
    k: number;
    stride: number;
    low: number;
    high: number;
    lhs: number;
    rhs: number;
  }[];
}

const small = (low: number, high: number): fc.Arbitrary<number> => fc.integer({ min: low, max: high });
const others = { low: small(-1, 4), high: small(-1, 4), lhs: fc.constantFrom(1, 1, 2, 3), rhs: small(1, 3) };
/** A kernel that slides, and one of the size of the result that it slides to. */
const sliding = fc.record({ n: small(1, 26), k: small(1, 5), stride: small(1, 3), ...others });
const whole = fc
  .record({ n: small(5, 26), cut: small(0, 4), ...others, stride: small(1, 2) })
  .map(({ n, cut, ...rest }) => ({ n, k: Math.max(1, n - cut), ...rest, lhs: 1, rhs: 1 }));
const setting = (axis: typeof sliding | typeof whole): fc.Arbitrary<Setting> =>
  fc
    .record({
      n: small(1, 3),
      groups: small(1, 4),
      ci: small(1, 3),
      co: small(1, 3),
      axes: fc.array(axis, { minLength: 1, maxLength: 2 }),
    })
    .filter(({ axes }) => axes.every((a) => (a.n - 1) * a.lhs + 1 + a.low + a.high >= (a.k - 1) * a.rhs + 1));

function geometry({ n, groups, ci, co, axes }: Setting): { x: number[]; w: number[]; c: Convolution } {
  const list = (key: "n" | "k" | "stride" | "low" | "high" | "lhs" | "rhs"): number[] => axes.map((a) => a[key]);
  return {
    x: [n, groups * ci, ...list("n")],
    w: [groups * co, ci, ...list("k")],
    c: {
      stride: list("stride"),
      low: list("low"),
      high: list("high"),
      lhsDilation: list("lhs"),
      rhsDilation: list("rhs"),
      groups,
    },
  };
}

beforeAll(() => setBackend(wasmBackend()));

test.each([
  ["slide", sliding],
  ["are of the size of planes", whole],
] as const)("convolutions in groups, whose kernels %s, agree with the definition", (_, axis) => {
  let large = 0;
  fc.assert(
    fc.property(setting(axis), fc.nat(3), (s, view) => {
      const { x, w, c } = geometry(s);
      const terms = s.ci * s.axes.reduce((p, a) => p * a.k, 1);
      const make = (shape: readonly number[], seed: number): Tensor => draw({ shape, domain: "small" }, seed, "f32");
      const turned = (shape: readonly number[], seed: number): Tensor => permute(make([...shape].reverse(), seed));
      const y = apply(
        convolution,
        [view % 2 === 1 ? turned(x, 1) : make(x, 1), view > 1 ? flip(make(w, 2), [w.length - 1]) : make(w, 2)],
        c,
      );
      fc.pre(y.size > 0 && y.size * terms < 150_000);
      if (y.size * terms >= 4096) large++;
      const expected = defined([y])[0]?.data as readonly number[];
      const actual = y.dataSync();
      const tolerance = 2 ** -24 * (terms + 4) ** 2;
      expected.forEach((e, i) => {
        if (!(Math.abs((actual[i] as number) - e) <= tolerance)) throw new Error(`[${i}] is ${actual[i]}, not ${e}`);
      });
    }),
    { numRuns: 120 },
  );
  // small ones run as loops
  expect(large).toBeGreaterThan(20);
});

test("any cut of the range gives the same bits, and nothing outside of it is written", () => {
  fc.assert(
    fc.property(fc.oneof(setting(sliding), setting(whole)), fc.nat(1000), fc.nat(1000), (s, from, to) => {
      const { x, w, c } = geometry(s);
      const output = s.axes.map(
        (a) => Math.floor(((a.n - 1) * a.lhs + 1 + a.low + a.high - (a.k - 1) * a.rhs - 1) / a.stride) + 1,
      );
      const strides = (shape: readonly number[]): number[] =>
        shape.map((_, i) => shape.slice(i + 1).reduce((p, q) => p * q, 1));
      const made = planeKernel({
        kind: "conv",
        a: { buffer: 0, offset: 0, strides: strides(x) },
        b: { buffer: 1, offset: 0, strides: strides(w) },
        conv: {
          batch: s.n,
          inChannels: s.ci,
          outChannels: s.co,
          input: x.slice(2),
          kernel: w.slice(2),
          output,
          ...c,
        },
      });
      if (made === null) return;
      const count = (shape: readonly number[]): number => shape.reduce((p, q) => p * q, 1);
      const size = s.n * s.groups * s.co * count(output);
      const up = (bytes: number): number => Math.ceil(bytes / 64) * 64 + 64;
      const [b, first] = [up(4 * count(x)), up(4 * count(x)) + up(4 * count(w))];
      const second = first + up(4 * size);
      const scratch = second + up(4 * size);
      const memory = new WebAssembly.Memory({ initial: Math.ceil((scratch + made.scratchBytes) / 65536) });
      const view = new Float32Array(memory.buffer).fill(Number.NaN);
      for (let i = 0; i < count(x); i++) view[i] = Math.fround(Math.sin(i * i + 1));
      for (let i = 0; i < count(w); i++) view[b / 4 + i] = Math.fround(Math.cos(i * i + 1));
      const module = new WebAssembly.Module(assemble({ imports: [], functions: [{ parameters: 6, code: made.code }] }));
      const { f0 } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as {
        f0: (...args: number[]) => void;
      };
      const { planes } = made;
      f0(0, b, first, scratch, 0, planes);
      expect(view.subarray(first / 4, first / 4 + size).every((v) => !Number.isNaN(v))).toBe(true);
      expect(view[first / 4 - 1]).toBeNaN();
      expect(view[first / 4 + size]).toBeNaN();
      const [low, high] = [Math.min(from % planes, to % planes), Math.max(from % planes, to % planes)];
      for (const [p, q] of [
        [high, planes],
        [0, low],
        [low, high],
      ] as const) {
        view.fill(Number.NaN, scratch / 4, (scratch + made.scratchBytes) / 4);
        f0(0, b, second, scratch, p, q);
      }
      expect([...view.subarray(second / 4, second / 4 + size)]).toEqual([
        ...view.subarray(first / 4, first / 4 + size),
      ]);
    }),
    { numRuns: 150 },
  );
});
