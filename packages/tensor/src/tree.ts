import { callable, checkTensor } from "./check.ts";
import { ArgumentError } from "./errors.ts";
import { said } from "./said.ts";
import { show } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/**
 * Base of classes whose instances are trees: fields that hold tensors, other tree nodes, or arrays and plain objects of them are
 * children; every other field is static structure. Transforms rebuild an instance from its prototype and fields without running its
 * constructor, so state belongs in ordinary fields, not in `#private` ones.
 *
 * ```ts
 * class Scale extends TreeNode { factor = ones([3]); axis = 1 }
 * treeNames(new Scale()); // ["factor"]
 * ```
 */
export class TreeNode {}

/** The shape of a tree without its tensors: what {@link treeUnflatten} needs to rebuild it. */
export type Structure =
  | { readonly kind: "leaf" }
  /** A value that is not a tensor: null, undefined, numbers, strings, functions, foreign objects. */
  | { readonly kind: "static"; readonly value: unknown }
  | { readonly kind: "array"; readonly children: readonly Structure[] }
  | {
      readonly kind: "object";
      readonly prototype: object | null;
      readonly keys: readonly string[];
      readonly children: readonly Structure[];
    };

const leaf: Structure = { kind: "leaf" };
const MAX_DEPTH = 200;

function isBranch(x: unknown): x is Record<string, unknown> {
  if (typeof x !== "object" || x === null) return false;
  if (x instanceof TreeNode) return true;
  const prototype = Object.getPrototypeOf(x) as unknown;
  return prototype === Object.prototype || prototype === null;
}

function visit(x: unknown, leaves: Tensor[], depth: number): Structure {
  if (x instanceof Tensor) {
    leaves.push(x);
    return leaf;
  }
  if (depth > MAX_DEPTH) throw new ArgumentError(`tree: nested deeper than ${MAX_DEPTH}; does it contain itself?`);
  if (Array.isArray(x)) return { kind: "array", children: x.map((child) => visit(child, leaves, depth + 1)) };
  if (!isBranch(x)) return { kind: "static", value: x };
  const keys = Object.keys(x);
  return {
    kind: "object",
    prototype: Object.getPrototypeOf(x) as object | null,
    keys,
    children: keys.map((k) => visit(x[k], leaves, depth + 1)),
  };
}

/**
 * The tensors of a tree in order, and its structure. Null and undefined are structure, not leaves.
 * Throws ArgumentError when the tree contains itself.
 *
 * ```ts
 * const [leaves, structure] = treeFlatten({ a: x, b: [y, null], rate: 0.1 }); // [x, y]
 * ```
 */
export function treeFlatten(tree: unknown): [Tensor[], Structure] {
  const leaves: Tensor[] = [];
  return [leaves, visit(tree, leaves, 0)];
}

/** As {@link treeFlatten}, for tensors about to be used: throws DisposedError in the name of `op` when one of them is gone. */
export function liveLeaves(op: string, tree: unknown, argument: string): [Tensor[], Structure] {
  const flat = treeFlatten(tree);
  flat[0].forEach((t, i) => {
    if (t.disposed) checkTensor(op, t, join(argument, names(flat[1], "", [])[i] as string));
  });
  return flat;
}

/** As {@link liveLeaves} over a list of arguments. */
export function liveArguments(op: string, args: readonly unknown[]): [Tensor[], Structure] {
  const flat = treeFlatten(args);
  if (flat[0].some((t) => t.disposed))
    args.forEach((arg, i) => {
      liveLeaves(op, arg, `argument ${i}`);
    });
  return flat;
}

/**
 * The leaves of `tree` if its structure is exactly this one, keys in the same order and static values equal, else null. What a replayed call does
 * instead of {@link treeFlatten}: nothing is made but the list.
 */
export function leavesIf(structure: Structure, tree: unknown): Tensor[] | null {
  const leaves: Tensor[] = [];
  return fill(structure, tree, leaves) ? leaves : null;
}

function fill(s: Structure, x: unknown, leaves: Tensor[]): boolean {
  if (s.kind === "leaf") return x instanceof Tensor && leaves.push(x) > 0;
  if (s.kind === "static") return Object.is(s.value, x);
  const { children } = s;
  if (s.kind === "array") {
    if (!Array.isArray(x) || x.length !== children.length) return false;
    for (let i = 0; i < children.length; i++) if (!fill(children[i] as Structure, x[i], leaves)) return false;
    return true;
  }
  if (typeof x !== "object" || x === null || Object.getPrototypeOf(x) !== s.prototype) return false;
  const keys = Object.keys(x);
  if (keys.length !== children.length) return false;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (key !== s.keys[i] || !fill(children[i] as Structure, (x as Record<string, unknown>)[key], leaves)) return false;
  }
  return true;
}

function build<L>(s: Structure, next: () => L): unknown {
  if (s.kind === "leaf") return next();
  if (s.kind === "static") return s.value;
  if (s.kind === "array") return s.children.map((child) => build(child, next));
  const out = Object.create(s.prototype) as Record<string, unknown>;
  s.keys.forEach((key, i) => {
    const value = build(s.children[i] as Structure, next);
    // what the prototype knows by this name (__proto__, an accessor) must become a field all the same
    if (s.prototype !== null && key in s.prototype)
      Object.defineProperty(out, key, { value, writable: true, enumerable: true, configurable: true });
    else out[key] = value;
  });
  return out;
}

/**
 * The tree with this structure and these leaves. Throws ArgumentError when their number differs.
 *
 * ```ts
 * const doubled = treeUnflatten(structure, leaves.map((t) => mul(t, 2)));
 * ```
 */
export function treeUnflatten<T = unknown>(structure: Structure, leaves: readonly unknown[]): T {
  if (
    typeof structure !== "object" ||
    structure === null ||
    !["leaf", "static", "array", "object"].includes(structure.kind)
  )
    throw new ArgumentError(`treeUnflatten: structure: expected what treeStructure gives, got ${said(structure)}`);
  if (!Array.isArray(leaves)) throw new ArgumentError(`treeUnflatten: leaves: expected a list, got ${said(leaves)}`);
  let i = 0;
  const tree = build(structure, () => leaves[i++]);
  if (i !== leaves.length)
    throw new ArgumentError(`treeUnflatten: leaves: the structure has ${i} places, got ${leaves.length}`);
  return tree as T;
}

/**
 * The tensors of a tree in order.
 *
 * ```ts
 * const count = treeLeaves(model).reduce((n, t) => n + t.size, 0);
 * ```
 */
export const treeLeaves = (tree: unknown): Tensor[] => treeFlatten(tree)[0];

/**
 * The structure of a tree, without its tensors.
 *
 * ```ts
 * const structure = treeStructure(model);
 * ```
 */
export const treeStructure = (tree: unknown): Structure => treeFlatten(tree)[1];

function names(s: Structure, path: string, out: string[]): string[] {
  if (s.kind === "leaf") out.push(path);
  else if (s.kind === "array") s.children.forEach((child, i) => names(child, join(path, String(i)), out));
  else if (s.kind === "object") s.children.forEach((child, i) => names(child, join(path, s.keys[i] as string), out));
  return out;
}

const join = (path: string, key: string): string => (path === "" || key === "" ? path + key : `${path}.${key}`);

/**
 * The path of every leaf, in the order of {@link treeLeaves}; a bare tensor has the empty path.
 *
 * ```ts
 * treeNames(model); // ["features.3.weight", "features.3.bias"]
 * ```
 */
export const treeNames = (tree: unknown): string[] => names(treeStructure(tree), "", []);

const describe = (s: Structure): string => {
  if (s.kind === "leaf") return "a tensor";
  if (s.kind === "array") return `an array of ${s.children.length}`;
  if (s.kind === "static") return typeof s.value === "function" ? "a function" : String(s.value);
  const name = (s.prototype as { constructor?: { name?: string } } | null)?.constructor?.name;
  return name === undefined || name === "Object"
    ? `an object {${s.keys.join(", ")}}`
    : `a ${name} {${s.keys.join(", ")}}`;
};

/** The first difference between two structures in words, or null when they agree. Keys may come in any order; static values compare by value. */
export function treeMismatch(a: Structure, b: Structure, path = ""): string | null {
  const where = path === "" ? "at the top" : `at '${path}'`;
  const differ = (): string => `${where}: ${describe(a)} ≠ ${describe(b)}`;
  if (a.kind === "static") return b.kind === "static" && Object.is(a.value, b.value) ? null : differ();
  if (a.kind === "leaf") return b.kind === "leaf" ? null : differ();
  if (a.kind === "array") {
    if (b.kind !== "array" || a.children.length !== b.children.length) return differ();
    for (const [i, child] of a.children.entries()) {
      const found = treeMismatch(child, b.children[i] as Structure, join(path, String(i)));
      if (found !== null) return found;
    }
    return null;
  }
  if (b.kind !== "object" || a.prototype !== b.prototype || a.keys.length !== b.keys.length) return differ();
  for (const [i, key] of a.keys.entries()) {
    const j = b.keys.indexOf(key);
    if (j < 0) return differ();
    const found = treeMismatch(a.children[i] as Structure, b.children[j] as Structure, join(path, key));
    if (found !== null) return found;
  }
  return null;
}

/** The leaves of `tree` in the order of `structure`. Throws ArgumentError with the first difference, in the name of `op`. */
export function leavesLike(op: string, structure: Structure, tree: unknown, argument = "tree"): Tensor[] {
  const [leaves, other] = treeFlatten(tree);
  const found = treeMismatch(structure, other);
  if (found !== null) throw new ArgumentError(`${op}: ${argument}: structures differ ${found}`);
  const out: Tensor[] = [];
  gather(structure, tree, out);
  return out.length === leaves.length ? out : leaves;
}

function gather(s: Structure, x: unknown, out: Tensor[]): void {
  if (s.kind === "leaf") out.push(x as Tensor);
  else if (s.kind === "array") s.children.forEach((child, i) => gather(child, (x as unknown[])[i], out));
  else if (s.kind === "object")
    s.children.forEach((child, i) => gather(child, (x as Record<string, unknown>)[s.keys[i] as string], out));
}

/**
 * A tree whose leaves are `f` of the leaves at the same place in all given trees. Throws ArgumentError naming the first place where the
 * structures differ.
 *
 * ```ts
 * const updated = treeMap((p, g) => sub(p, mul(g, 0.1)), model, grads);
 * ```
 */
export function treeMap<T, U extends readonly unknown[]>(
  f: (leaf: Tensor, ...others: { [K in keyof U]: Tensor }) => Tensor | null | undefined,
  tree: T,
  ...others: U
): T {
  callable("treeMap", f, "f");
  const [leaves, structure] = treeFlatten(tree);
  const rest = others.map((other, i) => leavesLike("treeMap", structure, other, `tree ${i + 2}`));
  return treeUnflatten<T>(
    structure,
    leaves.map((x, i) => f(x, ...(rest.map((r) => r[i]) as { [K in keyof U]: Tensor }))),
  );
}

/**
 * True when two trees have the same structure: same keys and classes, equal static values, tensors at the same places.
 *
 * ```ts
 * sameStructure({ a: x }, { a: y }); // true
 * ```
 */
export const sameStructure = (a: unknown, b: unknown): boolean =>
  treeMismatch(treeStructure(a), treeStructure(b)) === null;

const identities = new WeakMap<object, number>();
let nextIdentity = 1;
const symbols = new Map<symbol, number>();

/** A stable number for an object that compares by identity. */
export function identityOf(x: object): number {
  let id = identities.get(x);
  if (id === undefined) {
    id = nextIdentity++;
    identities.set(x, id);
  }
  return id;
}

function staticKey(x: unknown): string {
  if ((typeof x === "object" && x !== null) || typeof x === "function") return `#${identityOf(x)}`;
  if (typeof x === "string") return JSON.stringify(x);
  if (typeof x === "symbol") {
    if (!symbols.has(x)) symbols.set(x, nextIdentity++);
    return `@${symbols.get(x)}`;
  }
  return Object.is(x, -0) ? "-0" : `${String(x)}${typeof x === "bigint" ? "n" : ""}`;
}

/** Number of tensors in trees of this structure. */
export const countLeaves = (s: Structure): number =>
  s.kind === "leaf" ? 1 : s.kind === "static" ? 0 : s.children.reduce((n, child) => n + countLeaves(child), 0);

/** A string that is equal for equal structures (same key order): static primitives by value, functions and foreign objects by identity. */
export function structureKey(s: Structure): string {
  if (s.kind === "leaf") return "*";
  if (s.kind === "static") return staticKey(s.value);
  if (s.kind === "array") return `[${s.children.map(structureKey).join()}]`;
  const mark = s.prototype === Object.prototype || s.prototype === null ? "" : `#${identityOf(s.prototype)}`;
  return `${mark}{${s.keys.map((k, i) => `${JSON.stringify(k)}:${structureKey(s.children[i] as Structure)}`).join()}}`;
}

/** Shape and dtype of a leaf as a word, for cache keys and messages. */
export const avalKey = (t: { readonly dtype: string; readonly shape: readonly number[] }): string =>
  `${t.dtype}${show(t.shape)}`;
