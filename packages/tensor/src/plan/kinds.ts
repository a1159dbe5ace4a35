import type { DType } from "../dtype.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { identityOf } from "../tree.ts";

/** Text of attributes: plain data by value, everything else by identity. */
export function attributesKey(x: unknown): string {
  if (typeof x === "number") return Object.is(x, -0) ? "-0" : String(x);
  if (typeof x === "string") return JSON.stringify(x);
  if (Array.isArray(x)) return `[${x.map(attributesKey).join()}]`;
  if (typeof x === "object" && x !== null) {
    // a closed graph writes itself out, so that equal loop bodies are equal programs
    if ("toJSON" in x && typeof x.toJSON === "function") return `"${String(x.toJSON())}"`;
    if (Object.getPrototypeOf(x) !== Object.prototype) return `#${identityOf(x)}`;
    return `{${Object.entries(x)
      .map(([k, v]) => `${k}:${attributesKey(v)}`)
      .join()}}`;
  }
  return typeof x === "function" ? `#${identityOf(x)}` : String(x);
}

/** Texts that are remembered; beyond, all are forgotten. No number is given twice, so what was keyed before is at worst not found again. */
const MAX_KINDS = 1 << 17;
const known = new Map<string, number>();
let next = 1;

function intern(text: string): number {
  let kind = known.get(text);
  if (kind === undefined) {
    if (known.size >= MAX_KINDS) known.clear();
    known.set(text, (kind = next++));
  }
  return kind;
}

/** Numbers for what nodes are, their inputs apart: equal for equal kinds. One for each walk, since it remembers the shapes it met. */
export class Kinds {
  // most nodes of a graph share the very shape object of an input
  readonly #shapes = new Map<Shape, string>();

  #shape(s: Shape): string {
    let text = this.#shapes.get(s);
    if (text === undefined) this.#shapes.set(s, (text = `[${s}]`));
    return text;
  }

  leaf(dtype: DType, shape: Shape): number {
    return intern(`?${dtype}${this.#shape(shape)}`);
  }

  scalar(dtype: DType, value: number): number {
    return intern(`=${dtype}${Object.is(value, -0) ? "-0" : value}`);
  }

  /** Of `t` with `attributes`, which are its own but where some of them do not matter. */
  node({ primitive, dtype, shape, parts }: Tensor, attributes: unknown): number {
    const rest = attributes === null ? "" : attributesKey(attributes);
    return intern(`${identityOf(primitive)}${dtype}${this.#shape(shape)}${parts === null ? "" : parts.length}${rest}`);
  }
}
