import type { Tensor } from "@gradus/tensor";
import { dispose, jit, key, memory, mul, realize, sin, square, sub, sum, tensor, valueAndGrad } from "@gradus/tensor";
import { expect, test } from "vitest";
import * as o from "../src/index.ts";

interface Params {
  readonly w: Tensor;
  readonly b: Tensor;
}
const loss = ({ w, b }: Params): Tensor => sum(square(sub(sin(w), b))).add(mul(sum(square(w)), 0.01));

const rate = { learningRate: 0.01 };
test.each<[string, o.Optimizer]>([
  ["sgd", o.sgd({ ...rate, momentum: 0.9, nesterov: true })],
  ["adam", o.adam(rate)],
  ["adamw", o.adamw(rate)],
  ["nadam", o.nadam(rate)],
  ["radam", o.radam(rate)],
  ["amsgrad", o.amsgrad(rate)],
  ["adagrad", o.adagrad(rate)],
  ["adadelta", o.adadelta()],
  ["rmsprop", o.rmsprop({ ...rate, momentum: 0.9, centered: true })],
  ["lamb", o.lamb(rate)],
  ["lion", o.lion(rate)],
  ["lbfgs", o.lbfgs({ history: 3 })],
  ["accumulate", o.accumulate(o.adam(rate), 3)],
  ["averaged", o.averaged(o.adam(rate), { decay: 0.99 })],
  ["partition", o.partition((name) => name, { w: o.adam(rate), b: o.freeze() })],
  ["diffGrad", o.diffGrad(rate)],
  ["diffGrad 4", o.diffGrad({ ...rate, version: "experimental-4" })],
  ["adaHessian", o.adaHessian({ learningRate: 0.05, updateEvery: 2 })],
  ["sam", o.sam(o.adam(rate), { rho: 0.02 })],
  ["plateau, clips", o.chain(o.clipByValue(1), o.clipAdaptively(0.1), o.sgd(rate), o.reduceOnPlateau())],
])("300 steps leave no byte behind and lower the loss: %s", (_, optimizer) => {
  const step = jit(
    (p: Params, state: unknown): [Params, unknown, Tensor] => {
      const [value, grads] = valueAndGrad(loss)(p);
      const [updates, next] = optimizer.update(grads, state, p, { loss, value, key: key(1) });
      return [o.applyUpdates(p, updates), next, value];
    },
    { donate: [0, 1] },
  );
  let p: Params = realize({ w: tensor([[1, 2], [3, -4]]).mul(1), b: tensor([0.5, 0.2]).mul(1) }); // biome-ignore format: rows of a matrix
  let state = realize(optimizer.init(p));
  let early = memory();
  let [first, last] = [0, 0];
  for (let i = 1; i <= 300; i++) {
    const [next, nextState, value] = step(p, state);
    [p, state] = [next, nextState];
    last = value.itemSync() as number;
    if (i === 1) first = last;
    value.dispose();
    if (i === 10) early = memory();
  }
  const late = memory();
  expect([late.liveBytes, late.liveBuffers, late.peakBytes]).toEqual([
    early.liveBytes,
    early.liveBuffers,
    early.peakBytes,
  ]);
  expect(last).toBeLessThan(first);
  dispose([p, state]);
});
