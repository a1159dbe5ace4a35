import * as g from "../../src/index.ts";
import { type Frames, foldPrimitive, unfoldPrimitive } from "../../src/primitives/frames.ts";
import { apply } from "../../src/tensor.ts";
import type { Case, Domain } from "../cases.ts";

type Tensor = g.Tensor;

const one = (
  name: string,
  shape: readonly number[],
  f: (x: Tensor) => Tensor,
  domain: Domain = "any",
  more: Partial<Case> = {},
): Case => ({ name, inputs: [{ shape, domain }], f, ...more });
const two = (name: string, p: readonly number[], q: readonly number[], f: (x: Tensor, y: Tensor) => Tensor): Case => ({
  name,
  inputs: [p, q].map((shape) => ({ shape, domain: "small" })),
  f: f as Case["f"],
});

const frames: Frames = { input: [4, 5], size: [2, 2], count: [3, 2], stride: [2, 1], dilation: [1, 3], low: [1, 0] };

/** Calls that reach every path of the primitives for windows side by side and for sparse matrices along an axis. */
export const imageCases: readonly Case[] = [
  one("unfold with padding, stride and dilation", [2, 4, 5], (x) => apply(unfoldPrimitive, [x], frames), "any", {
    integers: true,
  }),
  one("fold with padding, stride and dilation", [2, 2, 2, 3, 2], (x) => apply(foldPrimitive, [x], frames), "any", {
    integers: true,
    terms: 4,
  }),
  one("fold of strided windows", [1, 3, 3], (x) => g.fold(x, [7], 3, { stride: 2 }), "any", {
    integers: true,
    terms: 2,
  }),
  one(
    "fold of windows with gaps between",
    [1, 4, 3],
    (x) => g.fold(x, [7], 2, { stride: 3, padding: [[1, 0]] }),
    "any",
    {
      integers: true,
    },
  ),
  one("resample of the last axis", [1, 2, 5], (x) => g.interpolate(x, { size: 7, mode: "linear" })),
  one("resample of an inner axis, smaller", [1, 2, 5, 3], (x) => g.resize(x, [1, 2, 3, 3], { method: "cubic" })),
  one("resample that leaves elements out", [1, 1, 5], (x) => g.interpolate(x, { size: 2 })),
];

const affine = (places: Tensor): Tensor => g.reshape(places, [1, 3, 2, 2]);
const modes = ["linear", "nearest", "cubic"] as const;

/** Every function on the table of derivatives. */
export const imageFunctions: readonly Case[] = [
  two("convTranspose 1d", [1, 2, 3], [2, 2, 3], (x, w) => g.convTranspose(x, w, { stride: 2, padding: 1 })),
  two("convTranspose grouped", [1, 2, 2, 3], [2, 1, 2, 2], (x, w) =>
    g.convTranspose(x, w, { groups: 2, stride: [2, 1], dilation: [1, 2], outputPadding: [1, 0] }),
  ),
  two("convTranspose same", [1, 1, 4], [1, 2, 3], (x, w) => g.convTranspose(x, w, { stride: 2, padding: "same" })),
  one("unfold", [1, 2, 4, 3], (x) => g.unfold(x, 2, { padding: [1, 0], stride: [2, 1] })),
  one("unfold 1d", [1, 1, 6], (x) => g.unfold(x, 3, { dilation: 2 })),
  one("fold", [1, 8, 4], (x) => g.fold(x, [4, 3], 2, { stride: [2, 1] })),
  one("interpolate nearest", [1, 1, 3, 4], (x) => g.interpolate(x, { size: [5, 3] })),
  one("interpolate nearest by a factor", [1, 1, 3], (x) => g.interpolate(x, { scale: 2 })),
  one("interpolate linear", [1, 1, 3, 4], (x) => g.interpolate(x, { size: [5, 3], mode: "linear" })),
  one("interpolate aligned", [1, 1, 3], (x) => g.interpolate(x, { size: 5, mode: "linear", alignCorners: true })),
  one("interpolate cubic", [1, 1, 4, 3], (x) => g.interpolate(x, { size: [3, 5], mode: "cubic" })),
  one("interpolate area", [1, 1, 5], (x) => g.interpolate(x, { size: 3, mode: "area" })),
  one("resize", [4, 3], (x) => g.resize(x, [2, 5])),
  one("resize by lanczos3", [5], (x) => g.resize(x, [3], { method: "lanczos3" })),
  ...modes.flatMap((mode) =>
    (["zeros", "border", "reflection"] as const).map((padding) =>
      two(`gridSample ${mode} ${padding}`, [1, 1, 3, 4], [3, 2, 2], (x, u) =>
        g.gridSample(x, g.mul(affine(u), 1.3), { mode, padding }),
      ),
    ),
  ),
  two("gridSample 3d", [1, 1, 2, 2, 3], [1, 2, 3], (x, u) => g.gridSample(x, g.mul(u, 0.9), { alignCorners: true })),
  one("affineGrid", [1, 2, 3], (t) => g.affineGrid(t, [2, 3])),
  one("pixelShuffle", [1, 4, 2, 1], (x) => g.pixelShuffle(x, 2)),
  one("pixelUnshuffle", [1, 1, 4, 2], (x) => g.pixelUnshuffle(x, 2)),
  one("localResponseNorm", [1, 4, 2], (x) => g.localResponseNorm(x, 3, { alpha: 0.5 })),
  one("adaptiveAvgPool", [1, 1, 5, 4], (x) => g.adaptiveAvgPool(x, [3, 2])),
  one("adaptiveMaxPool", [1, 1, 5, 4], (x) => g.adaptiveMaxPool(x, [3, 2])),
  one("lpPool", [1, 1, 5], (x) => g.lpPool(x, 2, 3, { stride: 1, padding: 1 }), "positive"),
  one("lpPool of the third power", [1, 1, 4], (x) => g.lpPool(x, 3, 2)),
  one("lpPool of the largest", [1, 1, 4], (x) => g.lpPool(x, Infinity, 2)),
  {
    name: "maxUnpool",
    inputs: [{ shape: [1, 1, 4] }, { shape: [1, 1, 4], dtype: "i32", data: [5, 0, 5, 9] }],
    f: (x, i) => g.maxUnpool(x as Tensor, i as Tensor, [6]),
  },
  ...(["edge", "reflect", "symmetric", "wrap"] as const).map((mode) =>
    one(`pad ${mode}`, [2, 3], (x) =>
      g.pad(
        x,
        [
          [1, 0],
          [2, 7],
        ],
        mode,
      ),
    ),
  ),
  two("convolve", [5], [3], (a, b) => g.convolve(a, b)),
  two("convolve same", [2, 3], [3, 2], (a, b) => g.convolve(a, b, "same")),
  two("correlate", [3], [5], (a, b) => g.correlate(a, b)),
  two("correlate valid", [3], [5], (a, b) => g.correlate(a, b, "valid")),
  two("stft", [9], [4], (x, window) => {
    const { re, im } = g.stft(x, 4, { hop: 2, window, normalized: true });
    return g.concat([g.flatten(g.mul(re, re)), g.flatten(im)]);
  }),
  {
    name: "istft",
    inputs: [
      { shape: [3, 4], domain: "small" },
      { shape: [3, 4], domain: "small" },
      { shape: [4], domain: "positive" },
    ],
    f: (re, im, window) => g.istft({ re: re as Tensor, im: im as Tensor }, 4, { hop: 2, window: window as Tensor }),
  },
];
