import type { Tensor } from "@gradus/tensor";
import { tensor } from "@gradus/tensor";
import { DataError, UsageError } from "../errors.ts";
import type { IdxArray, IdxLimits } from "./idx.ts";
import { readIdx } from "./idx.ts";

/** Images with their labels, as tensors: `images` u8 `[n, channels, height, width]`, `labels` u8 `[n]`. */
export interface Labelled {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** One split of a dataset of images: bytes, one image after the other, and a class index for each. */
export class Split {
  /** `n · channels · height · width` bytes. */
  readonly images: Uint8Array;
  /** One byte per image. */
  readonly labels: Uint8Array;
  /** Channels, height, width of each image. */
  readonly shape: readonly [number, number, number];

  constructor(images: Uint8Array, labels: Uint8Array, shape: readonly [number, number, number]) {
    this.images = images;
    this.labels = labels;
    this.shape = shape;
  }

  /** Number of images. */
  get size(): number {
    return this.labels.length;
  }

  /** Bytes per image. */
  get pixels(): number {
    return this.shape[0] * this.shape[1] * this.shape[2];
  }

  /** `count` images from `from` on, fewer at the end; the bytes are shared. */
  take(count: number, from = 0): Split {
    if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(from) || from < 0 || from >= this.size)
      throw new UsageError(`take: ${count} images from ${from} on: there are ${this.size}`);
    const end = Math.min(this.size, from + count);
    const { pixels } = this;
    return new Split(this.images.subarray(from * pixels, end * pixels), this.labels.subarray(from, end), this.shape);
  }

  /** The bytes as tensors, not scaled. */
  tensors(): Labelled {
    return { images: tensor(this.images, { shape: [this.size, ...this.shape] }), labels: tensor(this.labels) };
  }
}

/**
 * Images (bytes, `[n, height, width]` or `[n, channels, height, width]`) and labels (bytes, `[n]`) from two IDX files.
 *
 * @throws {@link DataError} when a file is unusable, or the two do not belong together
 */
export function loadSplit(imagesPath: string, labelsPath: string, limits: IdxLimits = {}): Split {
  const images = readIdx(imagesPath, limits);
  const labels = readIdx(labelsPath, limits);
  if (images.type !== "u8" || (images.shape.length !== 3 && images.shape.length !== 4) || images.data.length === 0)
    throw new DataError(`${imagesPath}: ${said(images)} are no images; expected u8 [n,height,width], n at least 1`);
  if (labels.type !== "u8" || labels.shape.length !== 1)
    throw new DataError(`${labelsPath}: ${said(labels)} are no labels; expected u8 [n]`);
  const [n, ...shape] = images.shape.length === 3 ? images.shape.toSpliced(1, 0, 1) : images.shape;
  if (n !== labels.data.length)
    throw new DataError(`${labelsPath}: ${labels.data.length} labels for the ${n} images of ${imagesPath}`);
  return new Split(images.data, labels.data, shape as [number, number, number]);
}

const said = ({ type, shape }: IdxArray): string => `${type} [${shape}]`;
