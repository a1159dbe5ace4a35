import type { Case, Way } from "../cases/case.ts";
import { type Prepared, Unsupported } from "../harness/work.ts";

/** A library, on one backend. */
export interface Subject {
  readonly name: string;
  /** Loads the library, puts the inputs into its memory and compiles; throws {@link Unsupported} where it cannot. */
  prepare(row: Case, threads: number): Promise<Prepared>;
}

/** The implementation in a row. */
export function wayOf<I>(subject: string, row: Case, way: Way<I> | undefined): I {
  if (row.tooSlow?.includes(subject)) throw new Unsupported("a run takes too long");
  if (way === undefined) throw new Unsupported("only written for matmul-256 and matmul-512");
  if (typeof way === "string") throw new Unsupported(way);
  return way;
}
