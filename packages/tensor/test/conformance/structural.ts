import { stopGradient } from "../../src/functions/shaping.ts";
import {
  barrier,
  broadcast,
  concatPrimitive,
  flipPrimitive,
  iotaPrimitive,
  padPrimitive,
  permutePrimitive,
  reshapePrimitive,
  slicePrimitive,
} from "../../src/primitives/structure.ts";
import { aliasOf, apply, type Tensor } from "../../src/tensor.ts";
import { shapes, under } from "./shapes.ts";
import { all, type Trial, without } from "./trial.ts";
import { values } from "./values.ts";

type Move = (x: Tensor, other: Tensor) => Tensor;
const each = (x: Tensor, f: (n: number, i: number) => number): number[] => x.shape.map(f);
const pad = (x: Tensor, low: number[], high: number[], interior: number[], value: number): Tensor =>
  apply(padPrimitive, [x], { low, high, interior, value });

/** What moves elements, for any shape. */
const moves: Readonly<Record<string, Move>> = {
  reshape: (x) => apply(reshapePrimitive, [x], { shape: [1, x.size] }),
  "reshape to factors": (x) => {
    const n = x.size;
    const d = [7, 5, 3, 2].find((k) => n % k === 0) ?? 1;
    return apply(reshapePrimitive, [x], { shape: [n / d, d] });
  },
  broadcast: (x) => apply(broadcast, [x], { shape: [2, ...x.shape, 3], axes: each(x, (_, i) => i + 1) }),
  permute: (x) => apply(permutePrimitive, [x], { axes: each(x, (_, i) => x.rank - 1 - i) }),
  "permute, cyclic": (x) => apply(permutePrimitive, [x], { axes: each(x, (_, i) => (i + 1) % x.rank) }),
  slice: (x) =>
    apply(slicePrimitive, [x], {
      start: each(x, (n) => Math.min(1, n)),
      stop: each(x, (n) => n),
      step: each(x, (_, i) => i + 1),
    }),
  "slice of all but the last": (x) =>
    apply(slicePrimitive, [x], {
      start: each(x, () => 0),
      stop: each(x, (n) => Math.max(0, n - 1)),
      step: each(x, () => 1),
    }),
  flip: (x) => apply(flipPrimitive, [x], { axes: each(x, (_, i) => i) }),
  "flip of the last axis": (x) => apply(flipPrimitive, [x], { axes: x.rank === 0 ? [] : [x.rank - 1] }),
  pad: (x) =>
    pad(
      x,
      each(x, (_, i) => i + 1),
      each(x, (_, i) => 2 * i),
      each(x, () => 0),
      1,
    ),
  "pad with interior": (x) =>
    pad(
      x,
      each(x, () => 1),
      each(x, () => 2),
      each(x, (_, i) => (i % 2) + 1),
      1,
    ),
  "pad by less than nothing": (x) =>
    pad(
      x,
      each(x, (n) => -Math.min(1, n)),
      each(x, (n) => (n > 1 ? -1 : 0)),
      each(x, () => 0),
      1,
    ),
  "pad, cut and spread": (x) =>
    pad(
      x,
      each(x, (n) => (n > 1 ? -1 : 3)),
      each(x, (n) => (n > 1 ? -2 : 0)),
      each(x, () => 2),
      0,
    ),
  concat: (x, y) => (x.rank === 0 ? x : apply(concatPrimitive, [x, y, x], { axis: x.rank - 1 })),
  "concat of first axes": (x, y) => (x.rank === 0 ? x : apply(concatPrimitive, [x, y], { axis: 0 })),
  "concat of one": (x) => (x.rank === 0 ? x : apply(concatPrimitive, [x], { axis: 0 })),
  barrier: (x, y) => barrier(x, y),
  stopGradient: (x) => stopGradient(x),
  alias: (x) => aliasOf(x, 0),
};
/** Those that give the input itself for a scalar would test nothing there. */
const needsAxes = new Set(["concat", "concat of first axes", "concat of one", "permute, cyclic"]);

export function* structuralTrials(): Generator<Trial> {
  for (const dtype of all) {
    for (const [name, move] of Object.entries(moves)) {
      for (const { family, shape } of shapes) {
        if (shape.length === 0 && needsAxes.has(name)) continue;
        // what is merely spread stays small
        if (family === "large" && name === "broadcast" && dtype !== "f32" && dtype !== "u8") {
          yield without(
            `${name} ${dtype} ${family}`,
            "spread six times, the large shape takes long; f32 and u8 see it",
          );
          continue;
        }
        yield {
          label: `${name} ${dtype} ${family}`,
          f: () => [move(values(shape, dtype, 1), values(shape, dtype, 2))],
        };
      }
      for (const { view, look } of under([5, 7, 11]))
        yield {
          label: `${name} ${dtype} ${view}`,
          f: () => [
            move(
              look((s) => values(s, dtype, 1)),
              look((s) => values(s, dtype, 2)),
            ),
          ],
        };
      yield {
        label: `${name} ${dtype} edges`,
        f: () => [move(values([61], dtype, 1, "any", "edges"), values([61], dtype, 2, "any", "edges"))],
      };
    }
    for (const { family, shape } of shapes)
      for (const axis of shape.length === 0 ? [] : [...new Set([0, shape.length - 1])])
        yield {
          label: `iota ${dtype} ${family} of axis ${axis}`,
          f: () => [apply(iotaPrimitive, [], { shape, dtype, axis })],
        };
    // integers wrap, floats run out of digits
    yield { label: `iota ${dtype} long`, f: () => [apply(iotaPrimitive, [], { shape: [3000], dtype, axis: 0 })] };
  }
}
