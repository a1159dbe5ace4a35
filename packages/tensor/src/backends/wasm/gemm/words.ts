import type { Code } from "../assembler.ts";

/** A local, a constant, or code that leaves a number on the stack. */
export type Term = number | { readonly i32: number } | (() => void);
type Fold = (...terms: readonly Term[]) => Term;

/** Words for arithmetic on terms. */
export interface Words {
  term(t: Term): void;
  /** Pushes a sum. */
  push(...terms: readonly Term[]): void;
  local(): number;
  set(to: number, ...terms: readonly Term[]): void;
  readonly plus: Fold;
  readonly times: Fold;
  readonly minus: Fold;
  readonly over: Fold;
  readonly rest: Fold;
  readonly and: Fold;
  /** Pushes 1 if x < y, else 0. */
  below(x: Term, y: Term): void;
  smaller(x: Term, y: Term): Term;
  /** Runs `body` for `i` from a start, in steps, below a limit. */
  count(i: number, from: Term, limit: Term, step: Term, body: () => void): void;
}

/** Terms are made by few functions, rather than by one written for each: engines compile every function that is called. */
export function words(c: Code): Words {
  const term = (t: Term): void => (typeof t === "number" ? c.get(t) : typeof t === "function" ? t() : c.i32(t.i32));
  const folded =
    (op: "i32.add" | "i32.mul" | "i32.sub" | "i32.div_u" | "i32.rem_u" | "i32.and"): Fold =>
    (...terms) =>
    () =>
      terms.forEach((t, i) => {
        term(t);
        if (i > 0) c.op(op);
      });
  const plus = folded("i32.add");
  const push = (...terms: readonly Term[]): void => term(plus(...terms));
  const below = (x: Term, y: Term): void => {
    term(x);
    term(y);
    c.op("i32.lt_s");
  };
  return {
    term,
    push,
    below,
    local: () => c.local("i32"),
    set(to, ...terms) {
      push(...terms);
      c.set(to);
    },
    plus,
    times: folded("i32.mul"),
    minus: folded("i32.sub"),
    over: folded("i32.div_u"),
    rest: folded("i32.rem_u"),
    and: folded("i32.and"),
    smaller: (x, y) => () => {
      term(x);
      term(y);
      below(x, y);
      c.op("select");
    },
    count(i, from, limit, step, body) {
      term(from);
      c.set(i);
      c.loop(
        i,
        () => term(limit),
        () => term(step),
        body,
      );
    },
  };
}
