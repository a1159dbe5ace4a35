import type { HostArray } from "../dtype.ts";
import { neg } from "../functions/arithmetic.ts";
import { transformCode } from "../functions/fft/kernel.ts";
import { complexRows, realRows } from "../functions/fft/rows.ts";
import { reshape } from "../functions/shaping.ts";
import type { Primitive } from "../primitive.ts";
import { applyMany, type Tensor } from "../tensor.ts";
import { alignBatch } from "./batching.ts";

/** Direction of a transform. */
export interface Direction {
  /** e^{+2πi jk/n} instead of e^{−2πi jk/n}; not scaled either way. */
  readonly inverse: boolean;
}

type Maybe = Tensor | null | undefined;

/** The transform of a pair of which one may be zero (null): F(iy) = iF(y). */
function transform(re: Maybe, im: Maybe, inverse: boolean): [re: Tensor, im: Tensor] {
  if (re && im) return applyMany(fftPrimitive, [re, im], { inverse }) as [Tensor, Tensor];
  const [p, q] = applyMany(fftPrimitive, [(re ?? im) as Tensor], { inverse }) as [Tensor, Tensor];
  return re ? [p, q] : [neg(q), p];
}

/**
 * The discrete Fourier transform of each row of [outer, n], not scaled: inputs (re, im), or (re) of real rows; parts (re, im). It is linear and its
 * matrix symmetric, so that the adjoint is the transform in the other direction.
 */
export const fftPrimitive: Primitive<Direction> = {
  name: "fft",
  infer([re]) {
    const { shape, dtype } = re as Tensor;
    return [
      { shape, dtype },
      { shape, dtype },
    ];
  },
  vjp(_, out, [re, im]) {
    if (!re && !im) return out.inputs.map(() => null);
    return transform(re, im, !out.attributes.inverse).slice(0, out.inputs.length);
  },
  jvp([re, im], out) {
    return re || im ? transform(re, im, out.attributes.inverse) : [null, null];
  },
  batch(inputs, batched, size, out) {
    const [outer, n] = (out.inputs[0] as Tensor).shape as [number, number];
    const rows = alignBatch(inputs, batched, size).map((t) => reshape(t, [size * outer, n]));
    return applyMany(fftPrimitive, rows, out.attributes).map((t) => reshape(t, [size, outer, n]));
  },
  lower: {
    kind: "special",
    special(node, used) {
      const { shape, dtype } = node.inputs[0] as Tensor;
      const [outer, n] = shape as [number, number];
      const { inverse } = node.attributes;
      const real = node.inputs.length === 1;
      const of = { dtype, outer, n, inverse, real, parts: [!!used[0], !!used[1]] } as const;
      return {
        kind: "routine",
        name: `${inverse ? "inverse " : ""}fft${real ? " of reals" : ""}`,
        computes: { kind: "fft", ...of },
        code: transformCode(of),
        run([re, ...others]) {
          const im = real ? null : (others.shift() as HostArray);
          const results = [0, 1].map((i) => (used[i] ? (others.shift() as HostArray) : null)) as [HostArray, HostArray];
          if (im === null) realRows(dtype, outer, n, inverse, re as HostArray, results);
          else complexRows(dtype, outer, n, inverse, [re as HostArray, im], results);
        },
      };
    },
  },
};
