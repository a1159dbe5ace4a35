import type { Key, Tensor } from "@gradus/tensor";
import { ArgumentError, check, foldIn, treeLeaves, treeMap } from "@gradus/tensor";
import { sameShape } from "./settings.ts";

/** Options of {@link Pass}. */
export interface PassOptions {
  /** Batch norms use the batch's moments and dropout drops; true unless told. */
  readonly training?: boolean;
  /** Source of the random numbers of the whole pass; only layers that draw some need it. */
  readonly key?: Key;
}

/**
 * One run through a model other than plain evaluation: whether it trains, where random numbers come from, and what the layers' state becomes.
 * It is the last argument of `call` and is handed down to every layer; without one a model evaluates. Layers change nothing: what a batch
 * norm's running statistics become is noted here, and {@link Pass.updated} gives the model that has them. Make a new one for every
 * run, inside the function that is differentiated, compiled or batched; {@link checkpointed} hands one on to a module under `checkpoint`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * const loss = (model: Net, { images, labels }: Batch, key: Key) => {
 *   const pass = new Pass({ key });
 *   const logits = model.call(images, pass);
 *   return [crossEntropy(logits, labels), {}, pass.updated(model)]; // what `train` of @gradus/optim takes
 * };
 * ```
 */
export class Pass {
  /** Whether batch norms use the batch's moments, and dropout drops. */
  readonly training: boolean;
  readonly #key: Key | undefined;
  readonly #state: Map<Tensor, Tensor> = new Map();
  #drawn = 0;

  constructor(options: PassOptions = {}) {
    check.options("Pass", options, { training: check.flag, key: check.key });
    this.training = options.training ?? true;
    this.#key = options.key;
  }

  /**
   * A key that no other call of the pass got: they depend on the order of calls alone. For layers, which give their name.
   *
   * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when the pass has no key
   */
  key(op: string): Key {
    if (this.#key === undefined)
      throw new ArgumentError(`${op}: pass: it has no key to draw random numbers from; make it by new Pass({ key })`);
    return foldIn(this.#key, this.#drawn++);
  }

  /** A key as {@link Pass.key} gives them, or undefined when the pass has none. */
  keyIfAny(): Key | undefined {
    return this.#key === undefined ? undefined : this.key("Pass.keyIfAny");
  }

  /** The states that were noted, and what they become. */
  get changes(): ReadonlyMap<Tensor, Tensor> {
    return this.#state;
  }

  /** What a tensor of the model's state is by now: itself, or what was noted of it. For layers. */
  current(state: Tensor): Tensor {
    return this.#state.get(state) ?? state;
  }

  /**
   * Notes what a tensor of the model's state becomes. For layers.
   *
   * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when the shape or the dtype changes
   */
  note(state: Tensor, next: Tensor): void {
    check.tensor("Pass.note", state, "state");
    check.tensor("Pass.note", next, "next");
    if (next.dtype !== state.dtype || !sameShape(next.shape, state.shape))
      throw new ArgumentError(
        `Pass.note: next: ${next.dtype} [${next.shape}] cannot follow ${state.dtype} [${state.shape}]`,
      );
    this.#state.set(state, next);
  }

  /**
   * The model that was run, with its new state.
   *
   * @param model - the tree whose layers were called, or one that holds it
   * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when the pass noted state that is not in it
   */
  updated<T>(model: T): T {
    check.tree("Pass.updated", model, "model");
    const held = new Set(treeLeaves(model));
    for (const state of this.#state.keys())
      if (!held.has(state))
        throw new ArgumentError(
          `Pass.updated: model: the pass changed a state of shape [${state.shape}] that is not in it; give the model that was called`,
        );
    return treeMap((t) => this.current(t), model);
  }
}

/** Throws unless `pass` is one, or missing. */
export function checkPass(op: string, pass: unknown): asserts pass is Pass | undefined {
  if (pass !== undefined && !(pass instanceof Pass))
    throw new ArgumentError(`${op}: pass: expected a pass, got ${check.said(pass)}; make it by new Pass({ key })`);
}
