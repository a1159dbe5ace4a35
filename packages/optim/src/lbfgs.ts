import type { Tensor } from "@gradus/tensor";
import {
  add,
  cast,
  check,
  concat,
  div,
  greater,
  mul,
  neg,
  ravel,
  reshape,
  slice,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  valueAndGrad,
  where,
  zeros,
} from "@gradus/tensor";
import { careful, need, type Optimizer } from "./optimizer.ts";
import { count, settings } from "./settings.ts";
import { type LineSearchOptions, lineOptions, strongWolfe } from "./wolfe.ts";

/** Options of {@link lbfgs}. */
export interface LbfgsOptions extends LineSearchOptions {
  /** Pairs of steps and gradient changes that are kept; 10 unless told. */
  readonly history?: number;
}

/** State of {@link lbfgs}; `n` parameters in all, `h` pairs kept. */
export interface LbfgsState {
  /** Steps done, i32. */
  readonly count: Tensor;
  /** Steps `x' - x`, newest last, `[h, n]`. */
  readonly s: Tensor;
  /** Changes of the gradient, `[h, n]`. */
  readonly y: Tensor;
  /** The loss after the step, a scalar. */
  readonly value: Tensor;
  /** The gradient after the step, `[n]`. */
  readonly slope: Tensor;
  /** The length of the last step along its direction: 0 when no step was found that lowers the loss. */
  readonly step: Tensor;
}

const dot = (a: Tensor, b: Tensor): Tensor => sum(mul(a, b));

/**
 * Limited-memory BFGS (Liu & Nocedal 1989; Nocedal & Wright 2006, algorithms 7.4 and 7.5) with a line search for the strong Wolfe conditions: for losses
 * without noise, such as full batches. It needs `context.loss`, which {@link train} and {@link minimize} give.
 *
 * The inverse Hessian starts as `sᵀy / yᵀy`; pairs of non-positive curvature are left out; the first step is at most as long as one.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range; at `update` without `context.loss`
 * @example
 * ```ts
 * const { x, value } = await minimize((w: Tensor) => loss(w), start, { optimizer: lbfgs() });
 * ```
 */
export function lbfgs(options: LbfgsOptions = {}): Optimizer<LbfgsState> {
  const { history, ...line } = settings("lbfgs", options, { history: [count, 10], ...lineOptions });
  return careful("lbfgs", {
    init(params) {
      const [x] = ravel(params);
      const none = (): Tensor => zeros([history, x.size], { dtype: x.dtype });
      const scalar = (v: number): Tensor => tensor(v, { dtype: x.dtype });
      return {
        count: tensor(0, { dtype: "i32" }),
        s: none(),
        y: none(),
        value: scalar(Infinity),
        slope: zeros([x.size], { dtype: x.dtype }),
        step: scalar(0),
      };
    },
    update(grads, state, params, context) {
      check.tensor("lbfgs", state?.count, "state.count");
      const loss = need("lbfgs", context, "loss");
      const [x, unravel] = ravel(params);
      const [g] = ravel(grads);
      const along = direction(g, state.s, state.y);
      const d = where(greater(neg(dot(along, g)), 0), along, neg(g));
      const at = valueAndGrad((p: Tensor) => loss(unravel(p)));
      const value = context?.value ?? loss(params);
      const first = where(
        greater(state.count, 0),
        tensor(1, { dtype: x.dtype }),
        div(1, where(greater(dot(g, g), 1), sqrt(dot(g, g)), 1)),
      );
      const found = strongWolfe(
        (p) => at(p) as [Tensor, Tensor],
        { x, d, value: cast(value, x.dtype), slope: g, first },
        line,
      );
      const s = mul(d, found.step);
      const y = sub(found.slope, g);
      const keep = greater(dot(s, y), 0);
      const push = (old: Tensor, row: Tensor): Tensor =>
        where(keep, concat([slice(old, [1, 0], [history, x.size]), reshape(row, [1, x.size])], 0), old);
      return [
        unravel(s),
        {
          count: add(state.count, 1),
          s: push(state.s, s),
          y: push(state.y, y),
          value: found.value,
          slope: found.slope,
          step: found.step,
        },
      ];
    },
    after: (state, like) => [state.value, ravel(like)[1](state.slope)],
  });
}

/** `-H g` by the two loops of algorithm 7.4; rows of zeros, not yet filled, do nothing. */
function direction(g: Tensor, s: Tensor, y: Tensor): Tensor {
  const [h, n] = s.shape as [number, number];
  const row = (x: Tensor, i: number): Tensor => reshape(slice(x, [i, 0], [i + 1, n]), [n]);
  const curvature = sum(mul(s, y), 1);
  const rho = where(greater(curvature, 0), div(1, where(greater(curvature, 0), curvature, 1)), 0);
  const one = (x: Tensor, i: number): Tensor => reshape(slice(x, [i], [i + 1]), []);
  let q = g;
  const alpha: Tensor[] = [];
  for (let i = h - 1; i >= 0; i--) {
    const a = mul(one(rho, i), dot(row(s, i), q));
    alpha[i] = a;
    q = sub(q, mul(row(y, i), a));
  }
  const last = sum(square(row(y, h - 1)));
  const gamma = where(greater(last, 0), div(one(curvature, h - 1), where(greater(last, 0), last, 1)), 1);
  q = mul(q, gamma);
  for (let i = 0; i < h; i++) {
    const b = mul(one(rho, i), dot(row(y, i), q));
    q = add(q, mul(row(s, i), sub(alpha[i] as Tensor, b)));
  }
  return neg(q);
}
