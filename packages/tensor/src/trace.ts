/** Transforms that run now. A tensor remembers the outermost running trace it was made under, so that `jit` and self-realisation know when a value must stay a graph. */
const active = new Set<number>();
let next = 1;

/** Runs `f` with a fresh trace identity that is active meanwhile. */
export function withTrace<T>(f: (trace: number) => T): T {
  const trace = next++;
  active.add(trace);
  try {
    return f(trace);
  } finally {
    active.delete(trace);
  }
}

/** True while the transform that made `trace` is still running; 0 is never active. */
export const isActive = (trace: number): boolean => trace !== 0 && active.has(trace);
