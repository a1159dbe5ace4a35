import type { Tensor } from "@gradus/tensor";
import {
  abs,
  add,
  check,
  div,
  greater,
  greaterEqual,
  isFinite,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  where,
  whileLoop,
} from "@gradus/tensor";
import { count, positive, type Table } from "./settings.ts";

/** Options of a line search. */
export interface LineSearchOptions {
  /** Share of the slope by which the loss must fall, `c₁` of the Wolfe conditions; 1e-4 unless told. */
  readonly decrease?: number;
  /** Share to which the slope must shrink, `c₂`; 0.9 unless told. */
  readonly curvature?: number;
  /** Most evaluations of the loss per search; 20 unless told. */
  readonly maxEvaluations?: number;
  /** Longest step, in lengths of the direction; 1e10 unless told. */
  readonly longest?: number;
}

/** Options of a line search and their defaults. */
export const lineOptions: Table<LineSearchOptions> = {
  decrease: [check.number("(0, 1)"), 1e-4],
  curvature: [check.number("(0, 1)"), 0.9],
  maxEvaluations: [count, 20],
  longest: [positive, 1e10],
};

/** Where a search begins: the point, the direction, loss and gradient at the point, and the first step to try. */
export interface Line {
  readonly x: Tensor;
  readonly d: Tensor;
  readonly value: Tensor;
  readonly slope: Tensor;
  readonly first: Tensor;
}

/** Where a search ended: the step (0 when none lowers the loss), and loss and gradient there. */
export interface Found {
  readonly step: Tensor;
  readonly value: Tensor;
  readonly slope: Tensor;
}

/** A step with the loss and its derivative along the direction there. */
interface Point {
  readonly a: Tensor;
  readonly f: Tensor;
  readonly df: Tensor;
}

const pick = (which: Tensor, yes: Point, no: Point): Point => ({
  a: where(which, yes.a, no.a),
  f: where(which, yes.f, no.f),
  df: where(which, yes.df, no.df),
});

/**
 * A step that fulfils the strong Wolfe conditions `f(a) <= f(0) + c₁ a f'(0)` and `|f'(a)| <= c₂ |f'(0)|` (Nocedal & Wright 2006, algorithms 3.5 and 3.6):
 * the step grows until it brackets such a point, then the bracket shrinks by safeguarded cubic interpolation. Where the loss changes by no more than its
 * rounding, the approximate conditions of Hager & Zhang 2005 (equation 27) decide by slopes. When evaluations run out the best step that lowers the
 * loss is taken.
 */
export function strongWolfe(
  evaluate: (x: Tensor) => readonly [Tensor, Tensor],
  line: Line,
  options: Required<LineSearchOptions>,
): Found {
  const { x, d, first } = line;
  const { dtype } = x;
  const zero = tensor(0, { dtype });
  const start: Point = { a: zero, f: line.value, df: sum(mul(line.slope, d)) };
  // Differences of losses below this are rounding; the slopes then tell whether the loss falls (approximate Wolfe conditions).
  const slack = mul(abs(start.f), dtype === "f64" ? 1e-15 : 5e-7);
  const enough = (p: Point): Tensor =>
    logicalOr(
      lessEqual(p.f, add(start.f, mul(mul(p.a, start.df), options.decrease))),
      logicalAnd(lessEqual(p.f, add(start.f, slack)), lessEqual(p.df, mul(start.df, 2 * options.decrease - 1))),
    );
  const flat = (p: Point): Tensor => lessEqual(abs(p.df), mul(abs(start.df), options.curvature));
  const found = whileLoop(
    (s) => logicalAnd(logicalNot(s.done), less(s.n, options.maxEvaluations)),
    (s) => {
      const a = where(s.bracketed, inside(s.low, s.high), s.next);
      const [f, slope] = evaluate(add(x, mul(d, a)));
      const p: Point = { a, f, df: sum(mul(slope, d)) };
      const sound = isFinite(f);
      const bad = logicalOr(logicalNot(sound), logicalOr(logicalNot(enough(p)), greater(f, add(s.low.f, slack))));
      const done = logicalAnd(logicalNot(bad), flat(p));
      // Beyond the minimum: too high, or the slope has turned. The bracket is then between the best point and this one.
      const turned = greaterEqual(mul(p.df, where(s.bracketed, sub(s.high.a, s.low.a), 1)), 0);
      const far: Point = { a, f: where(sound, f, Infinity), df: where(sound, p.df, 0) };
      const high = pick(bad, far, pick(logicalOr(turned, logicalNot(s.bracketed)), s.low, s.high));
      const low = pick(bad, s.low, p);
      return {
        n: add(s.n, 1),
        done,
        bracketed: logicalOr(s.bracketed, logicalOr(bad, turned)),
        low,
        high,
        next: minimum(mul(a, 2), options.longest),
        slope: where(bad, s.slope, slope),
      };
    },
    {
      n: tensor(0, { dtype: "i32" }),
      done: tensor(false),
      bracketed: tensor(false),
      low: start,
      high: start,
      next: first,
      slope: line.slope,
    },
  );
  return { step: found.low.a, value: found.low.f, slope: found.slope };
}

/** The minimum of the cubic through both ends (equation 3.59), or the middle where it is too near an end or there is none. */
function inside(p: Point, q: Point): Tensor {
  const width = sub(q.a, p.a);
  const middle = add(p.a, mul(width, 0.5));
  const d1 = sub(add(p.df, q.df), div(mul(sub(p.f, q.f), 3), sub(p.a, q.a)));
  const under = sub(square(d1), mul(p.df, q.df));
  const d2 = mul(sqrt(maximum(under, 0)), where(greater(width, 0), 1, -1));
  const cubic = sub(q.a, mul(width, div(sub(add(q.df, d2), d1), add(sub(q.df, p.df), mul(d2, 2)))));
  const share = div(sub(cubic, p.a), width);
  const fine = logicalAnd(isFinite(cubic), logicalAnd(greater(share, 0.1), less(share, 0.9)));
  return where(logicalAnd(fine, greaterEqual(under, 0)), cubic, middle);
}
