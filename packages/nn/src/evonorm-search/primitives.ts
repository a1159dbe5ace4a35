import type { Tensor } from "@gradus/tensor";
import { abs, add, div, exp, log, maximum, mul, neg, sigmoid, sign, sqrt, square, tanh } from "@gradus/tensor";

/** Axes that an aggregation takes together: batch and space, space and channels, space, or space and a group of channels. */
export type Extent = "bwh" | "whc" | "wh" | "whg";
/** A moment: mean, root of the mean square, or deviation from the mean. */
export type Moment = "mean" | "rms" | "std";
/** Operations on two tensors. */
export type Binary = "add" | "mul" | "div" | "max";
/** Operations on one tensor. */
export type Unary = "neg" | "sigmoid" | "tanh" | "exp" | "log" | "abs" | "square" | "sqrt";
/** A primitive of the search: elementwise, or a moment over some axes. */
export type Op = Binary | Unary | `${Moment}_${Extent}`;

/** Added under every root and logarithm. */
export const EPSILON = 1e-5;

/** How an elementwise primitive computes and is printed. */
export interface Elementwise {
  readonly arity: 1 | 2;
  readonly compute: (...inputs: readonly [Tensor, Tensor]) => Tensor;
  readonly print: (...inputs: readonly [string, string]) => string;
}

const unary = (compute: (x: Tensor) => Tensor, print: (x: string) => string): Elementwise => ({
  arity: 1,
  compute,
  print,
});

/** The elementwise primitives. */
export const elementwise: Readonly<Record<Binary | Unary, Elementwise>> = {
  add: { arity: 2, compute: add, print: (a, b) => `(${a} + ${b})` },
  mul: { arity: 2, compute: mul, print: (a, b) => `${a}·${b}` },
  div: { arity: 2, compute: div, print: (a, b) => `(${a} / ${b})` },
  max: { arity: 2, compute: maximum, print: (a, b) => `max(${a}, ${b})` },
  neg: unary(neg, (x) => `(-${x})`),
  sigmoid: unary(sigmoid, (x) => `σ(${x})`),
  tanh: unary(tanh, (x) => `tanh(${x})`),
  exp: unary(exp, (x) => `exp(${x})`),
  log: unary(
    (x) => mul(sign(x), log(add(abs(x), EPSILON))),
    (x) => `slog(${x})`,
  ),
  abs: unary(abs, (x) => `|${x}|`),
  square: unary(square, (x) => `${x}²`),
  sqrt: unary(
    (x) => mul(sign(x), sqrt(add(abs(x), EPSILON))),
    (x) => `sroot(${x})`,
  ),
};

const symbols: Readonly<Record<Moment, string>> = { mean: "μ", rms: "r", std: "s" };

/** What a moment takes together, by its name; null for an elementwise primitive. */
export function momentOf(op: Op): { readonly moment: Moment; readonly extent: Extent } | null {
  const [moment, extent] = op.split("_");
  return extent === undefined ? null : { moment: moment as Moment, extent: extent as Extent };
}

/** The 24 primitives. */
export const ops: readonly Op[] = [
  ...(Object.keys(elementwise) as Op[]),
  ...Object.keys(symbols).flatMap((m) => ["bwh", "whc", "wh", "whg"].map((e) => `${m}_${e}` as Op)),
];

/** How many inputs a primitive has. */
export const arity = (op: Op): 1 | 2 => elementwise[op as Binary]?.arity ?? 1;

/** A primitive of what is printed already. */
export function printed(op: Op, inputs: readonly string[]): string {
  const found = momentOf(op);
  const [a, b] = inputs as [string, string];
  return found === null ? elementwise[op as Binary].print(a, b) : `${symbols[found.moment]}_${found.extent}(${a})`;
}
