import { dtypes } from "../dtype.ts";
import type { Graph } from "../transforms/graph.ts";

/** How one attribute of a node lies in JSON. Both ways give undefined for what is no such attribute. */
export interface Field {
  write(value: unknown, graph: (graph: Graph) => unknown): unknown;
  read(json: unknown, graph: (json: unknown) => Graph): unknown;
}

export type Fields = Readonly<Record<string, Field>>;

/** What JSON holds as it is. */
const plain = (is: (x: unknown) => boolean): Field => {
  const same = (x: unknown): unknown => (is(x) ? x : undefined);
  return { write: same, read: same };
};

const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

/** A number, those that JSON lacks as words. */
export const numberToJSON = (x: number): number | string =>
  Object.is(x, -0) ? "-0" : Number.isFinite(x) ? x : String(x);

/** The number again; undefined for anything else. */
export const numberFromJSON = (json: unknown): number | undefined =>
  typeof json === "string" && Object.hasOwn(special, json)
    ? special[json]
    : Number.isFinite(json) && !Object.is(json, -0)
      ? (json as number)
      : undefined;

const MAX_RANK = 64;
const isInteger = (x: unknown, least: number): boolean =>
  Number.isSafeInteger(x) && (x as number) >= least && !Object.is(x, -0);
/** Integers, one per axis. */
export const integers = (least: number = -Infinity): Field =>
  plain((x) => Array.isArray(x) && x.length <= MAX_RANK && x.every((n) => isInteger(n, least)));
export const isShape = (x: unknown): x is readonly number[] => sizes.read(x, never) !== undefined;
export const isDType = (x: unknown): boolean => typeof x === "string" && Object.hasOwn(dtypes, x);
const never = (): never => {
  throw new TypeError();
};

export const sizes: Field = integers(0);
export const integer = (least: number, most: number = Number.MAX_SAFE_INTEGER): Field =>
  plain((x) => isInteger(x, least) && (x as number) <= most);
export const orNull = (field: Field): Field => ({
  write: (x, g) => (x === null ? null : field.write(x, g)),
  read: (x, g) => (x === null ? null : field.read(x, g)),
});
export const flag: Field = plain((x) => typeof x === "boolean");
export const word = (...words: readonly string[]): Field => plain((x) => words.includes(x as string));
export const dtype: Field = plain(isDType);
export const number: Field = {
  write: (x) => (typeof x === "number" ? numberToJSON(x) : undefined),
  read: numberFromJSON,
};
export const graph: Field = {
  write: (x, write) => write(x as Graph),
  read: (json, read) => read(json),
};
export const graphs: Field = {
  write: (x, write) => (x as readonly Graph[]).map(write),
  read: (json, read) => (Array.isArray(json) && json.length > 0 ? json.map(read) : undefined),
};
