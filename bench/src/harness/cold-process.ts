// A fresh process from import to the first result: `cold-process.ts SUBJECT` sends the time and a sample.
import { firsts, SIZE } from "./cold-libraries.ts";
import { uniform } from "./inputs.ts";
import { sampleOf } from "./sample.ts";

const data = (seed: number): Float32Array<ArrayBuffer> => uniform([SIZE, SIZE], seed).data as Float32Array<ArrayBuffer>;
const [a, b] = [data(1), data(2)];
const first = firsts[process.argv[2] as string]!;
const start = performance.now();
first(a, b).then(
  (y) => process.send?.({ ms: performance.now() - start, samples: [sampleOf(y)] }, () => process.exit()),
  (e) => process.send?.({ reason: String(e).split("\n")[0] }, () => process.exit()),
);
