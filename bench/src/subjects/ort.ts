import type { InferenceSession, Tensor, TypedTensor } from "onnxruntime-common";
import type { HostArray } from "../harness/inputs.ts";
import { encode, type Graph } from "../harness/onnx.ts";
import { type Subject, wayOf } from "./subject.ts";

/** The graph of a case; its inputs are those of the case, by name. */
export type OrtImplementation = () => Graph;

interface Ort {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => Tensor;
  readonly env?: { wasm: { numThreads?: number } };
}

/** How one of the runtimes is used. */
interface Setting {
  load(threads: number): Promise<Ort>;
  /**
   * The web runtime copies what it is fed into its own memory in every run. There the inputs are part of the model instead, with the
   * optimisations off that would compute with constants beforehand.
   */
  readonly constants: boolean;
}

const subject = (name: string, { load, constants }: Setting): Subject => ({
  name,
  async prepare(row, threads) {
    const graph = wayOf(name, row, row.ort)();
    const inputs = row.inputs();
    const ort = await load(threads);
    const session = await ort.InferenceSession.create(encode(graph, inputs, constants), {
      executionProviders: [name === "ort-web" ? "wasm" : "cpu"],
      graphOptimizationLevel: constants ? "disabled" : "all",
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      ...(constants ? { extra: { session: { disable_prepacking: "1" } } } : {}),
    });
    const tensorOf = ({ data, shape }: HostArray): Tensor =>
      new ort.Tensor(
        ...([data instanceof Float64Array ? "float64" : "float32", data, shape] as unknown as [
          "float32",
          Float32Array,
          number[],
        ]),
      );
    const feeds = constants ? {} : Object.fromEntries(Object.entries(inputs).map(([key, x]) => [key, tensorOf(x)]));
    return {
      run: () => session.run(feeds),
      async first() {
        const results = await session.run(feeds);
        return graph.outputs.map((key) => (results[key] as TypedTensor<"float32">).data.slice());
      },
    };
  },
});

export const ortWeb: Subject = subject("ort-web", {
  constants: true,
  async load(threads) {
    const ort = (await import("onnxruntime-web")) as unknown as Ort;
    if (ort.env) ort.env.wasm.numThreads = threads;
    return ort;
  },
});

export const ortNode: Subject = subject("ort-node", {
  constants: false,
  load: async () => ((await import("onnxruntime-node")) as unknown as { default: Ort }).default,
});

export const inferenceOnly = "inference only: no derivatives";
