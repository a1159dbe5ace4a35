/** One measured result, as `--json` writes it. */
export interface Result {
  readonly name: string;
  readonly subject?: string;
  /** The browser that it was measured in; Node unless told. */
  readonly in?: string;
  readonly threads?: number;
  readonly ms?: number;
  readonly p10?: number;
  readonly p90?: number;
  readonly gflops?: number;
  /** In the browser, of one run on WebGPU: submissions with kernels in them, and kernels. */
  readonly submissions?: number;
  readonly kernels?: number;
}

/** What Gradus holds itself to: a ratio of two results of one run, and how large or small it must be. */
export interface Bar {
  readonly what: string;
  readonly least?: number;
  readonly most?: number;
  readonly value: (find: Find, results: readonly Result[]) => number | null;
}
/** Milliseconds of a case, or null if it was not measured; the subject is Gradus with one thread unless told. */
export type Find = (name: string, subject?: string, threads?: number) => number | null;

export const ratio = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a / b);
const WASM_PEERS = ["jax-js", "tfjs-wasm", "ort-web"] as const;

/** How many times as long as Gradus the fastest of `subjects` takes. */
const ahead =
  (name: string, subjects: readonly string[]) =>
  (find: Find): number | null => {
    const times = subjects.map((s) => find(name, s)).filter((t): t is number => t !== null);
    return times.length === 0 ? null : ratio(Math.min(...times), find(name));
  };
const against = (name: string, least: number, subjects: readonly string[]): Bar => ({
  what: `${name}: times as fast as ${subjects.length > 2 ? "the fastest WASM peer" : subjects.join(" and ")}`,
  least,
  value: ahead(name, subjects),
});
const within = (what: string, most: number, a: string, b: string): Bar => ({
  what,
  most,
  value: (find) => ratio(find(a), find(b)),
});
const perOp = (name: string, most: number, what: string): Bar => ({
  what,
  most,
  value: (find) => {
    const ms = find(name);
    return ms === null ? null : (1000 * ms) / 500;
  },
});

const peerCases = [
  ...[64, 128, 256, 512, 1024, 2048].map((n) => `matmul-${n}`),
  "matmul-odd",
  "matmul-f64-512",
  "batched-matmul",
  "matvec-4096",
  "conv-fwd",
  "conv-1x1",
  "conv-depthwise",
  "sum-4m",
  "softmax-1024x1024",
  "layernorm-1024x1024",
];

export const bars: readonly Bar[] = [
  ...[512, 1024, 2048].map(
    (n): Bar => ({
      what: `matmul-${n}: part of the SIMD peak of one thread`,
      least: 0.85,
      value: (find) => ratio(find("peak of", `matmul-${n}`), find(`matmul-${n}`)),
    }),
  ),
  ...peerCases.map((name) => against(name, 1, WASM_PEERS)),
  within("conv-grad-weight / conv-fwd", 1.5, "conv-grad-weight", "conv-fwd"),
  within("conv-grad-input / conv-fwd", 1.5, "conv-grad-input", "conv-fwd"),
  against("cnn-step", 50, ["jax-js", "tfjs-cpu"]),
  against("mlp-step", 2, ["jax-js"]),
  against("transformer-step", 2, ["jax-js"]),
  against("tanh-chain-4m", 2, ["jax-js"]),
  within("hvp / cnn-loss", 5, "hvp", "cnn-loss"),
  within("per-example-grads / mlp-grad", 4, "per-example-grads", "mlp-grad"),
  within("adamw-10m / a plain copy of the same bytes", 1.5, "adamw-10m", "copy-adamw-10m"),
  perOp("small-ops-jit", 2, "small-ops jitted, µs per operation"),
  perOp("small-ops-eager", 15, "small-ops eager, µs per operation"),
  against("cold-start", 1, ["jax-js"]),
  ...(["matmul-1024", "cnn-step"] as const).map(
    (name): Bar => ({
      what: `${name}: times as fast with two threads`,
      least: name === "cnn-step" ? 1.5 : 1.7,
      value: (find) => ratio(find(name), find(name, "gradus", 2)),
    }),
  ),
];

/** Looks results up. `find("peak of", name)` is the time that the product of `name` would take at the SIMD peak. */
export function finder(results: readonly Result[]): Find {
  const time = (name: string, subject: string, threads: number): Result | undefined =>
    results.find((r) => r.name === name && r.subject === subject && r.threads === threads && r.ms !== undefined);
  return (name, subject = "gradus", threads = 1) => {
    if (name !== "peak of") return time(name, subject, threads)?.ms ?? null;
    const peak = results.find((r) => r.name === "simd-peak")?.gflops;
    const n = Number(subject.split("-")[1]);
    return peak === undefined ? null : (2 * n ** 3) / peak / 1e6;
  };
}

/** The bars that the results tell something of: value, limit, and whether it is met. */
export function judged(
  results: readonly Result[],
  list: readonly Bar[] = bars,
): { readonly what: string; readonly value: number; readonly limit: string; readonly met: boolean }[] {
  const find = finder(results);
  return list.flatMap(({ what, least, most, value }) => {
    const v = value(find, results);
    if (v === null) return [];
    const met = (least === undefined || v >= least) && (most === undefined || v <= most);
    return [{ what, value: v, limit: least === undefined ? `≤ ${most}` : `≥ ${least}`, met }];
  });
}
