import { DTypeError, ShapeError } from "../errors.ts";
import { constantIndex, flattenIndex } from "../ir/index-expr.ts";
import type { Builder, Primitive, Value } from "../primitive.ts";
import { type Shape, show } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/**
 * Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): two key words, two counter words, two
 * words out, as instructions on u32.
 */
export function threefry(b: Builder, k0: Value, k1: Value, c0: Value, c1: Value): readonly [Value, Value] {
  const u = (n: number): Value => b.constant("u32", n);
  const add = (p: Value, q: Value): Value => b.binary("add", "u32", p, q);
  const xor = (p: Value, q: Value): Value => b.binary("xor", "u32", p, q);
  const rotate = (p: Value, r: number): Value =>
    b.binary("or", "u32", b.binary("shl", "u32", p, u(r)), b.binary("shr", "u32", p, u(32 - r)));
  const keys = [k0, k1, xor(xor(k0, k1), u(0x1bd11bda))] as const;
  let x0 = add(c0, k0);
  let x1 = add(c1, k1);
  for (let i = 0; i < 5; i++) {
    for (const r of rotations[(i % 2) as 0 | 1]) {
      x0 = add(x0, x1);
      x1 = xor(rotate(x1, r), x0);
    }
    x0 = add(x0, keys[((i + 1) % 3) as 0 | 1 | 2]);
    x1 = add(add(x1, keys[((i + 2) % 3) as 0 | 1 | 2]), u(i + 1));
  }
  return [x0, x1];
}

export interface Bits {
  /** Elements drawn per key; element i takes counter i. */
  readonly shape: Shape;
  /** "xor" folds both words into one, "both" gives them on a new last axis of size 2. */
  readonly words: "xor" | "both";
}

/** keys u32 [..., 2] → u32 [..., …shape] (or [..., …shape, 2]): element i of each key's block is Threefry of counter i. */
export const randomBits: Primitive<Bits> = {
  name: "randomBits",
  infer([key], { shape, words }) {
    const k = key as Tensor;
    if (k.dtype !== "u32")
      throw new DTypeError(`randomBits: key: expected u32, got ${k.dtype}; make keys by key(seed)`);
    if (k.shape.at(-1) !== 2)
      throw new ShapeError(`randomBits: key: expected a last axis of size 2, got ${show(k.shape)}`);
    return { shape: [...k.shape.slice(0, -1), ...shape, ...(words === "both" ? [2] : [])], dtype: "u32" };
  },
  vjp: () => [null],
  jvp: () => null,
  batch: ([key], _, __, out) => apply(randomBits, [key as Tensor], out.attributes),
  lower: {
    kind: "map",
    emit(b, node, index) {
      const key = node.inputs[0] as Tensor;
      const lead = key.rank - 1;
      const { shape, words } = node.attributes;
      const word = (i: number): Value => b.value(key, [...index.slice(0, lead), constantIndex(i)]);
      const counter = flattenIndex(index.slice(lead, lead + shape.length), shape);
      const [x0, x1] = threefry(b, word(0), word(1), b.constant("u32", 0), b.unary("cast", "u32", b.index(counter)));
      if (words === "xor") return b.binary("xor", "u32", x0, x1);
      const second = index[lead + shape.length] as (typeof index)[number];
      return b.choose([{ of: second, low: 0, high: 1 }], "u32", x0, x1);
    },
  },
};
