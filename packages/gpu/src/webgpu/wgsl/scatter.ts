import type { Special } from "@gradus/tensor";
import { dtypes } from "@gradus/tensor";
import { binary } from "./instructions.ts";
import { type Program, program, spread } from "./program.ts";
import { loaded, memoryType, packed, perWord, registers } from "./types.ts";
import { wideType } from "./wide.ts";

type Scatter = Extract<Special, { kind: "scatter" }>;

const LANES = 64;

/** Buffers in the order of the step: base, indices, updates, out. */
const names = ["base", "names", "updates", "out"] as const;

/** The row that update `r` of outer position `o` goes to, as a statement. */
const target = ({ batchedIndices, m }: Scatter): string =>
  `let row = names[${batchedIndices ? `o * ${m}u + r` : "r"}];`;

/** Whether updates are few enough that every element of the result looks through all of them. */
export const looksThrough = ({ m, n, outer, inner }: Scatter): boolean => m <= 32 || m * n * outer * inner <= 2 ** 20;

/** A shader that makes the result word by word; `element` is the body of a function of `o`, `own` (the row), `i` and `flat` that sets `value`. */
function printElements(
  { dtype, outer, n, inner }: Scatter,
  buffers: Parameters<typeof program>[1],
  element: string,
): Program {
  const per = perWord(dtype);
  const size = outer * n * inner;
  const words = Math.ceil(size / per);
  const { workgroups, number } = spread(Math.ceil(words / LANES));
  const width = 8 * dtypes[dtype].bytes;
  const store =
    per === 1
      ? "out[word] = element(word);"
      : `var bits = 0u;
for (var k = 0u; k < ${per}u && word * ${per}u + k < ${size}u; k++) {
let value = element(word * ${per}u + k);
bits |= ${packed(dtype, "value")} << (k * ${width}u);
}
out[word] = bits;`;
  return program(
    "scatter",
    buffers,
    LANES,
    workgroups,
    `fn element(flat: u32) -> ${registers[dtype]} {
let o = flat / ${n * inner}u;
let own = (flat / ${inner}u) % ${n}u;
let i = flat % ${inner}u;
var value = ${loaded(dtype, "base", "i32(flat)")};
${element}
return value;
}`,
    `let word = ${number} * ${LANES}u + lane;
if (word >= ${words}u) { return; }
${store}`,
  );
}

/** The element of update `r`. */
const updateOf = ({ dtype, m, inner }: Scatter): string =>
  loaded(dtype, "updates", `i32((o * ${m}u + r) * ${inner}u + i)`);

/** Result elements one by one, each from all updates in order: what the definition says, also to the last bit. */
export function printLookThrough(s: Scatter): Program {
  const { mode, dtype, m } = s;
  const update = updateOf(s);
  return printElements(
    s,
    names.map((name, buffer) => ({
      buffer,
      name,
      type: name === "names" ? "i32" : memoryType(dtype),
      written: name === "out",
    })),
    `for (var r = 0u; r < ${m}u; r++) {
${target(s)}
if (row == i32(own)) { value = ${mode === "set" ? update : binary(mode, dtype, dtype, "value", `(${update})`)}; }
}`,
  );
}

/** The last update of every row, counted from 1, in a buffer of zeros (position 4). */
export function printWinners(s: Scatter): Program {
  const { outer, n, m, batchedIndices } = s;
  const size = (batchedIndices ? outer : 1) * m;
  const { workgroups, number } = spread(Math.ceil(size / LANES));
  return program(
    "scatter",
    [
      { buffer: 1, name: "names", type: "i32", written: false },
      { buffer: 4, name: "winners", type: "atomic<u32>", written: true },
    ],
    LANES,
    workgroups,
    "",
    `let u = ${number} * ${LANES}u + lane;
if (u >= ${size}u) { return; }
let row = names[u];
if (row < 0 || row >= ${n}) { return; }
atomicMax(&winners[(u / ${m}u) * ${n}u + u32(row)], u % ${m}u + 1u);`,
  );
}

/** Result elements from the winners. */
export function printChosen(s: Scatter): Program {
  const { dtype, n, batchedIndices } = s;
  return printElements(
    s,
    [
      { buffer: 0, name: "base", type: memoryType(dtype), written: false },
      { buffer: 2, name: "updates", type: memoryType(dtype), written: false },
      { buffer: 4, name: "winners", type: "u32", written: false },
      { buffer: 3, name: "out", type: memoryType(dtype), written: true },
    ],
    `let winner = winners[${batchedIndices ? `o * ${n}u + own` : "own"}];
if (winner > 0u) { let r = winner - 1u; value = ${updateOf(s)}; }`,
  );
}

/**
 * Updates one by one, added to what holds the base already, in words of their own (position 3, or 4 where elements are packed), by compare and exchange:
 * the order of additions is open.
 */
export function printAtomic(s: Scatter): Program {
  const { mode, dtype, outer, n, m, inner } = s;
  const wide = wideType(dtype);
  const size = outer * m * inner;
  const { workgroups, number } = spread(Math.ceil(size / LANES));
  const element = `atomic<${wide === "f32" ? "u32" : wide}>`;
  const update = loaded(dtype, "updates", "i32(u)");
  // the sum of truth values is their maximum
  const op = mode === "add" ? (registers[dtype] === "bool" ? "Max" : "Add") : mode === "max" ? "Max" : "Min";
  const apply =
    wide !== "f32"
      ? `atomic${op}(&out[at], ${wide}(${update}));`
      : `var old = atomicLoad(&out[at]);
loop {
let value = bitcast<f32>(old);
let next = bitcast<u32>(${binary(mode as "add", "f32", "f32", "value", update)});
if (next == old) { break; }
let tried = atomicCompareExchangeWeak(&out[at], old, next);
if (tried.exchanged) { break; }
old = tried.old_value;
}`;
  return program(
    "scatter",
    [
      { buffer: 1, name: "names", type: "i32", written: false },
      { buffer: 2, name: "updates", type: memoryType(dtype), written: false },
      { buffer: perWord(dtype) > 1 ? 4 : 3, name: "out", type: element, written: true },
    ],
    LANES,
    workgroups,
    "",
    `let u = ${number} * ${LANES}u + lane;
if (u >= ${size}u) { return; }
let o = u / ${m * inner}u;
let r = (u / ${inner}u) % ${m}u;
let i = u % ${inner}u;
${target(s)}
if (row < 0 || row >= ${n}) { return; }
let at = (o * ${n}u + u32(row)) * ${inner}u + i;
${apply}`,
  );
}
