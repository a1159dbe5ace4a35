import { checkOptions, checkTensor, integer, tensor as tensorOption } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { said } from "../../said.ts";
import { checkAxis, show } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import { add, div, mul, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { notEqual } from "../comparison.ts";
import { asTensor, real, type TensorLike } from "../operands.ts";
import { sum } from "../reduction.ts";
import { broadcastTo, concat, reshape, slice } from "../shaping.ts";

/** Elements from `start` up to `stop` of one axis. */
export function along(x: Tensor, axis: number, start: number, stop: number): Tensor {
  return slice(
    x,
    x.shape.map((_, i) => (i === axis ? start : 0)),
    x.shape.map((n, i) => (i === axis ? stop : n)),
  );
}

/** Options of {@link diff}. */
export interface DiffOptions {
  /** Put before x along the axis first: a number, or a tensor that fits. */
  readonly prepend?: TensorLike;
  /** Put after it. */
  readonly append?: TensorLike;
}

const beside: (op: string, value: unknown, argument: string) => void = (op, value, argument) => {
  if (typeof value !== "number") tensorOption(op, value, argument);
};

/**
 * Differences of neighbours along `axis` (default the last), taken `n` times (default once): x[j+1] − x[j]. Of bool, whether they differ.
 *
 * @returns x with n fewer elements along the axis, none if there are no more
 * @throws {@link ShapeError} for a bad axis, {@link ArgumentError} for a bad n or option
 * @example
 * ```ts
 * diff(tensor([1, 4, 9])); // [3, 5]
 * ```
 */
export function diff(x: Tensor, n = 1, axis = -1, options: DiffOptions = {}): Tensor {
  checkTensor("diff", x);
  integer("[0, ∞)")("diff", n, "n");
  checkOptions("diff", options, { prepend: beside, append: beside });
  const at = checkAxis("diff", axis, x.rank);
  const edge = (value: TensorLike | undefined): Tensor[] => {
    if (value === undefined) return [];
    const t = asTensor("diff", value, x.dtype);
    return [
      t.rank === 0
        ? broadcastTo(
            t,
            x.shape.map((m, i) => (i === at ? 1 : m)),
          )
        : t,
    ];
  };
  let t = concat([...edge(options.prepend), x, ...edge(options.append)], at);
  for (let i = 0; i < n && (t.shape[at] as number) > 0; i++) {
    const m = t.shape[at] as number;
    t = (x.dtype === "bool" ? notEqual : sub)(along(t, at, 1, m), along(t, at, 0, m - 1));
  }
  return t;
}

/** Options of {@link ediff1d}. */
export interface Ediff1dOptions {
  /** Put before the differences. */
  readonly toBegin?: TensorLike;
  /** Put after them. */
  readonly toEnd?: TensorLike;
}

/** Differences of neighbours of x in row-major order, [size − 1], between `toBegin` and `toEnd`. Throws ArgumentError for a bad option. */
export function ediff1d(x: Tensor, options: Ediff1dOptions = {}): Tensor {
  checkTensor("ediff1d", x);
  checkOptions("ediff1d", options, { toBegin: beside, toEnd: beside });
  const flat = (t: TensorLike | undefined): Tensor[] =>
    t === undefined ? [] : [reshape(asTensor("ediff1d", t, x.dtype), [-1])];
  return concat([...flat(options.toBegin), diff(reshape(x, [x.size])), ...flat(options.toEnd)]);
}

/** Options of {@link numericalGradient}. */
export interface NumericalGradientOptions {
  /** Default the last. */
  readonly axis?: number;
  /** Distance of neighbours (default 1), or the places of the elements, [n]. */
  readonly spacing?: TensorLike;
  /** At both ends by 1 (default) or 2 neighbours: exact for straight lines, or for parabolas. */
  readonly edgeOrder?: 1 | 2;
}

/**
 * Slopes of sampled values along an axis, by second-order differences of both neighbours, whose distances may differ (Quarteroni et al. 2007, 10.10), and of one
 * side at the ends. Integers become f32. The derivative of a function is `grad`.
 *
 * @returns the shape of x
 * @throws {@link ShapeError} for a bad axis, too few elements or places of another shape, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * numericalGradient(tensor([0, 1, 4, 9])); // [1, 2, 4, 5]
 * ```
 */
export function numericalGradient(x: Tensor, options: NumericalGradientOptions = {}): Tensor {
  const op = "numericalGradient";
  checkTensor(op, x);
  checkOptions(op, options, { axis: integer(), spacing: beside, edgeOrder: (_, v) => edge(v) });
  const { axis = -1, spacing = 1, edgeOrder = 1 } = options;
  const t = real(op, x);
  const at = checkAxis(op, axis, t.rank);
  const n = t.shape[at] as number;
  if (n <= edgeOrder)
    throw new ShapeError(
      `${op}: x: expected at least ${edgeOrder + 1} elements along axis ${at}, got ${show(x.shape)}`,
    );
  const places = spacing instanceof Tensor && spacing.rank > 0 ? spacing : null;
  if (places && (places.rank !== 1 || places.size !== n))
    throw new ShapeError(`${op}: spacing: expected a number or [${n}], got ${show(places.shape)}`);
  const part = (y: Tensor, start: number, stop: number): Tensor => along(y, at, start, stop);
  // h[j] = place[j + 1] − place[j], s[j] the slope between them
  const h = places
    ? reshape(
        astype(diff(places), t.dtype),
        t.shape.map((_, i) => (i === at ? n - 1 : 1)),
      )
    : broadcastTo(
        asTensor(op, spacing, t.dtype),
        t.shape.map((_, i) => (i === at ? n - 1 : 1)),
      );
  const s = div(diff(t, 1, at), h);
  const [before, after] = [part(h, 0, n - 2), part(h, 1, n - 1)];
  const width = add(before, after);
  const inner = div(add(mul(part(s, 0, n - 2), after), mul(part(s, 1, n - 1), before)), width);
  /** The slope at one end: that of the first pair, carried on by the change to the next pair. */
  const end = (i: number, next: number): Tensor => {
    const first = part(s, i, i + 1);
    if (edgeOrder === 1) return first;
    const [p, q] = [part(h, i, i + 1), part(h, next, next + 1)];
    return add(first, div(mul(p, sub(first, part(s, next, next + 1))), add(p, q)));
  };
  return concat([end(0, 1), inner, end(n - 2, n - 3)], at);

  function edge(value: unknown): void {
    if (value !== 1 && value !== 2) throw new ArgumentError(`${op}: edgeOrder: expected 1 or 2, got ${said(value)}`);
  }
}

/** Options of {@link trapezoid}. */
export interface TrapezoidOptions {
  /** Places of the values, in the shape of y or [n]; default evenly spaced. */
  readonly x?: Tensor;
  /** Distance of neighbours without places; default 1. */
  readonly dx?: TensorLike;
  /** Default the last. */
  readonly axis?: number;
}

/**
 * The integral of sampled values along an axis by the trapezoidal rule, without that axis. Integers become f32.
 *
 * @throws {@link ShapeError} for a bad axis or places that do not fit, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * trapezoid(tensor([1, 2, 3]), { x: tensor([4, 6, 8]) }); // 8
 * ```
 */
export function trapezoid(y: Tensor, options: TrapezoidOptions = {}): Tensor {
  checkTensor("trapezoid", y, "y");
  checkOptions("trapezoid", options, { x: tensorOption, dx: beside, axis: integer() });
  const { x, dx = 1, axis = -1 } = options;
  const at = checkAxis("trapezoid", axis, y.rank);
  const [t, n] = [real("trapezoid", y, "y"), y.shape[at] as number];
  const one = x?.rank === 1 && x.size === n;
  if (x && !one && (x.rank !== y.rank || x.shape.some((m, i) => m !== y.shape[i])))
    throw new ShapeError(`trapezoid: x: expected ${show(y.shape)} or [${n}], got ${show(x.shape)}`);
  const h = x
    ? diff(
        one
          ? reshape(
              x,
              y.shape.map((_, i) => (i === at ? n : 1)),
            )
          : x,
        1,
        at,
      )
    : dx;
  if (n === 0) return sum(t, at);
  return sum(mul(div(add(along(t, at, 1, n), along(t, at, 0, n - 1)), 2), h), at);
}
