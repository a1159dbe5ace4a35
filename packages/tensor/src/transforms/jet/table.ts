import type { Primitive } from "../../primitive.ts";
import { bilinear, linear, quotient, recurrent, solution, times, triangular } from "./algebra.ts";
import { cosine, hyperbolicCosine, hyperbolicSine, sine } from "./circular.ts";
import { recomputed, repeated, scanned, switched } from "./control.ts";
import { integral } from "./integral.ts";
import type { Rule } from "./series.ts";

/** Extremes, orders and steps are linear by pieces: which element wins is settled by the constant terms. */
const linearOnes = `alias barrier stopGradient cast reshape broadcast permute slice flip pad concat take scatter fft sort where neg abs sign floor ceil
 round trunc add sub rem max min cumulative reduceWindow
 unfold fold resample`;

/** Rules by name of the primitive, so that a program holds no primitive that it does not use. */
const rules = new Map<string, Rule>([
  ...linearOnes.split(/\s+/).map((name) => [name, linear] as const),
  ["mul", times],
  ["matmul", bilinear(0, 1)],
  ["convolution", bilinear(0, 1)],
  ["sparseProduct", bilinear(0, 3)],
  ["sampledProduct", bilinear(2, 3)],
  ["div", quotient],
  ["solve", solution],
  ["triangularSolve", triangular],
  ["recurrence", recurrent],
  ["sin", sine],
  ["cos", cosine],
  ["sinh", hyperbolicSine],
  ["cosh", hyperbolicCosine],
  ["scan", scanned],
  ["while", repeated],
  ["switch", switched],
  ["checkpoint", recomputed],
]);

/** The names in the table. */
export const ruled: readonly string[] = [...rules.keys()];

/** A reduction is linear by pieces, but for the product. */
const reduced: Rule = (node, inputs, own) => (node.attributes.op === "prod" ? integral : linear)(node, inputs, own);

export const ruleOf = ({ name }: Primitive): Rule => (name === "reduce" ? reduced : (rules.get(name) ?? integral));
