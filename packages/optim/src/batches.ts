import type { Key } from "@gradus/tensor";
import {
  ArgumentError,
  check,
  foldIn,
  gather,
  getBackend,
  permutation,
  Tensor,
  tensor,
  tidy,
  treeLeaves,
  treeMap,
} from "@gradus/tensor";

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
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when sizes do not fit, or fewer examples than one batch are left with `dropLast`
 * @example
 * ```ts
 * const data = batches({ images, labels }, 128, key(0), { dropLast: true });
 * for (const { images, labels } of data.epoch(0)) …
 * ```
 */
export function batches<T>(dataset: T, size: number, key: Key, options: BatchOptions = {}): Batches<T> {
  check.integer("[1, ∞)")("batches", size, "size");
  check.key("batches", key, "key");
  check.options("batches", options, { dropLast: check.flag, ordered: check.flag });
  check.tree("batches", dataset, "dataset");
  const { dropLast = false, ordered = false } = options;
  const examples = count(dataset);
  const steps = dropLast ? Math.floor(examples / size) : Math.ceil(examples / size);
  if (steps === 0)
    throw new ArgumentError(`batches: size: ${examples} examples make no batch of ${size}; choose a smaller size`);
  return {
    steps,
    size,
    epoch(index, from = 0) {
      check.integer("[0, 4294967295]")("epoch", index, "index");
      check.integer("[0, ∞)")("epoch", from, "from");
      return cut(index, from);
    },
  };

  function* cut(index: number, from: number): Generator<T> {
    const order = ordered ? counted(0, examples) : shuffled(key, index, examples);
    for (let step = from; step < steps; step++) {
      const [start, end] = [step * size, Math.min(examples, (step + 1) * size)];
      const at = order instanceof Tensor ? gather(order, tensor(counted(start, end))) : tensor(order.slice(start, end));
      yield treeMap((t) => gather(t, at), dataset);
    }
  }
}

const counted = (from: number, end: number): Int32Array => Int32Array.from({ length: end - from }, (_, i) => from + i);

function count(dataset: unknown): number {
  const leaves = treeLeaves(dataset);
  const examples = leaves[0]?.shape[0];
  if (examples === undefined) throw new ArgumentError("batches: dataset: expected tensors with an axis of examples");
  for (const t of leaves)
    if (t.shape[0] !== examples)
      throw new ArgumentError(`batches: dataset: ${examples} examples in one tensor, [${t.shape}] in another`);
  return examples;
}

/** The order of an epoch: numbers, or on a backend that answers later a tensor, so that nobody has to wait. */
function shuffled(key: Key, epoch: number, examples: number): Int32Array | Tensor {
  const order = tidy(() => permutation(foldIn(key, epoch), examples));
  if (getBackend().readSync === undefined) return order;
  const numbers = order.dataSync() as Int32Array;
  order.dispose();
  return numbers;
}
