import type { Key } from "@gradus/tensor";
import { ArgumentError, foldIn, gather, permutation, tensor, tidy, treeLeaves, treeMap } from "@gradus/tensor";

/** Options of {@link batches}. */
export interface BatchOptions {
  /** Leave out the last, smaller batch of an epoch; false unless told. Every batch then has one shape, so `jit` compiles one step. */
  readonly dropLast?: boolean;
  /** Keep the order of the dataset; false unless told. */
  readonly ordered?: boolean;
}

/** A dataset cut into batches, in an order that depends on the key and the epoch only: any step can be made again. */
export interface Batches<T> {
  /** Batches per epoch. */
  readonly steps: number;
  /** Examples per full batch. */
  readonly size: number;
  /** The batches of an epoch, from step `from` on. Their tensors are the caller's to dispose. */
  epoch(index: number, from?: number): Iterable<T>;
}

/**
 * Cuts a dataset into batches, shuffled anew each epoch by `foldIn(key, epoch)`.
 *
 * @param dataset - a tree of tensors whose axis 0 counts the examples; `u8` images stay `u8`, a quarter of the memory
 * @param size - examples per batch
 * @throws {@link ArgumentError} when sizes do not fit, or fewer examples than one batch are left with `dropLast`
 * @example
 * ```ts
 * const data = batches({ images, labels }, 128, key(0), { dropLast: true });
 * for (const { images, labels } of data.epoch(0)) …
 * ```
 */
export function batches<T>(dataset: T, size: number, key: Key, options: BatchOptions = {}): Batches<T> {
  const { dropLast = false, ordered = false } = options;
  if (!Number.isInteger(size) || size < 1)
    throw new ArgumentError(`batches: size: expected a positive integer, got ${size}`);
  const examples = count(dataset);
  const steps = dropLast ? Math.floor(examples / size) : Math.ceil(examples / size);
  if (steps === 0)
    throw new ArgumentError(`batches: size: ${examples} examples make no batch of ${size}; choose a smaller size`);
  return {
    steps,
    size,
    *epoch(index, from = 0) {
      const order = ordered ? Int32Array.from({ length: examples }, (_, i) => i) : shuffled(key, index, examples);
      for (let step = from; step < steps; step++) {
        const rows = order.slice(step * size, Math.min(examples, (step + 1) * size));
        const at = tensor(rows);
        yield treeMap((t) => gather(t, at), dataset);
      }
    },
  };
}

function count(dataset: unknown): number {
  const leaves = treeLeaves(dataset);
  const examples = leaves[0]?.shape[0];
  if (examples === undefined) throw new ArgumentError("batches: dataset: expected tensors with an axis of examples");
  for (const t of leaves)
    if (t.shape[0] !== examples)
      throw new ArgumentError(`batches: dataset: ${examples} examples in one tensor, [${t.shape}] in another`);
  return examples;
}

const shuffled = (key: Key, epoch: number, examples: number): Int32Array =>
  tidy(() => permutation(foldIn(key, epoch), examples).dataSync() as Int32Array);
