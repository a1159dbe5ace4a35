import { type DType, dtypes, type HostArray } from "../../dtype.ts";
import { GradientError } from "../../errors.ts";
import { f16ToNumber, numberToF16 } from "../../ir/scalar-math.ts";
import type { Primitive } from "../../primitive.ts";
import { alignBatch } from "../../primitives/batching.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { add, mul } from "../arithmetic.ts";

/** The derivative by one argument as a function of the arguments and of the value; null where it is zero almost everywhere. */
export type Derivative<A> = ((args: readonly Tensor[], y: Tensor, attributes: A) => Tensor) | null;

/** Stands for a derivative that has no closed form: asking for it throws GradientError. */
export const unknown = "unknown";

/** A function of real numbers, with its derivatives. */
export interface Definition<A> {
  readonly name: string;
  /** The exact function, in double precision. */
  readonly f: (attributes: A) => (a: number, b: number, c: number) => number;
  /** One per argument. */
  readonly derivatives: readonly (Derivative<A> | typeof unknown)[];
  /** Names of the arguments, for messages. */
  readonly names?: readonly string[];
  /** Default: that of the arguments. */
  readonly result?: DType;
}

const decoded = (dtype: DType, x: HostArray): HostArray =>
  dtype === "f16" ? Float32Array.from(x, (bits) => f16ToNumber(bits)) : x;

function run(
  dtype: DType,
  f: (a: number, b: number, c: number) => number,
  given: readonly HostArray[],
  out: HostArray,
): void {
  const [a, b, c] = given.map((x) => decoded(dtype, x)) as [HostArray, HostArray?, HostArray?];
  const n = out.length;
  if (b === undefined) for (let i = 0; i < n; i++) out[i] = f(a[i] as number, 0, 0);
  else if (c === undefined) for (let i = 0; i < n; i++) out[i] = f(a[i] as number, b[i] as number, 0);
  else for (let i = 0; i < n; i++) out[i] = f(a[i] as number, b[i] as number, c[i] as number);
}

/**
 * A primitive that applies a function of real numbers to one to three tensors of one shape and dtype, element by element. It is a routine, not an
 * instruction, so that a program pays only for the functions it uses.
 */
export function pointwise<A = null>(of: Definition<A>): Primitive<A> {
  const term = (t: Tensor | null, i: number, out: Tensor<A>): Tensor | null => {
    const d = of.derivatives[i] as Derivative<A> | typeof unknown;
    if (t === null || d === null || dtypes[out.dtype].kind !== "float") return null;
    if (d === unknown) {
      const name = of.names?.[i] ?? "x";
      throw new GradientError(
        `${of.name}: ${name}: the derivative by it has no closed form; use stopGradient(${name})`,
      );
    }
    return mul(t, d(out.inputs, out, out.attributes));
  };
  const primitive: Primitive<A> = {
    name: of.name,
    infer: ([x]) => ({ shape: (x as Tensor).shape, dtype: of.result ?? (x as Tensor).dtype }),
    vjp: (ct, out, _, needs) => out.inputs.map((x, i) => (needs(x) ? term(ct, i, out) : null)),
    jvp: (tangents, out) =>
      tangents.reduce<Tensor | null>((sum, t, i) => {
        const next = term(t, i, out);
        return sum && next ? add(sum, next) : (sum ?? next);
      }, null),
    batch: (inputs, batched, size, out) => apply(primitive, alignBatch(inputs, batched, size), out.attributes),
    lower: {
      kind: "special",
      special(node) {
        const f = of.f(node.attributes);
        const from = (node.inputs[0] as Tensor).dtype;
        return {
          kind: "routine",
          name: of.name,
          run(arrays) {
            const [given, out] = [arrays.slice(0, -1), arrays.at(-1) as HostArray];
            if (node.dtype !== "f16") return run(from, f, given, out);
            const wide = new Float64Array(out.length);
            run(from, f, given, wide as HostArray);
            for (let i = 0; i < out.length; i++) out[i] = numberToF16(wide[i] as number);
          },
        };
      },
    },
  };
  return primitive;
}
