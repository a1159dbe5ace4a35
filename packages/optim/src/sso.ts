import type { Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  check,
  clip,
  dispose,
  div,
  gather,
  greater,
  jit,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  mul,
  realize,
  ShapeError,
  scatterAdd,
  sigmoid,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  tidy,
  valueAndGrad,
  where,
  whileLoop,
  zeros,
} from "@gradus/tensor";
import { globalNorm } from "./clip.ts";
import { mapFloats } from "./leaf.ts";
import { applyUpdates, checkOptimizer, type Optimizer } from "./optimizer.ts";
import { asked, atLeastZero, count, decay, positive, settings } from "./settings.ts";
import { numberOf, type TargetLoss, targetLineSearch } from "./target-loss.ts";

/** Options of {@link targetSurrogate}. */
export interface SurrogateOptions {
  /** Weights of the squares, `[n, p]`; 1 unless told. */
  readonly weights?: Tensor | null;
}

/**
 * The surrogate of a target loss around `zt`, less its value there: `(1/n) Σᵢ ⟨gᵢ, zᵢ - ztᵢ⟩ + ‖zᵢ - ztᵢ‖² / 2η` (Lavington et al. 2023, equation 3). With `η` at most
 * one over the smoothness of the loss it lies above the loss everywhere, and touches it at `zt`.
 *
 * @param z - targets `[n, p]`, what is differentiated
 * @param zt - the targets around which it is made, `[n, p]`
 * @param gt - the gradient there of the loss summed over rows, `[n, p]`
 * @param eta - step size in the space of targets
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when shapes differ, {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `eta` is not positive
 * @example
 * ```ts
 * const s = (theta: Tensor) => targetSurrogate(matmul(x, theta), zt, gt, 1);
 * ```
 */
export function targetSurrogate(
  z: Tensor,
  zt: Tensor,
  gt: Tensor,
  eta: number | Tensor,
  options: SurrogateOptions = {},
): Tensor {
  check.tensor("targetSurrogate", z, "z");
  check.alike("targetSurrogate", zt, z, "zt");
  check.alike("targetSurrogate", gt, z, "gt");
  if (typeof eta === "number") positive("targetSurrogate", eta, "eta");
  check.options("targetSurrogate", options, { weights: check.anything });
  const moved = sub(z, zt);
  const near = options.weights ? mul(square(moved), options.weights) : square(moved);
  const n = z.shape[0] ?? 1;
  return div(add(sum(mul(gt, moved)), div(sum(near), typeof eta === "number" ? 2 * eta : mul(eta, 2))), n);
}

/** How the step size in the space of targets is found. */
export type TargetMethod = "sgd" | "line-search" | "adagrad" | "diagonal-adagrad" | "newton" | "mirror";

/** Options of {@link sso}; `T` are parameters, `B` batches. */
export interface SsoOptions<T, B> {
  /** The targets `[n, p]` of parameters on a batch. */
  readonly model: (params: T, batch: B) => Tensor;
  /** The dear loss of the targets. */
  readonly targetLoss: TargetLoss<B>;
  /** Most inner steps `m` per target gradient; 10 unless told. With one step of a fixed rule it is that rule itself. */
  readonly innerSteps?: number;
  /** Who goes down the surrogate: gradient descent with Armijo's line search, unless told, or any rule, made anew for each surrogate. */
  readonly inner?: "armijo" | Optimizer;
  /** An inner loop ends when the surrogate's gradient is no longer than this; 1e-6 unless told. */
  readonly innerTolerance?: number;
  /** Step size `η`, or its scale for the adaptive methods; 1 unless told: best is one over the smoothness of the loss. */
  readonly eta?: number;
  /**
   * `"sgd"`: `η` by the schedule, unless told. `"line-search"`: Armijo's in the space of targets. `"adagrad"`: `η / √Σ‖g‖²`. `"diagonal-adagrad"`: the same for each
   * number of each example. `"newton"`: squares weighted by the curvature `p (1 - p)` of the logistic loss. `"mirror"`: targets are probabilities, and
   * distance is the Kullback-Leibler divergence.
   */
  readonly method?: TargetMethod;
  /** `η`, `η / √t`, or `η (1/T)^(t/T)`; constant unless told. */
  readonly schedule?: "constant" | "sqrt" | "exponential";
  /** `T` of the exponential schedule. */
  readonly steps?: number;
  /** Examples in all, for `"diagonal-adagrad"`. */
  readonly examples?: number;
  /** The first step that Armijo's inner search tries; 10 unless told. */
  readonly firstStep?: number;
  /** Share of the promised fall that the inner search asks for; 0.1 unless told. */
  readonly decrease?: number;
  /** By how much a search begins beyond the step it found last; 2 unless told. */
  readonly expand?: number;
  /** By how much a search shortens its step; 0.9 unless told. */
  readonly shrink?: number;
  /** As the authors' code: a mean over all numbers and half the step; false unless told. */
  readonly officialScaling?: boolean;
}

/** What {@link Sso.step} keeps: numbers, and sums of squares for the diagonal method. */
export interface SsoState {
  /** Outer steps done. */
  readonly step: number;
  /** Sum of squared lengths of target gradients. */
  readonly squares: number;
  /** Step that the line search found last. */
  readonly found: number;
  /** Per example and number, `[examples, p]`; null before the first step. */
  readonly sums: Tensor | null;
}

/** What a step did. */
export interface SsoReport {
  /** The target loss before the step, summed over rows. */
  readonly loss: number;
  /** The step size in the space of targets. */
  readonly eta: number;
  /** Inner steps made. */
  readonly innerSteps: number;
  /** Times the target loss was asked. */
  readonly expensiveCalls: number;
  /** How far the surrogate fell. */
  readonly surrogateDecrease: number;
}

/** Surrogate optimisation: see {@link sso}. */
export interface Sso<T, B> {
  /** The state before the first step. */
  init(): SsoState;
  /**
   * One target gradient and up to `m` steps down its surrogate. The parameters given stay as they are.
   *
   * @param indices - which examples the rows are, for `"diagonal-adagrad"`
   */
  step(
    params: T,
    state: SsoState,
    batch: B,
    indices?: readonly number[],
  ): Promise<{ readonly params: T; readonly state: SsoState; readonly report: SsoReport }>;
}

const METHODS = ["sgd", "line-search", "adagrad", "diagonal-adagrad", "newton", "mirror"];

/**
 * Target-based surrogates for stochastic optimisation (Lavington, Vaswani, Babanezhad, Schmidt & Le Roux 2023, algorithm 1): one dear gradient by the targets of
 * the model makes a surrogate of the loss, down which many cheap steps of the parameters go.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range; at `step` when targets are not finite, {@link @gradus/tensor!index.ShapeError | ShapeError} when the gradient has another shape than the targets
 * @example
 * ```ts
 * const method = sso({ model: (w: Tensor, { x }) => matmul(x, w), targetLoss: simulator, innerSteps: 10 });
 * let state = method.init();
 * for (const batch of data.epoch(0)) ({ params, state } = await method.step(params, state, batch));
 * ```
 */
export function sso<T, B>(options: SsoOptions<T, B>): Sso<T, B> {
  const o = settings("sso", options as Required<SsoOptions<T, B>>, {
    model: [check.callable],
    targetLoss: [check.callable],
    innerSteps: [count, 10],
    inner: [asked[0], "armijo"],
    innerTolerance: [atLeastZero, 1e-6],
    eta: [positive, 1],
    method: [check.oneOf(...METHODS), "sgd"],
    schedule: [check.oneOf("constant", "sqrt", "exponential"), "constant"],
    steps: [count, 0],
    examples: [count, 0],
    firstStep: [positive, 10],
    decrease: [check.number("(0, 1)"), 0.1],
    expand: [check.number("[1, ∞)"), 2],
    shrink: [decay, 0.9],
    officialScaling: [check.flag, false],
  });
  if (o.inner !== "armijo") checkOptimizer("sso", o.inner, "inner");
  if (o.schedule === "exponential" && o.steps === 0)
    throw new ArgumentError("sso: steps: the exponential schedule needs the number of steps");
  if (o.method === "diagonal-adagrad" && o.examples === 0)
    throw new ArgumentError("sso: examples: diagonal-adagrad needs the number of examples");

  const targets = jit((params: T, batch: B) => o.model(params, batch));

  /** The surrogate of parameters. */
  const surrogate =
    (zt: Tensor, gt: Tensor, eta: Tensor, weights: Tensor | null, batch: B) =>
    (params: T): Tensor => {
      const z = o.model(params, batch);
      if (o.method === "mirror") {
        const half = sub(log(zt), mul(gt, eta));
        return div(sum(mul(z, sub(log(z), half))), z.shape[0] ?? 1);
      }
      if (!o.officialScaling) return targetSurrogate(z, zt, gt, eta, { weights });
      const width = z.size / (z.shape[0] ?? 1);
      return mul(targetSurrogate(z, zt, gt, div(eta, 2), { weights }), div(eta, width));
    };

  interface Walk {
    readonly w: T;
    readonly inner: unknown;
    /** The step found last. */
    readonly a: Tensor;
    readonly value: Tensor;
    readonly slope: T;
    readonly k: Tensor;
    readonly done: Tensor;
  }

  const descend = jit(
    (params: T, batch: B, zt: Tensor, gt: Tensor, eta: Tensor, weights: Tensor | null): [T, Tensor, Tensor] => {
      const s = surrogate(zt, gt, eta, weights, batch);
      const both = valueAndGrad(s) as unknown as (w: T) => [Tensor, T];
      const slack = zt.dtype === "f64" ? 1e-12 : 1e-7;
      const [value, slope] = both(params);
      const short = (g: T): Tensor => lessEqual(globalNorm(g), o.innerTolerance);
      const along = (w: T, g: T, a: Tensor): T => mapFloats((x, d) => sub(x, mul(d, a)), w, g);
      /** Armijo's step: shortened until the surrogate falls by a share of what the slope promises; 0 when it never does. */
      const armijo = (w: T, g: T, from: Tensor, at: Tensor): Tensor => {
        const steep = square(globalNorm(g));
        const falls = (a: Tensor): Tensor =>
          lessEqual(s(along(w, g, a)), add(sub(at, mul(mul(a, steep), o.decrease)), mul(at.abs(), slack)));
        const found = whileLoop(
          (t: { a: Tensor; fine: Tensor; n: Tensor }) =>
            logicalAnd(logicalNot(t.fine), logicalAnd(less(t.n, 100), greater(t.a, 1e-6))),
          (t) => {
            const a = mul(t.a, o.shrink);
            return { a, fine: falls(a), n: add(t.n, 1) };
          },
          { a: from, fine: falls(from), n: tensor(0, { dtype: "i32" }) },
        );
        return where(found.fine, found.a, 0);
      };
      const start: Walk = {
        w: params,
        inner: o.inner === "armijo" ? null : o.inner.init(params),
        a: tensor(o.firstStep / o.expand, { dtype: zt.dtype }),
        value,
        slope,
        k: tensor(0, { dtype: "i32" }),
        done: short(slope),
      };
      const end = whileLoop(
        (t: Walk) => logicalAnd(logicalNot(t.done), less(t.k, o.innerSteps)),
        (t) => {
          let [w, inner, a, stuck] = [t.w, t.inner, t.a, tensor(false)];
          if (o.inner === "armijo") {
            const found = armijo(t.w, t.slope, mul(t.a, o.expand), t.value);
            stuck = lessEqual(found, 0);
            w = along(t.w, t.slope, found);
            a = where(stuck, t.a, found);
          } else {
            const [u, next] = o.inner.update(t.slope, t.inner, t.w, { loss: s, value: t.value });
            w = applyUpdates(t.w, u);
            inner = next;
          }
          const [v, g] = both(w);
          return { w, inner, a, value: v, slope: g, k: add(t.k, 1), done: logicalOr(stuck, short(g)) };
        },
        start,
      );
      return [end.w, end.k, sub(value, end.value)];
    },
  );

  const scheduled = (t: number): number =>
    o.schedule === "constant"
      ? o.eta
      : o.schedule === "sqrt"
        ? o.eta / Math.sqrt(t)
        : o.eta * (1 / o.steps) ** (t / o.steps);

  return {
    init: () => ({ step: 0, squares: 0, found: 1, sums: null }),
    async step(params, state, batch, indices) {
      check.tree("sso", params, "params");
      const zt = targets(params, batch);
      const { value, grad: gt } = await o.targetLoss(zt, batch);
      let calls = 1;
      check.tensor("sso", gt, "targetLoss.grad");
      if (gt.shape.join() !== zt.shape.join())
        throw new ShapeError(
          `sso: targetLoss.grad: expected the shape of the targets [${zt.shape}], got [${gt.shape}]`,
        );
      const length = await numberOf(() => square(globalNorm(gt)));
      if (!Number.isFinite(value) || !Number.isFinite(length))
        throw new ArgumentError(`sso: targetLoss: loss ${value} and squared gradient ${length} must be finite`);
      const t = state.step + 1;
      const squares = state.squares + length;
      let [eta, weights, sums, found] = [scheduled(t), null as Tensor | null, state.sums, state.found];
      if (o.method === "adagrad") eta = scheduled(t) / (Math.sqrt(squares) + 1e-6);
      if (o.method === "newton") weights = tidy(() => realize(curvature(zt)));
      if (o.method === "line-search") {
        const search = await targetLineSearch((z) => o.targetLoss(z, batch), zt, { value, grad: gt }, o.expand * found);
        calls += search.calls;
        eta = found = search.step;
      }
      if (o.method === "diagonal-adagrad") {
        if (indices === undefined || indices.length !== zt.shape[0])
          throw new ArgumentError(
            `sso: indices: diagonal-adagrad needs the number of each of the ${zt.shape[0]} examples`,
          );
        indices.forEach((i, k) => check.integer(`[0, ${o.examples})`)("sso", i, `indices[${k}]`));
        [weights, sums] = tidy(() => realize(diagonal(state.sums, gt, indices, o.examples)));
      }
      const scale = tensor(eta, { dtype: zt.dtype });
      const [next, steps, fall] = descend(params, batch, zt, gt, scale, weights);
      const report = {
        loss: value,
        eta,
        innerSteps: (await steps.item()) as number,
        expensiveCalls: calls,
        surrogateDecrease: (await fall.item()) as number,
      };
      dispose([zt, gt, steps, fall, scale, weights]);
      return { params: next, state: { step: t, squares, found, sums }, report };
    },
  };
}

/** The curvature of the logistic loss at the targets, `p (1 - p)`. */
function curvature(z: Tensor): Tensor {
  const p = sigmoid(z);
  return add(mul(p, sub(1, p)), 1e-5);
}

/** Root of the sums of squares per example with this gradient in, for the rows, and all sums. */
function diagonal(before: Tensor | null, gt: Tensor, indices: readonly number[], examples: number): [Tensor, Tensor] {
  const old = before ?? zeros([examples, ...gt.shape.slice(1)], { dtype: gt.dtype });
  const at = tensor([...indices], { dtype: "i32" });
  const sums = clip(scatterAdd(old, at, square(gt)), 0, 1e5);
  return [sqrt(maximum(gather(sums, at), 1e-5)), sums];
}
