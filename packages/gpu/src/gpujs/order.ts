import type { Computation, DType, Instruction, Kernel } from "@gradus/tensor";
import { at, few, load } from "./special.ts";
import { isFloat } from "./writer.ts";

// Sorting and searching by comparisons that do not depend on each other.

type Of<K extends Computation["kind"]> = Extract<Computation, { kind: K }>;

/** A list of instructions that grows. */
class List {
  readonly all: Instruction[] = [];

  add(x: Instruction): number {
    return this.all.push(x) - 1;
  }

  private both(op: "and" | "or", a: number, b: number): number {
    return this.add({ op, dtype: "bool", a, b });
  }

  /** Whether a comes before b; NaN comes last. */
  before(dtype: DType, a: number, b: number): number {
    const less = this.add({ op: "lt", dtype: "bool", a, b });
    if (!isFloat(dtype)) return less;
    const numberA = this.add({ op: "not", dtype: "bool", a: this.add({ op: "isnan", dtype: "bool", a }) });
    return this.both("or", less, this.both("and", numberA, this.add({ op: "isnan", dtype: "bool", a: b })));
  }

  and(a: number, b: number): number {
    return this.both("and", a, b);
  }

  or(a: number, b: number): number {
    return this.both("or", a, b);
  }

  not(a: number): number {
    return this.add({ op: "not", dtype: "bool", a });
  }
}

const kernel = (
  name: string,
  parts: Pick<Kernel, "loops" | "reduce" | "inner" | "accumulators" | "outer" | "buffers">,
): Kernel => {
  const [outer, n] = parts.loops as [number, number];
  const value = parts.outer.length - 1;
  const index = at([0, outer, n], [1, n, 1]);
  return { kind: "loops", name, ...parts, stores: [{ buffer: parts.buffers.length - 1, index, value }] };
};

/** Whether rows are short enough to be sorted by comparing all pairs. */
export const comparesAll = ({ outer, n }: Of<"sort">): boolean => few(outer * n * n);

/** Of each element how many come before it: its place. Buffers: x, places. */
export function placesKernel({ dtype, outer, n, descending }: Of<"sort">): Kernel {
  const list = new List();
  const own = list.add(load(dtype, 0, at([0, outer, n], [1, n, 1])));
  const other = list.add(load(dtype, 0, at([0, outer, n], [2, n, 1])));
  const [low, high] = descending ? [own, other] : [other, own];
  const earlier = list.add({
    op: "lt",
    dtype: "bool",
    a: list.add({ op: "index", dtype: "i32", index: at([2, n, 1]) }),
    b: list.add({ op: "index", dtype: "i32", index: at([1, n, 1]) }),
  });
  const tied = list.and(list.not(list.before(dtype, high, low)), earlier);
  const value = list.add({ op: "cast", dtype: "i32", a: list.or(list.before(dtype, low, high), tied) });
  return kernel("sort", {
    loops: [outer, n],
    reduce: [n],
    inner: list.all,
    accumulators: [{ op: "sum", dtype: "i32", value }],
    outer: [{ op: "accumulator", dtype: "i32", a: 0 }],
    buffers: [
      { dtype, size: outer * n },
      { dtype: "i32", size: outer * n },
    ],
  });
}

/** Where the element at each place came from. Buffers: places, origins. */
export function originsKernel({ outer, n }: Of<"sort">): Kernel {
  const size = outer * n;
  return kernel("sort", {
    loops: [outer, n],
    reduce: [n],
    inner: [
      load("i32", 0, at([0, outer, n], [2, n, 1])),
      { op: "index", dtype: "i32", index: at([1, n, 1]) },
      { op: "eq", dtype: "bool", a: 0, b: 1 },
      { op: "index", dtype: "i32", index: at([2, n, 1]) },
      { op: "const", dtype: "i32", value: 0 },
      { op: "where", dtype: "i32", a: 2, b: 3, c: 4 },
    ],
    accumulators: [{ op: "sum", dtype: "i32", value: 5 }],
    outer: [{ op: "accumulator", dtype: "i32", a: 0 }],
    buffers: [
      { dtype: "i32", size },
      { dtype: "i32", size },
    ],
  });
}

/** The elements in order. Buffers: x, origins, values. */
export function sortedKernel({ dtype, outer, n }: Of<"sort">): Kernel {
  const size = outer * n;
  const place = at([0, outer, n], [1, n, 1]);
  const row = at([0, outer, n]).terms;
  return kernel("sort", {
    loops: [outer, n],
    reduce: [],
    inner: [],
    accumulators: [],
    outer: [
      load("i32", 1, place),
      load(dtype, 0, {
        constant: 0,
        terms: [...row, { coefficient: 1, atom: { kind: "value", instruction: 0, extent: n } }],
      }),
    ],
    buffers: [
      { dtype, size },
      { dtype: "i32", size },
      { dtype, size },
    ],
  });
}

/** Bisection of ascending rows, in as many steps as the length of a row has bits. Buffers: rows, values, places. */
export function searchKernel({ dtype, rows, n, outer, m, right }: Of<"search">): Kernel {
  const list = new List();
  const int = (value: number): number => list.add({ op: "const", dtype: "i32", value });
  const wanted = list.add(load(dtype, 1, at([0, outer, m], [1, m, 1])));
  const [length, one] = [int(n), int(1)];
  const row = rows === 1 ? [] : at([0, outer, n]).terms;
  let found = int(0);
  for (let bit = n === 0 ? -1 : Math.floor(Math.log2(n)); bit >= 0; bit--) {
    const next = list.add({ op: "add", dtype: "i32", a: found, b: int(2 ** bit) });
    const instruction = list.add({ op: "sub", dtype: "i32", a: next, b: one });
    const index = {
      constant: 0,
      terms: [...row, { coefficient: 1, atom: { kind: "value" as const, instruction, extent: n } }],
    };
    const there = list.add(load(dtype, 0, index));
    const passes = right ? list.not(list.before(dtype, wanted, there)) : list.before(dtype, there, wanted);
    const inside = list.add({ op: "le", dtype: "bool", a: next, b: length });
    found = list.add({ op: "where", dtype: "i32", a: list.and(inside, passes), b: next, c: found });
  }
  // The last instruction is what is stored.
  list.add({ op: "add", dtype: "i32", a: found, b: int(0) });
  return kernel("searchsorted", {
    loops: [outer, m],
    reduce: [],
    inner: [],
    accumulators: [],
    outer: list.all,
    buffers: [
      { dtype, size: rows * n },
      { dtype, size: outer * m },
      { dtype: "i32", size: outer * m },
    ],
  });
}
