import { grad, jit, key, mean, relu, tensor, treeNames, valueAndGrad, variance, zeros } from "@gradus/tensor";
import { expect, test } from "vitest";
import { BatchNorm1d, BatchNorm2d, Dropout, Linear, mse, Pass, Sequential } from "../src/index.ts";
import { close, filled, same, training } from "./help.ts";

const x = filled([6, 3], { scale: 2 });
const f64 = { dtype: "f64" } as const;

test("running statistics follow the batches; the layer itself stays as it was", async () => {
  const norm = new BatchNorm1d(3, { ...f64, momentum: 0.25 });
  const pass = new Pass();
  norm.call(x, pass);
  const next = pass.updated(norm);
  const [m, v] = [await mean(x, 0).data(), await variance(x, 0, { correction: 1 }).data()];
  close(
    await next.running_mean!.data(),
    m.map((a) => 0.25 * a),
    12,
  );
  close(
    await next.running_var!.data(),
    v.map((a) => 0.75 + 0.25 * a),
    12,
  );
  expect(await next.num_batches_tracked!.item()).toBe(1);
  expect(await norm.running_mean!.data()).toEqual(new Float64Array(3));
  // a layer that runs twice in a pass follows both batches
  const twice = new Pass();
  norm.call(x, twice);
  norm.call(filled([6, 3], { seed: 4 }), twice);
  const after = new Pass();
  next.call(filled([6, 3], { seed: 4 }), after);
  await same(twice.updated(norm).running_mean!, after.updated(next).running_mean!, 14);
  expect(await twice.updated(norm).num_batches_tracked!.item()).toBe(2);
});

test("momentum null: the mean of all batches", async () => {
  let norm = new BatchNorm1d(3, { ...f64, momentum: null });
  const batches = [0, 1, 2].map((seed) => filled([5, 3], { seed }));
  for (const batch of batches) {
    const pass = new Pass();
    norm.call(batch, pass);
    norm = pass.updated(norm);
  }
  const means = await Promise.all(batches.map((batch) => mean(batch, 0).data()));
  close(
    await norm.running_mean!.data(),
    [0, 1, 2].map((c) => means.reduce((s, m) => s + m[c]!, 0) / 3),
    12,
  );
});

test("in training the output of a batch norm has moments 0 and 1, in evaluation it is affine", async () => {
  const norm = new BatchNorm2d(2, { ...f64, epsilon: 0 });
  const images = filled([4, 2, 3, 3], { scale: 5 });
  const y = norm.call(images, new Pass());
  close(await mean(y, [0, 2, 3]).data(), [0, 0], 12);
  close(await variance(y, [0, 2, 3]).data(), [1, 1], 12);
  await same(norm.call(images), images, 14);
  await same(norm.call(images, new Pass({ training: false })), images, 14);
});

test("a pass that only evaluates carries the statistics on unchanged, and nothing depends on them", async () => {
  const norm = new BatchNorm1d(3, f64);
  const pass = new Pass({ training: false });
  norm.call(x, pass);
  const next = pass.updated(norm);
  expect(next.running_mean).not.toBe(norm.running_mean);
  await same(next.running_mean!, norm.running_mean!);
  await same(next.running_var!, norm.running_var!);
  const g = grad((m: BatchNorm1d) => m.call(x).sum())(norm);
  expect(await g.running_mean!.data()).toEqual(new Float64Array(3));
});

test("through gradients and compilation, the pass is made inside", async () => {
  const [a, b] = [key(0), key(1)];
  const model = new Sequential(
    new Linear(3, 4, { key: a, ...f64 }),
    new BatchNorm1d(4, f64),
    relu,
    new Dropout(0.5),
    new Linear(4, 1, { key: b, ...f64 }),
  );
  const target = filled([6, 1], { seed: 7 });
  type Model = typeof model;
  const loss = (m: Model, k: ReturnType<typeof key>): readonly [ReturnType<typeof zeros>, Model] => {
    const pass = new Pass({ key: k });
    return [mse(m.call(x, pass), target), pass.updated(m)];
  };
  const step = (m: Model, k: ReturnType<typeof key>): [[unknown, Model], Model] =>
    valueAndGrad(loss, { hasAux: true })(m, k) as [[unknown, Model], Model];
  const [[, next], grads] = step(model, key(5));
  const [[, compiled], compiledGrads] = jit(step)(model, key(5));
  const pass = new Pass({ key: key(5) });
  model.call(x, pass);
  const wanted = pass.updated(model)[1] as BatchNorm1d;
  for (const m of [next, compiled]) {
    expect(treeNames(m)).toEqual(treeNames(model));
    await same((m[1] as BatchNorm1d).running_var!, wanted.running_var!, 12);
  }
  await same((grads[0] as Linear).weight, (compiledGrads[0] as Linear).weight, 12);
});

test("errors", () => {
  const [norm, other] = [new BatchNorm1d(3), new BatchNorm1d(3)];
  const pass = new Pass();
  norm.call(zeros([2, 3]), pass);
  expect(() => pass.updated(other)).toThrow(
    "Pass.updated: model: the pass changed a state of shape [] that is not in it",
  );
  expect(() => pass.note(zeros([3]), zeros([2]))).toThrow("Pass.note: next: f32 [2] cannot follow f32 [3]");
  expect(() => norm.call(zeros([1, 3]), pass)).toThrow("BatchNorm1d: x: [1,3] has 1 value per channel");
  expect(() => norm.call(zeros([2, 4]))).toThrow("BatchNorm1d: x: expected [batch, 3(, length)], got [2,4]");
});

test("a key gives the same numbers again", async () => {
  const y = (seed: number): Promise<unknown> => new Dropout(0.5).call(tensor([1, 2, 3, 4]), training(seed)).data();
  expect(await y(1)).toEqual(await y(1));
});
