import type { Key, Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  check,
  dispose,
  foldIn,
  jit,
  key as newKey,
  realize,
  tensor,
  tidy,
  treeFlatten,
  treeLeaves,
  treeMap,
  treeUnflatten,
  valueAndGrad,
} from "@gradus/tensor";
import type { Batches } from "./batches.ts";
import type { Context, Optimizer } from "./optimizer.ts";
import { applyUpdates, checkOptimizer } from "./optimizer.ts";

/** Named scalars that a loss reports beside itself, for example `{ accuracy }`. */
export type Metrics = Readonly<Record<string, Tensor>>;

/**
 * A loss of a model on a batch: a scalar, alone or with metrics, and with the model as it was given but for state that no optimizer moves, such
 * as running statistics (`pass.updated(model)` of `@gradus/nn`): tensors that differ from those given replace theirs after the
 * optimizer's step. The key is fresh at each step, for dropout and the like.
 */
export type Loss<M, B> = (
  model: M,
  batch: B,
  key: Key,
) => Tensor | readonly [Tensor, Metrics] | readonly [Tensor, Metrics, M];

/** Where a training run stands: save it (it is a tree beside a number) to go on later with the same numbers. */
export interface TrainState<M> {
  /** The model, a tree. */
  readonly model: M;
  /** The optimizer's state, a tree. */
  readonly optimizer: unknown;
  /** Steps done since the first epoch's first. */
  readonly step: number;
}

/** What {@link TrainOptions.onStep} is told. */
export interface TrainStep<M> {
  /** The state after the step. Its tensors are given up at the next step: read or copy them before the callback returns. */
  readonly state: TrainState<M>;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Step in the epoch, from 0. */
  readonly step: number;
  /** Steps per epoch. */
  readonly steps: number;
  /** The batch's loss. */
  readonly loss: number;
  /** What the loss reports beside itself. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** When and how {@link train} saves its state. */
export interface Checkpointing<M> {
  /** Steps from one time to the next. */
  readonly every: number;
  /** Saves the state; awaited. A file written whole or not at all, as `saveTree` of `@gradus/nn` writes it, survives a run that is killed. */
  readonly save: (state: TrainState<M>) => void | Promise<void>;
}

/** Options of {@link train}. */
export interface TrainOptions<M, B> {
  /** The rule that updates the model. */
  readonly optimizer: Optimizer;
  /** What is made small. */
  readonly loss: Loss<M, B>;
  /** The dataset, cut into batches. */
  readonly data: Batches<B>;
  /** How often the whole dataset is seen, counted from the first step of all runs. */
  readonly epochs: number;
  /** Source of the keys that the loss gets, `foldIn(key, step)`; `key(0)` unless told. */
  readonly key?: Key;
  /** Called after each step; a promise is awaited. */
  readonly onStep?: (step: TrainStep<M>) => void | Promise<void>;
  /** Stops after the step that is running. */
  readonly signal?: AbortSignal;
  /** The state to go on from; the model is then taken from it. */
  readonly resume?: TrainState<M>;
  /** Saves the state now and then, and when the run ends or is stopped, so that {@link TrainOptions.resume} can go on from it. */
  readonly checkpoint?: Checkpointing<M>;
  /** Tells how it goes, about once a second: `true` by `console.log`, or a function that gets the line; false unless told. */
  readonly progress?: boolean | ((line: string) => void);
  /** Compile the step once and replay it; true unless told. */
  readonly jit?: boolean;
}

/** How a training run ended. */
export interface TrainResult<M> extends TrainState<M> {
  /** False when the signal stopped it. */
  readonly completed: boolean;
}

/**
 * Trains a model: one compiled step per batch, whose old parameters are donated to the new ones. The model given stays as it is; the trained
 * one is returned. Batches and keys depend on the step alone, so a run that was stopped and resumed gives the same numbers as one that
 * was not.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, when `epochs` is no positive integer, or the state to resume from is past the end
 * @example
 * ```ts
 * const { model } = await train(new Net(key(0)), {
 *   optimizer: adamw({ learningRate: 1e-3 }),
 *   loss: (net, { images, labels }) => crossEntropy(net.call(images), labels),
 *   data: batches({ images, labels }, 128, key(1), { dropLast: true }),
 *   epochs: 3,
 * });
 * ```
 */
export async function train<M, B>(model: M, options: TrainOptions<M, B>): Promise<TrainResult<M>> {
  checkTrain(model, options);
  const { optimizer, data, epochs, onStep, signal, resume, key = newKey(0) } = options;
  const total = epochs * data.steps;
  if (resume !== undefined) check.alike("train", resume.model, model, "resume.model");
  if (resume !== undefined && !(Number.isInteger(resume.step) && resume.step >= 0 && resume.step <= total))
    throw new ArgumentError(`train: resume: step ${resume.step} is outside 0…${total}`);
  const run = makeStep(optimizer, options.loss, options.jit ?? true);
  const breathe = pauses();
  const tell = reporter(options.progress ?? false);
  let state = resume === undefined ? await begin(model, optimizer) : await own(resume);
  let saved = state.step;
  const save = async (): Promise<void> => {
    if (saved !== state.step) await options.checkpoint?.save(state);
    saved = state.step;
  };
  while (state.step < total) {
    const epoch = Math.floor(state.step / data.steps);
    for (const batch of data.epoch(epoch, state.step % data.steps)) {
      if (signal?.aborted) {
        await save();
        return { ...state, completed: false };
      }
      const fresh = foldIn(key, state.step);
      const [next, optimizerState, loss, metrics] = run(state.model, state.optimizer, batch, fresh);
      state = { model: next, optimizer: optimizerState, step: state.step + 1 };
      const step = {
        state,
        epoch,
        step: (state.step - 1) % data.steps,
        steps: data.steps,
        loss: await loss.item(),
        metrics: await numbers(metrics),
      };
      disposeBut([batch, fresh, loss, metrics], state);
      await onStep?.(step);
      tell(step, epochs, state.step === total);
      if (state.step % (options.checkpoint?.every ?? Number.POSITIVE_INFINITY) === 0) await save();
      await breathe();
    }
  }
  await save();
  return { ...state, completed: true };
}

function checkTrain<M, B>(model: M, options: TrainOptions<M, B>): void {
  const { anything, callable, flag } = check;
  if (options === undefined) throw new ArgumentError("train: options: give { optimizer, loss, data, epochs }");
  check.options("train", options, {
    optimizer: anything,
    loss: anything,
    data: anything,
    epochs: anything,
    key: check.key,
    onStep: callable,
    signal: anything,
    resume: anything,
    checkpoint: anything,
    progress: (op, value, name) => (typeof value === "function" ? undefined : flag(op, value, name)),
    jit: flag,
  });
  check.tree("train", model, "model");
  const { optimizer, loss, data, epochs, signal, resume } = options;
  checkOptimizer("train", optimizer, "optimizer");
  callable("train", loss, "loss");
  if (typeof data?.epoch !== "function" || !Number.isInteger(data.steps) || data.steps < 1)
    throw new ArgumentError(`train: data: expected batches, got ${check.said(data)}; make them by batches(…)`);
  check.integer("[1, ∞)")("train", epochs, "epochs");
  if (signal !== undefined && typeof signal?.aborted !== "boolean")
    throw new ArgumentError(`train: signal: expected an AbortSignal, got ${check.said(signal)}`);
  if (resume !== undefined && (typeof resume !== "object" || resume === null))
    throw new ArgumentError(`train: resume: expected the state of a run, got ${check.said(resume)}`);
  check.tree("train", resume, "resume");
  if (options.checkpoint === undefined) return;
  check.options("train", options.checkpoint, { every: anything, save: anything }, "checkpoint");
  check.integer("[1, ∞)")("train", options.checkpoint.every, "checkpoint.every");
  callable("train", options.checkpoint.save, "checkpoint.save");
}

/** Lets timers, signals and the page run every now and then: awaiting a value that is there already does not. */
function pauses(every = 50): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < every) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    last = performance.now();
  };
}

type Report = (step: TrainStep<unknown>, epochs: number, last: boolean) => void;

/** Says where the run stands, once a second and at its end. */
function reporter(to: boolean | ((line: string) => void)): Report {
  if (to === false) return () => undefined;
  const write = to === true ? (line: string): void => console.log(line) : to;
  const started = performance.now();
  let [first, spoken] = [-1, started];
  return ({ epoch, step, steps, loss, metrics }, epochs, last) => {
    const now = performance.now();
    const done = epoch * steps + step + 1;
    if (first < 0) first = done - 1;
    if (!last && now - spoken < 1000) return;
    spoken = now;
    const left = ((now - started) / (done - first)) * (epochs * steps - done);
    const beside = Object.entries({ loss, ...metrics }).map(([name, x]) => `${name} ${x.toPrecision(4)}`);
    write(
      `epoch ${epoch + 1}/${epochs} step ${step + 1}/${steps} ${beside.join(" ")} ${Math.ceil(left / 1000)} s left`,
    );
  };
}

type Step<M, B> = (model: M, optimizer: unknown, batch: B, key: Key) => [M, unknown, Tensor, Metrics];
type Full = readonly [Tensor, readonly [Metrics, readonly (Tensor | null)[]]];

function makeStep<M, B>(optimizer: Optimizer, loss: Loss<M, B>, compile: boolean): Step<M, B> {
  /** The loss, what it reports, and per tensor of the model what is to replace it. */
  const full = (model: M, batch: B, key: Key): Full => {
    const result = loss(model, batch, key);
    const [value, metrics = {}, next = model] = (Array.isArray(result) ? result : [result]) as [Tensor, Metrics?, M?];
    check.alike("train", next, model, "the model that loss returns");
    const changed: (Tensor | null)[] = [];
    treeMap(
      (given, t) => {
        changed.push(t === given ? null : t);
        return given;
      },
      model,
      next,
    );
    return [value, [metrics, changed]];
  };
  const step: Step<M, B> = (model, state, batch, key) => {
    const [[value, [metrics, changed]], grads] = valueAndGrad(full, { hasAux: true })(model, batch, key);
    const lossOn = (m: M, b: B): Tensor => full(m, b, key)[0];
    const context = { loss: (m: M) => lossOn(m, batch), value, key: foldIn(key, 1), batch, lossOn };
    const [updates, next] = optimizer.update(grads as M, state, model, context as Context<M>);
    const [leaves, structure] = treeFlatten(applyUpdates(model, updates));
    const moved = leaves.map((t, i) => changed[i] ?? t);
    return [treeUnflatten<M>(structure, moved), next, value, metrics];
  };
  if (compile) return jit(step, { donate: [0, 1] });
  return (model, state, ...rest) => {
    const result = tidy(() => realize(step(model, state, ...rest)));
    disposeBut([model, state], result);
    return result;
  };
}

/** The first state. What `init` made is freed once it is copied, but for tensors of the model that it kept as they are. */
async function begin<M>(model: M, optimizer: Optimizer): Promise<TrainState<M>> {
  const first = optimizer.init(model);
  const state = await own({ model, optimizer: first, step: 0 });
  disposeBut(first, model);
  return state;
}

/** Gives up the tensors of a tree that are not tensors of another one as well. */
function disposeBut(tree: unknown, kept: unknown): void {
  const held = new Set(treeLeaves(kept));
  dispose(treeLeaves(tree).filter((t) => !held.has(t)));
}

/** A copy that may be donated, so that the caller's tensors survive. */
async function own<M>(state: TrainState<M>): Promise<TrainState<M>> {
  const [leaves, structure] = treeFlatten({ model: state.model, optimizer: state.optimizer });
  const copies = await Promise.all(leaves.map(async (t) => tensor(await t.data(), { shape: t.shape, dtype: t.dtype })));
  return { ...treeUnflatten<Omit<TrainState<M>, "step">>(structure, copies), step: state.step };
}

async function numbers(metrics: Metrics): Promise<Record<string, number>> {
  const entries = Object.entries(metrics).map(async ([name, t]): Promise<[string, number]> => [name, await t.item()]);
  return Object.fromEntries(await Promise.all(entries));
}
