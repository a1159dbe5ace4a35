import { callable, checkOptions, flag, integer } from "../check.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { concat, reshape, slice } from "../functions/shaping.ts";
import { said } from "../said.ts";
import { sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Structure } from "../tree.ts";
import { leavesLike, liveLeaves, treeFlatten, treeNames, treeUnflatten } from "../tree.ts";
import { makeLoop } from "./loop.ts";

/** Options of {@link scan}. */
export interface ScanOptions {
  /** Number of steps; needed when `xs` holds no tensor. */
  readonly length?: number;
  /** Run from the last x to the first; ys keep the places of their xs. */
  readonly reverse?: boolean;
  /** Keep about 2·√length carries for the reverse pass instead of all of them, at the cost of one more forward pass. */
  readonly checkpoint?: boolean;
}

interface Flat {
  readonly length: number;
  readonly reverse: boolean;
  readonly init: readonly Tensor[];
  readonly xs: readonly Tensor[];
}
type Step = (
  carries: readonly Tensor[],
  xs: readonly Tensor[],
) => { carries: readonly Tensor[]; ys: readonly Tensor[] };

const plain = (flat: Flat, step: Step): { carries: Tensor[]; ys: Tensor[] } =>
  makeLoop({ ...flat, consts: [] }, (_, carries, xs) => step(carries, xs));

/**
 * A loop of loops: the outer one keeps a carry per chunk, and its reverse pass runs each inner one again, keeping the carries of one chunk.
 * Steps that fill no chunk run last.
 */
function chunked({ length, reverse, init, xs }: Flat, step: Step): { carries: Tensor[]; ys: Tensor[] } {
  const size = Math.ceil(Math.sqrt(length));
  const chunks = Math.floor(length / size);
  const full = chunks * size;
  const cut = (t: Tensor, from: number, to: number): Tensor =>
    from === 0 && to === length ? t : slice(t, [from], [to]);
  const [from, to] = reverse ? [length - full, length] : [0, full];
  const main = plain(
    {
      length: chunks,
      reverse,
      init,
      xs: xs.map((t) => reshape(cut(t, from, to), [chunks, size, ...t.shape.slice(1)])),
    },
    (carries, inner) => plain({ length: size, reverse, init: carries, xs: inner }, step),
  );
  const ys = main.ys.map((t) => reshape(t, [full, ...t.shape.slice(2)]));
  if (full === length) return { carries: main.carries, ys };
  const [low, high] = reverse ? [0, length - full] : [full, length];
  const rest = plain(
    { length: length - full, reverse, init: main.carries, xs: xs.map((t) => cut(t, low, high)) },
    step,
  );
  return {
    carries: rest.carries,
    ys: ys.map((t, i) => concat(reverse ? [rest.ys[i] as Tensor, t] : [t, rest.ys[i] as Tensor], 0)),
  };
}

/**
 * A loop in the graph: `[carry, y] = f(carry, x)` for each slice `x` of `xs` along axis 0; returns the last carry and the stacked ys.
 * `f` runs once, on placeholders; everything is a tree and `xs` may be null. Differentiable in both modes.
 *
 * Throws ArgumentError when `length` is missing or the carry changes its structure, ShapeError when leading sizes differ or the carry
 * changes its shape, DTypeError when it changes its dtype, TraceError when `f` reads a value.
 *
 * ```ts
 * const [total, running] = scan((sum: Tensor, x: Tensor) => [sum.add(x), sum.add(x)], tensor(0), tensor([1, 2, 3])); // 6, [1, 3, 6]
 * ```
 */
export function scan<C, X, Y>(
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [carry: C, ys: Y] {
  callable("scan", f, "f");
  return scanIn("scan", "scan", f, init, xs, options);
}

/** {@link scan} in the name of `op`; what `f` does wrong is reported of `step`. */
export function scanIn<C, X, Y>(
  op: string,
  step: string,
  f: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options: ScanOptions,
): [carry: C, ys: Y] {
  checkOptions(op, options, { length: integer("[0, ∞)"), reverse: flag, checkpoint: flag });
  const { reverse = false, checkpoint = false } = options;
  const [carries, carryStructure] = liveLeaves(op, init, "init");
  const [stacks, xStructure] = liveLeaves(op, xs, "xs");
  const length = lengthOf(stacks, options.length);
  let yStructure: Structure | undefined;
  const next: Step = (before, slices) => {
    const pair: unknown = f(treeUnflatten<C>(carryStructure, before), treeUnflatten<X>(xStructure, slices));
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new ArgumentError(`scan: f: return [carry, y], got ${said(pair)}`);
    const state = leavesLike(step, carryStructure, pair[0], "carry");
    state.forEach((t, i) => checkCarry(step, t, carries[i] as Tensor, () => treeNames(init)[i] as string));
    const [ys, structure] = treeFlatten(pair[1]);
    yStructure = structure;
    return { carries: state, ys };
  };
  const flat: Flat = { length, reverse, init: carries, xs: stacks };
  const result = checkpoint && length > 3 ? chunked(flat, next) : plain(flat, next);
  return [treeUnflatten<C>(carryStructure, result.carries), treeUnflatten<Y>(yStructure as Structure, result.ys)];
}

function lengthOf(stacks: readonly Tensor[], given: number | undefined): number {
  let length = given;
  for (const t of stacks) {
    if (t.rank === 0) throw new ShapeError("scan: xs: a scalar has no axis to loop over");
    length ??= t.shape[0] as number;
    if (t.shape[0] !== length) throw new ShapeError(`scan: xs: leading sizes differ: ${length} and ${t.shape[0]}`);
  }
  if (length === undefined) throw new ArgumentError("scan: length: needed when xs holds no tensor");
  return length;
}

function checkCarry(step: string, next: Tensor, start: Tensor, name: () => string): void {
  const label = (): string => (name() === "" ? "the carry" : `carry '${name()}'`);
  if (!sameShape(next.shape, start.shape))
    throw new ShapeError(`${step}: ${label()} changes its shape from ${show(start.shape)} to ${show(next.shape)}`);
  if (next.dtype !== start.dtype)
    throw new DTypeError(
      `${step}: ${label()} changes its dtype from ${start.dtype} to ${next.dtype}; cast one of them`,
    );
}
