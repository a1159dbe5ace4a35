import type { Backend, Storage } from "../backend.ts";
import { TraceError } from "../errors.ts";
import { realizeTensors } from "../plan/run.ts";
import { readStored } from "../read.ts";
import { adopt } from "../scope.ts";
import { storedTensor } from "../tensor.ts";
import { liveLeaves, treeUnflatten } from "../tree.ts";
import { checkBackend } from "./current.ts";

/**
 * A copy of all tensors of a tree on `backend`. Plans only take tensors of the backend that is set, and values given by the host, so this is the
 * way from one to another. The copies are leaves: derivatives end there.
 *
 * ```ts
 * const model = await to(trained, getBackend());
 * ```
 *
 * @throws ArgumentError for what is no backend, DisposedError when a tensor is gone, TraceError for a placeholder, OutOfMemoryError when the copy does not fit
 */
export async function to<T>(tree: T, backend: Backend): Promise<T> {
  checkBackend("to", backend);
  const [leaves, structure] = liveLeaves("to", tree, "tree");
  for (const t of leaves)
    if (t.abstract)
      throw new TraceError(`to: tree: ${t} is traced and has no value; call it on the result of the transform instead`);
  realizeTensors(leaves);
  const values = await Promise.all(leaves.map((t) => readStored("to", t)));
  const storages: Storage[] = [];
  try {
    for (const data of values) {
      const storage = backend.allocate(data.byteLength);
      storages.push(storage);
      backend.write(storage, data);
    }
  } catch (e) {
    for (const s of storages) backend.free(s);
    throw e;
  }
  const copies = leaves.map(({ shape, dtype }, i) => {
    const t = storedTensor(storages[i] as Storage, shape, dtype);
    adopt(t, storages[i] as Storage);
    return t;
  });
  return treeUnflatten<T>(structure, copies);
}
