import { tensor } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import * as o from "../src/index.ts";

const at = (schedule: o.Schedule, t: number): number => schedule(tensor(t, { dtype: "i32" })).itemSync() as number;
const near = (schedule: o.Schedule, t: number, wanted: number): void =>
  expect(at(schedule, t) / wanted).toBeCloseTo(1, 5);

describe("schedules", () => {
  test("polynomial", () => {
    const s = o.polynomial({ from: 2, to: 0.5, steps: 10, power: 2 });
    for (const t of [0, 3, 9]) near(s, t, 0.5 + 1.5 * (1 - t / 10) ** 2);
    for (const t of [10, 50]) near(s, t, 0.5);
    near(o.polynomial({ from: 0, to: 1, steps: 4 }), 3, 0.75);
  });
  test("exponential, with and without stairs", () => {
    near(o.exponential({ from: 3, decay: 0.5, every: 4 }), 6, 3 * 0.5 ** 1.5);
    near(o.exponential({ from: 3, decay: 0.5, every: 4, staircase: true }), 7, 1.5);
    near(o.exponential({ from: 3, decay: 0.5, every: 4, staircase: true }), 8, 0.75);
  });
  test("piecewise, of numbers and of schedules", () => {
    const s = o.piecewise(
      [o.polynomial({ from: 0, to: 4, steps: 4 }), 7, o.exponential({ from: 1, decay: 0.5 })],
      [4, 6],
    );
    expect([0, 2, 4, 5].map((t) => at(s, t))).toEqual([0, 2, 7, 7]);
    expect([6, 7, 9].map((t) => at(s, t))).toEqual([1, 0.5, 0.125]);
  });
  test("one cycle: from peak / 25 up to the peak at 30 %, down to peak / 250,000", () => {
    const s = o.oneCycle({ peak: 2, steps: 100 });
    near(s, 0, 2 / 25);
    near(s, 29, 2);
    near(s, 99, 2 / 25e4);
    for (let t = 1; t < 100; t++) expect(Math.sign(at(s, t) - at(s, t - 1))).toBe(t <= 29 ? 1 : -1);
  });
});
