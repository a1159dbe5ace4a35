// biome-ignore lint/suspicious/noExplicitAny: arguments of a line that shows how something is written
type Any = any;

/** How a function of another library is written with ours; the types of the call are checked with the program. */
export type Written = (...args: Any[]) => unknown;

/** What becomes of the functions of one module. Each name stands in one place. */
export interface Table {
  /** There under the same name, in camelCase; separated by blanks. */
  readonly same: string;
  /** There under another name, or written with what is there. */
  readonly there: Readonly<Record<string, string | Written>>;
  /** Left out on purpose: names by reason. */
  readonly absent: Readonly<Record<string, string>>;
  /** Not there yet. */
  readonly missing: string;
}
