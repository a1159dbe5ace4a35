import * as g from "../../src/index.ts";
import { type Any, bad, type Call, call, type Family, f32, i32, type Row, wrongRows } from "./row.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S } = g;
const [line, image] = [f32(1, 1, 4), f32(1, 1, 4, 4)];
const one = (name: string, shape: number[], ...rest: unknown[]): [string, Call] => [
  name,
  [["x"], () => [f32(...shape)], call(name, ...rest)],
];

const calls: Readonly<Record<string, Call>> = {
  ...Object.fromEntries([
    one("unfold", [1, 1, 4], 2),
    one("fold", [1, 2, 3], [4], 2),
    one("interpolate", [1, 1, 4], { size: 3 }),
    one("resize", [4], [3]),
    one("pixelShuffle", [1, 2, 4], 2),
    one("pixelUnshuffle", [1, 2, 4], 2),
    one("localResponseNorm", [1, 2, 4], 2),
    one("adaptiveAvgPool", [1, 1, 4], 2),
    one("adaptiveMaxPool", [1, 1, 4], 2),
    one("lpPool", [1, 1, 4], 2, 2),
    one("argmaxPool", [1, 1, 4], 2),
  ]),
  stft: [["x", "window"], () => [f32(8), f32(4)], (x, window) => g.stft(x, 4, { window })],
  istft: [
    ["x.re", "x.im", "window"],
    () => [f32(3, 2), f32(3, 2), f32(4)],
    (re, im, window) => g.istft({ re, im }, 4, { window }),
  ],
  convTranspose: [["x", "w"], () => [f32(1, 2, 4), f32(2, 1, 2)], call("convTranspose")],
  gridSample: [["x", "grid"], () => [f32(1, 1, 4, 4), f32(1, 3, 2)], call("gridSample")],
  affineGrid: [["theta"], () => [f32(1, 2, 3)], call("affineGrid", [2, 2])],
  maxUnpool: [["x", "positions"], () => [f32(1, 1, 2), i32(1, 1, 2)], call("maxUnpool", [4])],
  convolve: [["a", "b"], () => [f32(4), f32(2)], call("convolve")],
  correlate: [["a", "b"], () => [f32(4), f32(2)], call("correlate")],
};

const windowOptions = (f: (options: Any) => unknown): Row[] => [
  [A, "stride", () => f({ stride: 0 })],
  [A, "padding", () => f({ padding: -1 })],
  [A, "dilation", () => f({ dilation: Number.NaN })],
  [A, "nothing", () => f(bad)],
];
const taper = (f: (...args: Any[]) => unknown): Row[] => [
  [A, "n", () => f(0)],
  [A, "n", () => f(Number.NaN)],
  [A, "periodic", () => f(3, { periodic: 1 })],
  [D, "dtype", () => f(3, { dtype: "i32" })],
  [A, "nothing", () => f(3, bad)],
];
const pooled = (f: (x: g.Tensor, size: Any) => unknown): Row[] => [
  [S, "x", () => f(f32(2, 3), 2)],
  [S, "x", () => f(f32(1, 1, 0), 2)],
  [A, "size", () => f(line, 0)],
  [A, "size", () => f(image, [2])],
];

const wrong: Readonly<Record<string, readonly Row[]>> = {
  convTranspose: [
    [S, "x", () => g.convTranspose(f32(2, 3), f32(2, 3))],
    [S, "x", () => g.convTranspose(f32(1, 1, 0), f32(1, 1, 2))],
    [S, "w", () => g.convTranspose(line, f32(2, 1, 2))],
    [S, "w", () => g.convTranspose(line, f32(1, 1, 0))],
    [S, "groups", () => g.convTranspose(line, f32(1, 1, 2), { groups: 2 })],
    [S, "padding", () => g.convTranspose(line, f32(1, 1, 2), { padding: 3 })],
    [A, "outputPadding", () => g.convTranspose(line, f32(1, 1, 2), { outputPadding: 1 })],
    [A, "outputPadding", () => g.convTranspose(line, f32(1, 1, 2), { stride: 2, outputPadding: -1 })],
    [A, "outputPadding", () => g.convTranspose(line, f32(1, 1, 2), { stride: 2, outputPadding: 1, padding: "same" })],
    ...windowOptions((o) => g.convTranspose(line, f32(1, 1, 2), o)),
  ],
  unfold: [
    [S, "x", () => g.unfold(f32(2, 3), 2)],
    [S, "size", () => g.unfold(line, 5)],
    [A, "size", () => g.unfold(line, 0)],
    ...windowOptions((o) => g.unfold(line, 2, o)),
  ],
  fold: [
    [S, "x", () => g.fold(f32(1, 2, 3), [5], 2)],
    [S, "x", () => g.fold(f32(1, 3, 3), [4], 2)],
    [S, "x", () => g.fold(f32(2, 3), [4], 2)],
    [A, "output", () => g.fold(f32(1, 2, 3), 4 as Any, 2)],
    [S, "size", () => g.fold(f32(1, 2, 3), [4], 5)],
    ...windowOptions((o) => g.fold(f32(1, 2, 3), [4], 2, o)),
  ],
  interpolate: [
    [S, "x", () => g.interpolate(f32(2, 3), { size: 2 })],
    [S, "x", () => g.interpolate(f32(1, 1, 0), { size: 2 })],
    [A, "size", () => g.interpolate(line)],
    [A, "size", () => g.interpolate(line, { size: 2, scale: 2 })],
    [A, "size", () => g.interpolate(line, { size: 0 })],
    [A, "scale", () => g.interpolate(line, { scale: [2, 2] })],
    [A, "scale", () => g.interpolate(line, { scale: Number.NaN })],
    [S, "scale", () => g.interpolate(line, { scale: 0.1 })],
    [A, "mode", () => g.interpolate(line, { size: 2, mode: "bilinear" as Any })],
    [A, "alignCorners", () => g.interpolate(line, { size: 2, alignCorners: true })],
    [A, "antialias", () => g.interpolate(line, { size: 2, mode: "area", antialias: true })],
    [A, "nothing", () => g.interpolate(line, { size: 2, ...bad })],
  ],
  resize: [
    [A, "shape", () => g.resize(line, [-1, 1, 1])],
    [S, "shape", () => g.resize(line, [3])],
    [S, "shape", () => g.resize(f32(0), [3])],
    [A, "method", () => g.resize(line, [1, 1, 2], { method: "area" as Any })],
    [A, "antialias", () => g.resize(line, [1, 1, 2], { antialias: 1 as Any })],
    [A, "nothing", () => g.resize(line, [1, 1, 2], bad)],
  ],
  gridSample: [
    [S, "x", () => g.gridSample(f32(2, 3), f32(2, 3))],
    [S, "grid", () => g.gridSample(image, f32(1, 2, 2, 3))],
    [S, "grid", () => g.gridSample(image, f32(2, 2, 2, 2))],
    [A, "mode", () => g.gridSample(image, f32(1, 2, 2, 2), { mode: "bilinear" as Any })],
    [A, "padding", () => g.gridSample(image, f32(1, 2, 2, 2), { padding: "edge" as Any })],
    [A, "alignCorners", () => g.gridSample(image, f32(1, 2, 2, 2), { alignCorners: 1 as Any })],
    [A, "nothing", () => g.gridSample(image, f32(1, 2, 2, 2), bad)],
  ],
  affineGrid: [
    [S, "theta", () => g.affineGrid(f32(1, 3, 4), [2, 2])],
    [A, "size", () => g.affineGrid(f32(1, 2, 3), [2, 0])],
    [A, "nothing", () => g.affineGrid(f32(1, 2, 3), [2, 2], bad)],
  ],
  pixelShuffle: [
    [S, "x", () => g.pixelShuffle(f32(4, 4), 2)],
    [S, "factor", () => g.pixelShuffle(image, 2)],
    [A, "factor", () => g.pixelShuffle(image, 0)],
  ],
  pixelUnshuffle: [
    [S, "x", () => g.pixelUnshuffle(f32(4, 4), 2)],
    [S, "factor", () => g.pixelUnshuffle(image, 3)],
    [A, "factor", () => g.pixelUnshuffle(image, 0.5)],
  ],
  localResponseNorm: [
    [S, "x", () => g.localResponseNorm(f32(2, 3), 2)],
    [A, "size", () => g.localResponseNorm(line, 0)],
    [A, "k", () => g.localResponseNorm(line, 2, { k: 0 })],
    [A, "alpha", () => g.localResponseNorm(line, 2, { alpha: -1 })],
    [A, "beta", () => g.localResponseNorm(line, 2, { beta: Number.NaN })],
    [A, "nothing", () => g.localResponseNorm(line, 2, bad)],
  ],
  adaptiveAvgPool: pooled(g.adaptiveAvgPool),
  adaptiveMaxPool: pooled(g.adaptiveMaxPool),
  argmaxPool: [
    ...pooled((x, size) => g.argmaxPool(x, size)),
    ...windowOptions((o) => g.argmaxPool(line, 2, o)),
    [S, "size", () => g.argmaxPool(line, 5)],
  ],
  lpPool: [
    ...pooled((x, size) => g.lpPool(x, 2, size)),
    ...windowOptions((o) => g.lpPool(line, 2, 2, o)),
    [A, "p", () => g.lpPool(line, 0.5, 2)],
    [S, "size", () => g.lpPool(line, 2, 5)],
    [A, "padding", () => g.lpPool(line, Number.POSITIVE_INFINITY, 2, { padding: 2 })],
  ],
  maxUnpool: [
    [S, "positions", () => g.maxUnpool(line, i32(1, 1, 3), [4])],
    [D, "positions", () => g.maxUnpool(line, line, [4])],
    [A, "size", () => g.maxUnpool(line, i32(1, 1, 4), [4, 4])],
    [A, "size", () => g.maxUnpool(line, i32(1, 1, 4), 4 as Any)],
  ],
  ...wrongRows("convolve correlate", (f) => [
    [S, "b", () => f(f32(3), f32(3, 3))],
    [S, "b", () => f(f32(), f32())],
    [S, "b", () => f(f32(3, 2), f32(2, 3), "valid")],
    [S, "a", () => f(f32(0), f32(2))],
    [A, "mode", () => f(f32(3), f32(2), "whole")],
  ]),
  stft: [
    [A, "size", () => g.stft(f32(8), 1)],
    [S, "x", () => g.stft(f32(), 4)],
    [S, "x", () => g.stft(f32(3), 4, { center: false })],
    [S, "x", () => g.stft(f32(0), 4)],
    [A, "hop", () => g.stft(f32(8), 4, { hop: 0 })],
    [S, "window", () => g.stft(f32(8), 4, { window: f32(5) })],
    [A, "window", () => g.stft(f32(8), 4, { window: "hann" as Any })],
    [A, "padMode", () => g.stft(f32(8), 4, { padMode: "none" as Any })],
    [A, "center", () => g.stft(f32(8), 4, { center: 1 as Any })],
    [A, "nothing", () => g.stft(f32(8), 4, bad)],
  ],
  istft: [
    [S, "x", () => g.istft({ re: f32(4, 2), im: f32(4, 2) }, 4)],
    [S, "x.im", () => g.istft({ re: f32(3, 2), im: f32(3, 3) }, 4)],
    [A, "length", () => g.istft({ re: f32(3, 2), im: f32(3, 2) }, 4, { length: 9 })],
    [A, "nothing", () => g.istft({ re: f32(3, 2), im: f32(3, 2) }, 4, bad)],
  ],
  ...wrongRows("hann hamming blackman bartlett", taper),
  kaiser: [
    ...taper((n, o) => g.kaiser(n, 5, o)),
    [A, "beta", () => g.kaiser(3, -1)],
    [A, "beta", () => g.kaiser(3, Number.NaN)],
  ],
};

/** Images and signals. */
export const images: Family = {
  calls,
  wrong: [
    wrong,
    {
      pad: [
        [A, "value", () => g.pad(f32(1), [[0, 1]], "mirror" as Any)],
        [S, "x", () => g.pad(f32(0), [[0, 1]], "edge")],
      ],
    },
  ],
};
