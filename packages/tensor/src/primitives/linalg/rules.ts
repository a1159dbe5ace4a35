import { type HostArray, isFloat } from "../../dtype.ts";
import { isFinite, logicalAnd } from "../../functions/comparison.ts";
import { abs } from "../../functions/elementary.ts";
import { zerosLike } from "../../functions/fill.ts";
import { max } from "../../functions/reduction.ts";
import type { Plan, Special } from "../../ir/ir.ts";
import { planBody } from "../../plan/body.ts";
import type { Aval, Primitive } from "../../primitive.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { aliasOf, applyMany, type Tensor } from "../../tensor.ts";
import { pullback } from "../../transforms/differentiate.ts";
import { partsOf, trace } from "../../transforms/graph.ts";
import { alignBatch } from "../batching.ts";

type Vectors = readonly (Tensor | null)[];

/** What tells one matrix primitive from another. Inputs and parts are batched over the same leading axes. */
export interface MatrixRules<A> {
  readonly name: string;
  /** Avals of the parts. */
  parts(inputs: readonly Tensor[], attributes: A): readonly Aval[];
  /** Tangents of the parts, linear in those of the inputs. */
  tangents(given: Vectors, node: Tensor<A>, parts: readonly Tensor[]): Vectors;
  /** Cotangents of the inputs; without it the rule for tangents is transposed, which must then not use the primitive itself. */
  cotangents?(cts: Vectors, node: Tensor<A>, parts: readonly Tensor[], needs: (input: Tensor) => boolean): Vectors;
  /** One matrix: an m×n first input, copies of all inputs and the parts in use (null: unused), in f64. */
  run(
    m: number,
    n: number,
    inputs: readonly Float64Array[],
    outputs: readonly (Float64Array | null)[],
    attributes: A,
  ): void;
  /** The parts of large matrices made of products and of `run` on small ones; null where that does not pay. All inputs have one leading axis, the batch. */
  blocked?(inputs: readonly Tensor[], attributes: A): readonly Tensor[] | null;
}

/** A primitive with several parts that works on each matrix of a batch. */
export function matrixPrimitive<A>(rules: MatrixRules<A>): Primitive<A> {
  const primitive: Primitive<A> = {
    name: rules.name,
    infer: (inputs, attributes) => rules.parts(inputs, attributes),
    vjp: (_, out, cts, needs) =>
      rules.cotangents?.(cts, out, partsOf(out), needs) ?? transposed(rules, cts, out, needs),
    jvp: (tangents, out) => rules.tangents(tangents, out, partsOf(out)),
    batch: (inputs, batched, size, out) => applyMany<A>(primitive, alignBatch(inputs, batched, size), out.attributes),
    lower: { kind: "special", special: (node, used) => routine(rules, node, used) },
  };
  return primitive;
}

/** The adjoint of the rule for tangents: its reverse mode from arguments of zero, which its linearity makes irrelevant. */
function transposed<A>(
  rules: MatrixRules<A>,
  cts: Vectors,
  node: Tensor<A>,
  needs: (input: Tensor) => boolean,
): Vectors {
  const probes = node.inputs.map((t) => (isFloat(t.dtype) && needs(t) ? aliasOf(zerosLike(t), 0) : null));
  const images = rules.tangents(probes, node, partsOf(node));
  const live = images.flatMap((image, i) => (image && cts[i] ? [[image, cts[i] as Tensor] as const] : []));
  const flows = pullback(
    live.map(([image]) => image),
    live.map(([, ct]) => ct),
    probes.filter((t) => t !== null),
  );
  return probes.map((t) => (t === null ? null : (flows.shift() ?? null)));
}

function routine<A>(rules: MatrixRules<A>, node: Tensor<A>, used: readonly boolean[]): Special {
  const shape = (node.inputs[0] as Tensor).shape;
  const [m, n] = core(shape);
  const count = sizeOf(shape.slice(0, -2));
  const inputs = node.inputs.length;
  const { attributes } = node;
  return {
    kind: "routine",
    name: rules.name,
    blocked: () => planBlocked(rules, node, count, used),
    run(arrays) {
      const given = arrays.slice(0, inputs);
      const results = arrays.slice(inputs);
      for (let i = 0; i < count; i++) {
        const write: (() => void)[] = [];
        let next = 0;
        const outputs = used.map((is) => (is ? target(results[next++] as HostArray, i, count, write) : null));
        rules.run(
          m,
          n,
          given.map((a) => new Float64Array(slot(a, i, count))),
          outputs,
          attributes,
        );
        for (const put of write) put();
      }
    },
  };
}

/** The plan of the blocked form; its flag is that all it computed is finite, so that what is singular, or too large, is left to the routine. */
function planBlocked<A>(rules: MatrixRules<A>, node: Tensor<A>, count: number, used: readonly boolean[]): Plan | null {
  const lead = (node.inputs[0] as Tensor).rank - 2;
  const avals = node.inputs.map(({ shape, dtype }) => ({ shape: [count, ...shape.slice(lead)], dtype }));
  let small = count === 0;
  const { graph } = trace(avals, (inputs) => {
    const parts = small ? null : (rules.blocked?.(inputs, node.attributes) ?? null);
    small = parts === null;
    const wanted = (parts ?? []).filter((_, i) => used[i]);
    const finite = wanted.filter((t) => isFloat(t.dtype)).map((t) => isFinite(max(abs(t))));
    return small ? [] : [...wanted, finite.reduce(logicalAnd)];
  });
  return small ? null : planBody(graph.inputs, graph.outputs);
}

const slot = (a: HostArray, i: number, count: number): HostArray => {
  const size = a.length / count;
  return a.subarray(i * size, (i + 1) * size) as HostArray;
};

/** Room for a result: its own memory where that is f64, else a copy that is written back. */
function target(a: HostArray, i: number, count: number, write: (() => void)[]): Float64Array {
  const own = slot(a, i, count);
  if (own instanceof Float64Array) return own;
  const copy = new Float64Array(own.length);
  write.push(() => own.set(copy));
  return copy;
}

/** Sizes of the last two axes. */
export const core = (shape: Shape): [m: number, n: number] => shape.slice(-2) as [number, number];
