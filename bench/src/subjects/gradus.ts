import type * as Gradus from "@gradus/tensor";
import type { Tensor } from "@gradus/tensor";
import type { HostArray } from "../harness/inputs.ts";
import { type Prepared, Unsupported, type Work } from "../harness/work.ts";
import { type Subject, wayOf } from "./subject.ts";

export type GradusLib = typeof Gradus;
export type GradusInputs = Readonly<Record<string, Tensor>>;
export type GradusImplementation = (g: GradusLib, inputs: GradusInputs) => Work<Tensor> | Promise<Work<Tensor>>;

/** A function that may not be in the library yet. */
export function exported<F>(g: object, path: string): F {
  const found = path.split(".").reduce<unknown>((x, key) => (x as Record<string, unknown> | undefined)?.[key], g);
  if (typeof found !== "function") throw new Unsupported(`${path}: not there`);
  return found as F;
}

async function load(threads: number): Promise<GradusLib> {
  const g = await import("@gradus/tensor");
  const backend = g.wasmBackend({ threads });
  await backend.start();
  await g.setBackend(backend);
  return g;
}

/** A tensor in the backend's memory: `tensor` alone would keep its values on the host until they are used. */
function put(g: GradusLib, data: HostArray["data"], shape: readonly number[]): Tensor {
  using host = g.tensor(data, { shape });
  return g.realize(g.clone(host));
}

function drive(g: GradusLib, { run, keeps = false, canonical = (ys) => ys }: Work<Tensor>): Prepared {
  return {
    // The backend has computed everything when `tidy` returns.
    run() {
      if (keeps) run();
      else g.dispose(g.tidy(run));
    },
    async first() {
      const ys = keeps ? run() : g.tidy(run);
      const data = await Promise.all(canonical(ys).map((y) => y.data()));
      if (!keeps) g.dispose(ys);
      return data;
    },
  };
}

/** The output with the fewest elements: when it can be read, all that was asked for before is done. */
const smallest = (ys: readonly Tensor[]): Tensor => ys.reduce((a, b) => (b.size < a.size ? b : a));

/** As {@link drive}, on a backend that answers later. */
function driveLater(g: GradusLib, work: Work<Tensor>): Prepared {
  const { run, keeps = false } = work;
  return {
    ...drive(g, work),
    async run() {
      const ys = keeps ? run() : g.tidy(run);
      if (ys.length > 0) await smallest(ys).data();
      if (!keeps) g.dispose(ys);
    },
  };
}

/** Gradus on the backend that `load` sets; `later`: it answers after the call has returned. */
export const gradusOn = (name: string, load: (threads: number) => Promise<GradusLib>, later: boolean): Subject => ({
  name,
  async prepare(row, threads) {
    const way = wayOf(name, row, row.gradus);
    const g = await load(threads);
    const inputs = Object.fromEntries(
      Object.entries(row.inputs()).map(([name, { data, shape }]) => [name, put(g, data, shape)]),
    );
    return (later ? driveLater : drive)(g, await way(g, inputs));
  },
});

export const gradus: Subject = gradusOn("gradus", load, false);
