import { Linear, Sequential } from "@gradus/nn";
import type { Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  check,
  concat,
  key,
  matmul,
  mul,
  relu,
  reshape,
  ShapeError,
  sigmoid,
  slice,
  sub,
  sum,
  TreeNode,
  tanh,
  transpose,
} from "@gradus/tensor";
import { tasks } from "./tasks.ts";

/** What the hidden units do. */
export type Activation = "logistic" | "tanh" | "relu";
export const activations: Readonly<Record<Activation, (x: Tensor) => Tensor>> = { logistic: sigmoid, tanh, relu };

/** A class label. */
export type Label = string | number;

/** How many units a prediction uses. */
export interface UnitsOption {
  /** The units trained first that are on, a multiple of those per step; all unless told. */
  readonly units?: number;
}

/**
 * A network of one hidden layer that {@link gradientBoostedMlp} trained a few units at a time, so that those trained last can be switched off. It is a tree of
 * tensors: `saveTree` stores it.
 */
export class BoostedMlp extends TreeNode {
  /** Weights of the hidden units `[units, inputs]`, in the order of their training. */
  readonly hidden: Tensor;
  /** Their biases `[units]`. */
  readonly hiddenBias: Tensor;
  /** Output weights `[outputs, units]`, times the steps `ρ`. */
  readonly output: Tensor;
  /** What each block adds to the output's bias, `[blocks, outputs]`, times the steps `ρ`. */
  readonly blockBias: Tensor;
  /** The constant that training started from, `[outputs]`. */
  readonly start: Tensor;
  /** What is predicted. */
  readonly task: keyof typeof tasks;
  readonly activation: Activation;
  /** Units per block. */
  readonly unitsPerStep: number;
  /** The classes, in the order of the probabilities; empty for numbers. */
  readonly classes: readonly Label[];
  /** Steps `ρ` of the blocks, the learning rate in; 0 where a block was skipped. */
  readonly steps: readonly number[];
  /** Mean training loss, before the first block and after each. */
  readonly losses: readonly number[];

  constructor(
    fields: Pick<
      BoostedMlp,
      | "hidden"
      | "hiddenBias"
      | "output"
      | "blockBias"
      | "start"
      | "task"
      | "activation"
      | "unitsPerStep"
      | "classes"
      | "steps"
      | "losses"
    >,
  ) {
    super();
    this.hidden = fields.hidden;
    this.hiddenBias = fields.hiddenBias;
    this.output = fields.output;
    this.blockBias = fields.blockBias;
    this.start = fields.start;
    this.task = fields.task;
    this.activation = fields.activation;
    this.unitsPerStep = fields.unitsPerStep;
    this.classes = fields.classes;
    this.steps = fields.steps;
    this.losses = fields.losses;
  }

  /** Hidden units in all. */
  get units(): number {
    return this.hidden.shape[0] as number;
  }

  /** Blocks that `units` are. Throws ArgumentError unless they are a whole number of them. */
  #blocks(op: string, { units = this.units }: UnitsOption): number {
    if (!Number.isSafeInteger(units) || units < 0 || units > this.units || units % this.unitsPerStep !== 0)
      throw new ArgumentError(
        `${op}: units: expected a multiple of ${this.unitsPerStep} in [0, ${this.units}], got ${check.said(units)}`,
      );
    return units / this.unitsPerStep;
  }

  /** Throws unless `x` is rows of this model's inputs. */
  #rows(op: string, x: Tensor): void {
    check.tensor(op, x, "x");
    const inputs = this.hidden.shape[1] as number;
    if (x.rank !== 2 || x.shape[1] !== inputs)
      throw new ShapeError(`${op}: x: expected [rows, ${inputs}], got [${x.shape}]`);
  }

  /** Scores with the first blocks on: `F₀ + Σ ρₜ hₜ(x)`. */
  #scores(x: Tensor, blocks: number): Tensor {
    const n = blocks * this.unitsPerStep;
    const k = this.start.shape[0] as number;
    const bias = add(this.start, sum(slice(this.blockBias, [0, 0], [blocks, k]), [0]));
    if (n === 0) return add(mul(sum(x, [1], { keepDims: true }), 0), bias);
    const w = slice(this.hidden, [0, 0], [n, x.shape[1] as number]);
    const h = activations[this.activation](add(matmul(x, transpose(w)), slice(this.hiddenBias, [0], [n])));
    return add(matmul(h, transpose(slice(this.output, [0, 0], [k, n]))), bias);
  }

  /**
   * The scores `F(x)` `[rows, outputs]`: the numbers themselves in regression, half the log-odds of the second class in binary tasks, logits of classes else.
   *
   * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} for rows of another length, {@link @gradus/tensor!index.ArgumentError | ArgumentError} for units that are no whole blocks
   */
  predict(x: Tensor, options: UnitsOption = {}): Tensor {
    check.options("predict", options, { units: check.anything });
    this.#rows("predict", x);
    return this.#scores(x, this.#blocks("predict", options));
  }

  /**
   * Probabilities of the classes, `[rows, classes]`.
   *
   * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} in regression, and as {@link BoostedMlp.predict} does
   */
  predictProba(x: Tensor, options: UnitsOption = {}): Tensor {
    const { probability } = tasks[this.task];
    if (probability === null) throw new ArgumentError("predictProba: numbers have no probabilities; use predict");
    check.options("predictProba", options, { units: check.anything });
    this.#rows("predictProba", x);
    const p = probability(this.#scores(x, this.#blocks("predictProba", options)));
    return this.task === "binary" ? concat([sub(1, p), p], 1) : p;
  }

  /** The scores with no block on, one, two, and so on. The tensors are the caller's to dispose. */
  async *staged(x: Tensor): AsyncGenerator<Tensor> {
    this.#rows("staged", x);
    for (let t = 0; t <= this.steps.length; t++) yield this.#scores(x, t);
  }

  /**
   * The same function as an ordinary network: linear, activation, linear. Its output goes into a plain sigmoid (binary) or softmax, or is the number itself.
   *
   * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for units that are no whole blocks, or none
   */
  toModule(options: UnitsOption = {}): Sequential {
    check.options("toModule", options, { units: check.anything });
    const blocks = this.#blocks("toModule", options);
    if (blocks === 0) throw new ArgumentError("toModule: units: a network needs one unit at least");
    const n = blocks * this.unitsPerStep;
    const [k, inputs] = [this.start.shape[0] as number, this.hidden.shape[1] as number];
    const { scale } = tasks[this.task];
    const bias = add(this.start, sum(slice(this.blockBias, [0, 0], [blocks, k]), [0]));
    const layer = (weight: Tensor, b: Tensor): Linear =>
      Object.assign(new Linear(1, 1, { key: key(0) }), { weight, bias: reshape(b, [weight.shape[0] as number]) });
    return new Sequential(
      layer(slice(this.hidden, [0, 0], [n, inputs]), slice(this.hiddenBias, [0], [n])),
      activations[this.activation],
      layer(mul(slice(this.output, [0, 0], [k, n]), scale), mul(bias, scale)),
    );
  }
}
