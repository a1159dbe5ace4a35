import type { BufferType, Index, Instruction, Kernel, Term } from "@gradus/tensor";
import { texels } from "./lanes.ts";
import { perTexel } from "./layout.ts";
import { aligned, loopTerm, packed, packing } from "./pack.ts";
import { combinations, replaced, replacedIn, type Tile, unroll } from "./unroll.ts";

/** Results of one thread in one texture. */
const LANES = 4;
/** Most textures that one thread draws to, where there are so many. */
const ROWS = 8;
/** Shorter folds gain nothing from tiles; those with rows have their results put in order afterwards. */
const [SHORT, LONG] = [8, 32];
/** Most steps of a reduction loop that are written out, and most of a loop that is written out whole. */
const [STEPS, WHOLE] = [4, 7];

/** A product in tiles: kernels that run one after the other, on the buffers of the original one and, after them, `parts`. */
export interface Tiled {
  readonly parts: readonly BufferType[];
  readonly kernels: readonly Kernel[];
}

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

/** How often a loop variable counts in an index, and whether it stands in a quotient or a remainder. */
function weight(e: Index, loop: number): { readonly coefficient: number; readonly bent: boolean } {
  let [coefficient, bent] = [0, false];
  for (const { coefficient: c, atom } of e.terms) {
    if (atom.kind === "loop" && atom.loop === loop) coefficient += c;
    else if (atom.kind === "div" || atom.kind === "mod") {
      const inside = weight(atom.of, loop);
      bent ||= inside.bent || inside.coefficient !== 0;
    }
  }
  return { coefficient, bent };
}

/** Texels that a thread fetches in one step of the innermost loop, as they are printed; guards cost a quarter of one. */
function fetches(list: readonly Instruction[], kernel: Kernel, tiles: readonly Tile[]): number {
  let count = 0;
  for (const x of list) {
    if (x.op !== "load") continue;
    const per = perTexel((kernel.buffers[x.buffer] as BufferType).dtype);
    let offsets = [((x.index.constant % per) + per) % per];
    let apart = 1;
    for (const { loop, steps } of tiles) {
      const { coefficient, bent } = weight(x.index, loop);
      if (bent) apart *= steps;
      else if (coefficient !== 0)
        offsets = offsets.flatMap((o) => Array.from({ length: steps }, (_, k) => o + k * coefficient));
    }
    const elements = new Set(offsets).size * apart;
    const order = packing(x, kernel, tiles);
    if (order !== null) count += product(tiles.filter((t) => order.includes(t.loop)).map((t) => t.steps)) / per;
    else if (aligned(x, kernel, tiles))
      count += new Set(offsets.map((o) => Math.floor(o / per))).size * apart + 0.25 * elements * x.guards.length;
    else count += 1.3 * elements + 0.25 * elements * x.guards.length;
  }
  return count;
}

/** Steps of a loop of that extent that may be written out. */
const divisors = (extent: number): number[] =>
  Array.from({ length: WHOLE }, (_, i) => i + 1).filter((n) => (n <= STEPS ? extent % n === 0 : extent === n));

interface Choice {
  readonly lanes: Tile;
  readonly rows: Tile | null;
  readonly terms: Tile | null;
}

/** The tiles that fetch least per product. */
function choose(kernel: Kernel, draws: number): Choice | null {
  const { loops, reduce, inner } = kernel;
  const outputs = loops.flatMap((n, loop) => (n > 1 ? [loop] : []));
  const folds = reduce.flatMap((n, i) => (n > 1 ? [loops.length + i] : []));
  // The innermost loops alone: others would take the place of the steps that are written out.
  const inside = folds.slice(-2);
  let [best, least]: [Choice | null, number] = [null, Infinity];
  for (const j of outputs)
    for (const i of [-1, ...(product(reduce) < LONG || draws === 1 ? [] : outputs)])
      for (const k of [-1, ...inside]) {
        if (i === j) continue;
        const height = i < 0 ? 1 : Math.min(draws, loops[i] as number);
        for (const steps of k < 0 ? [1] : divisors(reduce[k - loops.length] as number)) {
          if (k >= 0 && steps === 1) continue;
          const lanes = { loop: j, steps: LANES };
          const rows = i < 0 ? null : { loop: i, steps: height };
          const terms = k < 0 ? null : { loop: k, steps };
          const tiles = [lanes, rows, terms].filter((t) => t !== null);
          const used = (n: number, size: number): number => n / (Math.ceil(n / size) * size);
          const useful = used(loops[j] as number, LANES) * (i < 0 ? 1 : used(loops[i] as number, height));
          // A step of the loop costs about as much as half a fetch; lanes that are not neighbours in the result are hard to put in order, and rows
          // have to be put in order.
          const order = (j === outputs.at(-1) ? 1 : 1.1) * (i < 0 ? 1 : 1.1);
          const cost = (order * (fetches(inner, kernel, tiles) + 0.5)) / (LANES * height * steps * useful);
          if (cost < least) [best, least] = [{ lanes, rows, terms }, cost];
        }
      }
  return best;
}

/** The steps of the innermost loop that a sum with few results writes out. */
function few(kernel: Kernel): Tile[] {
  const { loops, reduce } = kernel;
  const i = reduce.findLastIndex((n) => n > 1);
  const steps = Math.max(...divisors(reduce[i] as number));
  return steps === 1 ? [] : [{ loop: loops.length + i, steps }];
}

/** A kernel whose small operands are copied, and the kernels that do it. */
function withPacked(kernel: Kernel, tiles: readonly Tile[]): Tiled & { readonly kernel: Kernel } {
  const parts: BufferType[] = [];
  const kernels: Kernel[] = [];
  const known = new Map<string, Instruction>();
  const inner = kernel.inner.map((x) => {
    const order = x.op === "load" ? packing(x, kernel, tiles) : null;
    if (x.op !== "load" || order === null) return x;
    const key = JSON.stringify(x);
    const found = known.get(key);
    if (found !== undefined) return found;
    const { type, kernel: copy, load } = packed(x, kernel, order, kernel.buffers.length + parts.length);
    // The copy is a buffer after those that were made before.
    kernels.push({
      ...copy,
      buffers: [...kernel.buffers, ...parts, type],
      stores: copy.stores.map((s) => ({ ...s, buffer: load.buffer })),
    });
    parts.push(type);
    known.set(key, load);
    return load;
  });
  return { parts, kernels, kernel: { ...kernel, inner, buffers: [...kernel.buffers, ...parts] } };
}

/** How many textures a thread should draw to: drivers compile large tiles for long, and the kernel that puts results in order reads them all. */
export function drawsFor({ loops, reduce, inner, outer }: Kernel, maxDraws: number, maxLoads: number): number {
  const work = product(loops) * product(reduce);
  const loads = Math.max(
    ...[inner, outer].map((list) => new Set(list.flatMap((x) => (x.op === "load" ? [x.buffer] : []))).size),
  );
  return Math.min(maxDraws, Math.max(1, maxLoads - loads), work < 2 ** 14 ? 1 : work < 2 ** 20 ? 2 : ROWS);
}

/** Cuts a long sum, maximum or minimum of floats into tiles, for threads that draw to so many textures; null for all other kernels. */
export function tile(original: Kernel, draws: number): Tiled | null {
  const { loops, reduce, outer, accumulators } = original;
  const [fold] = accumulators;
  if (fold === undefined || accumulators.length > 1 || !["sum", "max", "min"].includes(fold.op)) return null;
  if ((original.inner[fold.value] as Instruction).dtype !== "f32") return null;
  if (product(reduce) < SHORT || product(loops) === 0) return null;
  if (product(loops) < LANES) return { parts: [], kernels: [texels(original, few(original))] };
  const choice = choose(original, draws);
  if (choice === null) return null;
  const { lanes, rows, terms } = choice;
  const written = terms === null ? [] : [terms];
  const {
    parts: copies,
    kernels,
    kernel,
  } = withPacked(original, [lanes, ...(rows === null ? [] : [rows]), ...written]);
  const { inner, buffers } = kernel;
  const j = lanes.loop;
  const inOrder = loops.slice(j + 1).every((n) => n === 1) && (loops[j] as number) % LANES === 0;
  const out = kernel.stores[0]?.buffer as number;
  if (rows === null && inOrder && perTexel((buffers[out] as BufferType).dtype) === LANES)
    return { parts: copies, kernels: [...kernels, texels(kernel, written)] };

  // The loops of the parts: the lanes last, whole texels, and whole tiles of rows.
  const order = [...loops.keys()].filter((l) => l !== j).concat(j);
  const height = rows?.steps ?? 1;
  const whole = (l: number): number => {
    const steps = l === j ? LANES : l === rows?.loop ? height : 1;
    return Math.ceil((loops[l] as number) / steps) * steps;
  };
  const moved = (e: Index): Index =>
    replaced(e, (loop, coefficient): Index => {
      if (loop >= loops.length)
        return { constant: 0, terms: [loopTerm(loop, reduce[loop - loops.length] as number, coefficient)] };
      return whole(loop) === 1
        ? { constant: 0, terms: [] }
        : { constant: 0, terms: [loopTerm(order.indexOf(loop), whole(loop), coefficient)] };
    });
  const extents = order.map((l) => (l === rows?.loop ? whole(l) / height : whole(l)));
  const type: BufferType = { dtype: "f32", size: product(extents) };
  const strides = extents.map((_, i) => product(extents.slice(i + 1)));
  const inputs = buffers.length;
  const parts = Array.from({ length: height }, () => type);
  const tiles: Tile[] = [
    ...(rows === null ? [] : [{ loop: order.indexOf(rows.loop), steps: height }]),
    { loop: order.length - 1, steps: LANES },
  ];
  const { contraction: _, ...plain } = kernel;
  const unrolled = unroll(
    {
      ...plain,
      loops: order.map(whole),
      inner: replacedIn(inner, moved),
      outer: [{ op: "accumulator", dtype: "f32", a: 0 }],
      stores: [{ buffer: inputs, index: { constant: 0, terms: [] }, value: 0 }],
    },
    tiles,
    written,
  );
  const first: Kernel = {
    ...unrolled,
    buffers: [...buffers, ...parts],
    stores: combinations(tiles).map((at, i) => {
      const [row, lane] = rows === null ? [0, at[0] as number] : (at as [number, number]);
      const terms = unrolled.loops.flatMap((n, l) =>
        n === 1 ? [] : [loopTerm(l, n, (strides[l] as number) * (l === order.length - 1 ? LANES : 1))],
      );
      return { buffer: inputs + row, index: { constant: lane, terms }, value: unrolled.stores[i]?.value as number };
    }),
  };

  // The sums in order: of every part the element, of which the row says which one it is.
  const row: Term | null = rows === null ? null : loopTerm(rows.loop, loops[rows.loop] as number);
  const place: Index = {
    constant: 0,
    terms: order.flatMap((l, i): Term[] => {
      const coefficient = strides[i] as number;
      if (loops[l] === 1) return [];
      if (l !== rows?.loop) return [loopTerm(l, loops[l] as number, coefficient)];
      const of: Index = { constant: 0, terms: [row as Term] };
      return height >= (loops[l] as number) ? [] : [{ coefficient, atom: { kind: "div", of, by: height } }];
    }),
  };
  const list: Instruction[] = [];
  let value = list.push({ op: "load", dtype: "f32", buffer: inputs, index: place, guards: [], fill: 0 }) - 1;
  for (let r = 1; r < height; r++) {
    const which: Index = {
      constant: 0,
      terms: [{ coefficient: 1, atom: { kind: "mod", of: { constant: 0, terms: [row as Term] }, by: height } }],
    };
    const n = list.push(
      { op: "guard", dtype: "bool", guards: [{ of: which, low: r, high: r + 1 }] },
      { op: "load", dtype: "f32", buffer: inputs + r, index: place, guards: [], fill: 0 },
    );
    value = list.push({ op: "where", dtype: "f32", a: n - 2, b: n - 1, c: value }) - 1;
  }
  const base = list.length;
  for (const x of outer) {
    if (x.op === "accumulator") {
      list.push({ op: "cast", dtype: x.dtype, a: value });
      continue;
    }
    const own = { ...x, ...("index" in x ? { index: later(x.index, base) } : {}) } as Record<string, unknown>;
    if ("guards" in x) own.guards = x.guards.map((g) => ({ ...g, of: later(g.of, base) }));
    for (const k of ["a", "b", "c"]) if (k in own) own[k] = (own[k] as number) + base;
    list.push(own as never);
  }
  const second = texels({
    ...plain,
    reduce: [],
    inner: [],
    accumulators: [],
    outer: list,
    buffers: [...buffers, ...parts],
    stores: kernel.stores.map((s) => ({ ...s, value: s.value + base })),
  });
  return { parts: [...copies, ...parts], kernels: [...kernels, first, second] };
}

/** An index whose instructions come later by `base`. */
const later = (e: Index, base: number): Index => ({
  constant: e.constant,
  terms: e.terms.map(({ coefficient, atom }) => ({
    coefficient,
    atom:
      atom.kind === "value"
        ? { ...atom, instruction: atom.instruction + base }
        : atom.kind === "loop"
          ? atom
          : { ...atom, of: later(atom.of, base) },
  })),
});
