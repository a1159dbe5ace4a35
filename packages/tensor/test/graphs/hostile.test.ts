import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/files/index.ts";
import { type LoadGraphOptions, loadGraph, saveGraph } from "../../src/graphs/index.ts";
import * as g from "../../src/index.ts";
import { apply } from "../../src/tensor.ts";
import { type Any, fails, type Row } from "../errors/row.ts";
import { mutated, mutatedText } from "../files/mutations.ts";
import { written } from "../files/some.ts";
import { fileOf, through } from "./help.ts";

type Tensor = g.Tensor;

const weight = g.tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
/** A little of everything: captured weights, constants, views, folds, a loop, a branch and a gradient. */
const f = (x: Tensor, { h }: { h: Tensor }): unknown => {
  const [s, ys] = g.scan((c: Tensor, y: Tensor) => [g.add(g.mul(c, 0.5), y), g.sin(c)], h, g.matmul(x, weight));
  const z = g.cond(
    g.greater(g.sum(s), 0),
    (t: Tensor) => g.flip(t, 0),
    (t: Tensor) => g.pad(g.slice(t, [1], [2]), [[1, 1]]),
    s,
  );
  return {
    z,
    top: g.topK(g.concat([z, s], 0), 2)[0],
    slope: g.grad((t: Tensor) => g.sum(g.tanh(t)))(ys as Tensor),
    rows: g.gather(x, g.tensor([1, 0], { dtype: "i32" })),
  };
};
const args = (): [Tensor, { h: Tensor }] => [g.ones([2, 2]), { h: g.ones([3]) }];
const file = await fileOf(f, ...args());
const { tensors, metadata } = await readSafetensors(file);
const text = metadata.get("graph") as string;
/** The file with another graph. */
const withGraph = (graph: string, more: Record<string, string> = {}): Promise<Uint8Array<ArrayBuffer>> =>
  written((to) =>
    writeSafetensors(to, tensors, { metadata: { format: "gradus graph", version: "1", graph, ...more } }),
  );
const limits = { maxBytes: 2 ** 16 };

/** Loads what may be damaged: a FileError of one line, or a graph that computes what it says, or refuses with a typed error. */
async function attempt(bytes: Uint8Array): Promise<"refused" | "loaded"> {
  let loaded: (...xs: Any[]) => Any;
  try {
    loaded = await loadGraph<Any[], Any>(bytes, limits);
  } catch (error) {
    expect(error).toBeInstanceOf(g.FileError);
    expect((error as Error).message).toMatch(/^loadGraph: [^\n\r]+$/);
    return "refused";
  }
  try {
    for (const t of g.treeLeaves(loaded(...args()))) expect((await t.data()).length).toBe(t.size);
  } catch (error) {
    if (!(error instanceof g.GradusError)) throw error;
    expect(error.message).not.toMatch(/[\n\r]/);
  }
  return "loaded";
}

type Tally = Record<"refused" | "loaded", number>;

/** How many files were refused and how many loaded; both must occur, or the files were all too damaged, or not at all. */
async function fuzz<T>(from: fc.Arbitrary<T>, numRuns: number, make: (x: T) => Promise<Uint8Array>): Promise<Tally> {
  const tally: Tally = { refused: 0, loaded: 0 };
  await fc.assert(
    fc.asyncProperty(from, async (x) => {
      tally[await attempt(await make(x))]++;
    }),
    { numRuns, seed: 20261125 },
  );
  expect(Math.min(tally.refused, tally.loaded)).toBeGreaterThan(0);
  return tally;
}

// nearly all of the file is its header, where hardly a byte is free
test("2,000 files with damaged bytes", () => fuzz(mutated([file]), 2000, async (bytes) => bytes));

test("2,000 files with other words and numbers in the graph", async () => {
  const words = [
    "f64",
    "i32",
    "bool",
    "exp",
    "add",
    "where",
    "constant",
    "scan",
    "switch",
    "reshape",
    "sort",
    "fft",
    "in",
    "out",
    "*",
    "NaN",
    "-0",
    "__proto__",
    "toString",
  ];
  const { refused, loaded } = await fuzz(mutatedText([text], words), 2000, (graph) => withGraph(graph));
  expect(refused).toBeGreaterThan(100);
  expect(loaded).toBeGreaterThan(10);
});

test("1,000 graphs of which a part was replaced by another part, or by any JSON", async () => {
  const parts: unknown[] = [];
  const collect = (x: unknown): void => {
    parts.push(x);
    if (typeof x === "object" && x !== null) Object.values(x).forEach(collect);
  };
  collect(JSON.parse(text));
  const replaced = (x: unknown, at: { left: number }, by: unknown): unknown => {
    if (at.left-- === 0) return by;
    if (Array.isArray(x)) return x.map((y) => replaced(y, at, by));
    if (typeof x !== "object" || x === null) return x;
    return Object.fromEntries(Object.entries(x).map(([k, y]) => [k, replaced(y, at, by)]));
  };
  const edit = fc.tuple(fc.nat(parts.length - 1), fc.oneof(fc.constantFrom(...parts), fc.jsonValue()));
  await fuzz(edit, 1000, ([left, by]) => withGraph(JSON.stringify(replaced(JSON.parse(text), { left }, by))));
});

interface Parts {
  readonly inputs: unknown[];
  readonly nodes: unknown[];
  readonly outputs: unknown[];
}
/** The file of a graph by hand, from one f32 [2, 3] to one tensor. */
const byHand = (graph: Partial<Parts>, more: object = {}): Promise<Uint8Array<ArrayBuffer>> =>
  written((to) =>
    writeSafetensors(
      to,
      {},
      {
        metadata: {
          format: "gradus graph",
          version: "1",
          graph: JSON.stringify({
            arguments: ["*"],
            result: "*",
            graph: { inputs: [["f32", [2, 3]]], nodes: [], outputs: [0], ...graph },
            ...more,
          }),
        },
      },
    ),
  );
const node = (op: string, attributes?: object, out: unknown = ["f32", [2, 3]], inputs: number[] = [0]): object => ({
  op,
  in: inputs,
  ...(attributes && { with: attributes }),
  out: [out],
});
const one = (...nodes: object[]): Promise<Uint8Array<ArrayBuffer>> => byHand({ nodes, outputs: [nodes.length] });

test("a graph by hand works", async () => {
  const loaded = await loadGraph(await one(node("exp"), node("add", undefined, ["f32", [2, 3]], [0, 1])));
  expect(await loaded(g.zeros([2, 3])).array()).toEqual(await g.ones([2, 3]).array());
});

describe("what no graph may say is refused, by its place", () => {
  const empty = { inputs: [], nodes: [], outputs: [] };
  const rows: readonly (readonly [string, () => Promise<Uint8Array>, RegExp, LoadGraphOptions?])[] = [
    ["another format", () => withGraph(text, { format: "onnx" }), /format: is "onnx"/],
    ["no graph at all", () => written((to) => writeSafetensors(to, tensors)), /format: is undefined.*saveGraph/],
    ["a later version", () => withGraph(text, { version: "2" }), /version: is "2".*later/],
    ["no JSON", () => withGraph("{"), /graph: is no JSON/],
    ["a primitive of no name", () => one(node("explode")), /node 0: the primitive "explode" is unknown/],
    ["a name that every object has", () => one(node("constructor")), /the primitive "constructor" is unknown/],
    ["too few inputs", () => one(node("add")), /node 0: add: takes 2 inputs, got 1/],
    ["too many inputs", () => one(node("exp", undefined, ["f32", [2, 3]], [0, 0])), /exp: takes 1 inputs, got 2/],
    ["a node that reads itself", () => one(node("exp", undefined, ["f32", [2, 3]], [1])), /1 is none of the 1 values/],
    ["a negative number", () => one(node("exp", undefined, ["f32", [2, 3]], [-1])), /-1 is none of/],
    ["an output of no node", () => byHand({ outputs: [1] }), /outputs: 1 is none/],
    ["another shape", () => one(node("exp", undefined, ["f32", [3, 2]])), /gives f32\[2,3\].*says f32\[3,2\]/],
    ["another dtype", () => one(node("exp", undefined, ["f64", [2, 3]])), /says f64/],
    [
      "a dtype that the rule refuses",
      () => one(node("and", undefined, ["f32", [2, 3]], [0, 0])),
      /node 0: and: and: x: expected/,
    ],
    [
      "a reshape of other size",
      () => one(node("reshape", { shape: [7] }, ["f32", [7]])),
      /reshape: its attributes do not fit/,
    ],
    [
      "a slice beyond the end",
      () => one(node("slice", { start: [0, 0], stop: [2, 9], step: [1, 1] }, ["f32", [2, 9]])),
      /slice: its attributes/,
    ],
    [
      "a step of zero",
      () => one(node("slice", { start: [0, 0], stop: [2, 3], step: [0, 1] })),
      /slice: step: \[0, 1\] is no such/,
    ],
    ["an axis twice", () => one(node("permute", { axes: [0, 0] }, ["f32", [2, 2]])), /permute: its attributes/],
    [
      "a broadcast of other sizes",
      () => one(node("broadcast", { shape: [5, 3], axes: [0, 1] }, ["f32", [5, 3]])),
      /broadcast: its/,
    ],
    ["an attribute too many", () => one(node("cast", { dtype: "f32", more: 1 })), /cast: expected \{dtype\}/],
    ["an attribute too few", () => one(node("cast")), /cast: expected \{op, in, with, out\}/],
    [
      "an attribute of another kind",
      () => one(node("cast", { dtype: "toString" })),
      /dtype: "toString" is no such attribute/,
    ],
    [
      "a constant that its dtype lacks",
      () => one({ op: "constant", value: 0.5, out: [["i32", []]] }),
      /constant 0.5 is none of i32/,
    ],
    [
      "a constant that is no number",
      () => one({ op: "constant", value: null, out: [["f32", []]] }),
      /the constant null/,
    ],
    ["a constant with axes", () => one({ op: "constant", value: 1, out: [["f32", [2]]] }), /constants are scalars/],
    ["a size below zero", () => byHand({ inputs: [["f32", [-1]]] }), /expected \[dtype, shape\]/],
    [
      "more nodes than the limit",
      () => one(node("exp"), node("exp")),
      /more nodes than the limit; raise maxNodes/,
      { maxNodes: 2 },
    ],
    [
      "a value beyond the limit",
      () => one(node("exp")),
      /takes 24 bytes, above the limit of 20; raise maxBytes/,
      { maxBytes: 20 },
    ],
    ["sizes that overflow", () => byHand({ inputs: [["f32", [2 ** 40, 0, 2 ** 40]]] }), /above the limit/],
    [
      "a loop of other carries",
      () =>
        one({ op: "scan", in: [0], with: { length: 3, reverse: false, consts: 0, carries: 1, body: empty }, out: [] }),
      /scan: its attributes do not fit/,
    ],
    [
      "a branch on floats",
      () => one({ op: "switch", in: [0], with: { branches: [empty] }, out: [] }),
      /switch: its attributes/,
    ],
    [
      "a body that is no graph",
      () => one({ op: "checkpoint", in: [], with: { graph: [] }, out: [] }),
      /checkpoint: graph: expected an object/,
    ],
    ["arguments that are no list", () => byHand({}, { arguments: "*" }), /arguments: expected a list/],
    ["a tree that is none", () => byHand({}, { result: "x" }), /result: "x" is no tree/],
    [
      "a key twice",
      () =>
        byHand(
          {},
          {
            result: {
              object: [
                ["a", "*"],
                ["a", []],
              ],
            },
          },
        ),
      /is no tree/,
    ],
    [
      "a result of other size",
      () => byHand({}, { result: ["*", "*"] }),
      /result: has 2 tensors, and the graph gives 1/,
    ],
    ["a tensor that is not there", () => byHand({}, { arguments: [] }), /tensors: the graph captures 1/],
  ];
  test.each(rows.map((row) => [row[0], row] as const))("%s", async (_, [, make, message, options]) => {
    const bytes = await make();
    const error = await loadGraph(bytes, options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(g.FileError);
    expect((error as Error).message).toMatch(/^loadGraph: [^\n\r]+$/);
    expect((error as Error).message).toMatch(message);
  });

  test("captured tensors of another shape", async () => {
    const other = new Map([...tensors].map(([name], i) => [name, g.ones([i + 5])]));
    const bytes = await written((to) => writeSafetensors(to, other, { metadata: Object.fromEntries(metadata) }));
    await expect(loadGraph(bytes)).rejects.toThrow(/^loadGraph: tensors: are .* but the graph takes/);
  });
});

describe("wrong arguments", () => {
  const nothing = { write: () => undefined };
  const rows: Readonly<Record<string, readonly Row[]>> = {
    saveGraph: [
      [g.ArgumentError, "f", () => saveGraph(nothing, 5 as Any)],
      [g.ArgumentError, "to", () => saveGraph({} as Any, (x: Tensor) => x, g.ones([2]))],
      [g.ArgumentError, "arguments[0].act", () => saveGraph(nothing, (o: Any) => o.x, { x: g.ones([2]), act: g.relu })],
      [g.ArgumentError, "result[1]", () => saveGraph(nothing, (x: Tensor) => [x, new Map()], g.ones([2]))],
      [g.ArgumentError, "result", () => saveGraph(nothing, () => 5n)],
      [
        g.DisposedError,
        "argument 0",
        () => {
          const x = g.ones([2]);
          x.dispose();
          return saveGraph(nothing, (y: Tensor) => y, x);
        },
      ],
      [
        g.ArgumentError,
        "f",
        () => saveGraph(nothing, (x: Tensor) => apply({ ...g.exp(x).primitive, name: "mine" }, [x], null), g.ones([2])),
      ],
      [
        g.TraceError,
        "f",
        () => {
          let pending: Promise<void> | undefined;
          g.vmap((x: Tensor) => {
            pending = saveGraph(nothing, (y: Tensor) => g.add(x, y), g.ones([2]));
            return x;
          })(g.ones([3, 2]));
          return pending;
        },
      ],
    ],
    loadGraph: [
      [g.ArgumentError, "from", () => loadGraph(5 as Any)],
      [g.ArgumentError, "nothing", () => loadGraph(file, { nothing: 1 } as Any)],
      [g.ArgumentError, "maxNodes", () => loadGraph(file, { maxNodes: -1 })],
      [g.ArgumentError, "maxBytes", () => loadGraph(file, { maxBytes: "1" } as Any)],
      [g.ArgumentError, "signal", () => loadGraph(file, { signal: 1 } as Any)],
      [g.ArgumentError, "arguments", async () => (await loadGraph<Any, Any>(file))(args()[0])],
      [g.ArgumentError, "arguments[0]", async () => (await loadGraph<Any, Any>(file))(1, args()[1])],
      [g.ArgumentError, "arguments[1]", async () => (await loadGraph<Any, Any>(file))(args()[0], { k: 1 })],
      [
        g.ArgumentError,
        "arguments[1]",
        async () => (await loadGraph<Any, Any>(file))(args()[0], { ...args()[1], k: 1 }),
      ],
      [g.ShapeError, "arguments[1].h", async () => (await loadGraph<Any, Any>(file))(args()[0], { h: g.ones([4]) })],
      [
        g.DTypeError,
        "arguments[1].h",
        async () => (await loadGraph<Any, Any>(file))(args()[0], { h: g.ones([3], { dtype: "f64" }) }),
      ],
    ],
  };
  describe.each(Object.entries(rows))("of %s", (op, list) => {
    test.each(list.map((row, i) => [i, row[1], row] as const))("%i: %s", (_, __, row) => fails(op, row));
  });

  test("a static that changed", async () => {
    const loaded = await through((x: Tensor, n: number) => g.mul(x, n), g.ones([2]), 3);
    expect(() => loaded(g.ones([2]), 4)).toThrow(/^loadGraph: arguments\[1\]: expected 3.* got 4/);
  });

  test("an aborted signal", async () => {
    await expect(loadGraph(file, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  });

  test("differentiating through rules that were not saved", async () => {
    const twice = g.customGradient((x: Tensor) => g.mul(x, 2), { vjp: (ct) => [ct] });
    const loaded = await through((x: Tensor) => g.sum(twice(x)), g.ones([2]));
    expect(await loaded(g.ones([2])).item()).toBe(4);
    expect(() => g.grad(loaded)(g.ones([2]))).toThrow(g.GradientError);
    expect(() => g.jvp(loaded, [g.ones([2])], [g.ones([2])])).toThrow(/^customGradient: rules: are functions/);
    expect(
      await g
        .vmap(loaded)(g.ones([3, 2]))
        .array(),
    ).toEqual([4, 4, 4]);
  });
});
