import type * as Tf from "@tensorflow/tfjs";
import type { Tensor } from "@tensorflow/tfjs";
import type { Case } from "../cases/case.ts";
import type { HostArray, Inputs } from "../harness/inputs.ts";
import { type Prepared, Unsupported, type Work } from "../harness/work.ts";
import { wayOf } from "./subject.ts";

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

/** The output with the fewest elements: when it can be read, all that was asked for before is done. */
const smallest = (ys: readonly Tensor[]): Tensor => ys.reduce((a, b) => (b.size < a.size ? b : a));

/** As {@link drive}, on a backend whose kernels run after the call has returned. */
function driveLater(tf: TfjsLib, { run, keeps = false, canonical = (ys) => ys }: Work<Tensor>): Prepared {
  const step = (): Tensor[] => (keeps ? [...run()] : tf.tidy(() => [...run()]));
  return {
    async run() {
      const ys = step();
      if (ys.length > 0) await smallest(ys).data();
      if (!keeps) tf.dispose(ys);
    },
    async first() {
      const ys = guarded(step);
      const data = await Promise.all(canonical(ys).map(async (y) => ((await y.data()) as Float32Array).slice()));
      if (!keeps) tf.dispose(ys);
      return data;
    },
  };
}

/** A case on a library that is loaded, under the name of a subject. */
export function prepareTfjs(name: string, row: Case, tf: TfjsLib, later = false): Prepared {
  const way = wayOf(name, row, row.tfjs);
  const put: TfjsPut = ({ data, shape }) => {
    if (data instanceof Float64Array) throw new Unsupported("no float64");
    return tf.tensor(data, [...shape], "float32");
  };
  return (later ? driveLater : drive)(
    tf,
    guarded(() => way(tf, put, row.inputs())),
  );
}
