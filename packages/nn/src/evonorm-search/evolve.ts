import { ArgumentError, check } from "@gradus/tensor";
import { below, type Dice, dice } from "./dice.ts";
import { checkGraph, type DrawOptions, drawOptions, formula, mutate, type NormActGraph, randomGraph } from "./graph.ts";
import { paretoFront } from "./pareto.ts";

/** What is found of a graph: its scores, larger ones better, or why it was rejected before there were any. */
export type Verdict = { readonly scores: readonly number[] } | { readonly rejected: string };

/** A graph of a search, as plain data. */
export interface Candidate {
  /** Its number, from 0. */
  readonly index: number;
  /** The candidate it is a mutation of, or null for a random graph. */
  readonly parent: number | null;
  /** The layer. */
  readonly graph: NormActGraph;
  /** The graph as {@link formula} prints it. */
  readonly formula: string;
  /** Its scores, one per anchor; null when it was rejected. */
  readonly scores: readonly number[] | null;
  /** Why it was rejected, or null. */
  readonly rejected: string | null;
}

/** Options of {@link evolve}. */
export interface EvolveOptions extends DrawOptions {
  /** Judges a graph. */
  readonly evaluate: (graph: NormActGraph, signal?: AbortSignal) => Verdict | Promise<Verdict>;
  /** Number of scores of a graph that is not rejected. */
  readonly anchors: number;
  /** Candidates in all, rejected ones included. */
  readonly candidates: number;
  /** Ends the search once so many different layers have scores; without end unless told. */
  readonly trained?: number;
  /** The newest candidates, among which parents are chosen; the first so many are random. 2500 unless told. */
  readonly population?: number;
  /** Share of the population among which a parent is chosen; 0.05 unless told. */
  readonly tournament?: number;
  /** The parent is any of the sample's Pareto front, or the one of best mean; the front unless told. */
  readonly selection?: "pareto" | "mean";
  /** Share of children that are random graphs instead of mutations; 0.5 unless told, 1 for a random search. */
  readonly explore?: number;
  /** Decides what is drawn; 0 unless told. */
  readonly seed?: number;
  /** Candidates of a search that was stopped, to go on from. */
  readonly resume?: readonly Candidate[];
  /** Told of each candidate; a promise is awaited. */
  readonly onCandidate?: (candidate: Candidate) => void | Promise<void>;
  /** Stops the search after the candidate that is being judged. */
  readonly signal?: AbortSignal;
}

/** How a search ended. */
export interface SearchResult {
  /** All candidates, in order. */
  readonly candidates: readonly Candidate[];
  /** Those with scores, the best mean first. */
  readonly ranking: readonly Candidate[];
  /** False when the signal stopped it. */
  readonly completed: boolean;
}

const average = (scores: readonly number[]): number => scores.reduce((a, b) => a + b, 0) / scores.length;

/** Throws ArgumentError unless `value` is a list of candidates in order. */
function checkCandidates(op: string, value: unknown, argument: string): asserts value is readonly Candidate[] {
  if (!Array.isArray(value))
    throw new ArgumentError(`${op}: ${argument}: expected a list of candidates, got ${check.said(value)}`);
  for (const [i, c] of (value as (Partial<Candidate> | null)[]).entries()) {
    const where = `${argument}[${i}]`;
    if (c?.index !== i)
      throw new ArgumentError(`${op}: ${where}.index: expected ${i}, got ${check.said(c?.index)}; give all in order`);
    checkGraph(op, c.graph, `${where}.graph`);
    if (c.parent !== null) check.integer(`[0, ${i})`)(op, c.parent, `${where}.parent`);
    if ((c.scores === null) === (c.rejected === null) || (c.scores !== null && !Array.isArray(c.scores)))
      throw new ArgumentError(`${op}: ${where}.scores: expected scores, or null beside the reason of a rejection`);
    if (c.scores === null && typeof c.rejected !== "string")
      throw new ArgumentError(`${op}: ${where}.rejected: expected a reason, got ${check.said(c.rejected)}`);
    for (const score of c.scores ?? []) check.number()(op, score, `${where}.scores`);
  }
}

/**
 * The candidates of a search from their JSON, or from what was parsed of it; their formulas are printed anew.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when it is no list of candidates in order
 * @example
 * ```ts
 * const { candidates } = await evolve(options);
 * readCandidates(JSON.stringify(candidates)); // the same
 * ```
 */
export function readCandidates(json: unknown): Candidate[] {
  let value = json;
  if (typeof json === "string")
    try {
      value = JSON.parse(json);
    } catch {
      throw new ArgumentError(`readCandidates: json: it is no JSON: ${check.said(json.slice(0, 40))}`);
    }
  checkCandidates("readCandidates", value, "json");
  return value.map(({ index, parent, graph, scores, rejected }) => ({
    index,
    parent,
    graph,
    formula: formula(graph),
    scores,
    rejected,
  }));
}

/** The parent of the next child: of a random sample of the population, a member of the Pareto front or the best by mean. */
function winner(alive: readonly Candidate[], draw: Dice, size: number, selection: "pareto" | "mean"): Candidate {
  const left = [...alive];
  const sample = Array.from({ length: size }, () => left.splice(below(draw, left.length), 1)[0] as Candidate);
  const anchors = Math.max(1, ...sample.map((c) => c.scores?.length ?? 0));
  const scores = sample.map((c) => c.scores ?? new Array<number>(anchors).fill(0));
  if (selection === "pareto") {
    const front = paretoFront(scores);
    return sample[front[below(draw, front.length)] as number] as Candidate;
  }
  return sample[
    scores.map(average).reduce((best, s, i, all) => (s > (all[best] as number) ? i : best), 0)
  ] as Candidate;
}

/**
 * Searches layers by evolution (Liu et al. 2020): random graphs first; then each time the winner of a tournament among the newest candidates
 * has a child that differs in one operation, or a random graph takes its place. Rejected graphs stay in the population with scores of 0, the
 * oldest candidate leaves it as one is born. A layer that came before, by its formula, keeps its verdict and is not judged again. What is drawn depends on the seed and a candidate's number alone, so a search that was stopped and resumed
 * finds the same.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option, or a verdict with another number of scores
 * @example
 * ```ts
 * const { ranking } = await evolve({
 *   evaluate: protocol([residual, separable]),
 *   anchors: 2, candidates: 300, population: 60, tournament: 0.1, seed: 1,
 *   onCandidate: ({ formula, scores }) => console.log(scores, formula),
 * });
 * console.log(ranking[0]?.formula);
 * ```
 */
export async function evolve(options: EvolveOptions): Promise<SearchResult> {
  if (options === undefined) throw new ArgumentError("evolve: options: give { evaluate, anchors, candidates }");
  const { anything, callable, integer, number } = check;
  check.options("evolve", options, {
    ...drawOptions,
    evaluate: anything,
    anchors: anything,
    candidates: anything,
    trained: integer("[1, ∞)"),
    population: integer("[1, ∞)"),
    tournament: number("(0, 1]"),
    selection: check.oneOf("pareto", "mean"),
    explore: number("[0, 1]"),
    seed: integer(),
    resume: (op, value, name) => checkCandidates(op, value, name),
    onCandidate: callable,
    signal: anything,
  });
  const { evaluate, anchors, nodes, signal, onCandidate, batch = true, seed = 0 } = options;
  const { population = 2500, tournament = 0.05, selection = "pareto", explore = 0.5 } = options;
  callable("evolve", evaluate, "evaluate");
  integer("[1, ∞)")("evolve", anchors, "anchors");
  integer("[1, ∞)")("evolve", options.candidates, "candidates");
  if (signal !== undefined && typeof signal?.aborted !== "boolean")
    throw new ArgumentError(`evolve: signal: expected an AbortSignal, got ${check.said(signal)}`);
  const all: Candidate[] = [...(options.resume ?? [])];
  // by formula: unused operations change nothing, so what is printed alike is the same layer
  const known = new Map(all.map((c) => [c.formula, c]));
  let trained = [...known.values()].filter((c) => c.scores !== null).length;
  const size = Math.max(1, Math.round(tournament * population));
  while (all.length < options.candidates && trained < (options.trained ?? Number.POSITIVE_INFINITY)) {
    if (signal?.aborted) break;
    const draw = dice(seed, all.length);
    const parent =
      all.length < population || draw() < explore ? null : winner(all.slice(-population), draw, size, selection);
    const graph =
      parent === null
        ? randomGraph(draw, { batch, ...(nodes !== undefined && { nodes }) })
        : mutate(parent.graph, draw, { batch });
    const text = formula(graph);
    const same = known.get(text);
    const verdict = same === undefined ? await evaluate(graph, signal) : null;
    // what was judged while it was to stop may not be judged to its end
    if (signal?.aborted) break;
    const { scores, rejected } = same ?? read(verdict as Verdict, anchors);
    const child = { index: all.length, parent: parent?.index ?? null, graph, formula: text, scores, rejected };
    all.push(child);
    if (same === undefined) {
      known.set(text, child);
      if (scores !== null) trained++;
    }
    await onCandidate?.(child);
  }
  const scored = all.filter((c): c is Candidate & { readonly scores: readonly number[] } => c.scores !== null);
  return {
    candidates: all,
    ranking: scored.toSorted((a, b) => average(b.scores) - average(a.scores)),
    completed: !signal?.aborted,
  };
}

function read(verdict: Verdict, anchors: number): Pick<Candidate, "scores" | "rejected"> {
  const { scores = null, rejected = null } = (verdict ?? {}) as { scores?: readonly number[]; rejected?: string };
  if (typeof rejected === "string") return { scores: null, rejected };
  if (!Array.isArray(scores) || scores.length !== anchors)
    throw new ArgumentError(
      `evolve: evaluate: expected { scores } with ${anchors} of them, or { rejected }, got ${check.said(verdict)}`,
    );
  for (const score of scores) check.number()("evolve", score, "evaluate: scores");
  return { scores: [...scores], rejected: null };
}
