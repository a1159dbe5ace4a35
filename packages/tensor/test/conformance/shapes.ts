import * as s from "../../src/functions/shaping.ts";
import type { Tensor } from "../../src/tensor.ts";

/** Shapes of all families that have no views. */
export const shapes: readonly { readonly family: string; readonly shape: readonly number[] }[] = [
  { family: "scalar", shape: [] },
  { family: "empty", shape: [3, 0, 2] },
  { family: "size 1", shape: [1, 1] },
  { family: "odd", shape: [3, 5, 7] },
  { family: "row", shape: [37] },
  { family: "large", shape: [67, 129] },
];

type Draw = (shape: readonly number[]) => Tensor;
interface View {
  readonly view: string;
  /** A tensor of the shape asked for, seen through a view of what `draw` gives. */
  readonly look: (draw: Draw) => Tensor;
}

/** Ways of looking at memory that give a tensor of `shape`. */
export function under(shape: readonly number[]): View[] {
  const reversed = [...shape].reverse();
  const one = shape.map((n, i) => (i === shape.length - 1 ? 1 : n));
  const first = shape.map((n, i) => (i === 0 ? 1 : n));
  const half = Math.ceil((shape.at(-1) ?? 1) / 2);
  return [
    { view: "permuted", look: (draw) => s.permute(draw(reversed)) },
    { view: "flipped", look: (draw) => s.flip(draw(shape)) },
    {
      view: "strided",
      look: (draw) => {
        const x = draw(shape.map((n, i) => 1 + n * (i + 2)));
        return s.slice(
          x,
          shape.map(() => 1),
          x.shape,
          shape.map((_, i) => i + 2),
        );
      },
    },
    {
      view: "every second of a row",
      look: (draw) => {
        const x = draw(shape.map((n, i) => (i === shape.length - 1 ? 2 * n : n)));
        return s.slice(
          x,
          [],
          x.shape,
          shape.map((_, i) => (i === shape.length - 1 ? 2 : 1)),
        );
      },
    },
    {
      view: "a part",
      look: (draw) =>
        s.slice(
          draw(shape.map((n) => n + 3)),
          shape.map(() => 2),
          shape.map((n) => n + 2),
        ),
    },
    { view: "a broadcast column", look: (draw) => s.broadcastTo(draw(one), shape) },
    { view: "a broadcast row", look: (draw) => s.broadcastTo(draw(first), shape) },
    { view: "reshaped", look: (draw) => s.reshape(s.permute(draw(reversed)), shape) },
    {
      view: "padded",
      look: (draw) =>
        s.pad(
          draw(shape.map((n, i) => (i === shape.length - 1 ? half : n))),
          shape.map((n, i) => (i === shape.length - 1 ? ([n - half, 0] as const) : ([0, 0] as const))),
          1,
        ),
    },
    {
      view: "permuted and padded",
      look: (draw) =>
        s.pad(
          s.permute(draw([...shape.slice(0, -1), half].reverse())),
          shape.map((n, i) => (i === shape.length - 1 ? ([n - half, 0] as const) : ([0, 0] as const))),
        ),
    },
  ];
}
