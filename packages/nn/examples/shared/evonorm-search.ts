import { type Candidate, evolve, genotypes, NormAct, type NormActGraph, protocol } from "@gradus/nn/search";
import { dispose, type Key, key, split } from "@gradus/tensor";
import type { ExampleContext } from "@gradus/tools";
import { mean, type Norm, smallResidual, smallSeparable } from "./evonorm-nets.ts";
import { halving, trial } from "./evonorm-training.ts";

/** What a search is found to do. */
export interface Searched {
  /** Mean shares of held-out images: of BN-ReLU, and of the best layer by evolution and among random ones. */
  readonly known: number;
  readonly evolved: number;
  readonly random: number;
  /** Layers that were trained to the end by evolution, and random ones drawn until there were as many. */
  readonly trained: number;
  readonly drawn: number;
  /** Share of all random layers that were rejected, and why. */
  readonly rejected: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** The best one so far, by layers trained. */
  readonly paths: Readonly<Record<string, readonly { readonly x: number; readonly y: number }[]>>;
}

const percent = (x: number): string => `${(100 * x).toFixed(2)} %`;
const scored = (list: readonly Candidate[]): readonly number[] =>
  list.flatMap((c) => (c.scores ? [mean(c.scores)] : []));
const best = (list: readonly Candidate[]): number => Math.max(0, ...scored(list));

/** Evolves layers in two small nets, and draws random ones until as many are trained; `tell` gets the share that is done. */
export async function searchLayers(
  { seed, quick, dataset, log, signal }: ExampleContext,
  tell: (share: number, text: string) => Promise<void>,
): Promise<Searched> {
  // most candidates are rejected at no cost: the budget is that of layers trained
  const [few, others, steps, most, budget] = quick ? [500, 500, 30, 20, 20] : [4000, 2000, 300, 6000, 24];
  const offset = (seed * (few + others)) % Math.max(1, dataset.train.size - few - others);
  const train = dataset.train.take(few, offset);
  const prepare = halving(train);
  const [data, held] = [prepare(train), prepare(dataset.train.take(others, offset + few))];
  const [weights, order] = split(key(seed)) as [Key, Key];
  const evaluate = protocol(
    [smallResidual, smallSeparable].map((make) => (graph: NormActGraph) => {
      const norm: Norm = (c) => new NormAct(graph, c, { groups: 4 });
      const net = make(norm, dataset.train.shape[0], dataset.classes, weights);
      return trial(net, { data, held, size: 32, rate: 0.1, steps, key: order });
    }),
    {
      steps,
      quality: { steps: quick ? 15 : 100, accuracy: 2 / dataset.classes },
      stability: { steps: quick ? 5 : 100 },
    },
  );
  const verdict = await evaluate(genotypes["BN-ReLU"], signal);
  const known = "scores" in verdict ? mean(verdict.scores) : 0;
  log(`BN-ReLU: ${percent(known)} of the images held out, mean of two nets`);
  const paths: Record<string, { x: number; y: number }[]> = {};
  const search = async (name: string, candidates: number, trained: number, explore: number, from: number) => {
    const line: { x: number; y: number }[] = [];
    paths[name] = line;
    let seen = 0;
    const result = await evolve({
      evaluate,
      anchors: 2,
      seed,
      signal,
      population: quick ? 12 : 200,
      tournament: 0.2,
      candidates,
      trained,
      explore,
      async onCandidate({ scores, formula, rejected }) {
        seen++;
        const before = line.at(-1)?.y ?? 0;
        const now = scores === null ? before : Math.max(before, mean(scores));
        if (scores !== null) line.push({ x: line.length + 1, y: now });
        if (now > before) log(`${name}, layer ${seen}: ${percent(now)} by ${formula}`);
        const share = Math.min(1, Math.max(seen / candidates, line.length / trained));
        await tell(from + 0.5 * share, `${name}, layer ${seen}: ${rejected ?? percent(mean(scores ?? []))}`);
      },
    });
    signal.throwIfAborted();
    return result.candidates;
  };
  const evolution = await search("evolution", most, budget, 0.5, 0);
  const trained = new Set(evolution.filter((c) => c.scores !== null).map((c) => c.formula)).size;
  const chance = await search("random search", most, Math.max(1, trained), 1, 0.5);
  dispose([data, held]);
  const share = (f: (c: Candidate) => boolean): number => chance.filter(f).length / chance.length;
  const reasons = ["without x", "even in space", "not finite", "constant", "quality", "stability"];
  return {
    known,
    evolved: best(evolution),
    random: best(chance),
    trained,
    drawn: chance.length,
    rejected: share((c) => c.scores === null),
    reasons: Object.fromEntries(reasons.map((reason) => [reason, share((c) => c.rejected === reason)])),
    paths,
  };
}
