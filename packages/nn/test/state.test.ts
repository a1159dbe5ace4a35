import { FileError, key, relu, tensor, zeros } from "@gradus/tensor";
import { MemorySink, openSafetensors } from "@gradus/tensor/files";
import { expect, test } from "vitest";
import { Linear, loadStateDict, loadTree, Sequential, saveTree, stateDict } from "../src/index.ts";

const model = (seed: number): Sequential =>
  new Sequential(new Linear(4, 3, { key: key(seed) }), relu, new Linear(3, 2, { key: key(seed + 1) }));

test("names are paths", () =>
  expect([...stateDict(model(0)).keys()]).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]));

test("save and load give the same bits, metadata, and a working model", async () => {
  const saved = { model: model(0), optimizer: [null, { count: tensor(3, { dtype: "i32" }) }] };
  const sink = new MemorySink();
  await saveTree(sink, saved, { metadata: { epoch: "2" } });
  const template = { model: model(5), optimizer: [null, { count: tensor(0, { dtype: "i32" }) }] };
  const { tree, metadata } = await loadTree(sink.bytes(), template);
  const open = await openSafetensors(sink.bytes());
  const again = await loadTree(open, template);
  expect(await again.tree.model.call(tensor([[1, 1, 1, 1]])).data()).toEqual(
    await saved.model.call(tensor([[1, 1, 1, 1]])).data(),
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

test("a file that does not fit is refused before a tensor is read", async () => {
  const sink = new MemorySink();
  await saveTree(sink, new Linear(4, 3, { key: key(0) }));
  const bytes = sink.bytes();
  let most = 0;
  const source = {
    size: bytes.length,
    read: (offset: number, length: number) => bytes.subarray(offset, (most = offset + length)),
  };
  await expect(loadTree(source, new Linear(4, 2, { key: key(0) }))).rejects.toThrow(
    "loadTree: from: weight: expected [2,4], got [3,4]",
  );
  expect(most).toBe(bytes.length - 4 * (12 + 3));
});

test("trees without names, and files that are none", async () => {
  expect(() => stateDict(zeros([1]))).toThrow("a bare tensor has no name");
  expect(() => stateDict({ "a.b": zeros([1]), a: { b: zeros([1]) } })).toThrow("two tensors are called a.b");
  await expect(loadTree(new Uint8Array(3), model(0))).rejects.toThrow(FileError);
});

test("a view into a larger buffer, as Node's file reads give, keeps its own bytes", async () => {
  expect([...(await tensor(Buffer.from([9, 9, 1, 2]).subarray(2)).data())]).toEqual([1, 2]);
});
