import { type Module, tap } from "@gradus/nn";
import { globalNorm } from "@gradus/optim";
import type { Key, Tensor } from "@gradus/tensor";
import {
  add,
  cast,
  concat,
  dispose,
  div,
  eigvalsh,
  grad,
  greater,
  hvp,
  isFloat,
  jit,
  matmul,
  maximum,
  mean,
  mul,
  normal,
  realize,
  reshape,
  split,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  tidy,
  transpose,
  treeFlatten,
  treeLeaves,
  treeMap,
  treeNames,
  treeUnflatten,
  vmap,
  zerosLike,
} from "@gradus/tensor";

/** A scalar of parameters and data. */
export type LossOn<M, B> = (params: M, data: B) => Tensor;

/** A tree like `params` of independent standard normal numbers. */
export function normalLike<M>(params: M, key: Key): M {
  const [leaves, structure] = treeFlatten(params);
  const keys = split(key, Math.max(1, leaves.length));
  return treeUnflatten<M>(
    structure,
    leaves.map((p, i) => cast(normal(keys[i] as Key, p.shape), p.dtype)),
  );
}

const dotProduct = (a: unknown, b: unknown): Tensor =>
  treeLeaves(a)
    .map((x, i) => sum(mul(x, treeLeaves(b)[i] as Tensor)))
    .reduce((x, y) => add(x, y));

/** How {@link lambdaMax} iterates. */
export interface PowerOptions {
  /** Source of the first direction. */
  readonly key: Key;
  /** Which parameters the Hessian is restricted to; all unless told. */
  readonly block?: (name: string) => boolean;
  /** Relative change at which it stops; 1e-3 unless told. */
  readonly tolerance?: number;
  /** Most iterations; 50 unless told. */
  readonly iterations?: number;
}

/**
 * The largest eigenvalue of the loss's Hessian by power iteration on Hessian products, compiled once for all calls. Where the eigenvalue of largest
 * size is negative, the Hessian is shifted by it and iterated once more.
 */
export function lambdaMax<M, B>(loss: LossOn<M, B>): (params: M, data: B, options: PowerOptions) => Promise<number> {
  const step = jit((params: M, data: B, v: M, mask: M, shift: Tensor): [M, Tensor] => {
    const inside = treeMap((x, m) => mul(x, m), hvp(loss, params, v, data), mask);
    const w = treeMap((h, x) => sub(h, mul(x, cast(shift, x.dtype))), inside, v);
    const norm = maximum(globalNorm(w), 1e-30);
    return [treeMap((x) => div(x, cast(norm, x.dtype)), w), dotProduct(v, w)];
  });
  return async (params, data, { key, block = () => true, tolerance = 1e-3, iterations = 50 }) => {
    const names = treeNames(params);
    const [leaves, structure] = treeFlatten(params);
    const mask = treeUnflatten<M>(
      structure,
      leaves.map((p, i) => tensor(block(names[i] as string) ? 1 : 0, { dtype: p.dtype })),
    );
    const first = tidy(() => {
      const v = treeMap((x, m) => mul(x, m), normalLike(params, key), mask);
      const norm = globalNorm(v);
      return realize(treeMap((x) => div(x, cast(norm, x.dtype)), v));
    });
    const largest = async (by: number): Promise<number> => {
      const shift = tensor(by);
      let [v, lambda] = [first, Number.NaN];
      for (let i = 0; i < iterations; i++) {
        const [next, value] = step(params, data, v, mask, shift);
        const now = await value.item();
        dispose([value, v === first ? null : v]);
        const done = Math.abs(now - lambda) <= tolerance * Math.abs(now);
        [v, lambda] = [next, now];
        if (done) break;
      }
      dispose([shift, v === first ? null : v]);
      return lambda;
    };
    const found = await largest(0);
    const result = found < 0 ? (await largest(found)) + found : found;
    dispose([first, mask]);
    return result;
  };
}

/**
 * The neural tangent kernel `J Jᵀ` of a model's outputs on `x` `[m, …]`: `[m, m]` of the sums of each example's outputs, or `[m k, m k]` of all
 * `k` of them.
 */
export const ntk = <M>(
  f: (params: M, x: Tensor) => Tensor,
  outputs: "sum" | "full" = "sum",
): ((params: M, x: Tensor) => Tensor) =>
  jit((params: M, x: Tensor): Tensor => {
    const m = x.shape[0] as number;
    const alone = (p: M, one: Tensor): Tensor => reshape(f(p, reshape(one, [1, ...one.shape])), [-1]);
    const slopes = vmap((one: Tensor): M[] => {
      if (outputs === "sum") return [grad((p: M) => sum(alone(p, one)))(params)];
      const k = alone(params, one).size;
      return Array.from({ length: k }, (_, i) => grad((p: M) => alone(p, one).at(i))(params));
    })(x);
    const rows = slopes.map((own) =>
      concat(
        treeLeaves(own).map((g) => reshape(g, [m, -1])),
        1,
      ),
    );
    const jacobian = reshape(
      concat(
        rows.map((r) => reshape(r, [m, 1, -1])),
        1,
      ),
      [m * rows.length, -1],
    );
    return matmul(jacobian, transpose(jacobian));
  });

/** Largest over smallest eigenvalue of a symmetric matrix; infinite unless the smallest is above rounding. */
export async function conditionNumber(matrix: Tensor): Promise<number> {
  using values = tidy(() => eigvalsh(cast(matrix, "f64")));
  const all = [...((await values.data()) as Float64Array)];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return low > high * 1e-14 ? high / low : Number.POSITIVE_INFINITY;
}

/** The loss averaged over `draws` of parameters with noise of deviation `sigma` added. */
export function gaussianFlatness<M, B>(
  loss: LossOn<M, B>,
): (
  params: M,
  data: B,
  options: { readonly key: Key; readonly sigma: number; readonly draws: number },
) => Promise<number> {
  const noisy = jit((params: M, data: B, key: Key, sigma: Tensor) =>
    loss(
      treeMap((p, e) => add(p, mul(e, cast(sigma, p.dtype))), params, normalLike(params, key)),
      data,
    ),
  );
  return async (params, data, { key, sigma, draws }) => {
    using size = tensor(sigma);
    let total = 0;
    for (const k of split(key, draws)) {
      using value = noisy(params, data, k, size);
      total += await value.item();
    }
    return total / draws;
  };
}

/**
 * A random direction whose every row (filter) along axis 0 has the norm of the parameter's own row; zero for vectors and scalars, which are biases and
 * scales (Li et al. 2018).
 */
export const filterNormalized = <M>(params: M, key: Key): M =>
  treeMap(
    (d, p) => {
      if (p.rank < 2 || !isFloat(p.dtype)) return zerosLike(p);
      const axes = Array.from({ length: p.rank - 1 }, (_, i) => i + 1);
      const norm = (x: Tensor): Tensor => sqrt(sum(square(x), axes, { keepDims: true }));
      return mul(d, div(norm(p), norm(d)));
    },
    normalLike(params, key),
    params,
  );

/** The loss at `w + a d₁ + b d₂`, a row per `b`, for all `a` and `b` of `at`. */
export function landscape<M, B>(
  loss: LossOn<M, B>,
): (params: M, data: B, directions: readonly [M, M], at: readonly number[]) => Promise<number[][]> {
  const shifted = jit((params: M, data: B, one: M, two: M, a: Tensor, b: Tensor) =>
    loss(
      treeMap((p, x, y) => add(p, add(mul(x, cast(a, p.dtype)), mul(y, cast(b, p.dtype)))), params, one, two),
      data,
    ),
  );
  return async (params, data, [one, two], at) => {
    const rows: number[][] = [];
    for (const b of at) {
      const row: number[] = [];
      for (const a of at) {
        const [p, q] = [tensor(a), tensor(b)];
        const value = shifted(params, data, one, two, p, q);
        row.push(await value.item());
        dispose([p, q, value]);
      }
      rows.push(row);
    }
    return rows;
  };
}

/** Shares of what the modules at `paths` return that are above zero. */
export function activeShares<M extends Module, const Path extends string>(
  paths: readonly Path[],
): (model: M, x: Tensor) => Promise<Record<Path, number>> {
  const shares = jit((model: M, x: Tensor): Record<Path, Tensor> => {
    const { taps } = tap(model, paths, ...([x] as Parameters<M["forward"]>));
    return Object.fromEntries(paths.map((path) => [path, mean(cast(greater(taps[path], 0), "f32"))])) as Record<
      Path,
      Tensor
    >;
  });
  return async (model, x) => {
    const found = shares(model, x);
    const numbers = await Promise.all(paths.map(async (path) => [path, await found[path].item()]));
    dispose(found);
    return Object.fromEntries(numbers) as Record<Path, number>;
  };
}
