import type { Backend } from "../../src/backend.ts";
import { setBackend } from "../../src/backends/current.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { dispose, tidy } from "../../src/memory.ts";
import type { Tensor } from "../../src/tensor.ts";
import { reach } from "../../src/transforms/graph.ts";
import { cases } from "../cases.ts";
import { defined, definitions } from "../definitions/index.ts";
import { draw } from "../draw.ts";
import { type Bound, boundOf, difference, exactly, largestOf } from "./compare.ts";
import { controlTrials } from "./control.ts";
import { castTrials, elementwiseTrials } from "./elementwise.ts";
import { foldingTrials } from "./folding.ts";
import { lookupTrials } from "./lookups.ts";
import { matrixTrials } from "./matrices.ts";
import { specialTrials } from "./special.ts";
import { structuralTrials } from "./structural.ts";
import { all, floats, type Trial } from "./trial.ts";
import { leaveOutSubnormals } from "./values.ts";

/** What to run and whom to tell. */
export interface Wish {
  /** Only trials whose label contains this. */
  readonly only?: string | undefined;
  /** Only the first of so many trials, one after another; all is 1. */
  readonly every?: number | undefined;
  /** Also tell times and what is left out. */
  readonly verbose?: boolean;
  readonly tell: (line: string) => void;
}
export interface Outcome {
  readonly counts: { cases: number; passed: number; failed: number; skipped: number };
  /** Names of the primitives that trials met. */
  readonly met: readonly string[];
}

interface Result {
  readonly shape: readonly number[];
  readonly dtype: Tensor["dtype"];
  readonly data: ArrayLike<number>;
}

async function on(backend: Backend, f: () => readonly Tensor[]): Promise<Result[]> {
  await setBackend(backend);
  const outputs = tidy(() => [...f()]);
  const results: Result[] = [];
  for (const t of outputs) {
    const data = await t.data();
    results.push({ shape: t.shape, dtype: t.dtype, data });
  }
  dispose(outputs);
  return results;
}

function* casesOf(): Generator<Trial> {
  for (const c of cases)
    for (const dtype of c.integers ? all : floats)
      yield {
        label: `case ${c.name} ${dtype}`,
        f: () => [c.f(...c.inputs.map((arg, i) => draw(arg, i + 1, dtype)))],
        terms: c.terms ?? 8,
      };
}

function boundFor(trial: Trial, outputs: readonly Tensor[]): Bound {
  if (trial.units !== undefined) return { units: trial.units, ofLargest: true };
  const bound = boundOf(outputs);
  if (trial.terms === undefined || bound === exactly) return bound;
  return { units: bound.units + 2 * trial.terms, ofLargest: true };
}

/**
 * Every primitive × dtype × shape on `subject`: js is compared with the definitions in ../definitions, which share no code with the library; every other
 * backend is compared with js. One that may flush subnormal numbers sees none of f32.
 */
export async function conformance(subject: Backend, { only, every = 1, verbose, tell }: Wish): Promise<Outcome> {
  const reference = jsBackend();
  if (subject.flushesSubnormals) {
    leaveOutSubnormals();
    tell("left out: subnormal f32, which this backend may take for zero");
  }
  const counts = { cases: 0, passed: 0, failed: 0, skipped: 0 };
  const met = new Set<string>();
  const reasons = new Map<string, string[]>();
  let number = 0;
  const check = async (trial: Trial): Promise<void> => {
    if (only !== undefined && !trial.label.includes(only)) return;
    if (number++ % every !== 0) return;
    if (trial.skip !== undefined) {
      counts.skipped++;
      reasons.set(trial.skip, [...(reasons.get(trial.skip) ?? []), trial.label]);
      return;
    }
    counts.cases++;
    let wrong: string | null = null;
    try {
      await setBackend(subject);
      const graph = trial.f();
      for (const t of reach(graph, 0)) met.add(t.primitive.name);
      const bound = boundFor(trial, graph);
      const expected: readonly Result[] =
        subject.name !== "js" ? await on(reference, trial.f) : trial.expected ? trial.expected() : defined(graph);
      const actual = await on(subject, trial.f);
      if (actual.length !== expected.length) wrong = `${actual.length} results instead of ${expected.length}`;
      // parts of one result (real and imaginary, say) share their rounding errors
      const largest = largestOf(expected.filter((e) => e.dtype !== "i32").map((e) => e.data));
      actual.forEach((a, i) => {
        const e = expected[i] as Result;
        if (`${a.dtype}[${a.shape}]` !== `${e.dtype}[${e.shape}]`)
          wrong ??= `result ${i} is ${a.dtype}[${a.shape}] instead of ${e.dtype}[${e.shape}]`;
        const found = difference(a.data, e.data, e.dtype, bound, largest);
        if (found !== null) wrong ??= actual.length === 1 ? found : `result ${i}: ${found}`;
      });
    } catch (e) {
      wrong = (e as Error).message;
    }
    if (wrong === null) counts.passed++;
    else {
      counts.failed++;
      tell(`FAIL ${trial.label}: ${wrong}`);
    }
  };

  for (const trials of [
    casesOf,
    elementwiseTrials,
    castTrials,
    structuralTrials,
    foldingTrials,
    lookupTrials,
    matrixTrials,
    controlTrials,
    specialTrials,
  ]) {
    const [from, start] = [counts.cases, performance.now()];
    for (const trial of trials()) await check(trial);
    if (verbose)
      tell(`${trials.name}: ${counts.cases - from} cases in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  if (verbose) {
    for (const [reason, labels] of reasons) tell(`skipped ${labels.length}: ${reason}: ${labels.join(", ")}`);
    tell(`${Object.keys(definitions).length} definitions, ${met.size} primitives met`);
  }
  return { counts, met: [...met] };
}
