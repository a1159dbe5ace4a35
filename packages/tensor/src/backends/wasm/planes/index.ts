import type { Contraction } from "../../../ir/ir.ts";
import type { Code } from "../assembler.ts";
import { correlate } from "./correlate.ts";
import { planesOf } from "./layout.ts";
import { Slide } from "./slide.ts";

type Conv = Extract<Contraction, { kind: "conv" }>;

/** Most elements of a kernel that slides, and most results of a correlation: what is written out in code. */
const MOST = 64;

/** Most products per result, and most results of a correlation, for which no packed product is faster where all channels are one group. */
const FEW = { products: 16, results: 12 };

export interface PlaneKernel {
  readonly code: Code;
  readonly scratchBytes: number;
  /** What the range counts. */
  readonly planes: number;
}

/**
 * A function (input, kernels, result, scratch, from, to) that computes planes from … to − 1 of a convolution in f32, each wholly and in the same way
 * whatever the range; null where neither way fits, or packed products are faster.
 */
export function planeKernel(c: Conv): PlaneKernel | null {
  const planes = planesOf(c);
  if (planes === null) return null;
  const { x, y, conv } = planes;
  const [taps, results, whole] = [x.kernel * y.kernel, x.output * y.output, conv.groups === 1];
  const slides = taps <= MOST && (!whole || (conv.inChannels === 1 && taps <= FEW.products));
  const correlates = results <= MOST && x.b === 1 && (!whole || (conv.batch === 1 && results <= FEW.results));
  // Lanes run along the longer rows.
  if (correlates && (!slides || (x.output < 4 && x.kernel > x.output)))
    return { ...correlate(planes), planes: conv.batch * conv.groups * conv.outChannels };
  if (!slides || (whole && x.output < 4)) return null;
  const { code, scratchBytes } = new Slide(planes);
  return { code, scratchBytes, planes: conv.batch * conv.groups };
}
