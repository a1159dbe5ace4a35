import { grad, key, sum, tensor, zeros } from "@gradus/tensor";
import { expect, test } from "vitest";
import { Embedding, LearnedPositions, SinusoidalPositions } from "../src/index.ts";
import { close, filled, same } from "./help.ts";

const f64 = { dtype: "f64" } as const;

test("rows by index; the row of the padding starts as zeros and gets no derivative", async () => {
  const embed = new Embedding(5, 3, { key: key(0), paddingIndex: 2, ...f64 });
  const x = tensor(
    [
      [4, 2],
      [2, 0],
    ],
    { dtype: "u8" },
  );
  const y = embed.call(x);
  expect(y.shape).toEqual([2, 2, 3]);
  await same(y.at(0, 0), embed.weight.at(4));
  expect([...(await y.at(1, 0).data())]).toEqual([0, 0, 0]);
  const g = grad((m: Embedding) => sum(m.call(x)))(embed);
  expect([...(await g.weight.sum(1).data())]).toEqual([3, 0, 0, 0, 3]);
  // rows that several indices share add up
  const twice = grad((m: Embedding) => sum(m.call(tensor([1, 1, 3], { dtype: "i32" }))))(embed);
  expect([...(await twice.weight.sum(1).data())]).toEqual([0, 6, 0, 3, 0]);
});

test("an index outside is seen", async () => {
  const y = await new Embedding(5, 1, { key: key(0) }).call(tensor([5, -1, 4], { dtype: "i32" })).data();
  expect([...y].map(Number.isNaN)).toEqual([true, true, false]);
});

test("positions: sine and cosine in turns; learned rows; from an offset on", async () => {
  const waves = await new SinusoidalPositions(4).call(zeros([3, 4], f64), 1).data();
  close(
    waves,
    [1, 2, 3].flatMap((p) => [Math.sin(p), Math.cos(p), Math.sin(p / 100), Math.cos(p / 100)]),
    12,
  );
  const learned = new LearnedPositions(5, 4, { key: key(1), ...f64 });
  const x = filled([2, 3, 4]);
  await same(learned.call(x, 2), x.add(learned.weight.at([2, 5])), 14);
  await same(learned.call(x, tensor(1, { dtype: "i32" })), learned.call(x, 1), 14);
  expect(() => learned.call(x, 3)).toThrow("LearnedPositions: x: [2,3,4] is longer than the layer's 5 positions");
  const late = await learned.call(x, tensor(3, { dtype: "i32" })).data();
  expect([...late].map(Number.isNaN).slice(0, 12)).toEqual([...Array(8).fill(false), ...Array(4).fill(true)]);
});
