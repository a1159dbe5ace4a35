import type { Storage } from "./backend.ts";
import { lastId, type Tensor } from "./tensor.ts";

/** Frees the memory of tensors that were collected without `dispose`. A safety net: it keeps no tensor alive. */
const net = new FinalizationRegistry<Storage>((storage) => {
  if (!storage.freed) storage.backend.free(storage);
});

/** Tensors that got memory while a scope was the innermost, and were made since it was opened (their ids are above `after`). */
interface Scope {
  readonly after: number;
  readonly tensors: Set<Tensor>;
}
const scopes: Scope[] = [];

function record(t: Tensor): void {
  const scope = scopes.at(-1);
  if (scope !== undefined && t.id > scope.after) scope.tensors.add(t);
}

/** Gives `storage` to `t`: freed with it, recorded in the enclosing `tidy` if `t` was made there. */
export function adopt(t: Tensor, storage: Storage): void {
  t.storage = storage;
  net.register(t, storage, t);
  record(t);
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

/** Opens a scope; the returned function closes it, disposing all that was made and realised in it except `keep`. */
export function openScope(): (keep: readonly Tensor[]) => void {
  const scope: Scope = { after: lastId(), tensors: new Set() };
  scopes.push(scope);
  return (keep) => {
    scopes.splice(scopes.indexOf(scope), 1);
    const kept = new Set(keep);
    for (const t of scope.tensors) {
      if (kept.has(t)) record(t);
      else disposeTensor(t);
    }
  };
}
