import * as g from "../../src/index.ts";
import { type Any, bad, call, callRows, type Family, f32, i32, wrongRows } from "./row.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S, TraceError: T } = g;
const x = f32(2, 3);
const dependent = "nonzero flatnonzero argwhere unique uniqueCounts uniqueAll";
/** The result of a call on a traced tensor. */
const traced = (f: (t: g.Tensor) => unknown): unknown => {
  let result: unknown;
  g.vmap((t: g.Tensor) => {
    result = f(t);
    return t;
  })(x);
  return result;
};

/** Order, search, sets and positions. */
export const sorting: Family = {
  calls: {
    ...callRows(`sort argsort ${dependent}`, (name) => [["x"], () => [f32(2, 2)], call(name)]),
    ...callRows("topK partition argpartition", (name) => [["x"], () => [f32(2, 2)], call(name, 1)]),
    lexsort: [["keys[0]", "keys[1]"], () => [f32(2), f32(2)], (a: Any, b: Any) => g.lexsort([a, b])],
    searchsorted: [["sorted", "values"], () => [f32(3), f32(2)], call("searchsorted")],
    digitize: [["x", "bins"], () => [f32(2), f32(3)], call("digitize")],
    isin: [["x", "test"], () => [f32(2), f32(3)], call("isin")],
    ...callRows("intersect1d union1d setdiff1d", (name) => [["a", "b"], () => [f32(2), f32(3)], call(name)]),
    ...callRows("extract compress", (name) => [["condition", "x"], () => [f32(2), f32(2)], call(name)]),
    place: [["x", "mask", "values"], () => [f32(2), f32(2), f32(1)], call("place")],
  },
  wrong: [
    wrongRows("sort argsort", (f) => [
      [S, "axis", () => f(x, 2)],
      [S, "axis", () => f(x, Number.NaN)],
      [S, "axis", () => f(f32())],
      [A, "descending", () => f(x, 0, { descending: 1 })],
      [A, "nothing", () => f(x, 0, bad)],
      [A, "options", () => f(x, 0, null)],
    ]),
    wrongRows("topK partition argpartition", (f) => [
      [A, "k", () => f(x, 4)],
      [A, "k", () => f(x, 0.5)],
      [A, "k", () => f(x, Number.NaN)],
      [A, "k", () => f(x)],
      [S, "axis", () => f(x, 1, 2)],
    ]),
    wrongRows(dependent, (f) => [
      [A, "size", () => f(x, { size: -1 })],
      [A, "size", () => f(x, { size: Number.NaN })],
      [A, "size", () => f(x, { fill: 0 })],
      [A, "fill", () => f(x, { size: 1, fill: "0" })],
      [A, "nothing", () => f(x, { size: 1, nothing: 1 })],
      [A, "options", () => f(x, null)],
      [T, "x", () => traced(f)],
    ]),
    wrongRows("intersect1d union1d setdiff1d", (f) => [
      [T, "a", () => traced((t) => f(t, x))],
      [T, "b", () => traced((t) => f(x, t))],
    ]),
    wrongRows("extract compress", (f) => [[T, "condition", () => traced((t) => f(t, f32(3)))]]),
    {
      lexsort: [
        [A, "keys", () => g.lexsort([])],
        [A, "keys", () => g.lexsort(x as Any)],
        [S, "keys[1]", () => g.lexsort([x, f32(2)])],
        [S, "axis", () => g.lexsort([x], 2)],
        [S, "axis", () => g.lexsort([f32()])],
      ],
      searchsorted: [
        [S, "sorted", () => g.searchsorted(f32(), 1)],
        [S, "values", () => g.searchsorted(x, f32(3, 3))],
        [S, "values", () => g.searchsorted(x, 1)],
        [D, "values", () => g.searchsorted(g.ones([2], { dtype: "u8" }), 300)],
        [A, "side", () => g.searchsorted(f32(2), 1, { side: "middle" as Any })],
        [A, "nothing", () => g.searchsorted(f32(2), 1, bad)],
      ],
      digitize: [
        [S, "bins", () => g.digitize(1, x)],
        [S, "bins", () => g.digitize(1, f32())],
        [A, "right", () => g.digitize(1, f32(2), { right: 1 as Any })],
        [A, "nothing", () => g.digitize(1, f32(2), bad)],
      ],
      isin: [
        [A, "invert", () => g.isin(x, x, { invert: 1 as Any })],
        [A, "nothing", () => g.isin(x, x, bad)],
      ],
      extract: [[S, "condition", () => g.extract(f32(2), x)]],
      compress: [
        [S, "condition", () => g.compress(f32(7), x)],
        [S, "condition", () => g.compress(f32(4), x, 1)],
        [S, "condition", () => g.compress(x, x)],
        [S, "axis", () => g.compress(f32(1), x, 2)],
        [S, "axis", () => g.compress(f32(1), x, Number.NaN)],
        [S, "axis", () => g.compress(f32(1), x, null as Any)],
      ],
      place: [
        [S, "mask", () => g.place(x, f32(2), f32(1))],
        [A, "values", () => g.place(x, x, f32(0))],
        [D, "values", () => g.place(i32(2), i32(2), f32(1))],
      ],
    },
  ],
};
