import { GradientError } from "../errors.ts";
import type { Aval } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { recomputed } from "../transforms/checkpoint.ts";
import { custom } from "../transforms/custom.ts";
import { loop } from "../transforms/loop.ts";
import { switchPrimitive } from "../transforms/switch.ts";
import { whilePrimitive } from "../transforms/while.ts";
import { flag, graph, graphs, integer, orNull } from "./fields.ts";
import { completed, from, has, type Rules, rule, sameAvals } from "./rule.ts";

const rest = ({ shape, dtype }: Aval): Aval => ({ shape: shape.slice(1), dtype });

const unsaved = (): never => {
  throw new GradientError(
    "customGradient: rules: are functions, which no file holds; save the graph of the derivative as well",
  );
};

/** What calls graphs. */
export const control = (): Rules => ({
  scan: completed(
    loop,
    from(0),
    { length: integer(0), reverse: flag, consts: integer(0), carries: integer(0), body: graph },
    (a) => ({ ...a, saved: Array.from({ length: a.carries }, (_, i) => i) }),
    (inputs, { length, consts: k, carries: c, body }) => {
      const xs = inputs.slice(k + c);
      return (
        k + c <= inputs.length &&
        xs.every((x) => x.shape[0] === length) &&
        sameAvals(body.inputs, [...inputs.slice(0, k + c), ...xs.map(rest)]) &&
        sameAvals(body.outputs.slice(0, c), inputs.slice(k, k + c))
      );
    },
  ),
  switch: rule(switchPrimitive, from(1), { branches: graphs }, ([index, ...operands], { branches }) =>
    branches.every(
      ({ inputs, outputs }) =>
        has(index as Tensor, [], "i32") &&
        sameAvals(inputs, operands) &&
        sameAvals(outputs, branches[0]?.outputs as readonly Tensor[]),
    ),
  ),
  while: rule(
    whilePrimitive,
    from(0),
    { consts: integer(0), limit: orNull(integer(0)), condition: graph, body: graph },
    (inputs, { consts, condition, body }) =>
      consts <= inputs.length &&
      sameAvals(condition.inputs, inputs) &&
      sameAvals(condition.outputs, [{ shape: [], dtype: "bool" }]) &&
      sameAvals(body.inputs, inputs) &&
      sameAvals(body.outputs, inputs.slice(consts)),
  ),
  checkpoint: rule(recomputed, from(0), { graph }, (inputs, { graph: { inputs: own } }) => sameAvals(own, inputs)),
  customGradient: completed(
    custom,
    from(0),
    { graph, args: integer(0) },
    ({ graph, args }) => ({ graph, args, vjp: unsaved, jvp: unsaved }),
    (inputs, { graph: { inputs: own }, args }) => args <= inputs.length && sameAvals(own, inputs),
  ),
});
