import * as g from "@gradus/tensor";
import fc from "fast-check";

/** A computation on tensors of some hundred elements, exact in its dtype whatever the order of its sums. */
export interface Case {
  readonly text: string;
  readonly f: () => g.Tensor;
}

type Shape = readonly number[];
const dtypes = ["f32", "i32", "u32", "f16", "i8", "u8", "bool"] as const;
type Some = (typeof dtypes)[number];

/** Elements in [−4, 4], multiples of a half where the dtype has them; distinct seeds give distinct elements. */
export function filled(shape: Shape, dtype: Some, seed: number): g.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Array.from({ length: size }, (_, i) => {
    const n = (Math.imul(i + 7 * seed + 1, 2654435761) >>> 20) % 17;
    if (dtype === "bool") return n % 2;
    return dtype === "f32" || dtype === "f16" ? (n - 8) / 2 : dtype === "u8" || dtype === "u32" ? n : n - 8;
  });
  return g.tensor(data, { shape: [...shape], dtype });
}

const extent = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(13, 16, 31, 64));
const dtype = fc.constantFrom(...dtypes);
const number = fc.constantFrom<Some>("f32", "i32");
const few = fc.integer({ min: 1, max: 5 });
const three = fc.oneof(
  fc.tuple(few, few, fc.constantFrom(200, 300)),
  fc.tuple(few, extent, few),
  fc.tuple(extent, extent, few),
);
const axis = fc.integer({ min: 0, max: 2 });
const order = fc.constantFrom([2, 1, 0], [1, 0, 2], [0, 2, 1], [1, 2, 0], [2, 0, 1]);

const kinds: Record<string, fc.Arbitrary<Case>> = {
  elementwise: fc.tuple(three, dtype).map(([s, d]) => ({
    text: `${d} [${s}] elementwise`,
    f: () => {
      const [x, y] = [filled(s, d, 1), filled(s.slice(1), d, 2)];
      return g.where(g.less(x, y), g.maximum(x, y), g.cast(g.logicalNot(g.equal(x, y)), d));
    },
  })),
  transposed: fc.tuple(three, dtype, order).map(([s, d, p]) => ({
    text: `${d} [${s}] transposed by ${p}`,
    f: () => g.permute(filled(s, d, 1), p),
  })),
  shaped: fc.tuple(three, dtype, order).map(([s, d, p]) => ({
    text: `${d} [${s}] transposed by ${p} and flattened`,
    f: () => g.reshape(g.permute(filled(s, d, 1), p), [-1]),
  })),
  joined: fc.tuple(three, dtype, axis, extent).map(([s, d, a, n]) => ({
    text: `${d} [${s}] padded, joined along ${a}, flipped`,
    f: () => {
      const x = filled(s, d, 1);
      const y = filled(
        s.map((m, i) => (i === a ? n : m)),
        d,
        2,
      );
      return g.flip(
        g.pad(g.concat([x, y, x], a), [
          [1, 2],
          [0, 0],
          [0, 3],
        ]),
        a,
      );
    },
  })),
  folded: fc
    .tuple(three, dtype, axis, fc.constantFrom("sum", "max", "min", "argmax", "argmin", "all"), fc.boolean())
    .map(([s, d, a, op, whole]) => ({
      text: `${op} of ${d} [${s}] over ${whole ? "all" : a}`,
      f: () => {
        const x = filled(s, d, 1);
        const over = whole ? undefined : a;
        if (op === "all") return g.all(g.greaterEqual(x, 0), over);
        if (op === "argmax" || op === "argmin") return g[op](whole ? x.reshape([-1]) : x, whole ? 0 : a);
        if (op === "sum" && d === "f16") return g.sum(g.div(x, 64), over);
        return g[op as "sum"](x, over);
      },
    })),
  notNumbers: fc.tuple(three, axis).map(([s, a]) => ({
    text: `argmax of [${s}] over ${a} with NaN`,
    f: () => {
      const x = filled(s, "f32", 1);
      return g.argmax(g.where(g.greater(x, 3.5), Number.NaN, x), a);
    },
  })),
  normalised: fc.tuple(three, axis).map(([s, a]) => ({
    text: `[${s}] shifted by maxima and means along ${a}`,
    f: () => {
      const x = filled(s, "f32", 1);
      return g.add(g.sub(x, g.max(x, a, { keepDims: true })), g.sum(g.mul(x, x), a, { keepDims: true }));
    },
  })),
  product: fc.tuple(extent, three, fc.integer({ min: 0, max: 3 }), number).map(([b, [m, n, k], flip, d]) => ({
    text: `${d} matmul [${b},${m},${k}] [${k},${n}] ${flip}`,
    f: () => {
      const [x, y] = [filled(flip & 1 ? [b, k, m] : [b, m, k], d, 1), filled(flip & 2 ? [n, k] : [k, n], d, 2)];
      return g.add(g.matmul(flip & 1 ? g.permute(x, [0, 2, 1]) : x, flip & 2 ? y.T : y), filled([m, 1], d, 3));
    },
  })),
  convolution: fc
    .tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 3, max: 12 }),
      fc.constantFrom(1, 2, 3),
      fc.constantFrom(1, 2),
      fc.constantFrom("forward", "by x", "by w"),
    )
    .map(([n, ci, co, size, kernel, stride, what]) => ({
      text: `conv [${n},${ci},${size},${size}] with ${co} of ${kernel}, stride ${stride}, ${what}`,
      f: () => {
        const [x, w] = [filled([n, ci, size, size], "f32", 4), filled([co, ci, kernel, kernel], "f32", 5)];
        const y = g.conv(x, w, { stride, padding: 1 });
        if (what === "forward") return y;
        return g.gradient(y, what === "by x" ? x : w, { cotangent: filled([...y.shape], "f32", 6) });
      },
    })),
  looked: fc.tuple(three, dtype, axis, extent, fc.boolean()).map(([s, d, a, n, sum]) => ({
    text: `${d} [${s}] taken along ${a} at ${n} places${sum ? ", summed" : ""}`,
    f: () => {
      const at = g.rem(g.add(filled([n], "i32", 3), 8), s[a] as number);
      const x = g.take(filled(s, d, 1), at, { axis: a });
      return sum && (d === "f32" || d === "i32") ? g.sum(x, a) : x;
    },
  })),
  many: fc
    .tuple(
      three.map(([a, b, c]) => [a, Math.max(b, c)]),
      dtype,
      fc.integer({ min: 3, max: 24 }),
      fc.boolean(),
    )
    .map(([s, d, n, fold]) => ({
      text: `${n} of ${d} [${s}] combined${fold ? " and folded" : ""}`,
      f: () => {
        const xs = Array.from({ length: n }, (_, i) => filled(s, d, i));
        // every operand is needed twice, so that no part of the expression has its own
        const once = xs.reduce((x, y, i) => (i % 3 === 0 ? g.maximum(x, y) : g.where(g.less(x, y), y, x)));
        const all = xs.reduce((x, y, i) => (i % 2 === 0 ? g.minimum(x, y) : g.where(g.less(once, y), x, y)));
        return fold ? g.max(all, 0) : all;
      },
    })),
};

export const cases: fc.Arbitrary<Case> = fc.oneof(...Object.values(kinds));

/** Throws where two results differ. */
export function same(text: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  for (let i = 0; i < Math.max(actual.length, expected.length); i++)
    if (!(actual[i] === expected[i] || (Number.isNaN(actual[i]) && Number.isNaN(expected[i]))))
      throw new Error(`${text}: element ${i} is ${actual[i]} instead of ${expected[i]}`);
}
