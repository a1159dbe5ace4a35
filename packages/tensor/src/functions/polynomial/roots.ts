import { checkTensor } from "../../check.ts";
import { ShapeError } from "../../errors.ts";
import { show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { add, div, mul, sub } from "../arithmetic.ts";
import { at } from "../at.ts";
import { fullLike } from "../fill.ts";
import { real } from "../operands.ts";
import { concat, pad, slice, stack } from "../shaping.ts";

/** The polynomial with leading coefficient 1 and the given roots [n], the highest power first: [n + 1]. Throws ShapeError unless `roots` has one axis. */
export function poly(roots: Tensor): Tensor {
  checkTensor("poly", roots, "roots");
  if (roots.rank !== 1) throw new ShapeError(`poly: roots: expected [n], got ${show(roots.shape)}`);
  const r = real("poly", roots, "roots");
  let p = fullLike(slice(pad(r, [[0, 1]]), [0], [1]), 1);
  for (let i = 0; i < r.size; i++) p = sub(pad(p, [[0, 1]]), mul(pad(p, [[1, 0]]), at(r, i)));
  return p;
}

/**
 * Quotient [n − m + 1] and remainder [m − 1] (both [1] at the least) of polynomials [n] and [m], the highest power first, by long division. Integers become f32.
 *
 * @throws {@link ShapeError} unless both are [n] with n ≥ 1
 * @example
 * ```ts
 * polydiv(tensor([1, 0, -1]), tensor([1, 1])); // [1, −1] and [0]
 * ```
 */
export function polydiv(a: Tensor, b: Tensor): [quotient: Tensor, remainder: Tensor] {
  for (const [x, name] of [
    [a, "a"],
    [b, "b"],
  ] as const) {
    checkTensor("polydiv", x, name);
    if (x.rank !== 1 || x.size === 0)
      throw new ShapeError(`polydiv: ${name}: expected [n] with n ≥ 1, got ${show(x.shape)}`);
  }
  const divisor = real("polydiv", b, "b");
  const first = at(divisor, 0);
  const m = divisor.size;
  let rest = add(real("polydiv", a, "a"), mul(first, 0));
  const quotient: Tensor[] = [];
  while (rest.size >= m) {
    const q = div(at(rest, 0), first);
    quotient.push(q);
    const n = rest.size;
    if (n === 1) return [stack(quotient), mul(rest, 0)];
    const taken = pad(mul(slice(divisor, [1], [m]), q), [[0, n - m]]);
    rest = sub(slice(rest, [1], [n]), taken);
  }
  return [
    quotient.length === 0 ? mul(slice(rest, [0], [1]), 0) : stack(quotient),
    m === 1 ? mul(concat([rest]), 0) : rest,
  ];
}
