import type { Tensor } from "@gradus/tensor";
import {
  abs,
  add,
  div,
  exp,
  greater,
  log,
  log1p,
  logSoftmax,
  maximum,
  mean,
  mul,
  neg,
  sigmoid,
  softmax,
  square,
  sub,
  sum,
  where,
  zeros,
} from "@gradus/tensor";

/** What boosting needs of a loss; `f` and targets `y` are `[n, k]`. */
export interface Task {
  /** The constant that boosting starts from, `[k]`. */
  start(y: Tensor, prior: boolean): Tensor;
  /** Pseudo-residuals: minus the derivative of the loss by `f`. */
  residual(f: Tensor, y: Tensor): Tensor;
  /** Mean loss over rows. */
  loss(f: Tensor, y: Tensor): Tensor;
  /** One Newton step for a number `ρ` of `f + ρ h`: a scalar, 0 where the curvature vanishes. */
  step(f: Tensor, y: Tensor, h: Tensor, full: boolean): Tensor;
  /** What scores are multiplied by before a sigmoid or softmax. */
  readonly scale: number;
  /** Probabilities of the classes from scores; null for numbers. */
  readonly probability: ((f: Tensor) => Tensor) | null;
}

const ratio = (a: Tensor, b: Tensor): Tensor => {
  const fine = greater(abs(b), 1e-12);
  return where(fine, div(a, where(fine, b, 1)), 0);
};

/** `log(1 + exp(x))` without overflow. */
const softplus = (x: Tensor): Tensor => add(maximum(x, 0), log1p(exp(neg(abs(x)))));

/** The losses of Emami & Martínez-Muñoz 2023. */
export const tasks: Readonly<Record<"regression" | "binary" | "multiclass", Task>> = {
  /** `(f - y)² / 2`, whose step is 1. */
  regression: {
    start: (y) => mean(y, [0]),
    residual: (f, y) => sub(y, f),
    loss: (f, y) => mul(mean(sum(square(sub(f, y)), 1)), 0.5),
    step: (f) => add(mul(sum(f), 0), 1),
    scale: 1,
    probability: null,
  },
  /** `log(1 + exp(-2 y f))` with `y = ±1`: Friedman 2001. */
  binary: {
    start(y) {
      const ratioOf = mean(y, [0]);
      return mul(log(div(add(ratioOf, 1), sub(1, ratioOf))), 0.5);
    },
    residual: (f, y) => mul(mul(y, 2), sigmoid(mul(mul(y, f), -2))),
    loss: (f, y) => mean(softplus(mul(mul(y, f), -2))),
    step(f, y, h) {
      const r = tasks.binary.residual(f, y);
      return ratio(sum(mul(r, h)), sum(mul(mul(r, square(h)), sub(mul(y, 2), r))));
    },
    scale: 2,
    probability: (f) => sigmoid(mul(f, 2)),
  },
  /** Cross-entropy of the softmax, `y` one-hot. The step takes the diagonal of its Hessian only, or all of it when `full`. */
  multiclass: {
    start: (y, prior) => {
      if (prior) return log(mean(y, [0]));
      return zeros([y.shape[1] as number], { dtype: y.dtype });
    },
    residual: (f, y) => sub(y, softmax(f, -1)),
    loss: (f, y) => neg(mean(sum(mul(y, logSoftmax(f, -1)), 1))),
    step(f, y, h, full) {
      const p = softmax(f, -1);
      const slope = sum(mul(h, sub(y, p)));
      if (!full) return ratio(slope, sum(mul(square(h), mul(p, sub(1, p)))));
      return ratio(slope, sum(sub(sum(mul(p, square(h)), 1), square(sum(mul(p, h), 1)))));
    },
    scale: 1,
    probability: (f) => softmax(f, -1),
  },
};
