import { reshape, slice } from "../../functions/shaping.ts";
import type { Tensor } from "../../tensor.ts";
import { core } from "./rules.ts";

/** Elements (i, i + offset) of the last two axes: every (n + 1)-th of the m·n in a row. */
export function diagonalOf(x: Tensor, offset = 0): Tensor {
  const [m, n] = core(x.shape);
  const lead = x.shape.slice(0, -2);
  const length = Math.max(0, Math.min(m + Math.min(offset, 0), n - Math.max(offset, 0)));
  const start = length === 0 ? 0 : offset < 0 ? -offset * n : offset;
  const stop = length === 0 ? 0 : start + (length - 1) * (n + 1) + 1;
  const none = lead.map(() => 0);
  return slice(reshape(x, [...lead, m * n]), [...none, start], [...lead, stop], [...lead.map(() => 1), n + 1]);
}
