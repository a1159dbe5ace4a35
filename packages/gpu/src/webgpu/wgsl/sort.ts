import { type DType, dtypes } from "@gradus/tensor";
import { bitsAt, keyFunction } from "./keys.ts";
import { type Bound, type Program, program, spread } from "./program.ts";

/** What is sorted: elements as bits, with their positions if those are wanted. */
export interface Sorted {
  readonly dtype: DType;
  readonly descending: boolean;
  readonly indices: boolean;
}

const LANES = 128;
/** Elements that an invocation sorts. */
const EACH = 8;
/** Elements that a workgroup holds. */
const BLOCK = LANES * EACH;
/** Elements that an invocation merges alone. */
const ALONE = 2 * EACH;

/** Of the parameters: elements of a row, rows, and the length of runs. */
const head = `let n = params[0];\nlet number = ${spread(1).number};`;

const bound = (indices: boolean, names: readonly string[]): Bound[] =>
  names.flatMap((name, buffer) =>
    name === "" || (!indices && name.endsWith("Places"))
      ? []
      : [{ buffer, name, type: "u32", written: name.startsWith("sorted") }],
  );

const each = (text: (i: number) => string): string => Array.from({ length: EACH }, (_, i) => text(i)).join("\n");

/** Sets o0 … to the order of the first `count` of EACH elements from position `start` of x on, by odd-even transposition: equal neighbours never change places. */
const ordering = (dtype: DType, count: string): string => `${each(
  (i) => `var o${i} = ${i}u; var k${i} = 0xffffffffu;
if (${i}u < ${count}) { k${i} = key(${bitsAt(dtype, "x", `start + ${i}u`)}); }`,
)}
for (var round = 0u; round < ${EACH / 2}u; round++) {
${[0, 2, 4, 6, 1, 3, 5]
  .map(
    (i) => `{
let less = k${i + 1} < k${i};
let k = min(k${i}, k${i + 1}); k${i + 1} = max(k${i}, k${i + 1}); k${i} = k;
let o = select(o${i}, o${i + 1}, less); o${i + 1} = select(o${i + 1}, o${i}, less); o${i} = o;
}`,
  )
  .join("\n")}
}`;

/**
 * A function for two runs in `bits`, at `a` and after it, of `na` and `nb` elements in order: how many of the first `d` of the merged run are of the first one, by
 * bisection (merge path: Green, McColl and Bader, GPU Merge Path, 2012). Of equal elements those of the first run come first.
 */
const cutting = (name: string, bits: string): string => `fn ${name}(a: u32, na: u32, nb: u32, d: u32) -> u32 {
var low = d - min(d, nb);
var high = min(d, na);
while (low < high) {
let middle = (low + high) >> 1u;
if (key(${bits}[a + na + d - 1u - middle]) < key(${bits}[a + middle])) { high = middle; } else { low = middle + 1u; }
}
return low;
}`;

/** A function that goes on from there and does `take` with `at`, the place of element d + t of the merged run, for t = 0 … count − 1. */
const merging = (bits: string, count: number, take: string): string => `${cutting("cut", bits)}
fn merge(a: u32, na: u32, nb: u32, d: u32, to: u32) {
let b = a + na;
var i = cut(a, na, nb, d);
var j = d - i;
var ka = key(${bits}[a + i]);
var kb = key(${bits}[b + j]);
for (var t = 0u; t < ${count}u; t++) {
if (i + j >= na + nb) { return; }
let first = j >= nb || (i < na && ka <= kb);
let at = select(b + j, a + i, first);
${take}
if (first) { i++; ka = key(${bits}[a + i]); } else { j++; kb = key(${bits}[b + j]); }
}
}`;

/** Merging in the memory of a workgroup: by `merge` to registers, by `put` back. */
const together = ({ indices }: Sorted): string => {
  const take = (value: string, place: string): string => `${value};${indices ? ` ${place};` : ""}`;
  const type = (n: number): string => `array<u32, ${n}>;`;
  return `${take(`var<workgroup> bits: ${type(BLOCK)} var<private> taken: ${type(EACH)}`, `var<workgroup> places: ${type(BLOCK)} var<private> takenPlaces: ${type(EACH)}`)}
${merging("bits", EACH, take("taken[t] = bits[at]", "takenPlaces[t] = places[at]"))}
fn put(slot: u32) {
for (var t = 0u; t < ${EACH}u; t++) { ${take("bits[slot + t] = taken[t]", "places[slot + t] = takenPlaces[t]")} }
}`;
};

const store = (to: string, from: string, bits: boolean, indices: boolean): string =>
  `${bits ? `sorted[${to}] = bits[${from}];` : ""}${indices ? ` sortedPlaces[${to}] = places[${from}];` : ""}`;

/**
 * Sorts rows of up to `slots` elements (a power of two, EACH … BLOCK), several in a workgroup, or the blocks of longer ones. Buffers: parameters, x, bits
 * (if `bits`), positions.
 */
function printBlocks(of: Sorted, slots: number, bits: boolean, groups: number): Program {
  const { dtype, indices, descending } = of;
  const rows = BLOCK / slots;
  return program(
    "sort",
    bound(indices, ["params", "x", bits ? "sorted" : "", "sortedPlaces"]),
    LANES,
    spread(groups).workgroups,
    `${keyFunction(dtype, descending)}\n${together(of)}`,
    `${head}
let blocks = (n + ${BLOCK - 1}u) / ${BLOCK}u;
if (number >= ${rows === 1 ? "params[1] * blocks" : `(params[1] + ${rows - 1}u) / ${rows}u`}) { return; }
let skip = ${rows === 1 ? `(number % blocks) * ${BLOCK}u` : "0u"};
let base = lane * ${EACH}u / ${slots}u * ${slots}u;
let own = lane * ${EACH}u % ${slots}u;
let row = ${rows === 1 ? "number / blocks" : `number * ${rows}u + base / ${slots}u`};
let count = select(0u, min(n - skip, ${slots}u), row < params[1]);
let start = row * n + skip + own;
${ordering(dtype, "count - min(count, own)")}
${each((i) => `bits[base + own + ${i}u] = ${bitsAt(dtype, "x", `start + o${i}`)};${indices ? ` places[base + own + ${i}u] = skip + own + o${i};` : ""}`)}
workgroupBarrier();
for (var width = ${EACH}u; width < ${slots}u; width <<= 1u) {
let pair = own / (2u * width) * 2u * width;
let left = count - min(count, pair);
merge(base + pair, min(left, width), min(left - min(left, width), width), own - pair, 0u);
workgroupBarrier();
put(base + own);
workgroupBarrier();
}
for (var slot = lane; slot < ${BLOCK}u; slot += ${LANES}u) {
let to = ${rows === 1 ? "number / blocks" : `number * ${rows}u + slot / ${slots}u`};
let q = slot % ${slots}u;
if (to < params[1] && q < min(n - skip, ${slots}u)) { ${store("to * n + skip + q", "slot", bits, indices)} }
}`,
  );
}

/** The runs of `width` elements of a row that are merged around element `skip` of it. */
const pairs = `let width = params[2];
let pair = skip / (2u * width) * 2u * width;
let na = min(width, n - pair);
let nb = min(width, n - pair - na);`;

/**
 * Merges neighbouring runs of `width` elements (a multiple of BLOCK) of every row; each workgroup makes BLOCK elements of the result. Buffers: parameters, bits,
 * positions, merged bits (if `bits`), merged positions.
 */
function printMerge(of: Sorted, bits: boolean, groups: number): Program {
  const { dtype, indices, descending } = of;
  return program(
    "merge",
    bound(indices, ["params", "given", "givenPlaces", bits ? "sorted" : "", "sortedPlaces"]),
    LANES,
    spread(groups).workgroups,
    `${keyFunction(dtype, descending)}
${together(of)}
${cutting("cutGiven", "given")}
var<workgroup> cuts: array<u32, 2>;`,
    `${head}
let blocks = (n + ${BLOCK - 1}u) / ${BLOCK}u;
if (number >= params[1] * blocks) { return; }
let skip = (number % blocks) * ${BLOCK}u;
${pairs}
let a = number / blocks * n + pair;
let begin = skip - pair;
let end = min(begin + ${BLOCK}u, na + nb);
if (lane < 2u) { cuts[lane] = cutGiven(a, na, nb, select(begin, end, lane == 1u)); }
workgroupBarrier();
let i = cuts[0];
let ofA = cuts[1] - i;
let j = begin - i;
let count = end - begin;
for (var slot = lane; slot < count; slot += ${LANES}u) {
let at = select(a + na + j + slot - ofA, a + i + slot, slot < ofA);
bits[slot] = given[at];
${indices ? "places[slot] = givenPlaces[at];" : ""}
}
workgroupBarrier();
merge(0u, ofA, count - ofA, min(lane * ${EACH}u, count), 0u);
workgroupBarrier();
put(lane * ${EACH}u);
workgroupBarrier();
for (var slot = lane; slot < count; slot += ${LANES}u) { ${store("a + begin + slot", "slot", bits, indices)} }`,
  );
}

/** Sorts runs of EACH elements, an invocation each. Buffers as of `printBlocks`. */
function printRuns({ dtype, indices, descending }: Sorted, bits: boolean, groups: number): Program {
  return program(
    "sort",
    bound(indices, ["params", "x", bits ? "sorted" : "", "sortedPlaces"]),
    LANES,
    spread(groups).workgroups,
    keyFunction(dtype, descending),
    `${head}
let run = number * ${LANES}u + lane;
let runs = (n + ${EACH - 1}u) / ${EACH}u;
if (run >= params[1] * runs) { return; }
let skip = run % runs * ${EACH}u;
let start = run / runs * n + skip;
let count = min(n - skip, ${EACH}u);
${ordering(dtype, "count")}
${each(
  (i) => `if (${i}u < count) {
${bits ? `sorted[start + ${i}u] = ${bitsAt(dtype, "x", `start + o${i}`)};` : ""}
${indices ? `sortedPlaces[start + ${i}u] = skip + o${i};` : ""}
}`,
)}`,
  );
}

/** Merges neighbouring runs of `width` elements (a multiple of EACH), an invocation ALONE elements of the result. Buffers as of `printMerge`. */
function printMergeAlone({ dtype, indices, descending }: Sorted, bits: boolean, groups: number): Program {
  const take = `${bits ? "sorted[to + t] = given[at];" : ""}${indices ? " sortedPlaces[to + t] = givenPlaces[at];" : ""}`;
  return program(
    "merge",
    bound(indices, ["params", "given", "givenPlaces", bits ? "sorted" : "", "sortedPlaces"]),
    LANES,
    spread(groups).workgroups,
    `${keyFunction(dtype, descending)}\n${merging("given", ALONE, take)}`,
    `${head}
let chunk = number * ${LANES}u + lane;
let chunks = (n + ${ALONE - 1}u) / ${ALONE}u;
if (chunk >= params[1] * chunks) { return; }
let skip = chunk % chunks * ${ALONE}u;
${pairs}
let row = chunk / chunks * n;
merge(row + pair, na, nb, skip - pair, row + skip);`,
  );
}

/** Elements of a packed dtype from the words that hold their bits. Buffers: words, out. */
export function printPack(dtype: DType, size: number): Program {
  const width = 8 * dtypes[dtype].bytes;
  const per = 32 / width;
  const words = Math.ceil(size / per);
  const { workgroups, number } = spread(Math.ceil(words / LANES));
  return program(
    "pack",
    [
      { buffer: 0, name: "x", type: "u32", written: false },
      { buffer: 1, name: "out", type: "u32", written: true },
    ],
    LANES,
    workgroups,
    "",
    `let word = ${number} * ${LANES}u + lane;
if (word >= ${words}u) { return; }
var packed = 0u;
for (var k = 0u; k < ${per}u && word * ${per}u + k < ${size}u; k++) { packed |= x[word * ${per}u + k] << (k * ${width}u); }
out[word] = packed;`,
  );
}

/** How rows are sorted: passes with their parameters. */
export interface Passes {
  readonly print: (p: number, of: Sorted, bits: boolean) => Program;
  readonly parameters: (p: number) => Uint32Array<ArrayBuffer>;
  readonly count: number;
}

/**
 * The passes that sort `outer` rows of `n` elements. `alone`: every invocation on its own, for devices where waiting for others is dear, in more passes; else
 * workgroups sort blocks and merge them in memory of their own.
 */
export function passesFor(outer: number, n: number, alone: boolean): Passes {
  const first = alone ? EACH : BLOCK;
  const runs = Math.ceil(n / first);
  const count = 1 + Math.ceil(Math.log2(runs));
  const slots = Math.max(EACH, Math.min(BLOCK, 2 ** Math.ceil(Math.log2(n))));
  const groups = (p: number): number =>
    Math.ceil(
      alone
        ? (outer * Math.ceil(n / (p === 0 ? EACH : ALONE))) / LANES
        : runs > 1
          ? outer * runs
          : (outer * slots) / BLOCK,
    );
  return {
    count,
    print: (p, of, bits) => {
      if (p > 0) return (alone ? printMergeAlone : printMerge)(of, bits, groups(p));
      return alone ? printRuns(of, bits, groups(0)) : printBlocks(of, slots, bits, groups(0));
    },
    parameters: (p) => Uint32Array.of(n, outer, first * 2 ** (p - 1)),
  };
}
