import { expect, test } from "vitest";
import { Order } from "../src/webgpu/order.ts";

test("jobs are done at once while nothing waits, else in turn", async () => {
  const order = new Order();
  const said: string[] = [];
  order.do(() => {
    said.push("a");
  });
  expect(said).toEqual(["a"]);
  let finish = (): void => undefined;
  order.do(() => new Promise<void>((done) => (finish = done)));
  expect(order.idle).toBe(false);
  order.do(() => {
    said.push("b");
  });
  order.do(async () => {
    await Promise.resolve();
    said.push("c");
  });
  const end = new Promise<void>((done) => order.do(done));
  expect(said).toEqual(["a"]);
  finish();
  await end;
  expect(said).toEqual(["a", "b", "c"]);
  await Promise.resolve();
  expect(order.idle).toBe(true);
  expect(() =>
    order.do(() => {
      throw new Error("at once");
    }),
  ).toThrow("at once");
  expect(order.idle).toBe(true);
});
