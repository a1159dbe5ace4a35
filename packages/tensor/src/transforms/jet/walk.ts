import { isFloat } from "../../dtype.ts";
import { stopPrimitive } from "../../primitives/structure.ts";
import { apply, part, type Tensor } from "../../tensor.ts";
import { identityOf } from "../../tree.ts";
import { historyCheck } from "../differentiate.ts";
import { between, partsOf } from "../graph.ts";
import { integral } from "./integral.ts";
import { fixed, known, type Rule, type Series, value } from "./series.ts";
import { ruleOf } from "./table.ts";

/** Series by node; one per part for a node of several. */
export type Curves = Map<Tensor, Series | readonly Series[]>;

/** The series of `t`; what no curve reaches stays where it is. */
export const seriesOf = (curves: Curves, t: Tensor): Series => (curves.get(t) as Series | undefined) ?? fixed(t);

/** Taylor mode: the series of `ys` to the order of those given for `xs`. One walk from the oldest node to the youngest. */
export function propagate(ys: readonly Tensor[], xs: readonly Tensor[], series: readonly Series[]): Series[] {
  const curves: Curves = new Map(xs.map((x, i) => [x, series[i] as Series]));
  extender(between(ys, xs, historyCheck(xs)), curves)(Infinity);
  return ys.map((y) => seriesOf(curves, y));
}

/** The series of a node and what extends them. */
interface Running {
  readonly own: readonly Series[];
  readonly extend: (order: number) => void;
}

function running(rule: Rule, node: Tensor, inputs: readonly Series[], own: readonly Series[]): Running {
  const step = rule(node, inputs, own);
  let k = 1;
  const extend = (order: number): void => {
    for (; k <= order && inputs.every((s) => known(s) > k); k++) {
      const next = [step(k)].flat();
      own.forEach((s, i) => {
        if (!s.constant) s.terms[k] = next[i] ?? null;
      });
    }
  };
  return { own, extend };
}

const functions = new WeakMap<Series, Map<string, Running>>();

/** Functions whose derivatives lead to each other, such as those of Bessel, are met again and again: one series serves all. */
function shared({ primitive, attributes }: Tensor, x: Series, make: () => Running): Running {
  const met = functions.get(x) ?? new Map<string, Running>();
  functions.set(x, met);
  const key = `${identityOf(primitive)} ${JSON.stringify(attributes)}`;
  const run = met.get(key) ?? make();
  met.set(key, run);
  return run;
}

/** Enters the series of `nodes` (inputs first), with their constant terms; the function returned extends all to `order`, as far as those they depend on are known. */
export function extender(nodes: readonly Tensor[], curves: Curves): (order: number) => void {
  const steps: ((order: number) => void)[] = [];
  for (const node of nodes) {
    if (curves.has(node)) continue;
    if (node.primitive === part) {
      const owner = node.inputs[0] as Tensor;
      const series = (curves.get(owner) as readonly Series[])[node.attributes.index] as Series;
      if (value(series).inputs[0] === owner) series.terms[0] = node; // this handle rather than another of the same part
      curves.set(node, series);
      continue;
    }
    const inputs = node.inputs.map((t) => seriesOf(curves, t));
    const here = inputs.every((s, i) => value(s) === node.inputs[i])
      ? node
      : apply(node.primitive, inputs.map(value), node.attributes);
    const still = node.primitive === stopPrimitive || inputs.every((s) => s.constant);
    const own = (here.parts === null ? [here] : partsOf(here)).map(
      (t): Series => ({ terms: [t], constant: still || !isFloat(t.dtype) }),
    );
    if (own.every((s) => s.constant)) {
      curves.set(node, node.parts === null ? (own[0] as Series) : own);
      continue;
    }
    const rule = ruleOf(node.primitive);
    const make = (): Running => running(rule, here, inputs, own);
    const run =
      rule === integral && inputs.length === 1 && here.parts === null
        ? shared(here, inputs[0] as Series, make)
        : make();
    curves.set(node, node.parts === null ? (run.own[0] as Series) : run.own);
    steps.push(run.extend);
  }
  return (order) => {
    for (const step of steps) step(order);
  };
}
