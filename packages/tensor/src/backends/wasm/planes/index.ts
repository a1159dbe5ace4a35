import type { Contraction } from "../../../ir/ir.ts";
import type { Code } from "../assembler.ts";
import { correlate } from "./correlate.ts";
import { planesOf } from "./layout.ts";
import { Slide } from "./slide.ts";

type Conv = Extract<Contraction, { kind: "conv" }>;

/** Most elements of a kernel that slides, and most results of a correlation: what is written out in code. */
const MOST = 64;

/**
 * A function (input, kernels, result, scratch, from, to) that computes planes from … to − 1 of images × groups of a convolution in f32, each wholly and
 * in the same way whatever the range; null where neither way fits.
 */
export function planeKernel(c: Conv): { readonly code: Code; readonly scratchBytes: number } | null {
  const planes = planesOf(c);
  if (planes === null) return null;
  const { x, y } = planes;
  const [slides, correlates] = [x.kernel * y.kernel <= MOST, x.output * y.output <= MOST && x.b === 1];
  // Lanes run along the longer rows.
  if (correlates && (!slides || (x.output < 4 && x.kernel > x.output))) return correlate(planes);
  return slides ? new Slide(planes) : null;
}
