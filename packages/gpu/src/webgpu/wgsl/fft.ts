import { butterfly, complexFunctions, factors, passesOf } from "./butterfly.ts";
import { type Bound, type Program, program, spread } from "./program.ts";
import type { Target } from "./schedule.ts";

/** Complex numbers that a workgroup transforms: twice as many are 16 KiB. */
const SHARED = 1024;
const LANES = 64;

/** Where a transform reads or writes: buffers, functions, and the expression or the statement on `row`, `at` and (written) `z`. */
export interface End {
  readonly bound: readonly Bound[];
  readonly declarations: string;
  readonly text: string;
}

/** A buffer of complex numbers, rows of n. */
export const complexBuffer = (buffer: number, n: number, written: boolean): End => ({
  bound: [{ buffer, name: written ? "target_" : "source", type: "vec2<f32>", written }],
  declarations: "",
  text: written ? `target_[row * ${n}u + at] = z;` : `source[row * ${n}u + at]`,
});

/** Whether rows are transformed by stages alone. */
export const smooth = (n: number): boolean => factors(n) !== null;

/** Radices of each pass over memory. A CPU that plays a GPU does one in each: there workgroups wait at a price, and memory that they share takes long to compile. */
export const passesFor = (n: number, { cpu }: Pick<Target, "cpu">): number[][] =>
  cpu ? (factors(n) as number[]).map((r) => [r]) : passesOf(n, SHARED);

/**
 * The forward transform of rows of n, not scaled, by Stockham's stages: those that fit in the memory of a workgroup are done there in one pass, and a pass is
 * itself a stage of radix R. Between passes numbers lie in `temporaries` by turns.
 */
export function transform(
  rows: number,
  n: number,
  load: End,
  store: End,
  temporaries: readonly [number, number],
  target: Target,
): Program[] {
  const passes = passesFor(n, target);
  if (passes.length === 0) passes.push([]);
  let s = 1;
  return passes.map((radices, i) => {
    const size = radices.reduce((a, b) => a * b, 1);
    const from = i === 0 ? load : complexBuffer(temporaries[(i - 1) % 2] as number, n, false);
    const to = i === passes.length - 1 ? store : complexBuffer(temporaries[i % 2] as number, n, true);
    const printed = target.cpu
      ? butterflies(rows, n, radices[0] ?? 1, s, from, to)
      : pass(rows, n, radices, s, from, to);
    s *= size;
    return printed;
  });
}

/** A pass of one radix: an invocation for each butterfly. */
function butterflies(rows: number, n: number, r: number, s: number, load: End, store: End): Program {
  const T = n / r;
  const { workgroups, number } = spread(Math.ceil((rows * T) / LANES));
  const turned = n / s > r;
  return program(
    "fft",
    [...load.bound, ...store.bound],
    LANES,
    workgroups,
    `${complexFunctions}\n${load.declarations}\n${store.declarations}`,
    `let item = ${number} * ${LANES}u + lane;
if (item >= ${rows * T}u) { return; }
let row = item / ${T}u;
let t = item % ${T}u;
var v: array<vec2<f32>, ${r}>;
for (var k = 0u; k < ${r}u; k++) {
let at = t + ${T}u * k;
v[k] = ${load.text};
}
${r === 1 ? "" : butterfly(r, (k) => `v[${k}]`, "_").join("\n")}
let p = t / ${s}u;
${turned ? `let w1 = turn(p, ${n / s}u);\nvar w = vec2<f32>(1.0, 0.0);` : ""}
for (var k = 0u; k < ${r}u; k++) {
let at = t % ${s}u + ${s}u * (${r}u * p + k);
${turned ? "let z = times(v[k], w);\nw = times(w, w1);" : "let z = v[k];"}
${store.text}
}`,
  );
}

/** One pass: item t of a row, t = q + s·p, transforms the elements t + k·n/R and writes the j-th result, turned by p·j of n/s, to q + s·(R·p + j). */
function pass(rows: number, n: number, radices: readonly number[], s: number, load: End, store: End): Program {
  const R = radices.reduce((a, b) => a * b, 1);
  const T = n / R;
  const items = rows * T;
  // Neighbours together, for the sake of memory, as long as there is work for all.
  const least = T > 1 ? 8 : 1;
  const C = Math.max(1, Math.min(Math.floor(SHARED / R), items, Math.max(least, Math.ceil(items / 256))));
  const most = Math.max(...radices.map((r) => (C * R) / r), 1);
  const lanes = Math.min(256, Math.ceil(most / 64) * 64);
  const { workgroups, number } = spread(Math.ceil(items / C));
  // which item an element belongs to: rows lie one after another, items of a row side by side
  const split = T === 1 ? `let c = e / ${R}u; let k = e % ${R}u;` : `let c = e % ${C}u; let k = e / ${C}u;`;
  const each = (body: string): string => `for (var e = lane; e < ${C * R}u; e += ${lanes}u) {
${split}
let item = first + c;
if (item < ${items}u) {
let row = item / ${T}u;
let t = item % ${T}u;
${body}
}
}`;
  const last = `shared_[${(radices.length % 2) * C * R}u + c * ${R}u + k]`;
  const turned = T > 1 && n / s > R;
  const written = `let p = t / ${s}u;
let at = t % ${s}u + ${s}u * (${R}u * p + k);
${turned ? `let z = times(${last}, turn(p * k, ${n / s}u));` : `let z = ${last};`}
${store.text}`;
  let local = 1;
  const stages = radices.map((r, i) => {
    const text = stage(r, R, C, lanes, local, i % 2);
    local *= r;
    return text;
  });
  return program(
    "fft",
    [...load.bound, ...store.bound],
    lanes,
    workgroups,
    `var<workgroup> shared_: array<vec2<f32>, ${2 * C * R}>;
${complexFunctions}
${load.declarations}
${store.declarations}`,
    `let first = ${number} * ${C}u;
if (first >= ${items}u) { return; }
${each(`let at = t + ${T}u * k;\nshared_[c * ${R}u + k] = ${load.text};`)}
workgroupBarrier();
${stages.join("\n")}
${each(written)}`,
  );
}

/** The stage of radix r after those of product s, from one half of a workgroup's memory to the other; the last one turns nothing. */
function stage(r: number, R: number, C: number, lanes: number, s: number, half: number): string {
  const per = R / r;
  const last = s * r === R;
  const v = (k: number): string => `v${k}`;
  const terms = Array.from({ length: r }, (_, k) => k);
  const row = C === 1 ? "" : ` + (b / ${per}u) * ${R}u`;
  const turns = [
    `let w1 = turn(p, ${R / s}u);`,
    ...terms.slice(2).map((j) => `let w${j} = times(w${j >> 1}, w${j - (j >> 1)});`),
  ];
  return `for (var b = lane; b < ${C * per}u; b += ${lanes}u) {
let u = ${C === 1 ? "b" : `b % ${per}u`};
let p = u / ${s}u;
let base = ${half * C * R}u + u${row};
${terms.map((k) => `var ${v(k)} = shared_[base + ${k * per}u];`).join("\n")}
${butterfly(r, v, "_").join("\n")}
let to = ${(1 - half) * C * R}u + u % ${s}u + p * ${s * r}u${row};
${last ? "" : turns.join("\n")}
${terms.map((j) => `shared_[to + ${j * s}u] = ${j === 0 || last ? v(j) : `times(${v(j)}, w${j})`};`).join("\n")}
}
workgroupBarrier();`;
}
