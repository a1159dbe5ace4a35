import type { Key, Tensor } from "@gradus/tensor";
import {
  add,
  bernoulli,
  cast,
  check,
  div,
  hvp,
  isFloat,
  mul,
  split,
  sub,
  treeFlatten,
  treeMap,
  treeUnflatten,
  zerosLike,
} from "@gradus/tensor";
import { count, settings } from "./settings.ts";

/**
 * A tree like `params` of independent signs, ±1 with equal chance.
 *
 * @example
 * ```ts
 * const z = rademacherLike(params, key(0));
 * ```
 */
export function rademacherLike<T>(params: T, key: Key): T {
  check.tree("rademacherLike", params, "params");
  check.key("rademacherLike", key, "key");
  const [leaves, structure] = treeFlatten(params);
  const keys = split(key, Math.max(1, leaves.length));
  const signs = leaves.map((p, i) =>
    isFloat(p.dtype) ? sub(mul(cast(bernoulli(keys[i] as Key, 0.5, p.shape), p.dtype), 2), 1) : zerosLike(p),
  );
  return treeUnflatten<T>(structure, signs);
}

/**
 * An estimate of the diagonal of the loss's Hessian, `z ⊙ H z` for signs `z`, averaged over `samples` draws (Hutchinson 1990; Bekas, Kokiopoulou & Saad
 * 2007). Its mean is the diagonal; the mean of its squares is the sum of squares of each row.
 *
 * @param loss - a scalar of the parameters
 * @param options - `samples`: draws, 1 unless told
 * @returns a tree like `params`
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * const diagonal = hutchinsonDiagonal(loss, params, key(0), { samples: 10 });
 * ```
 */
export function hutchinsonDiagonal<T>(
  loss: (params: T) => Tensor,
  params: T,
  key: Key,
  options: { readonly samples?: number } = {},
): T {
  check.callable("hutchinsonDiagonal", loss, "loss");
  check.tree("hutchinsonDiagonal", params, "params");
  check.key("hutchinsonDiagonal", key, "key");
  const { samples } = settings("hutchinsonDiagonal", options, { samples: [count, 1] });
  const keys = samples === 1 ? [key] : split(key, samples);
  const draws = keys.map((k) => {
    const z = rademacherLike(params, k);
    return treeMap((a, b) => mul(a, b), z, hvp(loss, params, z));
  });
  const sum = draws.reduce((a, b) => treeMap((x, y) => add(x, y), a, b));
  return samples === 1 ? sum : treeMap((x) => (isFloat(x.dtype) ? div(x, samples) : x), sum);
}
