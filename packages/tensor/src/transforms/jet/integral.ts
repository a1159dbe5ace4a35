import { apply, placeholderLike, type Tensor } from "../../tensor.ts";
import { between } from "../graph.ts";
import { type Rule, type Series, scaled, slope, term } from "./series.ts";
import { type Curves, extender, seriesOf } from "./walk.ts";

/**
 * The rule for every primitive without one of its own: its tangent rule read as the differential equation y′ = g(x, x′, y), whose Taylor series has
 * yₖ = gₖ₋₁/k. The series of g follow by the rules of the primitives in it, each coefficient as soon as those of y before it are known. For y = eˣ, where
 * g = x′·y, this is the textbook recurrence k·yₖ = Σ j·xⱼ·yₖ₋ⱼ (Griewank and Walther 2008, section 13.2), and so for every function whose derivative is
 * made of products, quotients and itself. A primitive whose tangent asks for another of its kind, such as pow, makes a chain of up to order many.
 */
export const integral: Rule = (node, inputs, own) => {
  let derivative: ((k: number) => (Tensor | null)[]) | null = null;
  return (k) => {
    if (derivative === null && inputs.every((s) => term(s, k) === null)) return null;
    derivative ??= differential(node, inputs, own);
    return derivative(k - 1).map((t) => scaled(t, 1 / k));
  };
};

/** Coefficients of the derivative of each part. */
function differential(
  node: Tensor,
  inputs: readonly Series[],
  own: readonly Series[],
): (k: number) => (Tensor | null)[] {
  const xs = node.inputs.map((t) => placeholderLike(t, 0));
  const vs = xs.map((x, i) => (inputs[i]?.constant ? null : placeholderLike(x, 0)));
  const y = apply(node.primitive, xs, node.attributes);
  const tangents = [node.primitive.jvp(vs, y)].flat();
  const curves: Curves = new Map<Tensor, Series | readonly Series[]>([[y, y.parts ? own : (own[0] as Series)]]);
  inputs.forEach((s, i) => {
    curves.set(xs[i] as Tensor, s);
    const v = vs[i];
    if (v) curves.set(v, slope(s));
  });
  const some = (t: Tensor | null): t is Tensor => t !== null;
  const extend = extender(between(tangents.filter(some), [...xs, ...vs.filter(some), y]), curves);
  return (k) => {
    inputs.forEach(slope);
    extend(k);
    return tangents.map((t) => t && term(seriesOf(curves, t), k));
  };
}
