import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as Tf from "@tensorflow/tfjs";
import type { Tensor } from "@tensorflow/tfjs";
import type { HostArray, Inputs } from "../harness/inputs.ts";
import { type Prepared, Unsupported, type Work } from "../harness/work.ts";
import { type Subject, wayOf } from "./subject.ts";

export type TfjsLib = typeof Tf;
/** Puts an array into the library's memory. */
export type TfjsPut = (x: HostArray) => Tensor;
export type TfjsImplementation = (tf: TfjsLib, put: TfjsPut, inputs: Inputs) => Work<Tensor>;

/** Outputs so small that reading them is what a program would do, too. */
const SMALL = 16;

const missing = /Kernel '(\w+)' not registered for backend/;

/** A kernel that a backend lacks is what the subject cannot do. */
function guarded<R>(f: () => R): R {
  try {
    return f();
  } catch (e) {
    const kernel = missing.exec(e instanceof Error ? e.message : "")?.[1];
    throw kernel === undefined ? e : new Unsupported(`no ${kernel} kernel`);
  }
}

function drive(tf: TfjsLib, { run, keeps = false, canonical = (ys) => ys }: Work<Tensor>): Prepared {
  const read = (y: Tensor): Float32Array => (y.dataSync() as Float32Array).slice();
  const step = (): Tensor[] => (keeps ? [...run()] : tf.tidy(() => [...run()]));
  return {
    // Kernels of these backends have run when the call returns, so that nothing but small results is read.
    run() {
      const ys = step();
      for (const y of ys) if (y.size <= SMALL) y.dataSync();
      if (!keeps) tf.dispose(ys);
    },
    first() {
      return guarded(() => {
        const ys = step();
        const data: Float32Array[] = [];
        tf.tidy(() => {
          data.push(...canonical(ys).map(read));
        });
        if (!keeps) tf.dispose(ys);
        return data;
      });
    },
  };
}

async function load(backend: "wasm" | "cpu"): Promise<TfjsLib> {
  // Both from CommonJS, so that they share one core.
  const require = createRequire(import.meta.url);
  const warn = console.warn;
  console.warn = () => {};
  const tf = require("@tensorflow/tfjs") as TfjsLib;
  if (backend === "wasm") {
    const wasm = require("@tensorflow/tfjs-backend-wasm") as { setWasmPaths(path: string): void };
    wasm.setWasmPaths(`${join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), "/")}`);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`the ${backend} backend did not start`);
  await tf.ready();
  console.warn = warn;
  return tf;
}

const subject = (name: string, backend: "wasm" | "cpu"): Subject => ({
  name,
  async prepare(row, threads) {
    const way = wayOf(name, row, row.tfjs);
    if (threads > 1) throw new Unsupported("one thread only in Node");
    const tf = await load(backend);
    const put: TfjsPut = ({ data, shape }) => {
      if (data instanceof Float64Array) throw new Unsupported("no float64");
      return tf.tensor(data, [...shape], "float32");
    };
    return drive(
      tf,
      guarded(() => way(tf, put, row.inputs())),
    );
  },
});

export const tfjsWasm: Subject = subject("tfjs-wasm", "wasm");
export const tfjsCpu: Subject = subject("tfjs-cpu", "cpu");
