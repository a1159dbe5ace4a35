import { checkTensor } from "../check.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { said } from "../said.ts";
import { sameShape, show } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import type { Structure } from "../tree.ts";
import { numberFromJSON, numberToJSON } from "./fields.ts";

const MAX_DEPTH = 200;

/** A structure in JSON: "*" is a tensor, an array is one, {"object": [[key, …], …]} an object or a class instance, {"value": …} anything else. */
export function treeToJSON(op: string, s: Structure, path: string): unknown {
  if (s.kind === "leaf") return "*";
  if (s.kind === "array") return s.children.map((child, i) => treeToJSON(op, child, `${path}[${i}]`));
  if (s.kind === "object")
    return {
      object: s.children.map((child, i) => [s.keys[i], treeToJSON(op, child, `${path}.${s.keys[i] as string}`)]),
    };
  const { value } = s;
  if (typeof value === "number") return { number: numberToJSON(value) };
  if (value === undefined) return { value: [] };
  if (value === null || typeof value === "boolean" || (typeof value === "string" && value.isWellFormed()))
    return { value };
  throw new ArgumentError(
    `${op}: ${path}: ${said(value)} cannot be saved; let the function capture it instead of taking or returning it`,
  );
}

/** The structure again; `fail` is told what is wrong. */
export function treeFromJSON(json: unknown, fail: (what: string) => never, depth = 0): Structure {
  const bad = (): never => fail(`${said(json)} is no tree`);
  if (json === "*") return { kind: "leaf" };
  if (depth > MAX_DEPTH || typeof json !== "object" || json === null) return bad();
  if (Array.isArray(json))
    return { kind: "array", children: json.map((child) => treeFromJSON(child, fail, depth + 1)) };
  const [[kind, inner] = [], ...others] = Object.entries(json);
  if (others.length > 0) return bad();
  if (kind === "number") return { kind: "static", value: numberFromJSON(inner) ?? bad() };
  if (kind === "value") {
    if (Array.isArray(inner) && inner.length === 0) return { kind: "static", value: undefined };
    return inner === null || typeof inner === "boolean" || typeof inner === "string"
      ? { kind: "static", value: inner }
      : bad();
  }
  if (kind !== "object" || !Array.isArray(inner)) return bad();
  const fields = inner.map((pair): [string, unknown] =>
    Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string" ? [pair[0], pair[1]] : bad(),
  );
  const keys = fields.map(([key]) => key);
  if (new Set(keys).size !== keys.length) return bad();
  const children = fields.map(([, child]) => treeFromJSON(child, fail, depth + 1));
  return { kind: "object", prototype: Object.prototype, keys, children };
}

/**
 * Puts the tensors of `x`, a tree of this structure, into `leaves`; class instances count by their fields. Throws ArgumentError at the first difference,
 * DTypeError and ShapeError for a tensor that is not as the one in `like`.
 */
export function collect(
  op: string,
  s: Structure,
  x: unknown,
  path: string,
  like: readonly Tensor[],
  leaves: Tensor[],
): void {
  const expected = (what: string): ArgumentError =>
    new ArgumentError(`${op}: ${path}: expected ${what}, got ${said(x)}`);
  if (s.kind === "leaf") {
    if (!(x instanceof Tensor)) throw expected("a tensor");
    checkTensor(op, x, path);
    checkLeaf(op, x, like[leaves.length] as Tensor, path);
    leaves.push(x);
  } else if (s.kind === "static") {
    if (!Object.is(s.value, x)) throw expected(`${said(s.value)}, as when it was saved`);
  } else if (s.kind === "array") {
    const n = s.children.length;
    if (!Array.isArray(x) || x.length !== n) throw expected(`an array of ${n}`);
    s.children.forEach((child, i) => collect(op, child, x[i], `${path}[${i}]`, like, leaves));
  } else {
    if (typeof x !== "object" || x === null || Array.isArray(x) || x instanceof Tensor) throw expected("an object");
    const own = Object.keys(x);
    const missing = s.keys.find((key) => !Object.hasOwn(x, key));
    if (missing !== undefined) throw expected(`an object with ${said(missing)}`);
    const more = own.find((key) => !s.keys.includes(key));
    if (more !== undefined) throw expected(`an object without ${said(more)}`);
    s.children.forEach((child, i) => {
      const key = s.keys[i] as string;
      collect(op, child, (x as Record<string, unknown>)[key], `${path}.${key}`, like, leaves);
    });
  }
}

/** Throws unless a tensor has the shape and dtype of its place. */
function checkLeaf(op: string, t: Tensor, like: Tensor, path: string): void {
  if (t.dtype !== like.dtype) throw new DTypeError(`${op}: ${path}: expected ${like.dtype}, got ${t.dtype}; cast it`);
  if (!sameShape(t.shape, like.shape))
    throw new ShapeError(`${op}: ${path}: expected shape ${show(like.shape)}, got ${show(t.shape)}`);
}
