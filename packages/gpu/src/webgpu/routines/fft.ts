import type { Computation } from "@gradus/tensor";
import type { Gpu } from "../gpu.ts";
import { Taken } from "../memory.ts";
import { Shader } from "../recorder.ts";
import type { Runner } from "../steps.ts";
import { complexBuffer, type End, passesFor, smooth, transform } from "../wgsl/fft.ts";
import type { Program } from "../wgsl/program.ts";
import { loaded, memoryType, perWord } from "../wgsl/types.ts";
import { printNarrow, wideType } from "../wgsl/wide.ts";
import type { Prepare } from "./index.ts";

type Fft = Extract<Computation, { kind: "fft" }>;

/** The longest rows: angles are exact in f32, squares of positions in u32. */
const LONGEST = 2 ** 24;
const LONGEST_CHIRP = 2 ** 22;

/** The length of the transforms that rows of n take: of n itself, or, where n has a large prime factor, of a power of two. */
const lengthOf = (n: number): number => (smooth(n) ? n : 2 ** Math.ceil(Math.log2(2 * n - 1)));

/** Fourier transforms by stages, those of other lengths as convolutions with a chirp (Bluestein). Results of f16 are made in f32 and packed. */
export const fft: Prepare<"fft"> = (gpu, of) => {
  const { dtype, outer, n } = of;
  if (dtype === "f64") return null;
  if (outer * n === 0) return () => Object.assign(() => undefined, { kernels: 0 });
  if (n > (smooth(n) ? LONGEST : LONGEST_CHIRP) || 8 * outer * lengthOf(n) > gpu.limits.binding) return null;
  return () => runner(gpu, of);
};

/** Of a transform's buffers: inputs, wanted results, and what it works in. */
interface Places {
  readonly results: readonly (number | null)[];
  readonly wide: readonly number[];
  readonly first: number;
  readonly second: number;
  readonly spectrum: number;
}

function placesOf({ real, parts }: Fft): Places {
  let next = real ? 1 : 2;
  const results = parts.map((wanted) => (wanted ? next++ : null));
  return { results, wide: [next, next + 1], first: next + 2, second: next + 3, spectrum: next + 4 };
}

/** Rows as they are given; of the inverse transform re and im are exchanged, here and where results are written. */
function given({ dtype, n, real, inverse }: Fft): End {
  const part = (name: string): string => loaded(dtype, name, `i32(row * ${n}u + at)`);
  const [re, im] = [part("re"), real ? "0.0" : part("im")];
  return {
    bound: (real ? ["re"] : ["re", "im"]).map((name, buffer) => ({
      buffer,
      name,
      type: memoryType(dtype),
      written: false,
    })),
    declarations: "",
    text: inverse ? `vec2<f32>(${im}, ${re})` : `vec2<f32>(${re}, ${im})`,
  };
}

/** The wanted parts of the results. */
function wanted({ dtype, n, inverse }: Fft, { results, wide }: Places): End {
  const names = inverse ? ["z.y", "z.x"] : ["z.x", "z.y"];
  const some = results.flatMap((buffer, i) => (buffer === null ? [] : [{ buffer, i }]));
  return {
    bound: some.map(({ buffer, i }) => ({
      buffer: perWord(dtype) > 1 ? (wide[i] as number) : buffer,
      name: `out${i}`,
      type: wideType(dtype),
      written: true,
    })),
    declarations: "",
    text: some.map(({ i }) => `out${i}[row * ${n}u + at] = ${names[i]};`).join("\n"),
  };
}

/** chirp(j) = e^{−πi j²/n}; j² modulo 2n by digits of eight bits. */
const chirp = (n: number): string => `fn chirp(j: u32) -> vec2<f32> {
var square = ((j >> 16u) * j) % ${2 * n}u;
square = (square * 256u + ((j >> 8u) & 255u) * j % ${2 * n}u) % ${2 * n}u;
square = (square * 256u + (j & 255u) * j % ${2 * n}u) % ${2 * n}u;
return turn(square, ${2 * n}u);
}`;

/** X = w (a ∗ w̄) with a = x w, where w is the chirp and the convolution is a product of transforms of length m. */
function convolved(of: Fft, m: number, places: Places, gpu: Gpu): Program[] {
  const { n, outer } = of;
  const { first, second, spectrum } = places;
  const declarations = chirp(n);
  const temporaries = (last: number, other: number): [number, number] =>
    // what the last pass reads is not what it writes
    passesFor(m, gpu.target).length % 2 === 0 ? [other, last] : [last, other];
  const weights: End = {
    bound: [],
    declarations: `${declarations}
fn weight(at: u32) -> vec2<f32> {
let j = min(at, ${m}u - at);
if (j >= ${n}u) { return vec2<f32>(); }
let w = chirp(j);
return vec2<f32>(w.x, -w.y);
}`,
    text: "weight(at)",
  };
  const x = given(of);
  const padded: End = {
    bound: x.bound,
    declarations: `${declarations}
fn padded(row: u32, at: u32) -> vec2<f32> {
if (at >= ${n}u) { return vec2<f32>(); }
return times(${x.text}, chirp(at));
}`,
    text: "padded(row, at)",
  };
  const product: End = {
    bound: [
      { buffer: first, name: "a", type: "vec2<f32>", written: false },
      { buffer: spectrum, name: "b", type: "vec2<f32>", written: false },
    ],
    declarations: "",
    text: `times(a[row * ${m}u + at], b[at]).yx`,
  };
  const y = wanted(of, places);
  const result: End = {
    bound: y.bound,
    declarations,
    text: `if (at < ${n}u) { let full = times(z.yx * ${1 / m}, chirp(at)); { let z = full;\n${y.text} } }`,
  };
  return [
    ...transform(1, m, weights, complexBuffer(spectrum, m, true), [first, second], gpu.target),
    ...transform(outer, m, padded, complexBuffer(first, m, true), temporaries(first, second), gpu.target),
    ...transform(outer, m, product, result, [second, first], gpu.target),
  ];
}

function runner(gpu: Gpu, of: Fft): Runner {
  const { outer, n, dtype } = of;
  const places = placesOf(of);
  const { results, wide, first, second, spectrum } = places;
  const m = lengthOf(n);
  const direct = m === n;
  const programs = direct
    ? transform(outer, n, given(of), wanted(of, places), [first, second], gpu.target)
    : convolved(of, m, places, gpu);
  const shaders = programs.map((p) => new Shader(gpu, p));
  const narrow = perWord(dtype) > 1 ? new Shader(gpu, printNarrow(dtype, outer * n)) : null;
  const used = new Set(programs.flatMap((p) => p.bindings));
  const bytes = new Map([
    ...wide.map((b) => [b, 4 * outer * n] as const),
    [first, 8 * outer * m],
    [second, 8 * outer * m],
    [spectrum, 8 * m],
  ]);
  return Object.assign(
    ((r, buffers, fail) => {
      const taken = new Taken(gpu.pool, fail);
      try {
        const all = [...buffers];
        for (const [b, size] of bytes) if (used.has(b)) all[b] = taken.take(size);
        for (const shader of shaders) shader.run(r, all);
        if (narrow === null) return;
        results.forEach((b, i) => {
          if (b !== null) narrow.run(r, [all[wide[i] as number] as GPUBuffer, all[b] as GPUBuffer]);
        });
      } finally {
        taken.give();
      }
    }) as Runner,
    { kernels: shaders.length + (narrow === null ? 0 : results.filter((b) => b !== null).length) },
  );
}
