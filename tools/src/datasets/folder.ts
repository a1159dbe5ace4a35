import { existsSync } from "node:fs";
import { join } from "node:path";
import { DataError } from "../errors.ts";
import type { Dataset } from "./dataset.ts";
import { loadSplit } from "./split.ts";

/**
 * A dataset from a folder of four IDX files, named as those of MNIST and each plain or with `.gz`: `train-images-idx3-ubyte`,
 * `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`.
 *
 * @param remedy - what to do when a file is missing; ends the error's line
 * @throws {@link DataError} when a file is missing or unusable, or the splits differ in the shape of their images
 */
export function idxFolder(name: string, title: string, folder: string, remedy: string): Dataset {
  const path = (file: string): string => {
    const plain = join(folder, file);
    const found = [plain, `${plain}.gz`].find((candidate) => existsSync(candidate));
    if (found === undefined) throw new DataError(`${name}: ${plain}[.gz] is missing; ${remedy}`);
    return found;
  };
  const [train, test] = (["train", "t10k"] as const).map((split) =>
    loadSplit(path(`${split}-images-idx3-ubyte`), path(`${split}-labels-idx1-ubyte`)),
  ) as [Dataset["train"], Dataset["test"]];
  if (String(train.shape) !== String(test.shape))
    throw new DataError(`${name}: training images [${train.shape}] and test images [${test.shape}] differ in shape`);
  const classes = 1 + [train, test].reduce((top, { labels }) => labels.reduce((a, b) => Math.max(a, b), top), 0);
  return { name, title, classes, train, test };
}
