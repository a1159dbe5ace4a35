import type { Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  abs,
  add,
  broadcastTo,
  check,
  cond,
  div,
  equal,
  mean,
  pow,
  rem,
  reshape,
  sqrt,
  square,
  treeMap,
  zerosLike,
} from "@gradus/tensor";
import { average, moments, unbiased } from "./adam.ts";
import { decayRule, everything, type Mask } from "./decay.ts";
import { hutchinsonDiagonal } from "./hutchinson.ts";
import { type LeafState, mapFloats, perLeaf } from "./leaf.ts";
import { type Context, careful, chain, need, type Optimizer } from "./optimizer.ts";
import { type Rate, rateRule } from "./rate.ts";
import { asked, atLeastZero, count, settings, type Table } from "./settings.ts";

/**
 * Over which entries the curvature of a parameter is averaged.
 *
 * - `"none"`: none
 * - `"conv"`: the taps of each kernel of a convolution (axes from 2 on), as the authors do for images
 * - `"auto"`: as `"conv"`, and each row of a matrix
 * - a record: per rank of the parameter, runs of so many consecutive entries; ranks that it does not name as `"conv"`
 */
export type SpatialAverage = "none" | "conv" | "auto" | Readonly<Record<number, number>>;

/** Options of {@link scaleByHessian}. */
export interface HessianOptions {
  /** Decay of the first moment; 0.9 unless told. */
  readonly beta1?: number;
  /** Decay of the squared curvature; 0.999 unless told. */
  readonly beta2?: number;
  /** Added to the curvature after its power; 1e-4 unless told. */
  readonly epsilon?: number;
  /** Power `k` of the curvature, in [0, 1]; 1 unless told. */
  readonly hessianPower?: number;
  /** Signs drawn per estimate; 1 unless told. */
  readonly samples?: number;
  /** Steps from one estimate to the next, which use the old one; 1 unless told. */
  readonly updateEvery?: number;
  /** What is averaged in space; `"conv"` unless told. */
  readonly spatialAverage?: SpatialAverage;
  /** Average in space before the sign is dropped, as the paper writes it, not after, as its code does; false unless told. */
  readonly averageSigned?: boolean;
}

const spatial: check.Check = (op, value, name) => {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [rank, length] of Object.entries(value)) count(op, length, `${name}[${rank}]`);
    return;
  }
  check.oneOf("none", "conv", "auto")(op, value, name);
};

const table: Table<HessianOptions> = {
  beta1: moments.beta1,
  beta2: moments.beta2,
  epsilon: [atLeastZero, 1e-4],
  hessianPower: [check.number("[0, 1]"), 1],
  samples: [count, 1],
  updateEvery: [count, 1],
  spatialAverage: [spatial, "conv"],
  averageSigned: [check.flag, false],
};

/** State of {@link scaleByHessian}. */
export interface HessianState {
  /** The moments `m` and `v`. */
  readonly moments: LeafState<"m" | "v">;
  /** The last estimate, averaged in space, like the parameters. */
  readonly curvature: unknown;
}

/**
 * `m̂ / (√v̂ᵏ + ε)`, with `v` the moving average of squares of an estimated diagonal of the Hessian: Yao et al. 2021, algorithm 1, without the learning rate.
 * It needs `context.loss` and `context.key`, which {@link train} gives, or `context.diagonal` with an estimate of your own.
 *
 * With one draw and no average in space `v` tends to the sum of squares of each row of the Hessian, not to the square of its diagonal.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range; at `update` when runs do not divide a parameter
 * @example
 * ```ts
 * chain(scaleByHessian({ updateEvery: 5 }), scaleByLearningRate(0.15));
 * ```
 */
export const scaleByHessian = (options: HessianOptions = {}): Optimizer<HessianState> =>
  hessianRule("scaleByHessian", settings("scaleByHessian", options, table));

function hessianRule(op: string, given: Required<HessianOptions>): Optimizer<HessianState> {
  const { beta1, beta2, epsilon, hessianPower, samples, updateEvery, spatialAverage, averageSigned } = given;
  const smooth = (d: Tensor): Tensor =>
    averageSigned ? abs(inSpace(op, d, spatialAverage)) : inSpace(op, abs(d), spatialAverage);
  /** The rule on `m̂` once the curvature is known: it comes in the place of the parameter. */
  const rule = perLeaf(op, { m: zerosLike, v: zerosLike }, (g, old, { p: curvature, t }) => {
    const m = average(old.m, g, beta1);
    const v = average(old.v, square(curvature), beta2);
    const root = sqrt(unbiased(v, beta2, t));
    const scale = hessianPower === 1 ? root : hessianPower === 0 ? root.mul(0).add(1) : pow(root, hessianPower);
    return [div(unbiased(m, beta1, t), add(scale, epsilon)), { m, v }];
  });
  return careful(op, {
    init: (params) => ({ moments: rule.init(params), curvature: treeMap(zerosLike, params) }),
    update<T>(grads: T, state: HessianState, params: T, context?: Context<T>): [T, HessianState] {
      check.tensor(op, state?.moments?.count, "state.moments.count");
      check.alike(op, state.curvature, params, "state.curvature");
      const fresh = (): T => {
        if (context?.diagonal !== undefined) return mapFloats(smooth, context.diagonal as T);
        const loss = need(op, context, "loss") as (p: T) => Tensor;
        return mapFloats(smooth, hutchinsonDiagonal(loss, params, need(op, context, "key"), { samples }));
      };
      const curvature =
        updateEvery === 1
          ? fresh()
          : cond(
              equal(rem(state.moments.count, updateEvery), 0),
              () => fresh(),
              (old: T) => old,
              state.curvature as T,
            );
      const [updates, next] = rule.update(grads, state.moments, curvature);
      return [updates, { moments: next, curvature }];
    },
  });
}

/** `x`, each entry replaced by the mean of its block. */
function inSpace(op: string, x: Tensor, how: SpatialAverage): Tensor {
  const run = typeof how === "object" ? how[x.rank] : undefined;
  if (run !== undefined) {
    if (x.size % run !== 0)
      throw new ArgumentError(
        `${op}: spatialAverage: runs of ${run} do not divide the ${x.size} entries of [${x.shape}]`,
      );
    const runs = reshape(x, [x.size / run, run]);
    return reshape(broadcastTo(mean(runs, [1], { keepDims: true }), runs.shape), x.shape);
  }
  const from = how === "none" ? x.rank : how === "auto" && x.rank === 2 ? 1 : 2;
  const axes = x.shape.map((_, i) => i).slice(from);
  return axes.length === 0 ? x : broadcastTo(mean(x, axes, { keepDims: true }), x.shape);
}

/** Options of {@link adaHessian}. */
export interface AdaHessianOptions extends HessianOptions, Partial<Rate> {
  /** Decoupled decay, multiplied by the learning rate; 0 unless told. */
  readonly weightDecay?: number;
  /** Which parameters decay; all unless told. */
  readonly mask?: Mask;
}

/**
 * AdaHessian: Adam with the curvature of the loss in the place of the squared gradient (Yao et al. 2021, algorithm 1). An estimate of the curvature costs
 * about two gradients more, every `updateEvery` steps.
 *
 * @param options - `learningRate` 0.15 unless told
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const { model } = await train(net, { optimizer: adaHessian(), loss, data, epochs: 5 });
 * ```
 */
export function adaHessian(options: AdaHessianOptions = {}): Optimizer {
  const given = settings("adaHessian", options, {
    learningRate: [asked[0], 0.15],
    weightDecay: [atLeastZero, 0],
    mask: [check.callable, everything],
    ...table,
  });
  return chain(
    hessianRule("adaHessian", given),
    decayRule("adaHessian", given.weightDecay, given.mask),
    rateRule("adaHessian", given.learningRate),
  );
}
