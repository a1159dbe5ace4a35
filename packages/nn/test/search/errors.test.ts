import * as g from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import { type Any, bad, f32, fails, gone, i32, type Row } from "../../../tensor/test/errors/row.ts";
import * as search from "../../src/evonorm-search/index.ts";

const { ArgumentError: A, DTypeError: D, DisposedError: X, ShapeError: S } = g;
const { dice, genotypes } = search;
const graph = genotypes.S0;
const node = (op: Any, ...inputs: Any[]): Any => ({ nodes: [{ op, inputs }] });

/** What is no graph. */
const graphs = (run: (graph: Any) => unknown, argument = "graph"): Row[] => [
  [A, argument, () => run(null)],
  [A, argument, () => run({ nodes: [] })],
  [A, argument, () => run({ nodes: new Array(65).fill(graph.nodes[0]) })],
  [A, `${argument}.nodes[0].op`, () => run(node("relu", 0))],
  [A, `${argument}.nodes[0].op`, () => run({ nodes: [null] })],
  [A, `${argument}.nodes[0].op`, () => run(node("toString", 0))],
  [A, `${argument}.nodes[0].inputs`, () => run(node("add", 0))],
  [A, `${argument}.nodes[0].inputs`, () => run(node("neg", 4))],
  [A, `${argument}.nodes[0].inputs`, () => run(node("neg", 0.5))],
];
const evaluate = (): Any => ({ scores: [1] });
const evolve = (more: Any): unknown => search.evolve({ evaluate, anchors: 1, candidates: 1, ...more });
const candidate = { index: 0, parent: null, graph, formula: "", scores: [1], rejected: null };
const candidates = (run: (list: Any) => unknown, argument: string): Row[] => [
  [A, argument, () => run(1)],
  [A, `${argument}[0].index`, () => run([null])],
  [A, `${argument}[1].index`, () => run([candidate, candidate])],
  [A, `${argument}[0].graph`, () => run([{ ...candidate, graph: 0 }])],
  [A, `${argument}[0].parent`, () => run([{ ...candidate, parent: 0 }])],
  [A, `${argument}[0].scores`, () => run([{ ...candidate, scores: null }])],
  [A, `${argument}[0].scores`, () => run([{ ...candidate, scores: ["1"] }])],
  [A, `${argument}[0].rejected`, () => run([{ ...candidate, scores: null, rejected: 1 }])],
];
const protocol = (options: Any): unknown => search.protocol([() => ({}) as Any], options);
const climb = (options: Any): unknown => search.stabilityTest((t: g.Tensor) => t.sum(), f32(2), options);

const rows: Readonly<Record<string, readonly Row[]>> = {
  NormAct: [
    ...graphs((value) => new search.NormAct(value, 2)),
    [A, "channels", () => new search.NormAct(graph, 0)],
    [A, "groups", () => new search.NormAct(graph, 2, { groups: 0 })],
    [A, "decay", () => new search.NormAct(graph, 2, { decay: 2 })],
    [D, "dtype", () => new search.NormAct(graph, 2, { dtype: "i32" })],
    [A, "nothing", () => new search.NormAct(graph, 2, bad)],
    [A, "x", () => new search.NormAct(graph, 2).call(1 as Any)],
    [X, "x", () => new search.NormAct(graph, 2).call(gone(f32(1, 2, 2)))],
    [D, "x", () => new search.NormAct(graph, 2).call(i32(1, 2, 2))],
    [S, "x", () => new search.NormAct(graph, 2).call(f32(1, 3, 2))],
    [S, "x", () => new search.NormAct(graph, 2).call(f32(2))],
    [A, "pass", () => new search.NormAct(graph, 2).call(f32(1, 2, 2), 1 as Any)],
  ],
  dice: [
    [A, "seeds", () => dice(0.5)],
    [A, "seeds", () => dice(1, "2" as Any)],
  ],
  evolve: [
    [A, "options", () => search.evolve(undefined as Any)],
    [A, "evaluate", () => evolve({ evaluate: 1 })],
    [A, "evaluate", () => evolve({ evaluate: () => null })],
    [A, "evaluate", () => evolve({ evaluate: () => ({ scores: [1, 2] }) })],
    [A, "scores", () => evolve({ evaluate: () => ({ scores: [Number.NaN] }) })],
    [A, "anchors", () => evolve({ anchors: 0 })],
    [A, "candidates", () => evolve({ candidates: 0.5 })],
    [A, "trained", () => evolve({ trained: 0 })],
    [A, "population", () => evolve({ population: 0 })],
    [A, "tournament", () => evolve({ tournament: 0 })],
    [A, "selection", () => evolve({ selection: "best" })],
    [A, "explore", () => evolve({ explore: 2 })],
    [A, "seed", () => evolve({ seed: 0.5 })],
    [A, "nodes", () => evolve({ nodes: 65 })],
    [A, "batch", () => evolve({ batch: 1 })],
    [A, "onCandidate", () => evolve({ onCandidate: 1 })],
    [A, "signal", () => evolve({ signal: 1 })],
    [A, "nothing", () => evolve(bad)],
    ...candidates((resume) => evolve({ resume }), "resume"),
  ],
  flaw: graphs(search.flaw),
  formula: graphs(search.formula),
  mutate: [
    ...graphs((value) => search.mutate(value, dice(0))),
    [A, "draw", () => search.mutate(graph, 1 as Any)],
    [A, "batch", () => search.mutate(graph, dice(0), { batch: 1 as Any })],
    [A, "nothing", () => search.mutate(graph, dice(0), bad)],
  ],
  paretoFront: [
    [A, "points", () => search.paretoFront(1 as Any)],
    [A, "points[1]", () => search.paretoFront([[1], [1, 2]])],
    [A, "points[0]", () => search.paretoFront([[Number.NaN]])],
  ],
  probe: graphs(search.probe),
  protocol: [
    [A, "anchors", () => search.protocol([])],
    [A, "anchors[0]", () => search.protocol([1 as Any])],
    [A, "steps", () => protocol({ steps: 0 })],
    [A, "quality", () => protocol({ quality: 1 })],
    [A, "steps", () => protocol({ quality: { steps: 0 } })],
    [A, "accuracy", () => protocol({ quality: { accuracy: 2 } })],
    [A, "limit", () => protocol({ stability: { limit: 0 } })],
    [A, "nothing", () => protocol(bad)],
  ],
  randomGraph: [
    [A, "draw", () => search.randomGraph(1 as Any)],
    [A, "nodes", () => search.randomGraph(dice(0), { nodes: 0 })],
    [A, "batch", () => search.randomGraph(dice(0), { batch: 1 as Any })],
    [A, "nothing", () => search.randomGraph(dice(0), bad)],
  ],
  readCandidates: [[A, "json", () => search.readCandidates("[")], ...candidates(search.readCandidates, "json")],
  readGraph: [[A, "json", () => search.readGraph("{")], ...graphs(search.readGraph, "json")],
  stabilityTest: [
    [A, "loss", () => search.stabilityTest(1 as Any, f32(2))],
    [X, "model", () => search.stabilityTest((t: g.Tensor) => t.sum(), gone(f32(2)))],
    [A, "steps", () => climb({ steps: 0 })],
    [A, "rate", () => climb({ rate: 0 })],
    [A, "limit", () => climb({ limit: -1 })],
    [A, "nothing", () => climb(bad)],
  ],
};

test("every exported function and class has rows", () => {
  const functions = Object.entries(search).flatMap(([name, f]) => (typeof f === "function" ? [name] : []));
  expect(Object.keys(rows).toSorted()).toEqual(functions.toSorted());
});

describe.each(Object.entries(rows))("%s refuses", (name, list) => {
  test.each(list.map((row, i) => [row[1], i, row] as const))("%s (%i)", (_, __, row) => fails(name, row));
});
