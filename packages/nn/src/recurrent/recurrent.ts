import type { DType, Key, Tensor } from "@gradus/tensor";
import {
  add,
  cast,
  check,
  concat,
  matmul,
  permute,
  ShapeError,
  scan,
  stack,
  transpose,
  uniform,
  zeros,
} from "@gradus/tensor";
import { dropped } from "../layers/dropout.ts";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkPass } from "../pass.ts";
import { checkFloat, checkSize, keysOf, sameShape } from "../settings.ts";

/** Options of the recurrent networks; the defaults are PyTorch's, but for the batch, which comes first. */
export interface RecurrentOptions {
  /** Source of the first values, `U(±1 / √hidden)`. */
  readonly key: Key;
  /** Layers one after the other; 1 unless told. */
  readonly layers?: number;
  /** Read the sequence from its end as well; false unless told. */
  readonly bidirectional?: boolean;
  /** Share of what goes from layer to layer that is dropped in training; 0 unless told. */
  readonly dropout?: number;
  /** Add biases; true unless told. */
  readonly bias?: boolean;
  /** Float dtype of the parameters; f32 unless told. */
  readonly dtype?: DType;
}

/** Checks of {@link RecurrentOptions}. */
const known: Readonly<Record<string, check.Check>> = {
  key: check.key,
  layers: check.integer("[1, ∞)"),
  bidirectional: check.flag,
  dropout: check.number("[0, 1)"),
  bias: check.flag,
  dtype: check.floatDType,
};

/** One step of a cell: its state from the state before, and from input and state times their weights. */
export type Cell = (state: readonly Tensor[], fromInput: Tensor, fromState: Tensor) => readonly [Tensor, ...Tensor[]];

/**
 * Weights of recurrent layers under PyTorch's names: `weight_ih_l0` `[gates · hidden, inputs]`, `weight_hh_l0` `[gates · hidden, hidden]`, `bias_ih_l0` and
 * `bias_hh_l0` `[gates · hidden]`, and those with `_reverse` that read from the end.
 */
export abstract class Recurrent extends Module {
  readonly [weight: `weight_${string}`]: Tensor;
  readonly [bias: `bias_${string}`]: Tensor;
  /** Features of the input. */
  readonly inputs: number;
  /** Features of the state. */
  readonly hidden: number;
  /** Number of layers. */
  readonly layers: number;
  /** Whether the sequence is read from its end as well. */
  readonly bidirectional: boolean;
  /** Share dropped between layers. */
  readonly dropout: number;

  /** `gates` times `hidden` numbers go into a step of the cell. */
  protected constructor(
    op: string,
    gates: number,
    inputs: number,
    hidden: number,
    options: RecurrentOptions,
    more: Readonly<Record<string, check.Check>> = {},
  ) {
    super();
    checkSize(op, "inputs", inputs);
    checkSize(op, "hidden", hidden);
    check.options(op, options, { ...known, ...more });
    check.key(op, options?.key, "key");
    const { key, layers = 1, bidirectional = false, dropout = 0, bias = true, dtype = "f32" } = options;
    const bound = 1 / Math.sqrt(hidden);
    const runs = suffixes(layers, bidirectional).flat();
    const weights: Record<string, Tensor> = {};
    keysOf(op, key, runs.length).forEach((own, i) => {
      const width = i < (bidirectional ? 2 : 1) ? inputs : hidden * (bidirectional ? 2 : 1);
      const keys = keysOf(op, own, 4);
      const draw = (name: string, shape: readonly number[]): void => {
        const at = Object.keys(weights).length % 4;
        weights[`${name}_${runs[i]}`] = uniform(keys[at] as Key, shape, { low: -bound, high: bound, dtype });
      };
      draw("weight_ih", [gates * hidden, width]);
      draw("weight_hh", [gates * hidden, hidden]);
      if (!bias) return;
      draw("bias_ih", [gates * hidden]);
      draw("bias_hh", [gates * hidden]);
    });
    Object.assign(this, weights);
    this.inputs = inputs;
    this.hidden = hidden;
    this.layers = layers;
    this.bidirectional = bidirectional;
    this.dropout = dropout;
  }

  /**
   * The states of the last layer at all places, `[batch, length, directions · hidden]`, and the last state of every run, `[layers · directions, batch,
   * hidden]` for each of the `first` states. Unless `first` is given, it is zeros.
   */
  protected run(
    op: string,
    cell: Cell,
    x: Tensor,
    names: readonly string[],
    first: Readonly<Record<string, Tensor>> | undefined,
    pass: Pass | undefined,
  ): { output: Tensor; last: Tensor[] } {
    checkFloat(op, x);
    checkPass(op, pass);
    if (x.rank !== 3 || x.shape[2] !== this.inputs)
      throw new ShapeError(`${op}: x: expected [batch, length, ${this.inputs}], got [${x.shape}]`);
    const { layers, bidirectional, hidden } = this;
    const runs = suffixes(layers, bidirectional);
    const shape = [runs.flat().length, x.shape[0] as number, hidden];
    const starts = names.map((name) => {
      if (first === undefined) return zeros(shape, { dtype: x.dtype });
      check.options(op, first, Object.fromEntries(names.map((n) => [n, check.tensor])), "first");
      check.tensor(op, first[name], `first.${name}`);
      const start = first[name] as Tensor;
      if (!sameShape(start.shape, shape))
        throw new ShapeError(`${op}: first.${name}: expected [${shape}], got [${start.shape}]`);
      return start;
    });
    const last: (readonly Tensor[])[] = [];
    let sequence = permute(x, [1, 0, 2]);
    runs.forEach((suffixes, layer) => {
      if (layer > 0 && this.dropout > 0 && pass?.training)
        sequence = dropped(sequence, this.dropout, pass.key(op), sequence.shape);
      const outputs = suffixes.map((suffix, direction) => {
        const state = starts.map((t) => t.at(layer * suffixes.length + direction));
        const [end, ys] = this.loop(cell, suffix, sequence, state, direction === 1);
        last.push(end);
        return ys;
      });
      sequence = outputs.length === 1 ? (outputs[0] as Tensor) : concat(outputs, -1);
    });
    return {
      output: permute(sequence, [1, 0, 2]),
      last: names.map((_, i) => stack(last.map((state) => state[i] as Tensor))),
    };
  }

  /** One layer in one direction over `[length, batch, features]`. What comes from the input is one product for all places. */
  private loop(
    cell: Cell,
    suffix: string,
    x: Tensor,
    state: readonly Tensor[],
    reverse: boolean,
  ): [readonly Tensor[], Tensor] {
    const through = (t: Tensor, part: "ih" | "hh"): Tensor => {
      const y = matmul(t, transpose(this[`weight_${part}_${suffix}`] as Tensor));
      const bias = this[`bias_${part}_${suffix}`];
      return bias === undefined ? y : add(y, bias);
    };
    const fromInput = through(x, "ih");
    const start = state.map((t) => cast(t, fromInput.dtype));
    return scan(
      (before: readonly Tensor[], input: Tensor): readonly [readonly Tensor[], Tensor] => {
        const after = cell(before, input, through(before[0] as Tensor, "hh"));
        return [after, after[0]];
      },
      start as readonly Tensor[],
      fromInput,
      { reverse },
    );
  }
}

/** How the weights of each layer's runs are called. */
const suffixes = (layers: number, bidirectional: boolean): string[][] =>
  Array.from({ length: layers }, (_, i) => (bidirectional ? [`l${i}`, `l${i}_reverse`] : [`l${i}`]));
