import * as checks from "../check.ts";
import { ArgumentError } from "../errors.ts";
import { said } from "../said.ts";
import type { Tensor } from "../tensor.ts";

/** How far a long read or write has come, in bytes of the file's data. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Tensor at work. */
  readonly name: string;
}

/** Options of everything that may take long. */
export interface LongOptions {
  /** Stops between two pieces of a few MiB; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each piece. */
  readonly progress?: (progress: Progress) => void;
}

const signal: checks.Check = (op, value, argument) => {
  if (typeof (value as AbortSignal | null)?.throwIfAborted !== "function")
    throw new ArgumentError(`${op}: ${argument}: expected an AbortSignal, got ${said(value)}`);
};

/** Checks of arguments that readers and writers share. */
export const check: {
  readonly count: checks.Check;
  readonly long: Readonly<Record<"signal" | "progress", checks.Check>>;
} = { count: checks.integer("[0, ∞)"), long: { signal, progress: checks.callable } };

/** Counts bytes done, tells the caller, and stops when the caller says so. */
export class Tally {
  readonly #options: LongOptions;
  readonly #total: number;
  #done = 0;

  constructor(options: LongOptions, total: number) {
    options.signal?.throwIfAborted();
    this.#options = options;
    this.#total = total;
  }

  add(name: string, bytes: number): void {
    this.#done += bytes;
    this.#options.progress?.({ done: this.#done, total: this.#total, name });
    this.#options.signal?.throwIfAborted();
  }
}

/** Named things, as a Map or a plain object. */
export type Named<T> = ReadonlyMap<string, T> | Readonly<Record<string, T>>;

/** Name and value of each; every name is text that UTF-8 can hold. */
export function pairs<T>(op: string, named: Named<T>, argument: string): [string, T][] {
  if (typeof named !== "object" || named === null || Array.isArray(named) || ArrayBuffer.isView(named))
    throw new ArgumentError(`${op}: ${argument}: expected a Map or an object, got ${said(named)}`);
  const list = named instanceof Map ? [...named] : Object.entries(named as Record<string, T>);
  for (const [name] of list)
    if (typeof name !== "string" || !name.isWellFormed())
      throw new ArgumentError(`${op}: ${argument}: the name ${said(name)} is not well-formed text; rename it`);
  return list;
}

/** Names and tensors, none of them disposed. */
export function namedTensors(op: string, tensors: Named<Tensor>): [string, Tensor][] {
  const list = pairs(op, tensors, "tensors");
  for (const [name, t] of list) checks.checkTensor(op, t, `tensors: ${said(name)}`);
  return list;
}

/** Rows asked for; a scalar is one row. */
export function checkRows(
  op: string,
  shape: readonly number[],
  rows: readonly [number, number] | undefined,
): readonly [number, number] {
  const [all = 1] = shape;
  if (rows === undefined) return [0, all];
  if (!Array.isArray(rows) || rows.length !== 2 || shape.length === 0)
    throw new ArgumentError(`${op}: rows: expected [begin, end] of a tensor with axes, got ${said(rows)}`);
  checks.integer(`[0, ${all}]`)(op, rows[0], "rows: begin");
  checks.integer(`[${rows[0]}, ${all}]`)(op, rows[1], "rows: end");
  return rows;
}
