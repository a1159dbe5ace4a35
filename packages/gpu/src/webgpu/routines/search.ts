import { Shader } from "../recorder.ts";
import { bitsAt, keyFunction } from "../wgsl/keys.ts";
import { type Program, program, spread } from "../wgsl/program.ts";
import type { Prepare } from "./index.ts";

const LANES = 64;

/** Each value finds its place by bisection. */
export const search: Prepare<"search"> = (gpu, of) => {
  if (of.dtype === "f64") return null;
  return () => {
    if (of.outer * of.m === 0) return () => undefined;
    const shader = new Shader(gpu, print(of));
    return (r, buffers) => shader.run(r, buffers);
  };
};

function print({ dtype, rows, n, outer, m, right }: Parameters<typeof search>[1]): Program {
  const { workgroups, number } = spread(Math.ceil((outer * m) / LANES));
  return program(
    "searchsorted",
    ["rows", "values", "out"].map((name, buffer) => ({
      buffer,
      name,
      type: name === "out" ? "i32" : "u32",
      written: name === "out",
    })),
    LANES,
    workgroups,
    keyFunction(dtype, false),
    `let u = ${number} * ${LANES}u + lane;
if (u >= ${outer * m}u) { return; }
let row = ${rows === 1 ? "0u" : `u / ${m}u * ${n}u`};
let wanted = key(${bitsAt(dtype, "values", "u")});
var low = row;
var high = row + ${n}u;
while (low < high) {
let middle = (low + high) >> 1u;
if (key(${bitsAt(dtype, "rows", "middle")}) ${right ? "<=" : "<"} wanted) { low = middle + 1u; } else { high = middle; }
}
out[u] = i32(low - row);`,
  );
}
