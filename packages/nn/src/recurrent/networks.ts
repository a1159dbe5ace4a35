import type { Tensor } from "@gradus/tensor";
import { add, check, chunk, mul, relu, sigmoid, sub, tanh } from "@gradus/tensor";
import type { Pass } from "../pass.ts";
import type { Cell, RecurrentOptions } from "./recurrent.ts";
import { Recurrent } from "./recurrent.ts";

/** Options of {@link RNN}. */
export interface RnnOptions extends RecurrentOptions {
  /** Of what goes into the state; `"tanh"` unless told. */
  readonly nonlinearity?: "tanh" | "relu";
}

/** State of {@link RNN} and {@link GRU}. */
export interface Hidden {
  /** `[layers · directions, batch, hidden]`. */
  readonly hidden: Tensor;
}

/** State of {@link LSTM}. */
export interface HiddenAndCell extends Hidden {
  /** `[layers · directions, batch, hidden]`. */
  readonly cell: Tensor;
}

/** What a recurrent network gives: the states of its last layer at all places, and the last states of all layers. */
export type Recurrence<State> = State & {
  /** `[batch, length, directions · hidden]`. */
  readonly output: Tensor;
};

const parts = (t: Tensor, n: number): Tensor[] =>
  chunk(t, new Array<number>(n).fill((t.shape.at(-1) as number) / n), -1);

/**
 * Elman's recurrent network (1990): `h ← tanh(W_ih x + b_ih + W_hh h + b_hh)`, with PyTorch's names.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is no positive integer, or for a bad option
 * @example
 * ```ts
 * const { output, hidden } = new RNN(8, 16, { key: key(0) }).call(x); // x [4, 20, 8] → [4, 20, 16], [1, 4, 16]
 * ```
 */
export class RNN extends Recurrent {
  /** Of what goes into the state. */
  readonly nonlinearity: "tanh" | "relu";

  constructor(inputs: number, hidden: number, options: RnnOptions) {
    super("RNN", 1, inputs, hidden, options, { nonlinearity: check.oneOf("tanh", "relu") });
    this.nonlinearity = options.nonlinearity ?? "tanh";
  }

  /**
   * `[batch, length, inputs]` → states at all places and the last of all layers; starts from zeros unless `first` is given. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}.
   */
  forward(x: Tensor, first?: Hidden, pass?: Pass): Recurrence<Hidden> {
    const f = this.nonlinearity === "tanh" ? tanh : relu;
    const cell: Cell = (_, input, state) => [f(add(input, state))];
    const { output, last } = this.run("RNN", cell, x, ["hidden"], first && { ...first }, pass);
    return { output, hidden: last[0] as Tensor };
  }
}

const gru: Cell = ([h], input, state) => {
  const [ri, zi, ni] = parts(input, 3) as [Tensor, Tensor, Tensor];
  const [rh, zh, nh] = parts(state, 3) as [Tensor, Tensor, Tensor];
  const r = sigmoid(add(ri, rh));
  const z = sigmoid(add(zi, zh));
  const n = tanh(add(ni, mul(r, nh)));
  return [add(n, mul(z, sub(h as Tensor, n)))];
};

/**
 * Gated recurrent units (Cho et al. 2014) as PyTorch has them: gates reset, update, new in this order, the reset gate on `W_hn h + b_hn`,
 * `h ← (1 − z) n + z h`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is no positive integer, or for a bad option
 * @example
 * ```ts
 * const { output } = new GRU(8, 16, { key: key(0), bidirectional: true }).call(x); // x [4, 20, 8] → [4, 20, 32]
 * ```
 */
export class GRU extends Recurrent {
  constructor(inputs: number, hidden: number, options: RecurrentOptions) {
    super("GRU", 3, inputs, hidden, options);
  }

  /**
   * `[batch, length, inputs]` → states at all places and the last of all layers; starts from zeros unless `first` is given. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}.
   */
  forward(x: Tensor, first?: Hidden, pass?: Pass): Recurrence<Hidden> {
    const { output, last } = this.run("GRU", gru, x, ["hidden"], first && { ...first }, pass);
    return { output, hidden: last[0] as Tensor };
  }
}

const lstm: Cell = ([, c], input, state) => {
  const [i, f, g, o] = parts(add(input, state), 4) as [Tensor, Tensor, Tensor, Tensor];
  const cell = add(mul(sigmoid(f), c as Tensor), mul(sigmoid(i), tanh(g)));
  return [mul(sigmoid(o), tanh(cell)), cell];
};

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with forget gates) as PyTorch has it: gates input, forget, cell, output in this order.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is no positive integer, or for a bad option
 * @example
 * ```ts
 * const lstm = new LSTM(8, 16, { key: key(0), layers: 2 });
 * const { output, hidden, cell } = lstm.call(x); // x [4, 20, 8] → [4, 20, 16], [2, 4, 16], [2, 4, 16]
 * ```
 */
export class LSTM extends Recurrent {
  constructor(inputs: number, hidden: number, options: RecurrentOptions) {
    super("LSTM", 4, inputs, hidden, options);
  }

  /**
   * `[batch, length, inputs]` → states at all places and the last of all layers; starts from zeros unless `first` is given. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}.
   */
  forward(x: Tensor, first?: HiddenAndCell, pass?: Pass): Recurrence<HiddenAndCell> {
    const { output, last } = this.run("LSTM", lstm, x, ["hidden", "cell"], first && { ...first }, pass);
    return { output, hidden: last[0] as Tensor, cell: last[1] as Tensor };
  }
}
