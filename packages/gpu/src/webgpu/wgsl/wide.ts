import type { DType } from "@gradus/tensor";
import { dtypes } from "@gradus/tensor";
import { type Program, program, spread } from "./program.ts";
import { loaded, memoryType, packed, perWord, registers, wrapped } from "./types.ts";

// Elements of packed dtypes, each in a word of its own: what cannot be written a word at a time is computed there.

const LANES = 64;

/** Element type of a wide buffer. */
export const wideType = (dtype: DType): "f32" | "i32" | "u32" =>
  registers[dtype] === "bool" ? "u32" : (registers[dtype] as "f32" | "i32" | "u32");

/** A statement that writes `value` to an element of a wide buffer. */
export const store = (dtype: DType, name: string, at: string, value: string): string =>
  `${name}[${at}] = ${registers[dtype] === "bool" ? `select(0u, 1u, ${value})` : value};`;

/** Buffer 0, packed, to buffer 1, wide. */
export function printWiden(dtype: DType, size: number): Program {
  const { workgroups, number } = spread(Math.ceil(size / LANES));
  return program(
    "widen",
    [
      { buffer: 0, name: "x", type: memoryType(dtype), written: false },
      { buffer: 1, name: "out", type: wideType(dtype), written: true },
    ],
    LANES,
    workgroups,
    "",
    `let i = ${number} * ${LANES}u + lane;
if (i >= ${size}u) { return; }
${store(dtype, "out", "i", loaded(dtype, "x", "i32(i)"))}`,
  );
}

/** Buffer 0, wide, to buffer 1, packed: rounded and wrapped as the dtype holds it. */
export function printNarrow(dtype: DType, size: number): Program {
  const per = perWord(dtype);
  const words = Math.ceil(size / per);
  const { workgroups, number } = spread(Math.ceil(words / LANES));
  const value = registers[dtype] === "bool" ? "(x[i] != 0u)" : wrapped(dtype, "x[i]");
  return program(
    "narrow",
    [
      { buffer: 0, name: "x", type: wideType(dtype), written: false },
      { buffer: 1, name: "out", type: "u32", written: true },
    ],
    LANES,
    workgroups,
    "",
    `let word = ${number} * ${LANES}u + lane;
if (word >= ${words}u) { return; }
var bits = 0u;
for (var k = 0u; k < ${per}u && word * ${per}u + k < ${size}u; k++) {
let i = word * ${per}u + k;
bits |= ${packed(dtype, value)} << (k * ${8 * dtypes[dtype].bytes}u);
}
out[word] = bits;`,
  );
}
