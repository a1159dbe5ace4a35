import type { Key, Saver, Shape, Tensor } from "@gradus/tensor";
import { ArgumentError, cast, check, div, foldIn, isFloat, saving } from "@gradus/tensor";
import type { Ranges } from "./quantise.ts";
import {
  checkRanges,
  decode,
  encode,
  follow,
  groupAxis,
  noRanges,
  packed,
  quantizeChecks,
  unpacked,
} from "./quantise.ts";
import type { MesaOp, Slot } from "./slots.ts";
import { slots } from "./slots.ts";

/** How activations are kept. */
export interface MesaOpOptions {
  /** Bits of a code: 8 unless told, 4, or 2. */
  readonly bits?: 2 | 4 | 8;
  /** Groups with a range of their own, as many as there are heads, say; 1 unless told. Channels or heads (axis 1 of four axes) are cut into them. */
  readonly groups?: number;
  /** Channels or heads of a group, in the place of `groups`. */
  readonly groupSize?: number;
  /** Weight λ of the past in running ranges; 0.9 unless told. */
  readonly decay?: number;
  /** Which tensors of the kind, by their order in the graph; all unless told. */
  readonly layers?: "all" | readonly number[];
}

/** Options of {@link mesa}. */
export interface MesaOptions extends Omit<MesaOpOptions, "layers"> {
  /** Rounding without bias, which needs a key, or to the nearest code; at random unless told. */
  readonly rounding?: "stochastic" | "nearest";
  /** For rounding at random: the same key gives the same codes. Running ranges fold in their step. */
  readonly key?: Key;
  /** For each kind of tensor whether it is kept in codes (all are unless told), or how. */
  readonly ops?: Readonly<Partial<Record<MesaOp, boolean | MesaOpOptions>>>;
}

/** A tensor that is kept in codes. */
export interface MesaTensor {
  /** What reads it. */
  readonly op: MesaOp;
  /** Its number among those of the kind. */
  readonly layer: number;
  readonly shape: Shape;
  /** Groups; none for a mask. */
  readonly groups: number;
  /** Bits of a code; 1 for a mask. */
  readonly bits: number;
  /** What is kept: codes, and α and β of each group. */
  readonly bytes: number;
  /** What would be kept without. */
  readonly exactBytes: number;
}

/** A function whose derivatives read activations in codes; see {@link mesa}. */
export interface Mesa<A extends readonly unknown[], R> {
  /** The function, with the ranges of this call's activations alone. */
  (...args: A): R;
  /** Running ranges that have seen nothing. Nothing is computed. */
  init(...args: A): readonly Ranges[];
  /** The function with running ranges, and these after the call. */
  run(ranges: readonly Ranges[], ...args: A): [result: R, ranges: readonly Ranges[]];
  /** What is kept in codes. Nothing is computed. */
  stored(...args: A): readonly MesaTensor[];
}

const kinds: readonly MesaOp[] = ["linear", "matmul", "conv", "softmax", "activation", "norm", "checkpoint", "mask"];
const own: Readonly<Record<string, check.Check>> = {
  bits: quantizeChecks.bits,
  groups: quantizeChecks.groups,
  groupSize: quantizeChecks.groups,
  decay: quantizeChecks.decay,
};

function checkLayers(op: string, value: unknown, argument: string): void {
  if (value === "all") return;
  if (!Array.isArray(value)) throw new ArgumentError(`${op}: ${argument}: expected "all" or a list of numbers`);
  for (const n of value) check.integer("[0, ∞)")(op, n, argument);
}

function checkOp(op: string, value: unknown, argument: string): void {
  if (typeof value !== "boolean") check.options(op, value as object, { ...own, layers: checkLayers }, argument);
}

interface Chosen extends MesaTensor {
  readonly slot: Slot;
  readonly decay: number;
}

/** The slots that the options want kept, and how. */
function chosen(found: readonly Slot[], options: MesaOptions): Chosen[] {
  const count = new Map<MesaOp, number>();
  return found.flatMap((slot) => {
    const { op, tensor } = slot;
    const layer = count.get(op) ?? 0;
    count.set(op, layer + 1);
    const set = options.ops?.[op] ?? true;
    const more: MesaOpOptions = typeof set === "boolean" ? {} : set;
    const { layers = "all" } = more;
    if (set === false || (layers !== "all" && !layers.includes(layer))) return [];
    const { shape, size } = tensor;
    const base = { slot, op, layer, shape };
    if (op === "mask") {
      const bytes = Math.ceil(size / 8);
      return [{ ...base, groups: 0, bits: 1, decay: 0, bytes, exactBytes: size }];
    }
    if (!isFloat(tensor.dtype) || tensor.rank === 0 || size === 0) return [];
    const { bits = 8, decay = 0.9 } = { ...options, ...more };
    const n = shape[groupAxis(shape)] as number;
    const { groups, groupSize } = more.groups || more.groupSize ? more : options;
    const parts = groupSize === undefined ? (groups ?? 1) : n / groupSize;
    if (!Number.isInteger(parts) || n % parts !== 0) {
      const [name, value] = groupSize === undefined ? ["groups", groups] : ["groupSize", groupSize];
      throw new ArgumentError(
        `mesa: ${name}: ${value} does not divide ${n}, axis ${groupAxis(shape)} of the ${op} tensor ${layer} [${shape}]; set ops.${op}`,
      );
    }
    const width = { f64: 8, f16: 2 }[tensor.dtype as string] ?? 4;
    const bytes = Math.ceil((size * bits) / 8) + 2 * parts * Math.max(4, width);
    return [{ ...base, groups: parts, bits, decay, bytes, exactBytes: size * width }];
  });
}

/** Eight conditions in a byte. */
const mask = ({ shape }: Tensor): Saver => ({
  store: (x) => [packed(x, 1)],
  restore: ([bytes]) => cast(unpacked(bytes as Tensor, 1, shape), "bool"),
});

function saver({ slot: { tensor }, op, groups, bits, decay }: Chosen, before: Ranges | null, key: Key | null): Saver {
  if (op === "mask") return mask(tensor);
  const width = bits as 2 | 4 | 8;
  return {
    store(x) {
      const { used, kept } = follow("mesa", x, groups, decay, before);
      const own = key && before ? foldIn(key, before.steps) : key;
      const state = kept === null ? [] : [kept.alpha, kept.beta, kept.steps];
      return [encode("mesa", x, used, width, own), ...used, ...state];
    },
    restore: ([codes, alpha, beta]) => decode(codes as Tensor, [alpha as Tensor, beta as Tensor], width, tensor),
  };
}

/**
 * A function that trains in less memory: its values are exact, but what its derivatives read of activations is kept in 8 bits, rounded at random
 * within a range for each group of heads or channels (Pan et al. 2021, Mesa: A Memory-saving Training Framework for Transformers). Any model will do,
 * since the graph of the call is rewritten. Kept in codes are
 *
 * - `linear`, `matmul`, `conv`: operands that are activations (weights and the arguments themselves are there anyway);
 * - `softmax`: its result, which the product behind it shares;
 * - `activation`: what goes into GELU, SiLU, tanh, sigmoid or ELU;
 * - `norm`: what is centred; its mean and variance are kept as they are;
 * - `mask`: conditions of `where`, as of ReLU, without loss in one bit;
 * - `checkpoint`: what {@link @gradus/tensor!index.checkpoint | checkpoint} computes its inside from again.
 *
 * What is elementwise on these is computed again, everything else is kept as it is. Gradients of biases and of what goes into a linear layer do not
 * change; that of its weights errs by at most ‖dy‖ · α / 255 · √n. Forward mode is exact. Under `jit` memory is planned by it; use the function
 * itself where nothing is differentiated.
 *
 * A plain call takes the ranges of its own activations. With `run` they follow the batches as in the paper: state, which starts from `init`. A
 * model that trains by `train` has it beside it in one tree.
 *
 * @param f - of trees to trees, a loss usually
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} without a key to round at random, when groups do not divide an axis, or for a bad option
 * @example
 * ```ts
 * const loss = mesa((net: Net, x: Tensor, y: Tensor) => crossEntropy(net.call(x), y), { groups: 4, key: key(0) });
 * const grads = grad(loss)(net, x, y);
 * // running ranges
 * const ranges = loss.init(net, x, y);
 * const [[value, next], slopes] = valueAndGrad(loss.run, { argnums: 1, hasAux: true })(ranges, net, x, y);
 * ```
 */
export function mesa<A extends readonly unknown[], R>(f: (...args: A) => R, options: MesaOptions = {}): Mesa<A, R> {
  const op = "mesa";
  check.callable(op, f, "f");
  check.options(op, options, {
    ...own,
    rounding: check.oneOf("stochastic", "nearest"),
    key: check.key,
    ops: (o, value, name) =>
      check.options(o, value as object, Object.fromEntries(kinds.map((kind) => [kind, checkOp])), name),
  });
  const { rounding = "stochastic" } = options;
  if (rounding === "stochastic" && options.key === undefined)
    throw new ArgumentError(`${op}: key: rounding at random needs one; give key, or rounding: "nearest"`);
  const key = rounding === "stochastic" ? (options.key as Key) : null;

  /** The call with what was chosen, and what was kept of each. */
  function call(args: A, ranges: readonly Ranges[] | null): [R, (readonly [Chosen, Tensor[]])[]] {
    let list: Chosen[] = [];
    const [result, kept] = saving(f, (graph) => {
      list = chosen(slots(graph), options);
      const ranged = list.filter((c) => c.groups > 0);
      if (ranges !== null) checkState(op, ranges, ranged);
      const savers = new Map<Tensor, Saver>();
      list.forEach((c, i) => {
        const before = ranges === null || c.groups === 0 ? null : (ranges[ranged.indexOf(c)] as Ranges);
        savers.set(c.slot.tensor, saver(c, before, key && foldIn(key, i)));
      });
      for (const { slot } of list)
        if (slot.exponential && !savers.has(slot.exponential.tensor)) {
          const { by, tensor } = slot.exponential;
          savers.set(tensor, { store: () => [], restore: (_, see) => div(see(slot.tensor), see(by)) });
        }
      return savers;
    })(...args);
    return [result, list.map((c, i) => [c, kept[i] as Tensor[]] as const)];
  }
  const plain = (...args: A): R => call(args, null)[0];
  const listed = (args: A): Chosen[] => {
    let list: Chosen[] = [];
    saving(f, (graph) => {
      list = chosen(slots(graph), options);
      return new Map();
    })(...args);
    return list;
  };
  return Object.assign(plain, {
    init: (...args: A): readonly Ranges[] =>
      listed(args)
        .filter((c) => c.groups > 0)
        .map((c) => noRanges(c.groups, c.slot.tensor.dtype)),
    run(ranges: readonly Ranges[], ...args: A): [R, readonly Ranges[]] {
      const [result, kept] = call(args, ranges);
      const next = kept.flatMap(([c, [, , , alpha, beta, steps]]) =>
        c.groups > 0 ? [{ alpha, beta, steps } as Ranges] : [],
      );
      return [result, next];
    },
    stored: (...args: A): readonly MesaTensor[] => listed(args).map(({ slot: _, decay: __, ...shown }) => shown),
  });
}

/** Throws unless there are ranges for every tensor. */
function checkState(op: string, ranges: unknown, list: readonly Chosen[]): void {
  if (!Array.isArray(ranges) || ranges.length !== list.length)
    throw new ArgumentError(
      `${op}: ranges: expected those of ${list.length} tensors, got ${check.said(ranges)}; make them by init`,
    );
  list.forEach((c, i) => {
    checkRanges(op, ranges[i], c.groups, `ranges[${i}]`);
  });
}
