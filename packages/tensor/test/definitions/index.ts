import type { BinaryOp, UnaryOp } from "../../src/ir/ir.ts";
import { constant, part, type Tensor } from "../../src/tensor.ts";
import { reach } from "../../src/transforms/graph.ts";
import { folds } from "./folds.ts";
import { image } from "./image.ts";
import { indexing } from "./indexing.ts";
import { matrices } from "./matrices.ts";
import { halfOf, type Plain } from "./plain.ts";
import { binary, unary } from "./scalars.ts";
import { sparse } from "./sparse.ts";
import { special } from "./special.ts";
import { type Definition, one, structure } from "./structure.ts";

const unaries: readonly UnaryOp[] = [
  ..."neg abs sign floor ceil round trunc sqrt exp expm1 log log1p sin cos tan asin acos atan".split(" "),
  ..."sinh cosh tanh asinh acosh atanh erf sigmoid not isnan".split(" "),
] as UnaryOp[];
const binaries: readonly BinaryOp[] = "add sub mul div rem pow atan2 max min eq lt le and or xor shl shr".split(
  " ",
) as BinaryOp[];

/** What each primitive means, by name: written down plainly, apart from rules, plans and backends. */
export const definitions: Readonly<Record<string, Definition>> = {
  ...structure,
  ...folds,
  ...indexing,
  ...matrices,
  ...image,
  ...special,
  ...sparse,
  ...Object.fromEntries(
    unaries.map((op) => [
      op,
      one(([x], _, shape, dtype) => ({ shape, dtype, data: x.data.map((v) => unary(op, x.dtype, v)) })),
    ]),
  ),
  ...Object.fromEntries(
    binaries.map((op) => [
      op,
      one(([a, b], _, shape, dtype) => ({
        shape,
        dtype,
        data: a.data.map((v, i) => binary(op, a.dtype, v, b.data[i] as number)),
      })),
    ]),
  ),
};

/** The first primitive under `outputs` that has no definition here. */
export const undefinedIn = (outputs: readonly Tensor[]): string | undefined =>
  reach(outputs, 0).find((t) => t.primitive !== constant && t.primitive !== part && !(t.primitive.name in definitions))
    ?.primitive.name;

/** Values of tensors by the definitions of their primitives. */
export function defined(outputs: readonly Tensor[]): Plain[] {
  const env = new Map<Tensor, readonly Plain[]>();
  for (const t of reach(outputs, 0)) {
    const { shape, dtype } = t;
    if (t.primitive === constant) {
      const data = Array.from(t.host as ArrayLike<number>, dtype === "f16" ? halfOf : (x) => x);
      env.set(t, [{ shape, dtype, data }]);
      continue;
    }
    const inputs = t.inputs.map((x) => env.get(x) as readonly Plain[]);
    if (t.primitive === part) {
      env.set(t, [(inputs[0] as readonly Plain[])[t.attributes.index] as Plain]);
      continue;
    }
    const definition = definitions[t.primitive.name];
    if (definition === undefined) throw new Error(`${t.primitive.name} has no definition`);
    env.set(
      t,
      definition(
        inputs.map((list) => list[0] as Plain),
        t.attributes,
        t.parts ?? [{ shape, dtype }],
      ),
    );
  }
  return outputs.map((t) => (env.get(t) as readonly Plain[])[0] as Plain);
}
