import { isFloat } from "../../dtype.ts";
import { zerosLike } from "../../functions/fill.ts";
import type { Aval } from "../../primitive.ts";
import type { Tensor } from "../../tensor.ts";
import { checkpoint } from "../checkpoint.ts";
import type { Graph } from "../graph.ts";
import { makeLoop } from "../loop.ts";
import { makeSwitch } from "../switch.ts";
import { makeWhile } from "../while.ts";
import { fixed, known, type Rule, type Series, term, value } from "./series.ts";
import { propagate } from "./walk.ts";

type Terms = (Tensor | null)[];

/** Series to order n as one list of tensors: the constant terms, then the others that are not zero. */
interface Packed {
  readonly tensors: Tensor[];
  /** The series of a list that is parallel to `tensors`. */
  readonly unpack: (list: readonly Tensor[]) => Series[];
}

/** With `full`, every coefficient of every float is in the list. */
function pack(inputs: readonly Series[], n: number, full = false): Packed {
  const orders = inputs.map((s) => {
    const moves = full ? isFloat(value(s).dtype) : !s.constant;
    return upTo(moves ? n : 0).filter((k) => full || term(s, k) !== null);
  });
  const terms = inputs.flatMap((s, i) => (orders[i] as number[]).map((k) => term(s, k) ?? zerosLike(value(s))));
  return {
    tensors: [...inputs.map(value), ...terms],
    unpack(list) {
      let next = inputs.length;
      return orders.map((own, i) => {
        const first = list[i] as Tensor;
        if (own.length === 0) return fixed(first);
        const rest = upTo(n).map((k) => (own.includes(k) ? (list[next++] as Tensor) : null));
        return { terms: [first, ...rest], constant: false };
      });
    },
  };
}
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/** Coefficients 1 to n of all floats. */
const termsOf = (series: readonly Series[], n: number): Tensor[] =>
  series.flatMap((s) => {
    const t = value(s);
    return isFloat(t.dtype) ? upTo(n).map((k) => term(s, k) ?? zerosLike(t)) : [];
  });
const all = (series: readonly Series[], n: number): Tensor[] => [...series.map(value), ...termsOf(series, n)];

/** The coefficients in a list as {@link termsOf} makes it, by part. */
function apart(avals: readonly Aval[], list: readonly Tensor[], n: number): Terms[] {
  let at = 0;
  return avals.map(({ dtype }) => {
    if (!isFloat(dtype)) return [];
    at += n;
    return list.slice(at - n, at);
  });
}

/** A rule that gives all coefficients at once, as far as those of the inputs are known: terms 1 to n of each part. */
const whole =
  (run: (node: Tensor, inputs: readonly Series[], n: number) => Terms[]): Rule =>
  (node, inputs) => {
    let done = 0;
    let found: Terms[] = [];
    return (k) => {
      if (k > done) {
        done = Math.min(...inputs.map(known)) - 1;
        const moves = inputs.some((s) => upTo(done).some((j) => term(s, j) !== null));
        found = moves ? run(node, inputs, done) : [];
      }
      return found.map((terms) => terms[k - 1] ?? null);
    };
  };

/** The loop again with the coefficients beside the carries. */
export const scanned: Rule = whole((node, inputs, n) => {
  const { length, reverse, body, consts: k, carries: c } = node.attributes;
  const outputs = (body as Graph).outputs;
  const [fixed, state, xs] = [
    pack(inputs.slice(0, k), n),
    pack(inputs.slice(k, k + c), n, true),
    pack(inputs.slice(k + c), n),
  ] as const;
  const result = makeLoop(
    { length, reverse, consts: fixed.tensors, init: state.tensors, xs: xs.tensors },
    (consts, carries, slices) => {
      const given = [...fixed.unpack(consts), ...state.unpack(carries), ...xs.unpack(slices)];
      const after = propagate(outputs, body.inputs, given);
      return { carries: all(after.slice(0, c), n), ys: termsOf(after.slice(c), n) };
    },
  );
  return [
    ...apart(outputs.slice(0, c), result.carries.slice(c), n),
    ...apart(outputs.slice(c), result.ys, n),
    ...apart(outputs.slice(0, c), result.saved.slice(c), n),
  ];
});

/** The loop again with the coefficients beside the carries. */
export const repeated: Rule = whole((node, inputs, n) => {
  const { limit, consts: k, condition, body } = node.attributes;
  const c = inputs.length - k;
  const [fixed, state] = [pack(inputs.slice(0, k), n), pack(inputs.slice(k), n, true)];
  const results = makeWhile(
    { limit, consts: fixed.tensors, init: state.tensors },
    (consts, carries) => condition.apply([...consts.slice(0, k), ...carries.slice(0, c)])[0] as Tensor,
    (consts, carries) =>
      all(propagate(body.outputs, body.inputs, [...fixed.unpack(consts), ...state.unpack(carries)]), n),
  );
  return apart(body.outputs, results.slice(c), n);
});

/** The coefficients of every branch under the same index. */
export const switched: Rule = whole((node, [index, ...operands], n) => {
  const branches: readonly Graph[] = node.attributes.branches;
  const { tensors, unpack } = pack(operands, n);
  const results = makeSwitch(
    value(index as Series),
    tensors,
    branches.map((g) => (list) => termsOf(propagate(g.outputs, g.inputs, unpack(list)), n)),
  );
  return apart((branches[0] as Graph).outputs, results, n);
});

/** A checkpoint again: a reverse pass computes the coefficients anew, too. */
export const recomputed: Rule = whole((node, inputs, n) => {
  const graph: Graph = node.attributes.graph;
  const { tensors, unpack } = pack(inputs, n);
  const results = checkpoint((list: Tensor[]) => termsOf(propagate(graph.outputs, graph.inputs, unpack(list)), n))(
    tensors,
  );
  return apart(graph.outputs, results, n);
});
