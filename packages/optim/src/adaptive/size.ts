import { ArgumentError, check } from "@gradus/tensor";
import { count, positive, settings } from "../settings.ts";
import type { GradientStats } from "./stats.ts";

/** Which test a batch has to pass. */
export type BatchTest = "norm" | "inner-product" | "augmented" | "coordinate";

/** Options of {@link adaptiveBatchSize}. */
export interface BatchSizeOptions {
  /** The first size, two at least. */
  readonly first: number;
  /** The largest size. */
  readonly largest: number;
  /**
   * `"norm"`: `V/b <= η² ‖g‖²` (Byrd et al. 2012), unless told. `"inner-product"`: `Var⟨gᵢ, g⟩ / b <= θ² ‖g‖⁴`. `"augmented"`: that, and the same of what is orthogonal to `g`
   * with `ν` (Bollapragada et al. 2018). `"coordinate"`: the norm test for each coordinate, as the theory of AdAdaGrad wants it.
   */
  readonly test?: BatchTest;
  /** `η` of the norm and coordinate tests, in (0, 1) in the theory; 0.1 unless told. */
  readonly eta?: number;
  /** `θ` of the inner product test; 0.5 unless told. */
  readonly theta?: number;
  /** `ν` of the orthogonality test; 1 unless told. */
  readonly nu?: number;
  /** Steps from one test to the next; 1 unless told. */
  readonly every?: number;
}

/** A batch size that grows when batches are too noisy. */
export interface AdaptiveBatchSize {
  /** The size now. */
  readonly size: number;
  /** Every size so far. */
  readonly history: readonly number[];
  /** Whether the next step is to be tested: not at the largest size, nor between tests. */
  readonly due: boolean;
  /** The size after a step, whose statistics are given if it was due. */
  next(stats: GradientStats | null): number;
}

/** How many examples each test asks for; NaN and infinite where the mean gradient vanishes. */
const wanted: Readonly<Record<BatchTest, (s: GradientStats, o: Required<BatchSizeOptions>) => number>> = {
  norm: (s, { eta }) => s.variance / (eta ** 2 * s.normSquared),
  "inner-product": (s, { theta }) => s.inner / (theta ** 2 * s.normSquared ** 2),
  augmented: (s, o) => Math.max(wanted["inner-product"](s, o), s.orthogonal / (o.nu ** 2 * s.normSquared)),
  coordinate: (s, { eta }) => s.coordinate / eta ** 2,
};

/**
 * The size that a test asks for, not rounded, as if no size had been there before.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * wantedBatchSize(stats, { first: 8, largest: 4096, eta: 0.25 });
 * ```
 */
export const wantedBatchSize = (stats: GradientStats, options: BatchSizeOptions): number => {
  const given = read("wantedBatchSize", options);
  return wanted[given.test](stats, given);
};

function read(op: string, options: BatchSizeOptions): Required<BatchSizeOptions> {
  const given = settings(op, options, {
    first: [check.integer("[2, ∞)")],
    largest: [check.integer("[2, ∞)")],
    test: [check.oneOf(...Object.keys(wanted)), "norm"],
    eta: [positive, 0.1],
    theta: [positive, 0.5],
    nu: [positive, 1],
    every: [count, 1],
  });
  if (given.first > given.largest)
    throw new ArgumentError(`${op}: first: ${given.first} is more than the largest, ${given.largest}`);
  return given;
}

/**
 * A batch size that grows until the mean gradient of a batch can be trusted (Lau et al. 2024, algorithm 1): `b ← min(largest, max(b, ⌈wanted⌉))`. It never falls, and where
 * gradients vanish it stays.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const sizes = adaptiveBatchSize({ first: 8, largest: 4096, eta: 0.5 });
 * sizes.next(stats); // the size of the next batch
 * ```
 */
export function adaptiveBatchSize(options: BatchSizeOptions): AdaptiveBatchSize {
  const given = read("adaptiveBatchSize", options);
  const history = [given.first];
  let steps = 0;
  return {
    get size() {
      return history.at(-1) as number;
    },
    history,
    get due() {
      return steps % given.every === 0 && (history.at(-1) as number) < given.largest;
    },
    next(stats) {
      const size = history.at(-1) as number;
      steps++;
      const asked = stats === null || size >= given.largest ? Number.NaN : wanted[given.test](stats, given);
      // Against 5.000000000000001 for 5.
      const whole = Math.ceil(asked * (1 - 1e-12));
      const next = Number.isNaN(asked) ? size : Math.min(given.largest, Math.max(size, whole));
      history.push(next);
      return next;
    },
  };
}
