import { beforeAll, describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { arrays } from "./arrays.ts";
import { near, x } from "./help.ts";
import { pytorch } from "./pytorch.ts";

type Tensor = g.Tensor;
const [line, plane, cube] = [x(1, 1, 2, 5), x(1, 1, 2, 4, 5), x(1, 1, 1, 3, 2, 4)];
const [grid2, grid3] = [g.mul(x(3, 1, 3, 4, 2), 2.6), g.mul(x(3, 1, 2, 2, 3, 3), 2.6)];
const hann = g.hann(8, { periodic: true, dtype: "f64" });
const edges = (t: Tensor): Tensor => g.mul(t, g.tensor([0, 1, 1, 1, 0], { shape: [5, 1], dtype: "f64" }));
const spectrum: g.Complex = { re: x(1, 5, 6), im: edges(x(2, 5, 6)) };
const both = ({ re, im }: g.Complex): Tensor => g.stack([re, im]);
const aligned = (name: string): { alignCorners: boolean } => ({ alignCorners: name.endsWith("aligned") });
const columns = { dilation: [2, 1], padding: [1, 0], stride: [1, 2] };

/** By the first words of a case, the call that makes it. */
const calls: Readonly<Record<string, (name: string) => Tensor>> = {
  "convTranspose 1d": () => g.convTranspose(x(1, 2, 3, 4), x(2, 3, 2, 3), { stride: 2, padding: 1, outputPadding: 1 }),
  "convTranspose 2d": () =>
    g.convTranspose(x(1, 1, 4, 3, 2), x(2, 4, 3, 3, 2), {
      stride: [2, 3],
      padding: [1, 0],
      outputPadding: [0, 2],
      groups: 2,
    }),
  "convTranspose dilated": () =>
    g.convTranspose(x(1, 1, 2, 3, 3), x(2, 2, 1, 2, 3), { dilation: [3, 2], padding: 2, outputPadding: 1 }),
  "convTranspose 3d": () => g.convTranspose(x(1, 1, 2, 2, 2, 2), x(2, 2, 1, 2, 2, 2), { stride: 2 }),
  unfold: () => g.unfold(x(1, 2, 2, 4, 5), [2, 3], columns),
  fold: () => g.fold(x(1, 2, 12, 8), [4, 5], [2, 3], columns),
  interpolate(name) {
    const [, mode, kind] = name.split(" ") as [string, g.InterpolateMode, string];
    const options = { mode, ...aligned(name) };
    if (name.endsWith("antialias"))
      return g.interpolate(x(1, 1, 1, 9, 7), {
        ...options,
        antialias: true,
        size: mode === "linear" ? [4, 9] : [4, 3],
      });
    if (kind === "1d") return g.interpolate(line, { ...options, size: 8 });
    if (kind === "3d") return g.interpolate(cube, { ...options, size: [2, 5, mode === "linear" ? 1 : 3] });
    if (kind === "by") return g.interpolate(plane, { ...options, scale: [1.7, mode === "cubic" ? 2.3 : 0.6] });
    return g.interpolate(plane, { ...options, size: [7, 3] });
  },
  gridSample(name) {
    const [, kind, padding] = name.split(" ") as [string, "linear" | "3d", "zeros"];
    return kind === "3d"
      ? g.gridSample(cube, grid3, { padding, ...aligned(name) })
      : g.gridSample(plane, grid2, { mode: kind, padding, ...aligned(name) });
  },
  "affineGrid 2d": (name) => g.affineGrid(x(1, 2, 2, 3), [3, 4], aligned(name)),
  "affineGrid 3d": (name) => g.affineGrid(x(1, 1, 3, 4), [2, 1, 3], aligned(name)),
  "gradient of gridSample by x": (name) =>
    g.grad((t: Tensor) => g.sum(g.mul(g.gridSample(t, grid2, aligned(name)), x(5, 1, 2, 3, 4))))(plane),
  "gradient of gridSample by grid": (name) =>
    g.grad((t: Tensor) => g.sum(g.mul(g.gridSample(plane, t, aligned(name)), x(5, 1, 2, 3, 4))))(grid2),
  adaptiveAvgPool: () => g.adaptiveAvgPool(x(1, 1, 2, 7, 5), [3, 4]),
  adaptiveMaxPool: () => g.adaptiveMaxPool(x(1, 1, 2, 7, 5), [3, 4]),
  "adaptiveMaxPool 3d": () => g.adaptiveMaxPool(x(1, 1, 1, 3, 4, 5), [2, 2, 3]),
  lpPool: () => g.lpPool(x(1, 1, 2, 4, 5), 2, [2, 3], { stride: [1, 2] }),
  "lpPool 3": () => g.lpPool(x(1, 1, 2, 6), 3, 2),
  argmaxPool: () => g.argmaxPool(x(1, 2, 2, 6, 5), 3, { stride: 2, padding: 1 }),
  maxUnpool() {
    const t = x(1, 1, 2, 4, 6);
    return g.maxUnpool(g.maxPool(t, 2), g.argmaxPool(t, 2), [4, 6]);
  },
  pixelShuffle: () => g.pixelShuffle(x(1, 1, 8, 2, 3), 2),
  pixelUnshuffle: () => g.pixelUnshuffle(x(1, 1, 2, 4, 6), 2),
  localResponseNorm: (name) =>
    g.localResponseNorm(x(1, 1, 5, 2, 2), Number(name.split(" ")[1]), { alpha: 0.3, beta: 0.6, k: 1.5 }),
  stft: () => both(g.stft(x(1, 2, 21), 8, { hop: 3, window: hann })),
  "stft of a short window": () =>
    both(g.stft(x(1, 21), 8, { hop: 3, window: g.slice(hann, [1], [6]), normalized: true })),
  "stft uncentred": () => both(g.stft(x(1, 21), 7, { hop: 2, center: false })),
  istft: () => g.istft(spectrum, 8, { hop: 3, window: hann }),
  "istft of a length": () => g.istft(spectrum, 8, { hop: 3, window: hann, length: 14, normalized: true }),
  pad(name) {
    const [, mode, ...numbers] = name.split(" ") as [string, g.PadMode, ...string[]];
    if (numbers[0] === "2d")
      return g.pad(
        g.reshape(g.arange(6), [2, 3]),
        [
          [3, 1],
          [0, 4],
        ],
        mode,
      );
    const [n, low, high] = numbers.map(Number) as [number, number, number];
    return g.pad(g.arange(n), [[low, high]], mode);
  },
  resize(name) {
    const [, method, antialias, shape] = name.split(" ") as [string, "linear", string, string];
    return g.resize(x(1, 7, 6), shape.split(",").map(Number), { method, antialias: antialias === "True" });
  },
  ...Object.fromEntries(
    ([g.convolve, g.correlate] as const).map((f) => [
      f.name,
      (name: string) => {
        const [, mode, n, m] = name.split(" ") as [string, g.ConvolveMode, string, string];
        return n === "2d" ? f(x(1, 4, 5), x(2, 3, 2), mode) : f(x(1, Number(n)), x(2, Number(m)), mode);
      },
    ]),
  ),
  ...Object.fromEntries(
    (["hann", "hamming", "blackman", "bartlett", "kaiser"] as const).map((window) => [
      window,
      (name: string) => {
        const n = Number(name.split(" ")[1]);
        const options = { periodic: name.endsWith("periodic"), dtype: "f64" } as const;
        return window === "kaiser" ? g.kaiser(n, 8.6, options) : g[window](n, options);
      },
    ]),
  ),
};

/** The longest beginning of a name that has a call. */
const callOf = (name: string): ((name: string) => Tensor) => {
  const words = name.split(" ");
  for (let n = words.length; n > 0; n--) {
    const call = calls[words.slice(0, n).join(" ")];
    if (call !== undefined) return call;
  }
  throw new Error(`no call makes ${name}`);
};
/** JAX takes 1 for the Lanczos kernel within 1/1000 of its middle, where it is up to 2e-6 lower. */
const tolerance = (name: string): number => (name.startsWith("resize lanczos") ? 2e-6 : 2e-12);

test("every call has values to hold", () => {
  const used = new Set([...Object.keys(pytorch), ...Object.keys(arrays)].map(callOf));
  expect(Object.entries(calls).filter(([, call]) => !used.has(call))).toEqual([]);
});

describe.each(["js", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => g.setBackend(backend === "js" ? g.jsBackend() : g.wasmBackend()));
  test.each(Object.entries(pytorch))("as PyTorch: %s", (name, values) =>
    near(callOf(name)(name), values, tolerance(name)),
  );
  test.each(Object.entries(arrays))("as NumPy, SciPy, JAX: %s", (name, values) =>
    near(callOf(name)(name), values, tolerance(name)),
  );
});
