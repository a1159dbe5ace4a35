import { type Bar, type Result, ratio } from "../bars.ts";

const PEERS = ["tfjs-webgpu", "jax-js-webgpu"] as const;
const STEPS = ["mlp-step", "cnn-step"] as const;

const of = (results: readonly Result[], name: string, subject: string): Result | undefined =>
  results.find((r) => r.name === name && r.subject === subject);

/** What Gradus holds itself to on WebGPU, beside those who run there too. */
export const bars: readonly Bar[] = [
  ...["matmul-512", "conv-fwd"].map(
    (name): Bar => ({
      what: `${name} on WebGPU: times as fast as ${PEERS.join(" and ")}`,
      least: 1,
      value(_, results) {
        const times = PEERS.map((s) => of(results, name, s)?.ms).filter((t) => t !== undefined);
        return times.length === 0 ? null : ratio(Math.min(...times), of(results, name, "gradus-webgpu")?.ms ?? null);
      },
    }),
  ),
  ...STEPS.flatMap((name): Bar[] => [
    {
      what: `${name} on WebGPU: submissions`,
      most: 1,
      value: (_, results) => of(results, name, "gradus-webgpu")?.submissions ?? null,
    },
    {
      what: `${name} on WebGPU: kernels / those of jax-js`,
      most: 0.5,
      value: (_, results) =>
        ratio(of(results, name, "gradus-webgpu")?.kernels ?? null, of(results, name, "jax-js-webgpu")?.kernels ?? null),
    },
  ]),
];
