import { type DType, dtypes } from "../../dtype.ts";
import { collapse } from "../../ir/collapse.ts";
import type { Kernel, Plan, PlanBuffer, RowCode, Special, Step } from "../../ir/ir.ts";
import { Code } from "./assembler.ts";
import { CHUNKS, loopRunner, type Modules, type Runner } from "./modules.ts";
import { Products, usesGemm } from "./products.ts";
import type { Entry } from "./threads/queue.ts";

/** A plan made ready: runs on addresses, with `bytes` of memory that nobody else uses meanwhile. */
export interface Run {
  readonly bytes: number;
  run(inputs: readonly number[], outputs: readonly number[], room: number): void;
}

type Types = readonly { readonly dtype: DType; readonly size: number }[];

const up = (bytes: number): number => Math.ceil(bytes / 64) * 64;
const most = (list: readonly { readonly bytes: number }[]): number => list.reduce((n, x) => Math.max(n, x.bytes), 0);

/** Offsets of buffers that lie one after another, and their bytes together. */
function sideBySide(bytes: readonly number[]): { offsets: number[]; total: number } {
  let total = 0;
  const offsets = bytes.map((b) => {
    const at = total;
    total += up(b);
    return at;
  });
  return { offsets, total };
}

/** Makes plans ready. All memory that a plan needs beside inputs and outputs is known then: its arena, and what the greediest step needs. */
export class Compiler {
  readonly #modules: Modules;
  readonly #products: Products;

  constructor(modules: Modules) {
    this.#modules = modules;
    this.#products = new Products(modules);
  }

  plan(plan: Plan): Run {
    const runners = this.#steps(plan);
    const { buffers, inputs: given, outputs: results } = plan;
    // Filled anew by each run, so that a run makes no lists: none begins before the last one of this plan has been asked for.
    const places = buffers.map(() => 0);
    const lists = plan.steps.map((step) => step.buffers.map(() => 0));
    const arena = up(plan.arenaBytes);
    return {
      bytes: arena + most(runners),
      run(inputs, outputs, room) {
        for (let b = 0; b < places.length; b++) places[b] = room + (buffers[b] as PlanBuffer).offset;
        for (let i = 0; i < given.length; i++) places[given[i] as number] = inputs[i] as number;
        for (let i = 0; i < results.length; i++) places[results[i] as number] = outputs[i] as number;
        for (let i = 0; i < runners.length; i++) {
          const list = lists[i] as number[];
          const on = (plan.steps[i] as Step).buffers;
          for (let k = 0; k < list.length; k++) list[k] = places[on[k] as number] as number;
          (runners[i] as Runner).run(list, room + arena);
        }
      },
    };
  }

  #steps(plan: Plan): Runner[] {
    const works = plan.steps.map(({ work }) => (work.kind === "loops" && !usesGemm(work) ? collapse(work) : work));
    // Compiled together first; the calls below find them in the cache.
    this.#modules.compile(works.filter((w): w is Kernel => w.kind === "loops" && !usesGemm(w)));
    return plan.steps.map(({ buffers }, i) => {
      const work = works[i] as Kernel | Special;
      if (work.kind !== "loops")
        return this.#special(
          work,
          buffers.map((b) => plan.buffers[b] as { dtype: DType; size: number }),
        );
      if (usesGemm(work)) return this.#products.compile(work);
      return loopRunner(work, this.#modules.compile([work])[0] as Entry, this.#modules.queue);
    });
  }

  #special(work: Special, types: Types): Runner {
    if (work.kind === "scan") return this.#scan(work, types);
    if (work.kind === "switch") return this.#branch(work);
    if (work.kind === "while") return this.#repeat(work, types);
    if ("code" in work && work.code) return this.#rows(work.code, types.length);
    const { queue } = this.#modules;
    const plain = (at: readonly number[]): void =>
      work.run(types.map((t, i) => this.#modules.view(at[i] as number, t.dtype, t.size)));
    const plan = work.kind === "routine" ? work.blocked?.() : null;
    if (plan) return this.#blocked(plan, plain);
    return {
      bytes: 0,
      run: (addresses) => {
        const at = [...addresses];
        queue.host(() => plain(at));
      },
    };
  }

  /** A routine made of products; what it could not do, it says in a flag, and the routine itself does. */
  #blocked(plan: Plan, plain: (addresses: readonly number[]) => void): Runner {
    const run = this.plan(plan);
    const inputs = plan.inputs.length;
    return {
      bytes: 64 + run.bytes,
      run: (addresses, scratch) => {
        const at = [...addresses];
        run.run(at.slice(0, inputs), [...at.slice(inputs), scratch], scratch + 64);
        this.#modules.queue.host(() => {
          if (this.#modules.view(scratch, "bool", 1)[0] === 0) plain(at);
        });
      },
    };
  }

  #rows({ key, rows, cost, scratch: bytes, constants, write }: RowCode, buffers: number): Runner {
    const modules = this.#modules;
    const { crew } = modules.queue;
    const parameters = buffers + 4;
    const entry = modules.generated(key, () => {
      const code = new Code(parameters);
      write(code);
      return { parameters, code };
    });
    const table = constants === undefined ? 0 : modules.table(key, constants);
    const grain = Math.ceil(rows / ((crew?.size ?? 1) * CHUNKS));
    const cut = { grain, cost: rows * cost, scratch: { argument: buffers + 1, bytes } };
    return {
      bytes: bytes * (crew?.members ?? 1),
      run: (addresses, room) => modules.queue.call(entry, [...addresses, table, room], 0, rows, cut),
    };
  }

  #branch({ inputs, branches }: Extract<Special, { kind: "switch" }>): Runner {
    const runs = branches.map((plan) => this.plan(plan));
    return {
      bytes: most(runs),
      run: ([index, ...addresses], scratch) =>
        this.#modules.queue.host(() => {
          const at = this.#modules.view(index as number, "i32", 1)[0] as number;
          const run = runs[Math.min(Math.max(at, 0), runs.length - 1)] as Run;
          run.run(addresses.slice(0, inputs), addresses.slice(inputs), scratch);
        }),
    };
  }

  #repeat({ consts, carries, limit, condition, body }: Extract<Special, { kind: "while" }>, types: Types): Runner {
    const [test, step] = [this.plan(condition), this.plan(body)];
    const bytes = types.slice(consts, consts + carries).map((t) => t.size * dtypes[t.dtype].bytes);
    const { offsets, total } = sideBySide(bytes);
    const modules = this.#modules;
    return {
      // The answer of the condition, two sets of carries, and what the plans need.
      bytes: 64 + 2 * total + Math.max(test.bytes, step.bytes),
      run(addresses, scratch) {
        const place = (at: number): number[] => offsets.map((o) => at + o);
        let [state, next] = [place(scratch + 64), place(scratch + 64 + total)];
        const room = scratch + 64 + 2 * total;
        const given = addresses.slice(0, consts);
        const results = addresses.slice(consts + carries);
        state.forEach((to, i) => modules.copy(to, addresses[consts + i] as number, bytes[i] as number));
        let t = 0;
        modules.queue.repeat(
          () => {
            if (t > 0) {
              step.run([...given, ...state], next, room);
              [state, next] = [next, state];
            }
            test.run([...given, ...state], [scratch], room);
          },
          () => {
            const more = modules.view(scratch, "bool", 1)[0] !== 0 && (limit === null || t < limit);
            t++;
            if (!more) state.forEach((from, i) => modules.copy(results[i] as number, from, bytes[i] as number));
            return more;
          },
        );
      },
    };
  }

  #scan({ length, reverse, consts, carries, xs, ys, body }: Extract<Special, { kind: "scan" }>, types: Types): Runner {
    const step = this.plan(body);
    const bytes = types.map((t) => t.size * dtypes[t.dtype].bytes);
    const from = consts + carries + xs;
    const carryBytes = bytes.slice(consts, consts + carries);
    const { offsets, total } = sideBySide(carryBytes);
    const modules = this.#modules;
    return {
      bytes: 2 * total + step.bytes,
      run(addresses, scratch) {
        const place = (at: number): number[] => offsets.map((o) => at + o);
        let [state, next] = [place(scratch), place(scratch + total)];
        const room = scratch + 2 * total;
        state.forEach((to, i) => modules.copy(to, addresses[consts + i] as number, carryBytes[i] as number));
        for (let t = 0; t < length; t++) {
          const at = reverse ? length - 1 - t : t;
          const row = (i: number): number => (addresses[i] as number) + at * ((bytes[i] as number) / length);
          const slices = Array.from({ length: xs }, (_, i) => row(consts + carries + i));
          const rows = Array.from({ length: ys }, (_, i) => row(from + carries + i));
          step.run([...addresses.slice(0, consts), ...state, ...slices], [...next, ...rows], room);
          [state, next] = [next, state];
        }
        state.forEach((source, i) => modules.copy(addresses[from + i] as number, source, carryBytes[i] as number));
      },
    };
  }
}
