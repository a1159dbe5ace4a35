// What a program does before its first result, by subject: import, start, a 64x64 product, read. Functions run in a process of their own.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { encode, node } from "./onnx.ts";

export const SIZE = 64;
type First = (a: Float32Array<ArrayBuffer>, b: Float32Array<ArrayBuffer>) => Promise<ArrayLike<number>>;

const require = createRequire(import.meta.url);
const shape = [SIZE, SIZE];

const gradus =
  (specifier: () => string): First =>
  async (a, b) => {
    const g = (await import(specifier())) as typeof import("@gradus/tensor");
    return g.matmul(g.tensor(a, { shape }), g.tensor(b, { shape })).data();
  };

const tfjs =
  (backend: "wasm" | "cpu"): First =>
  async (a, b) => {
    console.warn = () => {};
    const tf = require("@tensorflow/tfjs") as typeof import("@tensorflow/tfjs");
    if (backend === "wasm") {
      const name = "@tensorflow/tfjs-backend-wasm";
      (require(name) as { setWasmPaths(path: string): void }).setWasmPaths(join(dirname(require.resolve(name)), "/"));
    }
    await tf.setBackend(backend);
    return tf.matMul(tf.tensor(a, [SIZE, SIZE]), tf.tensor(b, [SIZE, SIZE])).dataSync();
  };

const ort =
  (load: () => Promise<typeof import("onnxruntime-common")>): First =>
  async (a, b) => {
    const lib = await load();
    const env = lib.env as { wasm?: { numThreads?: number } };
    if (env.wasm) env.wasm.numThreads = 1;
    const model = encode(
      { nodes: [node("MatMul", ["a", "b"], "y")], outputs: ["y"] },
      { a: { shape, data: a }, b: { shape, data: b } },
      false,
    );
    const session = await lib.InferenceSession.create(model, { intraOpNumThreads: 1 });
    const results = await session.run({
      a: new lib.Tensor("float32", a, shape),
      b: new lib.Tensor("float32", b, shape),
    });
    return results.y!.data as Float32Array;
  };

export const firsts: Readonly<Record<string, First>> = {
  gradus: gradus(() => "@gradus/tensor"),
  "gradus-bundled": gradus(() => process.env.BENCH_BUNDLE as string),
  "jax-js": async (a, b) => {
    const { init, numpy: np } = await import("@jax-js/jax");
    await init("wasm");
    return np.matmul(np.array(a, { shape }), np.array(b, { shape })).data();
  },
  "tfjs-wasm": tfjs("wasm"),
  "tfjs-cpu": tfjs("cpu"),
  "ort-web": ort(async () => (await import("onnxruntime-web")) as never),
  "ort-node": ort(async () => ((await import("onnxruntime-node")) as { default: unknown }).default as never),
};
