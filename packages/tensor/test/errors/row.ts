import { expect } from "vitest";
import * as g from "../../src/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: the tables call every function, also with what its type forbids
export type Any = any;
export type ErrorClass = new (message?: string) => g.GradusError;

/** A call that must fail: the error's class, the word for the argument in its message, and the call. */
export type Row = readonly [error: ErrorClass, argument: string, call: () => unknown];

/** A call that works: its tensor arguments by name, how to make them, and the call. */
export type Call = readonly [names: readonly string[], make: () => g.Tensor[], call: (...tensors: Any[]) => unknown];

/** Asserts that a call fails, at once, by one typed line in the name of the function that names the argument, as its first word if `first`. */
export async function fails(op: string, [type, argument, call]: Row, first = false): Promise<void> {
  let error: unknown = null;
  try {
    const result = call();
    if (result instanceof Promise) await result;
  } catch (e) {
    error = e;
  }
  const message = error instanceof Error ? error.message : String(error);
  expect(error, `${op}: ${message}`).toBeInstanceOf(type);
  expect(message.startsWith(`${op}: `), `"${message}" is not in the name of ${op}`).toBe(true);
  if (first)
    expect(message.startsWith(`${op}: ${argument}: `), `"${message}" does not begin with ${argument}`).toBe(true);
  expect(message.slice(op.length), `"${message}" does not name ${argument}`).toMatch(named(argument));
  expect(message).not.toMatch(/[\n\r]/);
}

const named = (argument: string): RegExp => new RegExp(`(^|[^\\w])${argument.replace(/[[\]().]/g, "\\$&")}($|[^\\w])`);

export const f32 = (...shape: number[]): g.Tensor => g.ones(shape);
export const gone = (t: g.Tensor): g.Tensor => {
  t.dispose();
  return t;
};
export const i32 = (...shape: number[]): g.Tensor => g.ones(shape, { dtype: "i32" });

/** A name that no function knows as an option. */
export const bad = { nothing: 1 } as Any;

const api = g as unknown as Record<string, (...args: Any[]) => unknown>;

/** The function of this name, with `rest` after its tensors. */
export const call =
  (name: string, ...rest: unknown[]): Call[2] =>
  (...tensors) =>
    (api[name] as (...args: Any[]) => unknown)(...tensors, ...rest);

/** One kind of call for several functions, given by names with spaces between. */
export const callRows = (names: string, make: (name: string) => Call): Record<string, Call> =>
  Object.fromEntries(names.split(" ").map((name) => [name, make(name)]));

/** The same rows for several functions. */
export const wrongRows = (names: string, make: (f: (...args: Any[]) => unknown, name: string) => Row[]): Wrong =>
  Object.fromEntries(names.split(" ").map((name) => [name, make(api[name] as (...args: Any[]) => unknown, name)]));

/** Per function: calls that must fail. */
export type Wrong = Readonly<Record<string, readonly Row[]>>;

/** What a family of functions has to say; each part may be missing. */
export interface Family {
  /** Every function whose first arguments are tensors, in a call that works. */
  readonly calls?: Readonly<Record<string, Call>>;
  /** As `calls`, where the arguments may also be trees, functions and plain values. */
  readonly trees?: Readonly<Record<string, Call>>;
  /** Wrong shapes, dtypes, ranges and options. */
  readonly wrong?: readonly Wrong[];
}
