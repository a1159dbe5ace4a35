import type * as Jax from "@jax-js/jax";
import type { Array as JaxArray } from "@jax-js/jax";
import { type Prepared, Unsupported, type Work } from "../harness/work.ts";
import { type Subject, wayOf } from "./subject.ts";

export type { JaxArray };
export type JaxLib = typeof Jax;
export type JaxInputs = Readonly<Record<string, JaxArray>>;
/** Inputs are owned by the implementation: it takes a `.ref` for each use. */
export type JaxImplementation = (jax: JaxLib, inputs: JaxInputs) => Work<JaxArray>;

function drive(jax: JaxLib, { run, keeps = false, canonical = (ys) => ys }: Work<JaxArray>): Prepared {
  return {
    async run() {
      const ys = run() as JaxArray[];
      await jax.blockUntilReady(ys);
      if (!keeps) for (const y of ys) y.dispose();
    },
    async first() {
      const ys = run() as JaxArray[];
      await jax.blockUntilReady(ys);
      // Reading consumes.
      return Promise.all(canonical(keeps ? ys.map((y) => y.ref) : ys).map(async (y) => (await y.data()).slice()));
    },
  };
}

/** jax-js on one of its devices. */
export const jaxOn = (name: string, device: "wasm" | "webgpu", threads: string | null): Subject => ({
  name,
  async prepare(row, count) {
    const way = wayOf(name, row, row.jax);
    if (count > 1 && threads !== null) throw new Unsupported(threads);
    const jax = await import("@jax-js/jax");
    await jax.init(device);
    jax.defaultDevice(device);
    const inputs: Record<string, JaxArray> = {};
    for (const [name, { data, shape }] of Object.entries(row.inputs())) {
      const dtype = data instanceof Float64Array ? jax.DType.Float64 : jax.DType.Float32;
      const x = jax.numpy.array(data, { shape: [...shape], dtype });
      inputs[name] = await x.blockUntilReady();
    }
    return drive(jax, way(jax, inputs));
  },
});

export const jaxJs: Subject = jaxOn(
  "jax-js",
  "wasm",
  "one thread only in Node (its threads need the browser's Worker)",
);
