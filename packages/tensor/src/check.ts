import { checkDType, type DType, dtypes } from "./dtype.ts";
import { ArgumentError, DisposedError, DTypeError, ShapeError } from "./errors.ts";
import { said } from "./said.ts";
import { checkShape, sameShape, show } from "./shape.ts";
import { Tensor } from "./tensor.ts";
import { leavesLike, liveLeaves, treeNames, treeStructure } from "./tree.ts";

/** Throws a typed one-line error, `op: argument: what is wrong`, unless `value` will do as that argument of `op`. */
export type Check = (op: string, value: unknown, argument: string) => void;

/** An interval in the usual notation, such as `"[0, 1)"` or `"(0, ∞)"`. */
export type Range = `${"[" | "("}${string}, ${string}${"]" | ")"}`;

function within(range: Range): (x: number) => boolean {
  const [low, high] = range
    .slice(1, -1)
    .split(", ")
    .map((end) => Number(end.replace("∞", "Infinity"))) as [number, number];
  const [open, close] = [range.startsWith("("), range.endsWith(")")];
  return (x) => (open ? x > low : x >= low) && (close ? x < high : x <= high);
}

/** A number in `range`; never NaN. */
export function number(range: Range = "(-∞, ∞)"): Check {
  const inside = within(range);
  return (op, value, argument) => {
    if (typeof value !== "number" || Number.isNaN(value))
      throw new ArgumentError(`${op}: ${argument}: expected a number in ${range}, got ${said(value)}`);
    if (!inside(value)) throw new ArgumentError(`${op}: ${argument}: ${value} is outside ${range}`);
  };
}

/** An integer in `range`. */
export function integer(range: Range = "(-∞, ∞)"): Check {
  const inside = within(range);
  return (op, value, argument) => {
    if (!Number.isSafeInteger(value) || !inside(value as number))
      throw new ArgumentError(`${op}: ${argument}: expected an integer in ${range}, got ${said(value)}`);
  };
}

/** `true` or `false`. */
export const flag: Check = (op, value, argument) => {
  if (typeof value !== "boolean")
    throw new ArgumentError(`${op}: ${argument}: expected true or false, got ${said(value)}`);
};

/** One of the words listed. */
export function oneOf(...words: readonly string[]): Check {
  return (op, value, argument) => {
    if (!words.includes(value as string))
      throw new ArgumentError(`${op}: ${argument}: ${said(value)} is unknown; use ${words.join(", ")}`);
  };
}

/** A function. */
export const callable: Check = (op, value, argument) => {
  if (typeof value !== "function")
    throw new ArgumentError(`${op}: ${argument}: expected a function, got ${said(value)}`);
};

/** The name of a dtype. */
export const dtype: Check = (op, value, argument) => checkDType(op, value, argument);

/** The name of a float dtype. */
export const floatDType: Check = (op, value, argument) => {
  checkDType(op, value, argument);
  if (dtypes[value as DType].kind !== "float")
    throw new DTypeError(`${op}: ${argument}: expected f16, f32 or f64, got ${value}`);
};

/** A list of sizes. */
export const shape: Check = (op, value, argument) => checkShape(op, value, argument);

/** What the function itself looks into. */
export const anything: Check = () => undefined;

/** A tensor that was not disposed. Throws ArgumentError or DisposedError. */
export function checkTensor(op: string, x: unknown, argument = "x"): asserts x is Tensor {
  if (!(x instanceof Tensor))
    throw new ArgumentError(`${op}: ${argument}: expected a tensor, got ${said(x)}; wrap values by tensor(…)`);
  if (x.disposed)
    throw new DisposedError(
      `${op}: ${argument}: the tensor ${x} was disposed before this use; keep it alive, or clone it first`,
    );
}

/** As {@link checkTensor}, as an entry of a table. */
export const tensor: Check = (op, value, argument) => checkTensor(op, value, argument);

/** A key of the random number generator: u32 [2], not disposed. */
export function checkKey(op: string, k: unknown, argument = "key"): asserts k is Tensor {
  if (!(k instanceof Tensor))
    throw new ArgumentError(`${op}: ${argument}: expected a key, got ${said(k)}; make one by key(seed)`);
  checkTensor(op, k, argument);
  if (k.dtype !== "u32")
    throw new DTypeError(`${op}: ${argument}: expected u32, got ${k.dtype}; make one by key(seed)`);
  if (k.rank !== 1 || k.shape[0] !== 2)
    throw new ShapeError(`${op}: ${argument}: expected shape [2], got ${show(k.shape)}; make one by key(seed)`);
}

/** As {@link checkKey}, as an entry of a table. */
export const key: Check = (op, value, argument) => checkKey(op, value, argument);

/** A tree none of whose tensors was disposed. */
export const tree: Check = (op, value, argument) => {
  liveLeaves(op, value, argument);
};

/** Throws ArgumentError unless `value` has the structure of `like`, ShapeError when a tensor in it has another shape. */
export function alike(op: string, value: unknown, like: unknown, argument: string): void {
  liveLeaves(op, value, argument);
  const [wanted] = liveLeaves(op, like, argument);
  leavesLike(op, treeStructure(like), value, argument).forEach((t, i) => {
    const { shape } = wanted[i] as Tensor;
    if (sameShape(t.shape, shape)) return;
    const name = treeNames(like)[i] as string;
    throw new ShapeError(
      `${op}: ${argument}${name && `.${name}`}: expected shape ${show(shape)}, got ${show(t.shape)}`,
    );
  });
}

/**
 * Throws ArgumentError unless `value` is an object all of whose names are in `known`, and whatever the check of an option that is given throws.
 * Missing and undefined options are not checked: test those that have no default on their own.
 */
export function checkOptions(
  op: string,
  value: object | undefined,
  known: Readonly<Record<string, Check>>,
  argument = "options",
): void {
  if (value === undefined) return;
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Tensor)
    throw new ArgumentError(`${op}: ${argument}: expected an object, got ${said(value)}`);
  for (const [name, option] of Object.entries(value)) {
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known).join(", ");
      throw new ArgumentError(`${op}: ${/^\w+$/.test(name) ? name : said(name)}: unknown option; use ${names}`);
    }
    if (option !== undefined) (known[name] as Check)(op, option, name);
  }
}

export { checkOptions as options, said };
