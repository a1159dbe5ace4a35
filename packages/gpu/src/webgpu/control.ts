import type { Special } from "@gradus/tensor";
import { DevicePlan, straight } from "./executable.ts";
import { copyCounted, Gate, goOn, open, openOne, STRIDE } from "./gate.ts";
import type { Gpu } from "./gpu.ts";
import { type Fail, Taken } from "./memory.ts";
import type { Recorder } from "./recorder.ts";
import type { Runner, Waits } from "./steps.ts";

type Of<K extends Special["kind"]> = Extract<Special, { kind: K }>;
type Buffers = readonly GPUBuffer[];

/** Kernels that are recorded in vain at most, where the alternative is to wait for a value. */
const MOST = 512;
/** Steps of a loop that are recorded before the device is asked whether it goes on: at first, and at most. */
const FIRST_STEPS = 4;
const MOST_STEPS = 64;

const ceil4 = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** All branches recorded, each under a gate of its own; or the one whose index was read, where branches wait or are too many. */
export function switchRunner(gpu: Gpu, { branches, inputs }: Of<"switch">): Runner {
  const plans = branches.map((b) => new DevicePlan(gpu, b));
  const kernels = plans.reduce((n, p) => n + p.kernels, 1);
  const dispose = (): void => {
    for (const p of plans) p.dispose();
  };
  const waits = plans.some((p) => p.waits) || kernels > MOST;
  const runOne = function* (r: Recorder, [index, ...rest]: Buffers, fail: Fail): Waits {
    let at = 0;
    r.submit();
    yield gpu.reads.read(index as GPUBuffer, 4).then((bytes) => {
      at = Math.min(Math.max(new Int32Array(bytes)[0] as number, 0), plans.length - 1);
    });
    yield* (plans[at] as DevicePlan).record(r, rest.slice(0, inputs), rest.slice(inputs), fail);
  };
  const runAll = (r: Recorder, [index, ...rest]: Buffers, fail: Fail): void => {
    const taken = new Taken(gpu.pool, fail);
    try {
      const gates = taken.take(plans.length * STRIDE);
      openOne(gpu, r, plans.length, index as GPUBuffer, gates);
      plans.forEach((p, k) => {
        p.recordUnder(new Gate(gpu, gates, k), r, rest.slice(0, inputs), rest.slice(inputs), fail);
      });
    } finally {
      taken.give();
    }
  };
  return Object.assign(waits ? runOne : runAll, { waits, kernels, dispose });
}

/**
 * A loop whose carries take turns in two sets of buffers. Steps are recorded under a gate that closes when the condition fails, at first a few of them,
 * then more; the device is asked after each such group whether the loop goes on, unless so few are allowed that all are recorded. Where a step itself has to
 * wait, the condition is read before each.
 */
export function whileRunner(gpu: Gpu, work: Of<"while">, sizes: readonly number[]): Runner {
  const { consts, carries, limit } = work;
  const [test, body] = [new DevicePlan(gpu, work.condition), new DevicePlan(gpu, work.body)];
  const each = test.kernels + body.kernels + 1;
  const stepwise = test.waits || body.waits;
  const few = !stepwise && limit !== null && limit * each <= MOST;
  const bytes = sizes.slice(consts, consts + carries);
  const results = (buffers: Buffers): Buffers => buffers.slice(consts + carries);

  const start = (r: Recorder, buffers: Buffers, taken: Taken): [GPUBuffer[], GPUBuffer[]] => {
    const sets = [bytes.map((n) => taken.take(n)), bytes.map((n) => taken.take(n))] as [GPUBuffer[], GPUBuffer[]];
    sets[0].forEach((to, i) => {
      r.copy(buffers[consts + i] as GPUBuffer, 0, to, 0, ceil4(bytes[i] as number));
    });
    return sets;
  };

  const runSteps = function* (r: Recorder, buffers: Buffers, fail: Fail): Waits {
    const taken = new Taken(gpu.pool, fail);
    try {
      const given = buffers.slice(0, consts);
      let [state, next] = start(r, buffers, taken);
      const more = taken.take(4);
      for (let t = 0; limit === null || t < limit; t++) {
        yield* test.record(r, [...given, ...state], [more], fail);
        r.submit();
        let goes = false;
        yield gpu.reads.read(more, 1).then((b) => {
          goes = new Uint8Array(b)[0] !== 0;
        });
        if (!goes) break;
        yield* body.record(r, [...given, ...state], next, fail);
        [state, next] = [next, state];
      }
      results(buffers).forEach((to, i) => {
        r.copy(state[i] as GPUBuffer, 0, to, 0, ceil4(bytes[i] as number));
      });
    } finally {
      taken.give();
    }
  };

  const runGroups = function* (r: Recorder, buffers: Buffers, fail: Fail): Waits {
    const taken = new Taken(gpu.pool, fail);
    try {
      const given = buffers.slice(0, consts);
      const sets = start(r, buffers, taken);
      let [state, next] = sets;
      const [more, word] = [taken.take(4), taken.take(STRIDE)];
      const gate = new Gate(gpu, word, 0);
      open(gpu, r, word);
      let steps = few ? (limit as number) : FIRST_STEPS;
      for (let t = 0; limit === null || t < limit; ) {
        const until = Math.min(t + steps, limit ?? Number.POSITIVE_INFINITY);
        for (; t < until; t++) {
          test.recordUnder(gate, r, [...given, ...state], [more], fail);
          goOn(gpu, r, more, word);
          body.recordUnder(gate, r, [...given, ...state], next, fail);
          [state, next] = [next, state];
        }
        if (few) break;
        let goes = false;
        r.submit();
        yield gpu.reads.read(word, 4).then((b) => {
          goes = new Uint32Array(b)[0] !== 0;
        });
        if (!goes) break;
        steps = Math.min(2 * steps, MOST_STEPS, Math.max(1, Math.floor(MOST / each)));
      }
      results(buffers).forEach((to, i) => {
        const pair = sets.map((set) => set[i]) as [GPUBuffer, GPUBuffer];
        copyCounted(gpu, r, bytes[i] as number, pair, word, to);
      });
    } finally {
      taken.give();
    }
  };

  return Object.assign(
    stepwise
      ? runSteps
      : few
        ? (r: Recorder, buffers: Buffers, fail: Fail) => straight(runGroups(r, buffers, fail))
        : runGroups,
    {
      waits: !few,
      kernels: few ? (limit as number) * each + 1 + carries : each,
      dispose() {
        test.dispose();
        body.dispose();
      },
    },
  );
}
