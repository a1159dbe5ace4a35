import { checkOptions, checkTensor, flag, oneOf } from "../../check.ts";
import { promote } from "../../dtype.ts";
import { ShapeError } from "../../errors.ts";
import { take } from "../../primitives/indexing.ts";
import { show, sizeOf } from "../../shape.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { add, clip, mod, mul, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { lessEqual, logicalAnd } from "../comparison.ts";
import { abs, floor, round } from "../elementary.ts";
import { zerosLike } from "../fill.ts";
import { real } from "../operands.ts";
import { where } from "../selection.ts";
import { moveaxis, permute, reshape, slice } from "../shaping.ts";
import { spatial } from "./spatial.ts";

/** Options of {@link gridSample}. */
export interface GridSampleOptions {
  /** Between elements; default "linear" (bilinear, trilinear). "cubic" is the kernel with a = −3/4. */
  readonly mode?: "linear" | "nearest" | "cubic";
  /** Beyond the ends: zeros (default), the last element, or the mirror image. */
  readonly padding?: "zeros" | "border" | "reflection";
  /** −1 and 1 are the middles of the outermost elements rather than their outer edges; default false. */
  readonly alignCorners?: boolean;
}

/** A neighbour along one axis: its position (a whole number, but a float) and its weight, null for 1. */
interface Tap {
  readonly position: Tensor;
  readonly weight: Tensor | null;
}

/** Weights of the elements at −1, 0, 1 and 2, a distance t after 0, by the cubic kernel with a = −3/4. */
function cubicWeights(t: Tensor): Tensor[] {
  const a = -0.75;
  const inner = (d: Tensor): Tensor => add(mul(mul(sub(mul(d, a + 2), a + 3), d), d), 1);
  const outer = (d: Tensor): Tensor => mul(sub(mul(add(mul(sub(d, 5), d), 8), d), 4), a);
  const rest = sub(1, t);
  return [outer(add(t, 1)), inner(t), inner(rest), outer(add(rest, 1))];
}

/**
 * Values of x [n, c, …in] at the places of `grid` [n, …out, d], one place of d coordinates per output element, as in PyTorch. x has d spatial axes; the
 * first coordinate belongs to the last of them; −1 and 1 are its ends. Differentiable by x and by the grid ("nearest": by x alone, the other
 * derivative is 0).
 *
 * @returns [n, c, …out], in the dtype that x and grid promote to; integers are taken as f32
 * @throws {@link ShapeError} when shapes do not fit or an axis of x is empty, {@link ArgumentError} for bad options
 * @example
 * ```ts
 * gridSample(x, affineGrid(theta, [64, 64]), { padding: "border" }); // x rotated, stretched and moved
 * ```
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const sizes = spatial("gridSample", x);
  checkTensor("gridSample", grid, "grid");
  checkOptions("gridSample", options, {
    mode: oneOf("linear", "nearest", "cubic"),
    padding: oneOf("zeros", "border", "reflection"),
    alignCorners: flag,
  });
  const [n, c] = x.shape as [number, number];
  if (grid.rank < 2 || grid.shape[0] !== n || grid.shape.at(-1) !== sizes.length)
    throw new ShapeError(
      `gridSample: grid: expected [${n}, …, ${sizes.length}] for x ${show(x.shape)}, got ${show(grid.shape)}`,
    );
  const { mode = "linear", padding = "zeros", alignCorners = false } = options;
  const dtype = promote(real("gridSample", x).dtype, real("gridSample", grid, "grid").dtype);
  const out = grid.shape.slice(1, -1);
  const m = sizeOf(out);
  // positions of a row of 2048 elements need more than f16 has
  const places = reshape(astype(grid, dtype === "f16" ? "f32" : dtype), [n, m, sizes.length]);

  const padded = (p: Tensor, size: number): Tensor => {
    if (padding === "zeros") return p;
    if (padding === "border") return clip(p, 0, size - 1);
    const [low, span] = alignCorners ? [0, size - 1] : [-0.5, size];
    if (span === 0) return zerosLike(p);
    const turned = sub(span + low, abs(sub(mod(sub(p, low), 2 * span), span)));
    return clip(turned, 0, size - 1);
  };
  const taps = (u: Tensor, size: number): Tap[] => {
    const p = alignCorners ? mul(add(u, 1), (size - 1) / 2) : sub(mul(add(u, 1), size / 2), 0.5);
    if (mode === "cubic") {
      const first = floor(p);
      return cubicWeights(sub(p, first)).map((weight, k) => ({ position: padded(add(first, k - 1), size), weight }));
    }
    const q = padded(p, size);
    if (mode === "nearest") return [{ position: round(q), weight: null }];
    const first = floor(q);
    const part = sub(q, first);
    return [
      { position: first, weight: sub(1, part) },
      { position: add(first, 1), weight: part },
    ];
  };

  const rows = permute(reshape(astype(x, dtype), [n, c, sizeOf(sizes)]), [0, 2, 1]);
  const axes = sizes.map((size, i) => {
    const d = sizes.length - 1 - i;
    const list = taps(reshape(slice(places, [0, 0, d], [n, m, d + 1]), [n, m]), size);
    return list.map(({ position, weight }): Tap & { readonly index: Tensor } => {
      const index = astype(clip(position, 0, size - 1), "i32");
      if (padding !== "zeros") return { position, weight, index };
      const here = logicalAnd(lessEqual(0, position), lessEqual(position, size - 1));
      return { position, index, weight: where(here, weight ?? 1, zerosLike(position)) };
    });
  });
  let total: Tensor | null = null;
  const visit = (axis: number, index: Tensor | null, weight: Tensor | null): void => {
    if (axis === sizes.length) {
      const values = apply(take, [rows, index as Tensor], null);
      const term = weight === null ? values : mul(values, reshape(astype(weight, dtype), [n, m, 1]));
      total = total === null ? term : add(total, term);
      return;
    }
    for (const t of axes[axis] as (typeof axes)[number])
      visit(
        axis + 1,
        index === null ? t.index : add(mul(index, sizes[axis] as number), t.index),
        weight === null || t.weight === null ? (weight ?? t.weight) : mul(weight, t.weight),
      );
  };
  visit(0, null, null);
  return reshape(moveaxis(total as unknown as Tensor, 2, 1), [n, c, ...out]);
}
