import { key, relu, tensor, zeros } from "@gradus/tensor";
import { expect, test } from "vitest";
import { FormatError, Linear, loadStateDict, loadTree, Sequential, saveTree, stateDict } from "../src/index.ts";

const model = (seed: number): Sequential =>
  new Sequential(new Linear(4, 3, { key: key(seed) }), relu, new Linear(3, 2, { key: key(seed + 1) }));

test("names are paths", () =>
  expect([...stateDict(model(0)).keys()]).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]));

test("save and load give the same bits, metadata, and a working model", async () => {
  const saved = { model: model(0), optimizer: [null, { count: tensor(3, { dtype: "i32" }) }] };
  const { tree, metadata } = loadTree(
    { model: model(5), optimizer: [null, { count: tensor(0, { dtype: "i32" }) }] },
    await saveTree(saved, { epoch: "2" }),
  );
  expect(metadata.get("epoch")).toBe("2");
  const x = tensor([[1, 2, 3, 4]]);
  expect(await tree.model.call(x).data()).toEqual(await saved.model.call(x).data());
  expect(await (tree.optimizer[1] as { count: ReturnType<typeof zeros> }).count.item()).toBe(3);
});

test("a dict that does not fit", () => {
  const dict = stateDict(model(0));
  expect(() => loadStateDict(model(0), new Map([...dict].slice(1)))).toThrow("missing [0.weight], unexpected []");
  expect(() => loadStateDict(model(0), new Map([...dict, ["more", zeros([1])]]))).toThrow("unexpected [more]");
  expect(() => loadStateDict(model(0), new Map([...dict, ["0.bias", zeros([4])]]))).toThrow(
    "0.bias: expected [3], got [4]",
  );
  expect(() => loadStateDict(model(0), new Map([...dict, ["0.bias", zeros([3], { dtype: "f64" })]]))).toThrow(
    "0.bias: expected f32, got f64",
  );
});

test("trees without names, and files that are none", () => {
  expect(() => stateDict(zeros([1]))).toThrow("a bare tensor has no name");
  expect(() => stateDict({ "a.b": zeros([1]), a: { b: zeros([1]) } })).toThrow("two tensors are called a.b");
  expect(() => loadTree(model(0), new Uint8Array(3))).toThrow(FormatError);
});

test("a view into a larger buffer, as Node's file reads give, keeps its own bytes", async () => {
  expect([...(await tensor(Buffer.from([9, 9, 1, 2]).subarray(2)).data())]).toEqual([1, 2]);
});
