import fc from "fast-check";
import { type DType, isFloat } from "../../src/dtype.ts";
import { sizeOf } from "../../src/shape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { make } from "../draw.ts";
import { type Known, operations } from "./operations.ts";

/** A random graph: tensors to start from, steps that each read earlier values, and the values that are wanted. */
export interface Program {
  readonly inputs: readonly { readonly shape: readonly number[]; readonly dtype: DType; readonly data: number[] }[];
  /** Builds the graph anew on the given inputs; the wanted values. */
  readonly build: (inputs: readonly Tensor[]) => Tensor[];
  /** What is known of each wanted value. */
  readonly outputs: readonly Known[];
  readonly toString: () => string;
}

/** Fresh leaves with the values of the program's inputs. */
export const leaves = (p: Program): Tensor[] => p.inputs.map(({ shape, dtype, data }) => make(data, shape, dtype));

const beyond = 1e6;

interface Draft {
  readonly inputs: readonly { readonly shape: readonly number[]; readonly dtype: DType; readonly numbers: number[] }[];
  readonly steps: readonly { readonly op: string; readonly from: readonly number[]; readonly choices: number[] }[];
  readonly wanted: readonly number[];
}

/** Resolves a draft: operands are counted from the newest value, and a step that does not apply is left out. */
function resolve({ inputs, steps, wanted }: Draft): Program {
  const filled = inputs.map(({ shape, dtype, numbers }) => ({
    shape,
    dtype,
    data: Array.from({ length: sizeOf(shape) }, (_, i) => {
      const n = (((numbers[i % numbers.length] as number) + 5 * i) % 33) - 16;
      return dtype === "bool" ? Number(n > 0) : isFloat(dtype) ? n / 4 : n;
    }),
  }));
  const env: Known[] = filled.map(({ shape, dtype, data }, i) => ({
    t: make(data, shape, dtype),
    bound: isFloat(dtype) ? 4 : dtype === "bool" ? 1 : 2 ** 31,
    error: 0,
    grid: isFloat(dtype) ? 2 : 0,
    name: `v${i}`,
  }));
  const calls: { readonly call: (...xs: Tensor[]) => Tensor; readonly from: readonly number[] }[] = [];
  const lines = env.map((x, i) => `${x.name} = input ${x.t.dtype} [${x.t.shape}] ${JSON.stringify(filled[i]?.data)}`);
  for (const { op, from, choices } of steps) {
    const [x, y] = from.map((k) => env[env.length - 1 - (k % env.length)] as Known) as [Known, Known];
    let next = 0;
    const choose = (n: number): number => (n <= 1 ? 0 : (choices[next++ % choices.length] as number) % n);
    const made = operations[op]?.(x, y, choose) ?? null;
    if (made === null) continue;
    const t = made.call(...made.operands.map((k) => k.t));
    if (isFloat(t.dtype) && (made.bound > beyond || made.error > 1e-2)) continue;
    const name = `v${env.length}`;
    lines.push(`${name} = ${made.text}  ${t.dtype} [${t.shape}]`);
    calls.push({ call: made.call, from: made.operands.map((k) => env.indexOf(k)) });
    env.push({ t, bound: made.bound, error: made.error, grid: made.grid, name });
  }
  const picked = [...new Set([env.length - 1, ...wanted.map((k) => env.length - 1 - (k % env.length))])];
  lines.push(`outputs: ${picked.map((k) => `v${k}`).join(", ")}`);
  return {
    inputs: filled,
    build(given) {
      const values = [...given];
      for (const { call, from } of calls) values.push(call(...from.map((k) => values[k] as Tensor)));
      return picked.map((k) => values[k] as Tensor);
    },
    outputs: picked.map((k) => env[k] as Known),
    toString: () => `\n${lines.join("\n")}\n`,
  };
}

const size = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom(1, 2, 3, 4, 5, 7) },
  { weight: 1, arbitrary: fc.constant(0) },
);

/** Random programs over inputs of the given dtypes, out of all operations but those in `without`. */
export const programs = (dtypes: readonly DType[], without: readonly string[] = []): fc.Arbitrary<Program> =>
  fc
    .record({
      inputs: fc.array(
        fc.record({
          shape: fc.array(size, { maxLength: 3 }),
          dtype: fc.constantFrom(...dtypes),
          numbers: fc.array(fc.nat(32), { minLength: 1, maxLength: 6 }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      steps: fc.array(
        fc.record({
          op: fc.constantFrom(...Object.keys(operations).filter((name) => !without.includes(name))),
          // Mostly recent values, so that chains are long enough to be fused.
          from: fc.tuple(fc.oneof({ weight: 3, arbitrary: fc.nat(1) }, fc.nat(20)), fc.nat(20)),
          choices: fc.array(fc.nat(9), { minLength: 4, maxLength: 8 }),
        }),
        { minLength: 5, maxLength: 40, size: "max" },
      ),
      wanted: fc.array(fc.nat(20), { maxLength: 3 }),
    })
    .map(resolve);
