import type { Tensor } from "@gradus/tensor";
import { check, DTypeError, isFloat, mean, ShapeError, sum } from "@gradus/tensor";
import { checkFloat, sameShape } from "../settings.ts";

/** What becomes of the losses of the examples. */
export type Reduction = "mean" | "sum" | "none";

/** Options of all losses. */
export interface LossOptions {
  /** `mean` unless told. */
  readonly reduction?: Reduction;
}

const reductions: Readonly<Record<Reduction, (losses: Tensor) => Tensor>> = {
  mean: (losses) => mean(losses),
  sum: (losses) => sum(losses),
  none: (losses) => losses,
};

/** Checks of {@link LossOptions}. */
export const lossOptions: Readonly<Record<string, check.Check>> = {
  reduction: check.oneOf(...Object.keys(reductions)),
};

/** The losses reduced as the options say. */
export const reduced = (losses: Tensor, { reduction = "mean" }: LossOptions): Tensor => reductions[reduction](losses);

/** Throws unless both are float tensors of one shape: nothing is broadcast, which is nearly always a mistake in a loss. */
export function checkPair(op: string, a: Tensor, b: Tensor, names: readonly [string, string]): void {
  check.tensor(op, a, names[0]);
  check.tensor(op, b, names[1]);
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError(`${op}: ${names[1]}: [${b.shape}] is not the ${names[0]}'s shape [${a.shape}]`);
  checkFloat(op, a, names[0]);
}

/** Throws unless `x` is `[..., features]` of a float dtype, with at least one feature. */
export function checkLast(op: string, x: Tensor, argument: string, last: string): number {
  check.tensor(op, x, argument);
  const n = x.shape.at(-1);
  if (n === undefined || n === 0) throw new ShapeError(`${op}: ${argument}: expected [..., ${last}], got [${x.shape}]`);
  if (!isFloat(x.dtype)) throw new DTypeError(`${op}: ${argument}: ${x.dtype} is not a float dtype`);
  return n;
}

/** Throws unless `labels` are class indices for `scores` `[..., classes]`. */
export function checkLabels(op: string, labels: Tensor, scores: Tensor, name: string): void {
  check.tensor(op, labels, "labels");
  if (isFloat(labels.dtype) || labels.dtype === "bool")
    throw new DTypeError(`${op}: labels: ${labels.dtype} is no class index; cast to i32`);
  const wanted = scores.shape.slice(0, -1);
  if (scores.rank === 0 || !sameShape(labels.shape, wanted))
    throw new ShapeError(
      `${op}: labels: [${labels.shape}] are not class indices for ${name} [${scores.shape}]; expected [${wanted}]`,
    );
}
