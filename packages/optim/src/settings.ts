import { ArgumentError, check } from "@gradus/tensor";

/** Per option: what it must be and, unless it is asked for, what it is when left out. */
export type Table<O> = { readonly [K in keyof O]-?: readonly [check.Check, O[K]?] };

/** The options with those left out filled in. Throws what the checks throw, and ArgumentError for unknown names or no object. */
export function settings<O extends object>(op: string, options: O, table: Table<O>): Required<O> {
  const rows = Object.entries(table) as [string, readonly [check.Check, unknown?]][];
  if (options === undefined) {
    const needed = rows.filter(([, row]) => row.length === 1).map(([name]) => name);
    throw new ArgumentError(`${op}: options: give { ${needed.join(", ")} }`);
  }
  check.options(op, options, Object.fromEntries(rows.map(([name, [test]]) => [name, test])));
  const filled: Record<string, unknown> = {};
  for (const [name, row] of rows) {
    const given = (options as Record<string, unknown>)[name];
    if (given === undefined && row.length === 1) row[0](op, given, name);
    filled[name] = given ?? row[1];
  }
  return filled as Required<O>;
}

/** A share that stays from one step to the next. */
export const decay: check.Check = check.number("[0, 1)");
/** A number that is not negative. */
export const atLeastZero: check.Check = check.number("[0, ∞)");
/** A number above zero. */
export const positive: check.Check = check.number("(0, ∞)");
/** How many, at least one. */
export const count: check.Check = check.integer("[1, ∞)");
/** A function. */
export const callable: check.Check = check.callable;
/** A row of an option without a default, which the function itself looks into. */
export const asked: readonly [check.Check] = [check.anything];
