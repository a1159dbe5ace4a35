// A fresh process for the SIMD probe: `probe.ts BUDGET` writes its result as a line of JSON.
import { simdPeak } from "./simd-peak.ts";
import { summary } from "./stats.ts";

const { times, flops, fused } = simdPeak(Number(process.argv[2]));
console.log(JSON.stringify({ ...summary(times), flops, fused, runs: times.length }));
