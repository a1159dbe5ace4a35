import type { Key, Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  cast,
  check,
  clone,
  concat,
  dispose,
  div,
  expandDims,
  foldIn,
  gather,
  isFloat,
  jit,
  jvp,
  lessEqual,
  max,
  mul,
  key as newKey,
  permutation,
  realize,
  slice,
  square,
  sub,
  sum,
  tensor,
  tidy,
  treeLeaves,
  treeMap,
  valueAndGrad,
  vmap,
  where,
  zerosLike,
} from "@gradus/tensor";
import { globalNorm } from "../clip.ts";
import { mapFloats, start as zero } from "../leaf.ts";
import { applyUpdates, careful, checkOptimizer, need, type Optimizer } from "../optimizer.ts";
import { asSchedule, type Schedule } from "../schedules.ts";
import { count, settings } from "../settings.ts";
import { adaptiveBatchSize, type BatchSizeOptions } from "./size.ts";
import { type GradientStats, statsOf } from "./stats.ts";

/**
 * Multiplies by `-learningRate`, a schedule of the examples seen: what batches of changing size want. It needs `context.batch`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless it is a schedule
 * @example
 * ```ts
 * chain(scaleByAdagrad(), scaleBySamples(cosine({ peak: 0.05, warmup: 6000, steps: 60000, floor: 0.005 })));
 * ```
 */
export function scaleBySamples(learningRate: Schedule): Optimizer<Tensor> {
  check.callable("scaleBySamples", learningRate, "learningRate");
  const schedule = asSchedule("scaleBySamples", learningRate);
  return careful("scaleBySamples", {
    init: zero,
    update(grads, seen, _params, context) {
      check.tensor("scaleBySamples", seen, "state");
      const size = treeLeaves(need("scaleBySamples", context, "batch"))[0]?.shape[0] ?? 1;
      const rate = mul(schedule(seen), -1);
      return [mapFloats((g) => mul(g, cast(rate, g.dtype)), grads), add(seen, size)];
    },
  });
}

/** What {@link AdaptiveOptions.onStep} is told. */
export interface AdaptiveStep<M> {
  /** The model after the step; given up at the next step. */
  readonly model: M;
  /** Step, from 0. */
  readonly step: number;
  /** Examples seen, those of this step in. */
  readonly samples: number;
  /** Examples of this step. */
  readonly size: number;
  /** Mean loss of the batch before the step. */
  readonly loss: number;
  /** What the test was made of; null where no test was due. */
  readonly stats: GradientStats | null;
}

/** Options of {@link trainAdaptive}. */
export interface AdaptiveOptions<M, B> {
  readonly optimizer: Optimizer;
  /** The mean loss of a model on a batch, example by example: no statistics of the batch in it. */
  readonly loss: (model: M, batch: B) => Tensor;
  /** All examples, a tree of tensors whose axis 0 counts them. */
  readonly dataset: B;
  /** Examples to see in all. */
  readonly samples: number;
  /** First and largest batch, and the test by which it grows; the largest is at most the dataset. */
  readonly batchSize: BatchSizeOptions;
  /** Examples whose gradients are held at a time; larger batches are made of parts of this size, rounded up. 64 unless told. */
  readonly microBatch?: number;
  /** Source of the order, drawn anew for each epoch without replacement; `key(0)` unless told. */
  readonly key?: Key;
  readonly onStep?: (step: AdaptiveStep<M>) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** What {@link trainAdaptive} gives. */
export interface AdaptiveResult<M> {
  readonly model: M;
  /** The state of the optimizer. */
  readonly optimizer: unknown;
  /** The size of every batch. */
  readonly sizes: readonly number[];
  /** False when the signal stopped it. */
  readonly completed: boolean;
}

/**
 * Trains with batches that grow (Lau et al. 2024, algorithm 1): AdAdaGrad with {@link adagrad}, AdAdaGrad-Norm with {@link adagradNorm}, or any rule. After each step the statistics of the
 * batch's gradients decide how large the next one is.
 *
 * Gradients of single examples exist for a part of the batch at a time only. The model must treat examples alone: no batch normalisation.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const { model, sizes } = await trainAdaptive(net, {
 *   optimizer: adagrad({ learningRate: 0.05 }),
 *   loss: (net, { images, labels }) => crossEntropy(net.call(images), labels),
 *   dataset: { images, labels },
 *   samples: 60_000,
 *   batchSize: { first: 8, largest: 5000, eta: 0.5 },
 * });
 * ```
 */
export async function trainAdaptive<M, B>(model: M, options: AdaptiveOptions<M, B>): Promise<AdaptiveResult<M>> {
  const o = settings("trainAdaptive", options as Required<AdaptiveOptions<M, B>>, {
    optimizer: [check.anything],
    loss: [check.callable],
    dataset: [check.tree],
    samples: [count],
    batchSize: [check.anything],
    microBatch: [count, 64],
    key: [check.key, newKey(0)],
    onStep: [check.callable, () => undefined],
    signal: [check.anything, new AbortController().signal],
  });
  check.tree("trainAdaptive", model, "model");
  checkOptimizer("trainAdaptive", o.optimizer, "optimizer");
  if (typeof o.signal.aborted !== "boolean")
    throw new ArgumentError(`trainAdaptive: signal: expected an AbortSignal, got ${check.said(o.signal)}`);
  const examples = treeLeaves(o.dataset)[0]?.shape[0] ?? 0;
  const sizes = adaptiveBatchSize({ ...o.batchSize, largest: Math.min(o.batchSize?.largest, examples) });
  const { test = "norm" } = o.batchSize;
  const draw = drawer(o.key, examples);

  const alone = (m: M, example: B): Tensor =>
    o.loss(
      m,
      treeMap((t) => expandDims(t, 0), example),
    );
  const ordinary = jit((m: M, part: B, sums: M): [Tensor, M] => {
    const [value, g] = valueAndGrad(o.loss)(m, part) as unknown as [Tensor, M];
    const n = treeLeaves(part)[0]?.shape[0] ?? 1;
    return [mul(value, n), treeMap((a, x) => (isFloat(a.dtype) ? add(a, mul(x, n)) : a), sums, g)];
  });
  /** Sums over a part of the batch: loss, gradients, their squared lengths, their squares. */
  const measured = jit((m: M, part: B, sums: M, squares: M | null): [Tensor, M, Tensor, M | null] => {
    const [values, gs] = vmap((x: B) => valueAndGrad(alone)(m, x) as unknown as [Tensor, M])(part);
    const total = mapFloats((a, g) => add(a, sum(g, [0])), sums, gs as never);
    const lengths = treeLeaves(gs)
      .filter((g) => isFloat(g.dtype))
      .map((g) => sum(square(g)))
      .reduce((a, b) => add(a, b));
    return [
      sum(values),
      total,
      lengths,
      squares && mapFloats((a, g) => add(a, sum(square(g), [0])), squares, gs as never),
    ];
  });
  /** `Σ (⟨gᵢ, g⟩ - ‖g‖²)²` of a part: inner products are derivatives of the losses along `g`, which takes no gradient per example. */
  const spread = jit((m: M, part: B, g: M): Tensor => {
    const [, along] = jvp((p: M) => vmap((x: B) => alone(p, x))(part), [m], [g]);
    return sum(square(sub(along as Tensor, square(globalNorm(g)))));
  });
  const update = jit(
    (m: M, state: unknown, g: M, batch: B): [M, unknown] => {
      const context = { loss: (p: M) => o.loss(p, batch), batch, lossOn: o.loss as never };
      const [updates, next] = o.optimizer.update(g, state, m, context);
      return [applyUpdates(m, updates), next];
    },
    { donate: [0, 1] },
  );
  const scaled = jit((g: M, n: Tensor): M => mapFloats((x) => div(x, cast(n, x.dtype)), g));
  const steepest = jit((g: M, squares: M, n: Tensor): Tensor => {
    const each = treeLeaves(g).flatMap((x, i) => {
      if (!isFloat(x.dtype)) return [];
      const own = sub(div(treeLeaves(squares)[i] as Tensor, cast(n, x.dtype)), square(x));
      return [max(where(lessEqual(own, 0), 0, div(own, square(x))))];
    });
    return each.reduce((a, b) => max(concat([expandDims(a, 0), expandDims(b, 0)], 0)));
  });

  let m = tidy(() => realize(treeMap(clone, model)));
  let state: unknown = tidy(() => realize(o.optimizer.init(m)));
  let [seen, step] = [0, 0];
  const used: number[] = [];
  while (seen < o.samples) {
    if (o.signal.aborted) return { model: m, optimizer: state, sizes: used, completed: false };
    const size = effective(sizes.size, o.microBatch, examples);
    const due = sizes.due;
    const at = await draw(size);
    const batch = tidy(() => realize(treeMap((t) => gather(t, at), o.dataset)));
    const parts = cut(batch, size, o.microBatch);
    let sums = tidy(() => realize(treeMap(zerosLike, m)));
    let squares = due && test === "coordinate" ? tidy(() => realize(treeMap(zerosLike, m))) : null;
    let [loss, lengths] = [0, 0];
    for (const part of parts) {
      const before = sums;
      if (due) {
        const [value, next, length, sq] = measured(m, part, sums, squares);
        dispose(squares);
        [sums, squares] = [next, sq];
        lengths += await read(length);
        loss += await read(value);
      } else {
        const [value, next] = ordinary(m, part, sums);
        sums = next;
        loss += await read(value);
      }
      dispose(before);
    }
    const n = tensor(size);
    const g = scaled(sums, n);
    let stats: GradientStats | null = null;
    if (due) {
      const normSquared = await read(tidy(() => realize(square(globalNorm(g)))));
      let inner = 0;
      if (test === "inner-product" || test === "augmented")
        for (const part of parts) inner += await read(spread(m, part, g));
      const coordinate = squares === null ? null : await read(steepest(g, squares, n));
      stats = statsOf({ size, normSquared, squares: lengths, inner, coordinate });
    }
    [m, state] = update(m, state, g, batch);
    dispose([sums, squares, g, at, n, batch, parts]);
    seen += size;
    used.push(size);
    sizes.next(stats);
    await o.onStep({ model: m, step: step++, samples: seen, size, loss: loss / size, stats });
  }
  return { model: m, optimizer: state, sizes: used, completed: true };
}

/** What a batch of `size` comes to in parts of `micro`: rounded up, but not above all examples. */
function effective(size: number, micro: number, examples: number): number {
  const whole = size <= micro ? size : Math.ceil(size / micro) * micro;
  return Math.min(examples, whole);
}

/** The batch in parts of `micro` examples. */
function cut<B>(batch: B, size: number, micro: number): B[] {
  if (size <= micro) return [tidy(() => realize(treeMap(clone, batch)))];
  return Array.from({ length: Math.ceil(size / micro) }, (_, i) =>
    tidy(() =>
      realize(
        treeMap((t) => {
          const rest = t.shape.slice(1);
          return slice(t, [i * micro, ...rest.map(() => 0)], [Math.min(size, (i + 1) * micro), ...rest]);
        }, batch),
      ),
    ),
  );
}

/** Draws examples without replacement, in an order of its own for each epoch; what is left of one is drawn before the next begins. */
function drawer(key: Key, examples: number): (size: number) => Promise<Tensor> {
  let [epoch, rest] = [0, new Int32Array(0)];
  return async (size) => {
    while (rest.length < size) {
      const order = tidy(() => realize(permutation(foldIn(key, epoch++), examples)));
      const next = (await order.data()) as Int32Array;
      order.dispose();
      rest = Int32Array.from([...rest, ...next]);
    }
    const taken = rest.slice(0, size);
    rest = rest.slice(size);
    return tensor(taken);
  };
}

async function read(t: Tensor): Promise<number> {
  const value = (await t.item()) as number;
  t.dispose();
  return value;
}
