import * as g from "../../src/index.ts";
import { type Any, bad, type Family, f32, gone, i32 } from "./row.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S } = g;
const x = f32(2);
const id = (t: g.Tensor): g.Tensor => t;
const below = (t: g.Tensor): g.Tensor => g.less(g.sum(t), 3);
const step = (_: g.Tensor, t: g.Tensor): g.Tensor => t;

/** Branches and loops. */
export const control: Family = {
  trees: {
    cond: [["pred", "argument 0"], () => [f32(), f32(2)], (p, t) => g.cond(p, id, id, t)],
    switchCase: [["index", "argument 0"], () => [i32(), f32(2)], (i, t) => g.switchCase(i, [id, id], t)],
    whileLoop: [
      ["init.a"],
      () => [f32(2)],
      (a) =>
        g.whileLoop(
          (s: { a: g.Tensor }) => below(s.a),
          (s) => ({ a: g.add(s.a, 1) }),
          { a },
        ),
    ],
    forLoop: [["init"], () => [f32(2)], (t) => g.forLoop(0, 2, step, t)],
    map: [["xs"], () => [f32(2)], (t) => g.map(id, t)],
    associativeScan: [
      ["xs"],
      () => [f32(2)],
      (t) => g.associativeScan(g.add as (a: g.Tensor, b: g.Tensor) => g.Tensor, t),
    ],
  },
  wrong: [
    {
      cond: [
        [S, "pred", () => g.cond(x, id, id, x)],
        [A, "pred", () => g.cond("yes" as Any, id, id, x)],
        [A, "pred", () => g.cond(null as Any, id, id, x)],
        [A, "trueFn", () => g.cond(true, 1 as Any, id, x)],
        [A, "falseFn", () => g.cond(true, id, null as Any, x)],
        [S, "trueFn", () => g.cond(true, (t: g.Tensor) => g.sum(t), id, x)],
        [D, "trueFn", () => g.cond(true, (t: g.Tensor) => g.astype(t, "i32"), id, x)],
        [A, "trueFn", () => g.cond(true, ((t: g.Tensor) => [t]) as Any, id, x)],
        [g.DisposedError, "pred", () => g.cond(gone(f32()), id, id, x)],
      ],
      switchCase: [
        [S, "index", () => g.switchCase(i32(2), [id], x)],
        [D, "index", () => g.switchCase(f32(), [id], x)],
        [D, "index", () => g.switchCase(0.5, [id], x)],
        [D, "index", () => g.switchCase(Number.NaN, [id], x)],
        [A, "index", () => g.switchCase("0" as Any, [id], x)],
        [A, "branches", () => g.switchCase(0, [], x)],
        [A, "branches", () => g.switchCase(0, id as Any, x)],
        [A, "branches[1]", () => g.switchCase(0, [id, 1 as Any], x)],
        [S, "branches[1]", () => g.switchCase(0, [id, (t: g.Tensor) => g.sum(t)], x)],
      ],
      whileLoop: [
        [A, "condFn", () => g.whileLoop(1 as Any, id, x)],
        [A, "bodyFn", () => g.whileLoop(below, 1 as Any, x)],
        [A, "condFn", () => g.whileLoop((() => true) as Any, id, x)],
        [S, "condFn", () => g.whileLoop((t: g.Tensor) => g.less(t, 3), id, x)],
        [A, "bodyFn", () => g.whileLoop(below, ((t: g.Tensor) => [t]) as Any, x)],
        [S, "bodyFn", () => g.whileLoop(below, (t: g.Tensor) => g.sum(t), x)],
        [D, "bodyFn", () => g.whileLoop(below, (t: g.Tensor) => g.astype(t, "f64"), x)],
        [A, "maxSteps", () => g.whileLoop(below, id, x, { maxSteps: -1 })],
        [A, "maxSteps", () => g.whileLoop(below, id, x, { maxSteps: Number.NaN })],
        [A, "nothing", () => g.whileLoop(below, id, x, bad)],
      ],
      forLoop: [
        [A, "body", () => g.forLoop(0, 2, 1 as Any, x)],
        [A, "lower", () => g.forLoop(0.5, 2, step, x)],
        [A, "upper", () => g.forLoop(0, Number.NaN, step, x)],
        [A, "upper", () => g.forLoop(0, "2" as Any, step, x)],
        [D, "upper", () => g.forLoop(0, f32(), step, x)],
        [S, "upper", () => g.forLoop(0, i32(2), step, x)],
        [S, "lower", () => g.forLoop(i32(2), 3, step, x)],
        [g.DisposedError, "upper", () => g.forLoop(0, gone(i32()), step, x)],
        [S, "body", () => g.forLoop(0, 2, (_, t: g.Tensor) => g.sum(t), x)],
        [D, "body", () => g.forLoop(0, 2, (_, t: g.Tensor) => g.astype(t, "f64"), x)],
        [S, "body", () => g.forLoop(0, i32(), (_, t: g.Tensor) => g.sum(t), x)],
        [A, "body", () => g.forLoop(0, 2, ((_: Any, t: g.Tensor) => [t]) as Any, x)],
        [A, "checkpoint", () => g.forLoop(0, 2, step, x, { checkpoint: 1 as Any })],
        [A, "maxSteps", () => g.forLoop(0, 2, step, x, { maxSteps: 0.5 })],
        [A, "nothing", () => g.forLoop(0, 2, step, x, bad)],
      ],
      map: [
        [A, "f", () => g.map(1 as Any, x)],
        [A, "xs", () => g.map(id as Any, {})],
        [S, "xs", () => g.map(id, f32())],
        [S, "xs", () => g.map((t: g.Tensor[]) => t, [x, f32(3)])],
        [A, "batchSize", () => g.map(id, x, { batchSize: 0 })],
        [A, "batchSize", () => g.map(id, x, { batchSize: Number.NaN })],
        [A, "nothing", () => g.map(id, x, bad)],
      ],
      associativeScan: [
        [A, "f", () => g.associativeScan(1 as Any, x)],
        [A, "xs", () => g.associativeScan(step as Any, {})],
        [S, "xs", () => g.associativeScan((a: g.Tensor[]) => a, [x, f32(3)])],
        [S, "axis", () => g.associativeScan(step, x, { axis: 1 })],
        [A, "axis", () => g.associativeScan(step, x, { axis: Number.NaN })],
        [S, "axis", () => g.associativeScan((a: g.Tensor[]) => a, [f32(2, 2), x], { axis: -1 })],
        [S, "f", () => g.associativeScan((a: g.Tensor) => g.sum(a), x)],
        [A, "f", () => g.associativeScan(((a: g.Tensor) => [a]) as Any, x)],
        [A, "reverse", () => g.associativeScan(step, x, { reverse: 1 as Any })],
        [A, "nothing", () => g.associativeScan(step, x, bad)],
      ],
    },
  ],
};
