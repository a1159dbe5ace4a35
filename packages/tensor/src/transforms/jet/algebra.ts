import { add, mul, neg } from "../../functions/arithmetic.ts";
import { matmul } from "../../functions/matmul.ts";
import { transpose } from "../../functions/shaping.ts";
import { triangleOf } from "../../primitives/linalg/masks.ts";
import { previous } from "../../primitives/recurrence.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { cauchy, plus, type Rule, type Series, term } from "./series.ts";

/** Linear along every curve, perhaps by pieces: coefficients go through the tangent rule one by one. */
export const linear: Rule = (node, inputs) => (k) => {
  const terms = inputs.map((s) => term(s, k));
  return terms.some((t) => t !== null) ? node.primitive.jvp(terms, node) : null;
};

/** Linear in each of the inputs at `p` and `q`, while the others stay. */
export const bilinear =
  (p: number, q: number): Rule =>
  (node, inputs) => {
    const product = (a: Tensor, b: Tensor): Tensor =>
      apply(
        node.primitive,
        node.inputs.map((t, i) => (i === p ? a : i === q ? b : t)),
        node.attributes,
      );
    return (k) => cauchy(product, inputs[p] as Series, inputs[q] as Series, k);
  };

/** Products of numbers; in squares every mixed term is met twice. */
export const times: Rule = (_, inputs) => {
  const [a, b] = inputs as [Series, Series];
  if (a !== b) return (k) => cauchy(mul, a, b, k);
  return (k) => {
    const twice = cauchy(mul, a, a, k, (k >> 1) + 1);
    const middle = k % 2 === 0 ? term(a, k / 2) : null;
    return plus(twice && add(twice, twice), middle && mul(middle, middle));
  };
};

/**
 * The solution y of M(a)·y = b for a linear M, with a and b at the given inputs: M(a₀)·yₖ = bₖ − Σ M(aⱼ)·yₖ₋ⱼ from j = 1. `product` is M(a)·y.
 */
export const implicit =
  (a: number, b: number, product: (a: Tensor, y: Tensor, node: Tensor) => Tensor): Rule =>
  (node, inputs, [y]) =>
  (k) => {
    const moved = cauchy((p, q) => product(p, q, node), inputs[a] as Series, y as Series, k, 1);
    const right = plus(term(inputs[b] as Series, k), moved && neg(moved));
    if (right === null) return null;
    const tangents = inputs.map((_, i) => (i === b ? right : null));
    return node.primitive.jvp(tangents, node);
  };

export const quotient: Rule = implicit(1, 0, mul);
const turned = (a: Tensor, node: Tensor): Tensor => (node.attributes.transposed ? transpose(a) : a);
export const solution: Rule = implicit(0, 3, (a, y, node) => matmul(turned(a, node), y));
export const triangular: Rule = implicit(0, 1, (a, y, node) => matmul(turned(triangleOf(a, node.attributes), node), y));
/** h − a·(h one step before) = b: only the part with a is not constant. */
export const recurrent: Rule = implicit(0, 1, (a, h, node) => neg(mul(a, previous(h, node.attributes.reverse))));
