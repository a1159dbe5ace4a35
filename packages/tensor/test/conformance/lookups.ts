import { type DType, isFloat } from "../../src/dtype.ts";
import { argsort, sort, topK } from "../../src/functions/sorting/sort.ts";
import { fftPrimitive } from "../../src/primitives/fft.ts";
import { scatter, take } from "../../src/primitives/indexing.ts";
import { randomBits } from "../../src/primitives/random-bits.ts";
import { searchPrimitive } from "../../src/primitives/search.ts";
import { sortPrimitive } from "../../src/primitives/sort.ts";
import { apply, applyMany, type Tensor } from "../../src/tensor.ts";
import { make } from "../draw.ts";
import { under } from "./shapes.ts";
import { all, numbers, type Trial, wide } from "./trial.ts";
import { values } from "./values.ts";

/** Rows to look up: repeated, in front of the first and behind the last. */
const indicesOf = (outer: number, m: number, n: number): Tensor =>
  make(
    Array.from({ length: outer * m }, (_, i) => ((i * 7 + 3) % (n + 4)) - 2),
    [outer, m],
    "i32",
  );
const cubes: readonly (readonly [family: string, outer: number, n: number, inner: number, m: number])[] = [
  ["of one", 1, 1, 1, 1],
  ["odd", 3, 5, 7, 4],
  ["of elements", 4, 9, 1, 6],
  ["of rows", 1, 11, 8, 17],
  ["of no indices", 2, 3, 4, 0],
  ["of nothing", 0, 3, 4, 2],
  ["large", 2, 67, 65, 140],
];

function* indexed(): Generator<Trial> {
  for (const [family, outer, n, inner, m] of cubes)
    for (const shared of [true, false]) {
      const said = shared ? "" : ", indices of their own";
      const indices = (): Tensor => indicesOf(shared ? 1 : outer, m, n);
      for (const dtype of all)
        yield {
          label: `take ${dtype} ${family}${said}`,
          f: () => [apply(take, [values([outer, n, inner], dtype, 1, "any", "edges"), indices()], null)],
        };
      for (const mode of ["add", "set", "max", "min"] as const)
        for (const dtype of mode === "add" ? numbers : all)
          yield {
            label: `scatter ${mode} ${dtype} ${family}${said}`,
            f: () => [
              apply(
                scatter,
                [
                  values([outer, n, inner], dtype, 1, "any", mode === "add" && isFloat(dtype) ? "plain" : "edges"),
                  indices(),
                  values([outer, m, inner], dtype, 2, "any", mode === "add" && isFloat(dtype) ? "plain" : "edges"),
                ],
                { mode },
              ),
            ],
          };
    }
  const [bases, tables, changes] = [under([3, 5, 7]), under([3, 4]), under([3, 4, 7])];
  for (const dtype of all)
    for (const [i, { view, look }] of bases.entries()) {
      const x = (): Tensor => look((shape) => values(shape, dtype, 1));
      const table = (): Tensor =>
        (tables[i] as (typeof tables)[number]).look(([outer, m]) => indicesOf(outer as number, m as number, 5));
      const u = (): Tensor => (changes[i] as (typeof changes)[number]).look((shape) => values(shape, dtype, 2));
      yield { label: `take ${dtype} ${view}`, f: () => [apply(take, [x(), table()], null)] };
      for (const mode of ["add", "set", "max", "min"] as const)
        if (mode !== "add" || dtype !== "bool")
          yield { label: `scatter ${mode} ${dtype} ${view}`, f: () => [apply(scatter, [x(), table(), u()], { mode })] };
    }
}

const lists: readonly (readonly [family: string, shape: readonly [number, number]])[] = [
  ["of one", [1, 1]],
  ["odd", [5, 7]],
  ["of many", [2, 500]],
  ["long", [1, 5000]],
  ["of nothing", [3, 0]],
  ["of no rows", [0, 4]],
];

function* ordered(): Generator<Trial> {
  for (const dtype of all) {
    for (const descending of [false, true]) {
      const run = (x: Tensor): readonly Tensor[] => applyMany(sortPrimitive, [x], { descending });
      const said = descending ? " descending" : "";
      for (const [family, shape] of lists)
        yield { label: `sort ${dtype} ${family}${said}`, f: () => run(values(shape, dtype, 1)) };
      for (const { view, look } of under([5, 70]))
        yield { label: `sort ${dtype} ${view}${said}`, f: () => run(look((shape) => values(shape, dtype, 1))) };
      for (const n of [30, 97, 700])
        yield { label: `sort ${dtype} edges of ${n}${said}`, f: () => run(values([3, n], dtype, 1, "any", "edges")) };
    }
    yield { label: `values of sort alone ${dtype}`, f: () => [sort(values([3, 60], dtype, 1, "any", "edges"))] };
    yield {
      label: `positions of sort alone ${dtype}`,
      f: () => [argsort(values([3, 60], dtype, 1, "any", "edges"), 0)],
    };
    for (const k of [0, 1, 5, 60])
      yield { label: `topK ${dtype} ${k}`, f: () => topK(values([3, 60], dtype, 1, "any", "edges"), k) };
    for (const right of [false, true])
      for (const [family, [outer, n]] of lists)
        for (const tables of [1, outer])
          yield {
            label: `searchsorted ${dtype} ${family} in ${tables}${right ? " on the right" : ""}`,
            f: () => [
              apply(
                searchPrimitive,
                [sort(values([tables, n], dtype, 1, "any", "edges")), values([outer, 9], dtype, 2, "any", "edges")],
                { right },
              ),
            ],
          };
    for (const { view, look } of under([5, 9]))
      yield {
        label: `searchsorted ${dtype} ${view}`,
        f: () => [
          apply(
            searchPrimitive,
            [sort(look((shape) => values(shape, dtype, 1))), look((shape) => values(shape, dtype, 2))],
            { right: false },
          ),
        ],
      };
  }
}

function* drawn(): Generator<Trial> {
  const keys = [0, 0, 0xffffffff, 0xffffffff, 0x13198a2e, 0x03707344, 1, 0x80000000];
  for (const words of ["xor", "both"] as const)
    for (const shape of [[], [1], [0, 3], [7, 5], [1000]])
      for (const count of [1, 4])
        yield {
          label: `randomBits ${words} [${shape}] of ${count} keys`,
          f: () => [
            apply(randomBits, [make(keys.slice(0, 2 * count), count === 1 ? [2] : [count, 2], "u32")], {
              shape,
              words,
            }),
          ],
        };
  for (const { view, look } of under([3, 2]))
    yield {
      label: `randomBits of keys ${view}`,
      f: () => [
        apply(randomBits, [look((shape) => values(shape, "u32", 1, "any", "edges"))], { shape: [9], words: "xor" }),
      ],
    };
  // The first words that the distribution Random123 gives for known keys.
  yield {
    label: "randomBits of known answers",
    f: () => [apply(randomBits, [make([0, 0], [2], "u32")], { shape: [1], words: "both" })],
    expected: () => [{ shape: [1, 2], dtype: "u32", data: [0x6b200159, 0x99ba4efe] }],
  };
}

function* transformed(): Generator<Trial> {
  const sizes = [0, 1, 2, 3, 4, 5, 8, 12, 16, 17, 30, 49, 64, 97, 128, 210];
  const fourier: readonly DType[] = [...wide, "f16"];
  for (const dtype of fourier)
    for (const inverse of [false, true]) {
      const run = (...x: Tensor[]): readonly Tensor[] => applyMany(fftPrimitive, x, { inverse });
      const said = `${dtype}${inverse ? " inverse" : ""}`;
      for (const n of sizes)
        for (const outer of [1, 3]) {
          yield {
            label: `fft ${said} ${outer}x${n}`,
            f: () => run(values([outer, n], dtype, 1, "small"), values([outer, n], dtype, 2, "small")),
          };
          yield { label: `fft of reals ${said} ${outer}x${n}`, f: () => run(values([outer, n], dtype, 1, "small")) };
        }
      for (const { view, look } of under([5, 12])) {
        const x = (seed: number): Tensor => look((shape) => values(shape, dtype, seed, "small"));
        yield { label: `fft ${said} ${view}`, f: () => run(x(1), x(2)) };
        yield { label: `imaginary part of fft ${said} ${view}`, f: () => [run(x(1), x(2))[1] as Tensor] };
      }
    }
}

/** What looks up, puts, orders, draws and transforms × dtypes × shapes, views and edges. */
export function* lookupTrials(): Generator<Trial> {
  yield* indexed();
  yield* ordered();
  yield* drawn();
  yield* transformed();
}
