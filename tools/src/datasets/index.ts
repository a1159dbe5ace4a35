import { UsageError } from "../errors.ts";
import type { Dataset } from "./dataset.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { idxFolder } from "./folder.ts";
import { mnist } from "./mnist.ts";

export type { Dataset } from "./dataset.ts";
export { fashionMnist } from "./fashion-mnist.ts";
export { idxFolder } from "./folder.ts";
export type { IdxArray, IdxLimits, IdxType } from "./idx.ts";
export { parseIdx, readIdx } from "./idx.ts";
export { mnist } from "./mnist.ts";
export type { Labelled } from "./split.ts";
export { loadSplit, Split } from "./split.ts";

const named: ReadonlyMap<string, () => Dataset> = new Map([
  ["mnist", mnist],
  ["fashion-mnist", () => fashionMnist()],
]);

/** What {@link dataset} accepts. */
export const datasetNames: readonly string[] = [...named.keys(), "idx:<dir>"];

/**
 * The dataset of a name: `mnist`, `fashion-mnist`, or `idx:<dir>` for a folder of four IDX files named as those of MNIST.
 *
 * @throws {@link UsageError} for another name; {@link DataError} when its files are missing or unusable
 */
export function dataset(name: string): Dataset {
  if (name.startsWith("idx:") && name.length > 4)
    return idxFolder(name, name.slice(4), name.slice(4), "the folder must hold four files named as those of MNIST");
  const load = named.get(name);
  if (load === undefined)
    throw new UsageError(`--dataset ${JSON.stringify(name)}: unknown; choose ${datasetNames.join(", ")}`);
  return load();
}
