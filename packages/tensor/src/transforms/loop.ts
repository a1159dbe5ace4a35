import { isFloat } from "../dtype.ts";
import { add } from "../functions/arithmetic.ts";
import { zerosLike } from "../functions/fill.ts";
import { broadcastTo, moveaxis } from "../functions/shaping.ts";
import { planBody } from "../plan/body.ts";
import type { Aval, Primitive } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { applyMany } from "../tensor.ts";
import { batchGraph, spread } from "./batch.ts";
import { pullback, pushforward } from "./differentiate.ts";
import { Graph, partsOf, trace } from "./graph.ts";
import { pruneLoop } from "./loop-prune.ts";
import { optimise } from "./optimise.ts";

/**
 * A loop in the graph. Inputs: consts, initial carries, stacked xs. Parts: final carries, stacked ys, then for every carry the stack of its
 * values before each step, which only a reverse pass asks for.
 */
export interface Loop {
  readonly length: number;
  readonly reverse: boolean;
  readonly consts: number;
  readonly carries: number;
  /** One step: (consts, carries, x slices) → (carries, y slices). */
  readonly body: Graph;
  /** Carries whose values before each step are further parts: all of them until a plan prunes the loop. */
  readonly saved: readonly number[];
}

interface LoopInputs {
  readonly length: number;
  readonly reverse: boolean;
  readonly consts: readonly Tensor[];
  readonly init: readonly Tensor[];
  readonly xs: readonly Tensor[];
}

interface LoopOutputs {
  readonly carries: Tensor[];
  readonly ys: Tensor[];
  readonly saved: Tensor[];
}

const slice = (t: Aval): Aval => ({ shape: t.shape.slice(1), dtype: t.dtype });

/** A loop node; `step` runs once, on placeholders, and what it captures becomes further consts. */
export function makeLoop(
  { length, reverse, consts, init, xs }: LoopInputs,
  step: (
    consts: readonly Tensor[],
    carries: readonly Tensor[],
    xs: readonly Tensor[],
  ) => { readonly carries: readonly Tensor[]; readonly ys: readonly Tensor[] },
): LoopOutputs {
  const [k, c] = [consts.length, init.length];
  const { graph, captures } = trace([...consts, ...init, ...xs.map(slice)], (ps) => {
    const { carries, ys } = step(ps.slice(0, k), ps.slice(k, k + c), ps.slice(k + c));
    return [...carries, ...ys];
  });
  const own = graph.inputs.slice(0, k + c + xs.length);
  const body = new Graph([...own.slice(0, k), ...graph.inputs.slice(own.length), ...own.slice(k)], graph.outputs);
  const attributes: Loop = {
    length,
    reverse,
    consts: k + captures.length,
    carries: c,
    body,
    saved: init.map((_, i) => i),
  };
  const parts = applyMany(loop, [...consts, ...captures, ...init, ...xs], attributes);
  const ys = graph.outputs.length;
  return { carries: parts.slice(0, c), ys: parts.slice(c, ys), saved: parts.slice(ys) };
}

/** Splits a list that is parallel to the inputs of a loop. */
function split<T>({ consts, carries }: Loop, list: readonly T[]): { consts: T[]; carries: T[]; xs: T[] } {
  return {
    consts: list.slice(0, consts),
    carries: list.slice(consts, consts + carries),
    xs: list.slice(consts + carries),
  };
}

const floats = (list: readonly Aval[]): number[] => list.flatMap((t, i) => (isFloat(t.dtype) ? [i] : []));
const pick = <T>(list: readonly T[], at: readonly number[]): T[] => at.map((i) => list[i] as T);
/** A list of `n` with `values[k]` at `at[k]` and null elsewhere. */
function place<T>(n: number, at: readonly number[], values: readonly T[]): (T | null)[] {
  const out = new Array<T | null>(n).fill(null);
  at.forEach((i, k) => {
    out[i] = values[k] as T;
  });
  return out;
}

export const loop: Primitive<Loop> = {
  name: "scan",

  infer(inputs, { length, consts, carries, body, saved }) {
    const stack = ({ shape, dtype }: Aval): Aval => ({ shape: [length, ...shape], dtype });
    const init = inputs.slice(consts, consts + carries);
    return [
      ...init.map(({ shape, dtype }) => ({ shape, dtype })),
      ...body.outputs.slice(carries).map(stack),
      ...saved.map((i) => stack(init[i] as Tensor)),
    ];
  },

  /** A loop in the other direction: its carries are the cotangents of the carries and the sums over steps of those of the consts. */
  vjp(_, out, cts, needs) {
    const { attributes } = out;
    const { length, reverse, body, carries: c } = attributes;
    const inputs = split(attributes, out.inputs);
    const saved = partsOf(out).slice(body.outputs.length);
    // a cotangent of the saved values arrives when a reverse pass was itself differentiated: it joins that of the carry at its step
    const [toYs, toSaved] = [cts.slice(c, body.outputs.length), cts.slice(body.outputs.length)];
    const liveYs = toYs.flatMap((ct, i) => (ct === null ? [] : [i]));
    const liveSaved = toSaved.flatMap((ct, i) => (ct === null ? [] : [i]));
    const asked = (list: readonly Tensor[]): number[] => floats(list).filter((i) => needs(list[i] as Tensor));
    const [fk, fc, fx] = [asked(inputs.consts), floats(inputs.carries), asked(inputs.xs)];
    const result = makeLoop(
      {
        length,
        reverse: !reverse,
        consts: inputs.consts,
        init: [
          ...fc.map((i) => cts[i] ?? zerosLike(inputs.carries[i] as Tensor)),
          ...pick(inputs.consts, fk).map((t) => zerosLike(t)),
        ],
        xs: [...saved, ...inputs.xs, ...pick(toYs, liveYs), ...pick(toSaved, liveSaved)] as Tensor[],
      },
      (consts, state, slices) => {
        const before = slices.slice(0, c);
        const xs = slices.slice(c, c + inputs.xs.length);
        const rest = slices.slice(c + inputs.xs.length);
        const given = [...consts, ...before, ...xs];
        const after = body.apply(given);
        const ctYs = place(toYs.length, liveYs, rest.slice(0, liveYs.length));
        const ctSaved = place(c, liveSaved, rest.slice(liveYs.length));
        const wanted = [...fk, ...fc.map((i) => attributes.consts + i), ...fx.map((i) => attributes.consts + c + i)];
        const flows = pullback(after, [...place(c, fc, state.slice(0, fc.length)), ...ctYs], pick(given, wanted));
        const grads = split(attributes, place(given.length, wanted, flows));
        const zero = (t: Tensor | null | undefined, like: Tensor): Tensor => t ?? zerosLike(like);
        return {
          carries: [
            ...fc.map((i) => {
              const [flow, extra] = [grads.carries[i], ctSaved[i]];
              return flow && extra ? add(flow, extra) : zero(flow ?? extra, before[i] as Tensor);
            }),
            ...fk.map((i, n) => {
              const total = state[fc.length + n] as Tensor;
              const term = grads.consts[i];
              return term ? add(total, term) : total;
            }),
          ],
          ys: fx.map((i) => zero(grads.xs[i], xs[i] as Tensor)),
        };
      },
    );
    return [
      ...place(inputs.consts.length, fk, result.carries.slice(fc.length)),
      ...place(c, fc, result.carries.slice(0, fc.length)),
      ...place(inputs.xs.length, fx, result.ys),
    ];
  },

  /** The loop again with tangents beside the carries. */
  jvp(tangents, out) {
    const { attributes } = out;
    const { length, reverse, body, carries: c } = attributes;
    const inputs = split(attributes, out.inputs);
    const given = split(attributes, tangents);
    const live = (list: readonly (Tensor | null)[]): number[] => list.flatMap((t, i) => (t === null ? [] : [i]));
    const [lk, lx, fc] = [live(given.consts), live(given.xs), floats(inputs.carries)];
    let outYs: number[] = [];
    const result = makeLoop(
      {
        length,
        reverse,
        consts: [...inputs.consts, ...(pick(given.consts, lk) as Tensor[])],
        init: [...inputs.carries, ...fc.map((i) => given.carries[i] ?? zerosLike(inputs.carries[i] as Tensor))],
        xs: [...inputs.xs, ...(pick(given.xs, lx) as Tensor[])],
      },
      (consts, state, slices) => {
        const [k, x] = [inputs.consts.length, inputs.xs.length];
        const primals = [...consts.slice(0, k), ...state.slice(0, c), ...slices.slice(0, x)];
        const after = body.apply(primals);
        const vectors = [
          ...place(k, lk, consts.slice(k)),
          ...place(c, fc, state.slice(c)),
          ...place(x, lx, slices.slice(x)),
        ];
        const dAfter = pushforward(after, primals, vectors);
        const dYs = dAfter.slice(c);
        outYs = live(dYs);
        return {
          carries: [...after.slice(0, c), ...fc.map((i) => dAfter[i] ?? zerosLike(after[i] as Tensor))],
          ys: pick(dYs, outYs) as Tensor[],
        };
      },
    );
    return [
      ...place(c, fc, result.carries.slice(c)),
      ...place(body.outputs.length - c, outYs, result.ys),
      ...place(c, fc, result.saved.slice(c)),
    ];
  },

  batch(inputs, batched, size, out) {
    const { attributes } = out;
    const { length, reverse, body, carries: c } = attributes;
    const values = split(attributes, inputs);
    const flags = split(attributes, batched);
    const inner = (t: Tensor, flag: boolean): Aval => ({
      shape: flag ? [size, ...t.shape.slice(2)] : t.shape.slice(1),
      dtype: t.dtype,
    });
    // a carry is batched when it starts so or when a step makes it so: grow the set until it is stable
    for (let stable = false; !stable; ) {
      stable = true;
      const carryAval = (t: Tensor, i: number): Aval =>
        flags.carries[i] && !batched[attributes.consts + i] ? { shape: [size, ...t.shape], dtype: t.dtype } : t;
      const all = [...flags.consts, ...flags.carries, ...flags.xs];
      trace(
        [
          ...values.consts,
          ...values.carries.map(carryAval),
          ...values.xs.map((t, i) => inner(t, flags.xs[i] as boolean)),
        ],
        (ps) => {
          const ys = batchGraph(
            body.outputs,
            body.inputs,
            ps.map((value, i) => ({ value, batched: all[i] as boolean })),
            size,
          );
          for (let i = 0; i < c; i++)
            if (ys[i]?.batched && !flags.carries[i]) {
              flags.carries[i] = true;
              stable = false;
            }
          return [];
        },
      );
    }
    const marks = [...flags.consts, ...flags.carries, ...flags.xs];
    const result = makeLoop(
      {
        length,
        reverse,
        consts: values.consts,
        init: values.carries.map((t, i) =>
          flags.carries[i] ? spread({ value: t, batched: batched[attributes.consts + i] as boolean }, size) : t,
        ),
        xs: values.xs.map((t, i) => (flags.xs[i] ? moveaxis(t, 0, 1) : t)),
      },
      (consts, state, slices) => {
        const ys = batchGraph(
          body.outputs,
          body.inputs,
          [...consts, ...state, ...slices].map((value, i) => ({ value, batched: marks[i] as boolean })),
          size,
        );
        return {
          carries: ys.slice(0, c).map((y, i) => (flags.carries[i] ? spread(y, size) : y.value)),
          ys: ys.slice(c).map((y) => spread(y, size)),
        };
      },
    );
    return [
      ...result.carries.map((t, i) => spread({ value: t, batched: flags.carries[i] as boolean }, size)),
      ...result.ys.map((t) => moveaxis(t, 1, 0)),
      ...result.saved.map((t, i) => (flags.carries[i] ? moveaxis(t, 1, 0) : broadcastTo(t, [size, ...t.shape]))),
    ];
  },

  lower: {
    kind: "special",
    prune(node, used) {
      const smaller = pruneLoop(node.inputs, node.attributes, used);
      if (smaller === null) return null;
      const parts = applyMany(loop, smaller.inputs, smaller.attributes);
      return smaller.parts.map((i) => parts[i] ?? null);
    },
    special({ attributes: { length, reverse, consts, carries, body, saved } }, used) {
      const all = [...body.outputs, ...saved.map((i) => body.inputs[consts + i] as Tensor)];
      const outputs = all.filter((_, i) => i < carries || used[i]);
      return {
        kind: "scan",
        length,
        reverse,
        consts,
        carries,
        xs: body.inputs.length - consts - carries,
        ys: outputs.length - carries,
        body: planBody(body.inputs, optimise(new Graph(body.inputs, outputs)).outputs),
      };
    },
  },
};
