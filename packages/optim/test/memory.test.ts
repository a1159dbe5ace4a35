import { Conv2d, crossEntropy, Linear, MaxPool2d, Module } from "@gradus/nn";
import type { Tensor } from "@gradus/tensor";
import { dispose, jit, key, memory, realize, relu, reshape, tensor, tidy, valueAndGrad } from "@gradus/tensor";
import { expect, test } from "vitest";
import { adamw, applyUpdates } from "../src/index.ts";

class Net extends Module {
  readonly conv: Conv2d = new Conv2d(1, 4, 3, { key: key(1) });
  readonly pool: MaxPool2d = new MaxPool2d(2);
  readonly head: Linear = new Linear(4 * 9, 2, { key: key(2) });
  forward(x: Tensor): Tensor {
    return this.head.call(reshape(this.pool.call(relu(this.conv.call(x))), [x.shape[0] as number, -1]));
  }
}

const optimizer = adamw({ learningRate: 0.003 });
type State = ReturnType<typeof optimizer.init>;
type Next = [model: Net, state: State, loss: Tensor];

/** Horizontal against vertical stripes, shifted by turns. */
const images = tensor(
  Array.from({ length: 8 * 64 }, (_, i) => {
    const [n, r, c] = [i >> 6, (i >> 3) & 7, i & 7];
    return ((n % 2 === 0 ? r : c) + (n >> 1)) % 4 < 2 ? 1 : -1;
  }),
  { shape: [8, 1, 8, 8] },
);
const labels = tensor([0, 1, 0, 1, 0, 1, 0, 1], { dtype: "i32" });

function step(model: Net, state: State, x: Tensor, y: Tensor): Next {
  const [loss, grads] = valueAndGrad((net: Net) => crossEntropy(net.call(x), y))(model);
  const [updates, next] = optimizer.update(grads, state, model);
  return [applyUpdates(model, updates), next, loss];
}

const donating = jit(step, { donate: [0, 1] });
const plain = jit(step);

test.each<[string, (model: Net, state: State, x: Tensor, y: Tensor) => Next]>([
  ["jitted, donating", donating],
  [
    "jitted",
    (model, state, x, y) => {
      const next = plain(model, state, x, y);
      dispose([model, state]);
      return next;
    },
  ],
  [
    "eager, realised",
    (model, state, x, y) => {
      const next = realize(step(model, state, x, y));
      dispose([model, state]);
      return next;
    },
  ],
  [
    "eager, in tidy",
    (model, state, x, y) => {
      const next = tidy(() => step(model, state, x, y));
      dispose([model, state]);
      return next;
    },
  ],
])("1,000 training steps leave no byte behind: %s", (_, run) => {
  const [x, y] = [realize(images.mul(1)), realize(labels.mul(1))];
  let model = realize(new Net());
  let state = realize(optimizer.init(model));
  let early = memory();
  let [first, last] = [0, 0];
  for (let i = 1; i <= 1000; i++) {
    const [nextModel, nextState, loss] = run(model, state, x, y);
    [model, state] = [nextModel, nextState];
    last = loss.itemSync();
    if (i === 1) first = last;
    loss.dispose();
    if (i === 10) early = memory();
  }
  const late = memory();
  expect(late.liveBytes).toBe(early.liveBytes);
  expect(late.liveBuffers).toBe(early.liveBuffers);
  expect(late.peakBytes).toBe(early.peakBytes);
  expect(last).toBeLessThan(first / 10);
  dispose([model, state, x, y]);
});
