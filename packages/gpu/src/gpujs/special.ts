import type { BufferType, DType, Index, Instruction, Kernel, Special, Term } from "@gradus/tensor";
import { neutral } from "@gradus/tensor/backend";
import { loopTerm } from "./pack.ts";

// What is no loop nest, as kernels that gather: a shader writes to its own place only.

type Of<K extends Special["kind"]> = Extract<Special, { kind: K }>;

/** Most comparisons of elements with all that may concern them, one by one: sensible for short lists only. */
const COMPARISONS = 2 ** 26;

export const few = (comparisons: number): boolean => comparisons <= COMPARISONS;

/** A sum of loop variables. */
export const at = (...terms: readonly (readonly [loop: number, extent: number, coefficient: number])[]): Index => ({
  constant: 0,
  terms: terms.flatMap(([l, extent, c]) => (extent === 1 ? [] : [loopTerm(l, extent, c)])),
});
/** A load without guards. */
export const load = (dtype: DType, buffer: number, index: Index): Instruction => ({
  op: "load",
  dtype,
  buffer,
  index,
  guards: [],
  fill: 0,
});

/** Whether a scatter is short enough to be computed element by element. */
export const gathers = ({ outer, n, m, inner }: Of<"scatter">): boolean => few(outer * n * inner * m);

/** A scatter as a fold over the updates that are named as the element is. Its buffers are the scatter's. */
export function scatterKernel({ mode, dtype, outer, n, m, inner, batchedIndices }: Of<"scatter">): Kernel {
  const place = at([0, outer, n * inner], [1, n, inner], [2, inner, 1]);
  const update = at([0, outer, m * inner], [3, m, inner], [2, inner, 1]);
  const name = at([0, batchedIndices ? outer : 1, m], [3, m, 1]);
  const first: Instruction[] = [
    load("i32", 1, name),
    { op: "index", dtype: "i32", index: at([1, n, 1]) },
    { op: "eq", dtype: "bool", a: 0, b: 1 },
    { op: "const", dtype: "i32", value: 0 },
    { op: "index", dtype: "i32", index: { constant: 1, terms: at([3, m, 1]).terms } },
    // The last of those that concern the element, counted from 1.
    { op: "where", dtype: "i32", a: 2, b: 4, c: 3 },
  ];
  const fold = mode === "add" ? "sum" : mode;
  const value: Instruction[] =
    fold === "set"
      ? []
      : [
          load(dtype, 2, update),
          { op: "const", dtype, value: neutral(fold, dtype) },
          { op: "where", dtype, a: 2, b: 6, c: 7 },
        ];
  const before: Term[] = at([0, outer, m * inner], [2, inner, 1]).terms as Term[];
  const chosen: Term = { coefficient: inner, atom: { kind: "value", instruction: 4, extent: m } };
  const last: Instruction[] =
    fold === "set"
      ? [
          { op: "const", dtype: "i32", value: 1 },
          { op: "sub", dtype: "i32", a: 0, b: 3 },
          load(dtype, 2, { constant: 0, terms: [...before, chosen] }),
        ]
      : [
          { op: "accumulator", dtype, a: 1 },
          { op: fold === "sum" ? "add" : fold, dtype, a: 1, b: 3 },
        ];
  const outerList: Instruction[] = [
    { op: "accumulator", dtype: "i32", a: 0 },
    load(dtype, 0, place),
    { op: "const", dtype: "i32", value: 0 },
    ...last,
  ];
  const none = outerList.push({ op: "le", dtype: "bool", a: 0, b: 2 }) - 1;
  outerList.push({ op: "where", dtype, a: none, b: 1, c: none - 1 });
  return {
    kind: "loops",
    name: "scatter",
    loops: [outer, n, inner],
    reduce: [m],
    inner: [...first, ...value],
    accumulators: [
      { op: "max", dtype: "i32", value: 5 },
      ...(fold === "set" ? [] : [{ op: fold, dtype, value: 8 } as const]),
    ],
    outer: outerList,
    buffers: [
      { dtype, size: outer * n * inner },
      { dtype: "i32", size: (batchedIndices ? outer : 1) * m },
      { dtype, size: outer * m * inner },
      { dtype, size: outer * n * inner },
    ],
    stores: [{ buffer: 3, index: place, value: outerList.length - 1 }],
  };
}

/** Elements that one pass of a running fold joins. */
const JOINED = 4;

/** A running fold as passes that join ever longer runs (Hillis and Steele), four at a time: each reads buffer 0 and fills buffer 1. */
export function runningKernels({ op, dtype, outer, n, inner, reverse }: Of<"cumulative">): Kernel[] {
  const wide: DType = dtype === "f16" ? "f32" : dtype;
  const place = at([0, outer, n * inner], [1, n, inner], [2, inner, 1]);
  const size = outer * n * inner;
  const kernels: Kernel[] = [];
  for (let step = 1; ; step *= JOINED) {
    const lastPass: boolean = step * JOINED >= n;
    const from: DType = step === 1 ? dtype : wide;
    const to: DType = lastPass ? dtype : wide;
    const list: Instruction[] = [];
    const add = (x: Instruction): number => list.push(x) - 1;
    let value = -1;
    for (let k = 0; k < JOINED; k++) {
      const shift = (reverse ? 1 : -1) * k * step;
      const moved: Index = { ...place, constant: shift * inner };
      const of: Index = { constant: shift, terms: at([1, n, 1]).terms };
      // −0 is what a sum starts with that leaves −0 as it is.
      const fill = op === "sum" ? -0 : neutral(op, from);
      const guards = k === 0 ? [] : [{ of, low: 0, high: n }];
      let x = add({ op: "load", dtype: from, buffer: 0, index: moved, guards, fill });
      if (from !== wide) x = add({ op: "cast", dtype: wide, a: x });
      value = k === 0 ? x : add({ op: op === "sum" ? "add" : op === "prod" ? "mul" : op, dtype: wide, a: x, b: value });
    }
    if (to !== wide) value = add({ op: "cast", dtype: to, a: value });
    kernels.push({
      kind: "loops",
      name: "cumulative",
      loops: [outer, n, inner],
      reduce: [],
      inner: [],
      accumulators: [],
      outer: list,
      buffers: [
        { dtype: from, size },
        { dtype: to, size },
      ],
      stores: [{ buffer: 1, index: place, value }],
    });
    if (lastPass) return kernels;
  }
}

/** A row of an array of `length` rows: buffers are the array, an i32 that says which one, and the row. */
export function rowKernel({ dtype, size }: BufferType, length: number): Kernel {
  const row = size / length;
  const which: Term = { coefficient: row, atom: { kind: "value", instruction: 0, extent: length } };
  return {
    kind: "loops",
    name: "row",
    loops: [row],
    reduce: [],
    inner: [],
    accumulators: [],
    outer: [
      load("i32", 1, { constant: 0, terms: [] }),
      load(dtype, 0, { constant: 0, terms: [which, ...at([0, row, 1]).terms] }),
    ],
    buffers: [
      { dtype, size },
      { dtype: "i32", size: 1 },
      { dtype, size: row },
    ],
    stores: [{ buffer: 2, index: at([0, row, 1]), value: 1 }],
  };
}

/** Arrays of the given sizes one after the other in the last buffer. */
export function joinKernel(dtype: DType, sizes: readonly number[]): Kernel {
  const size = sizes.reduce((a, b) => a + b, 0);
  const here = at([0, size, 1]);
  const list: Instruction[] = [];
  let [from, value] = [0, -1];
  sizes.forEach((own, i) => {
    const index: Index = { constant: -from, terms: here.terms };
    const guards = [{ of: here, low: from, high: from + own }];
    const x = list.push({ op: "load", dtype, buffer: i, index, guards, fill: 0 }) - 1;
    if (i > 0) {
      const inside = list.push({ op: "guard", dtype: "bool", guards }) - 1;
      value = list.push({ op: "where", dtype, a: inside, b: x, c: value }) - 1;
    } else value = x;
    from += own;
  });
  return {
    kind: "loops",
    name: "join",
    loops: [size],
    reduce: [],
    inner: [],
    accumulators: [],
    outer: list,
    buffers: [...sizes, size].map((n) => ({ dtype, size: n })),
    stores: [{ buffer: sizes.length, index: here, value }],
  };
}
