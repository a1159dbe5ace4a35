import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Unsupported } from "../harness/work.ts";
import { type Subject, wayOf } from "./subject.ts";
import { prepareTfjs, type TfjsLib } from "./tfjs-drive.ts";

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
    wayOf(name, row, row.tfjs);
    if (threads > 1) throw new Unsupported("one thread only in Node");
    return prepareTfjs(name, row, await load(backend));
  },
});

export const tfjsWasm: Subject = subject("tfjs-wasm", "wasm");
export const tfjsCpu: Subject = subject("tfjs-cpu", "cpu");
