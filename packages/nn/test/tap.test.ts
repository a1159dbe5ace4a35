import type { Tensor } from "@gradus/tensor";
import { add, grad, gradient, jit, key, mul, relu, sum, tensor, vmap } from "@gradus/tensor";
import { expect, test } from "vitest";
import { BatchNorm1d, Linear, Module, type Pass, Sequential, tap } from "../src/index.ts";
import { filled, same, training } from "./help.ts";

const on = (seed: number): { key: ReturnType<typeof key>; dtype: "f64" } => ({ key: key(seed), dtype: "f64" });

class Net extends Module {
  readonly features: Sequential;
  readonly blocks: readonly Linear[];
  readonly unused: Linear;
  readonly twice: Linear;
  constructor() {
    super();
    this.features = new Sequential(new Linear(3, 4, on(0)), new BatchNorm1d(4, { dtype: "f64" }), relu);
    this.blocks = [new Linear(4, 4, on(1)), new Linear(4, 4, on(2))];
    this.unused = new Linear(4, 4, on(3));
    this.twice = new Linear(4, 4, on(4));
  }
  forward(x: Tensor, pass?: Pass): Tensor {
    const h = this.blocks.reduce((y, block) => relu(add(block.call(y), y)), this.features.call(x, pass));
    return this.twice.call(this.twice.call(h));
  }
}
const net = new Net();
const x = filled([5, 3]);

test("taps are what the parts return, functions included, and the output is that of the model", async () => {
  const { output, taps } = tap(net, ["features.0", "features.2", "features", "blocks.1"], x);
  await same(output, net.call(x), 14);
  const first = (net.features[0] as Linear).call(x);
  await same(taps["features.0"], first, 14);
  await same(taps["features.2"], relu((net.features[1] as BatchNorm1d).call(first)), 14);
  expect(taps["features.2"]).toBe(taps.features);
  expect(taps["blocks.1"].shape).toEqual([5, 4]);
});

test("the derivative by a tap is that of the rest of the model", async () => {
  const { output, taps } = tap(net, ["features"], x, training());
  const got = gradient(sum(mul(output, output)), taps.features);
  const rest = (h: Tensor): Tensor => {
    const y = net.blocks.reduce((t, block) => relu(add(block.call(t), t)), h);
    const z = net.twice.call(net.twice.call(y));
    return sum(mul(z, z));
  };
  await same(got, grad(rest)(taps.features), 12);
});

test("inside jit, grad and vmap", async () => {
  const cam = (m: Net, t: Tensor): Tensor => {
    const { output, taps } = tap(m, ["features"], t);
    return gradient(sum(output), taps.features);
  };
  const wanted = cam(net, x);
  await same(jit(cam)(net, x), wanted, 12);
  await same(vmap((t: Tensor) => cam(net, t.reshape([1, 3])))(x).reshape([5, 4]), wanted, 12);
  const second = grad((m: Net) => sum(mul(cam(m, x), cam(m, x))))(net);
  expect(await sum(second.blocks[0]!.weight.abs()).item()).toBeGreaterThan(0);
});

test("taps may be nested, and end with the call", async () => {
  class Outer extends Module {
    readonly net = net;
    forward(t: Tensor): Tensor {
      return tap(this.net, ["features"], t).taps.features;
    }
  }
  const { output, taps } = tap(new Outer(), ["net.features.0", "net"], x);
  await same(output, net.features.call(x), 14);
  expect(taps.net.shape).toEqual([5, 4]);
  expect(() => tap(net, ["features"], tensor([[1]]))).toThrow("Linear: x:");
  expect(net.call(x).shape).toEqual([5, 4]);
});

test("errors name near paths", () => {
  expect(() => tap(net, ["feature.0"], x)).toThrow(
    'tap: paths: no module is called "feature.0"; near are features.0, features',
  );
  expect(() => tap(net, ["unused"], x)).toThrow("tap: paths: unused did not run");
  expect(() => tap(net, ["twice"], x)).toThrow("tap: paths: twice ran more than once");
});
