import { BatchNorm2d, EvoNorm2d, GroupNorm, Sequential } from "@gradus/nn";
import type { Key } from "@gradus/tensor";
import { dispose, key, relu, silu, split } from "@gradus/tensor";
import type { ExampleContext } from "@gradus/tools";
import { type Norm, residual } from "./evonorm-nets.ts";
import { halving, trial } from "./evonorm-training.ts";

/** The layers that are compared. */
export const layers: Readonly<Record<string, Norm>> = {
  "BN-ReLU": (c) => new Sequential(new BatchNorm2d(c), relu),
  "GN-ReLU": (c) => new Sequential(new GroupNorm(Math.min(4, c), c), relu),
  "GN-SiLU": (c) => new Sequential(new GroupNorm(Math.min(4, c), c), silu),
  B0: (c) => new EvoNorm2d(c, "B0"),
  S0: (c) => new EvoNorm2d(c, "S0", { groups: 4 }),
};

/** Rates by size of batch; the first size is the large one. */
const rates = { full: { 64: 0.2, 2: 0.01 }, quick: { 64: 0.2, 16: 0.05 } } as const;

/** Shares of the test images read, by layer and size of batch. */
export interface Compared {
  readonly sizes: readonly [large: number, small: number];
  readonly read: (layer: string, size: number) => number;
}

/** Trains a residual net with each layer and each size of batch, with as many images seen; `tell` gets the share that is done. */
export async function compareLayers(
  { seed, quick, dataset, log, signal }: ExampleContext,
  tell: (share: number, text: string) => Promise<void>,
): Promise<Compared> {
  const [few, tests, epochs] = quick ? [256, 500, 1] : [16_000, 10_000, 4];
  const offset = (seed * few) % Math.max(1, dataset.train.size - few);
  const train = dataset.train.take(few, offset);
  const prepare = halving(train);
  const [data, held] = [prepare(train), prepare(dataset.test.take(Math.min(tests, dataset.test.size)))];
  const [weights, order] = split(key(seed)) as [Key, Key];
  const chosen = Object.entries(quick ? rates.quick : rates.full)
    .map(([size, rate]) => [Number(size), rate] as const)
    .toSorted(([a], [b]) => b - a);
  const found = new Map<string, number>();
  const all = chosen.length * Object.keys(layers).length;
  for (const [name, norm] of Object.entries(layers)) {
    for (const [size, rate] of chosen) {
      const steps = epochs * Math.floor(few / size);
      const net = residual(norm, dataset.train.shape[0], dataset.classes, weights);
      const run = trial(net, { data, held, size, rate, steps, key: order });
      found.set(`${name} ${size}`, await run.accuracy(steps, signal));
      run.end?.();
      await tell(found.size / all, `${name}, batches of ${size}`);
    }
    const said = chosen.map(
      ([size]) => `${(100 * (found.get(`${name} ${size}`) ?? 0)).toFixed(2)} % at batches of ${size}`,
    );
    log(`${name}: ${said.join(", ")}`);
  }
  dispose([data, held]);
  return {
    sizes: chosen.map(([size]) => size) as [number, number],
    read: (layer, size) => found.get(`${layer} ${size}`) as number,
  };
}
