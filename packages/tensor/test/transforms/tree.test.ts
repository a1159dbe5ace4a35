import { expect, test } from "vitest";
import { ArgumentError } from "../../src/errors.ts";
import { mul } from "../../src/functions/arithmetic.ts";
import type { Tensor } from "../../src/tensor.ts";
import { ravel } from "../../src/transforms/ravel.ts";
import {
  sameStructure,
  structureKey,
  TreeNode,
  treeFlatten,
  treeLeaves,
  treeMap,
  treeNames,
  treeStructure,
  treeUnflatten,
} from "../../src/tree.ts";
import { f64, values } from "./help.ts";

class Linear extends TreeNode {
  weight: Tensor;
  bias: Tensor | null = null;
  readonly name: string;
  constructor(weight: Tensor, name: string) {
    super();
    this.weight = weight;
    this.name = name;
  }
  twice(): Tensor {
    return mul(this.weight, 2);
  }
}
const model = () => ({ features: [new Linear(f64([1, 2]), "a"), { scale: f64([3]) }], rate: 0.1 });

test("names are paths and instances are rebuilt with their class", () => {
  expect(treeNames(model())).toEqual(["features.0.weight", "features.1.scale"]);
  expect(treeNames(f64([1]))).toEqual([""]);
  const doubled = treeMap((t) => mul(t, 2), model());
  const first = doubled.features[0] as Linear;
  expect(first).toBeInstanceOf(Linear);
  expect(first.name).toBe("a");
  expect(first.bias).toBe(null);
  expect(values(first.twice())).toEqual([4, 8]);
  expect(doubled.rate).toBe(0.1);
});

test("flatten and unflatten are inverse", () => {
  const tree = model();
  const [leaves, structure] = treeFlatten(tree);
  expect(treeLeaves(treeUnflatten(structure, leaves))).toEqual(leaves);
  expect(() => treeUnflatten(structure, leaves.slice(1))).toThrow(ArgumentError);
});

test("keys may come in any order, and differences are named", () => {
  const [a, b] = [f64([1]), f64([2])];
  const both = treeMap((x, y) => mul(x, y), { a, b }, { b: a, a: b });
  expect(values(both.a)).toEqual([2]);
  expect(sameStructure(model(), model())).toBe(true);
  expect(() => treeMap((x) => x, { a: [a, b] }, { a: [a] })).toThrow(/at 'a': an array of 2 ≠ an array of 1/);
  expect(() => treeMap((x) => x, { a }, { a: null })).toThrow(/at 'a': a tensor ≠ null/);
});

test("structure keys compare static values by value and foreign objects by identity", () => {
  const key = (x: unknown): string => structureKey(treeStructure(x));
  expect(key({ a: 1, b: "x" })).toBe(key({ a: 1, b: "x" }));
  const keys = [1, "1", null, undefined, true, -0, 0, Number.NaN, 1n, new Date(0), new Date(0), [], {}, [[]]].map((x) =>
    key({ x }),
  );
  expect(new Set(keys).size).toBe(keys.length);
});

test("a tree that contains itself is an error", () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  expect(() => treeFlatten(loop)).toThrow(/contain itself/);
});

test("ravel and its inverse", () => {
  const [v, unravel] = ravel(model());
  expect(values(v)).toEqual([1, 2, 3]);
  expect(values((unravel(mul(v, 2)).features[1] as { scale: Tensor }).scale)).toEqual([6]);
  expect(() => unravel(f64([1]))).toThrow(/expected shape \[3\]/);
});
