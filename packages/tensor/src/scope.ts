import type { Storage } from "./backend.ts";
import type { Tensor } from "./tensor.ts";

/** Frees the memory of tensors that were collected without `dispose`. A safety net: it keeps no tensor alive. */
const net = new FinalizationRegistry<Storage>((storage) => {
  if (!storage.freed) storage.backend.free(storage);
});

const scopes: Set<Tensor>[] = [];

/** Gives `storage` to `t`: freed with it, recorded in the enclosing `tidy`. */
export function adopt(t: Tensor, storage: Storage): void {
  t.storage = storage;
  net.register(t, storage, t);
  scopes.at(-1)?.add(t);
}

/** Takes the storage away from `t` without freeing it. */
export function release(t: Tensor): Storage | null {
  const { storage } = t;
  if (storage === null) return null;
  net.unregister(t);
  t.storage = null;
  return storage;
}

/** Frees what `t` holds and marks it as gone. Twice is harmless. */
export function disposeTensor(t: Tensor): void {
  if (t.disposed) return;
  const storage = release(t);
  if (storage !== null && !storage.freed) storage.backend.free(storage);
  t.host = null;
  t.disposed = true;
}

/** Opens a scope; the returned function closes it, disposing all realised in it except `keep`. */
export function openScope(): (keep: readonly Tensor[]) => void {
  const scope = new Set<Tensor>();
  scopes.push(scope);
  return (keep) => {
    scopes.splice(scopes.indexOf(scope), 1);
    const kept = new Set(keep);
    for (const t of scope) {
      if (kept.has(t)) scopes.at(-1)?.add(t);
      else disposeTensor(t);
    }
  };
}
