import type { Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  cast,
  check,
  clip,
  div,
  isFloat,
  maximum,
  minimum,
  mul,
  sqrt,
  square,
  sum,
  treeLeaves,
} from "@gradus/tensor";
import { mapFloats } from "./leaf.ts";
import { careful, type Optimizer } from "./optimizer.ts";
import { positive } from "./settings.ts";

const limit = check.number("(0, ∞]");

/**
 * `√Σ x²` over every element of every leaf.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a tree without float tensors
 * @example
 * ```ts
 * await globalNorm(grads).item();
 * ```
 */
export function globalNorm(tree: unknown): Tensor {
  check.tree("globalNorm", tree, "tree");
  const squares = treeLeaves(tree)
    .filter((t) => isFloat(t.dtype))
    .map((t) => sum(square(t)));
  if (squares.length === 0) throw new ArgumentError("globalNorm: tree: it has no float tensors");
  return sqrt(squares.reduce((a, b) => add(a, b)));
}

/**
 * Scales all gradients by `min(1, max / globalNorm)` (Pascanu et al. 2013, algorithm 1).
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `max` is not positive
 * @example
 * ```ts
 * chain(clipByGlobalNorm(1), sgd({ learningRate: 0.1 }));
 * ```
 */
export function clipByGlobalNorm(max: number): Optimizer<null> {
  limit("clipByGlobalNorm", max, "max");
  return careful("clipByGlobalNorm", {
    init: () => null,
    update(grads) {
      const scale = minimum(div(max, globalNorm(grads)), 1);
      return [mapFloats((g) => mul(g, cast(scale, g.dtype)), grads), null];
    },
  });
}

/**
 * Limits each element of the gradients to `[-max, max]`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `max` is not positive
 * @example
 * ```ts
 * chain(clipByValue(0.5), sgd({ learningRate: 0.1 }));
 * ```
 */
export function clipByValue(max: number): Optimizer<null> {
  limit("clipByValue", max, "max");
  return careful("clipByValue", {
    init: () => null,
    update: (grads) => [mapFloats((g) => clip(g, -max, max), grads), null],
  });
}

/**
 * Limits the gradient of each unit to `ratio` times the length of the unit's weights: Brock et al. 2021, equation 3. A unit is a row of axis 0 (an
 * output channel in PyTorch's layouts); a vector or scalar is one unit.
 *
 * @param ratio - `λ` of the paper, 0.01 to 0.16 there
 * @param options - `epsilon`: least length of weights, so that those at zero can move; 1e-3 unless told
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a number is not positive
 * @example
 * ```ts
 * chain(clipAdaptively(0.01), sgd({ learningRate: 0.1, momentum: 0.9 }));
 * ```
 */
export function clipAdaptively(ratio: number, options: { readonly epsilon?: number } = {}): Optimizer<null> {
  positive("clipAdaptively", ratio, "ratio");
  check.options("clipAdaptively", options, { epsilon: positive });
  const { epsilon = 1e-3 } = options;
  return careful("clipAdaptively", {
    init: () => null,
    update: (grads, _state, params) => [
      mapFloats(
        (g, p) => {
          const most = mul(maximum(lengths(p), epsilon), ratio);
          const found = lengths(g);
          return mul(g, div(most, maximum(found, most)));
        },
        grads,
        params,
      ),
      null,
    ],
  });
}

/** The length of each unit, broadcastable to `x`. */
function lengths(x: Tensor): Tensor {
  const axes = x.shape.map((_, i) => i).slice(x.rank > 1 ? 1 : 0);
  return sqrt(sum(square(x), axes, { keepDims: true }));
}
