import type { Sequential } from "@gradus/nn";
import { adam, adamw, batches, type Optimizer, sgd, type TrainStep, train } from "@gradus/optim";
import { dispose, gather, jit, key, setBackend, tensor, tidy, to, wasmBackend } from "@gradus/tensor";
import type { Choice, Running } from "./backends.ts";
import { type Bytes, type Digits, tensors } from "./data.ts";
import { Meter } from "./meter.ts";
import { convnet, loss, probabilities, share } from "./model.ts";

/** What the visitor chooses. */
export interface Settings {
  readonly optimizer: keyof typeof optimizers;
  readonly learningRate: number;
  /** Images per step. */
  readonly batch: number;
}

/** The methods on offer. */
export const optimizers = {
  sgd: (learningRate: number): Optimizer => sgd({ learningRate, momentum: 0.9 }),
  adam: (learningRate: number): Optimizer => adam({ learningRate }),
  adamw: (learningRate: number): Optimizer => adamw({ learningRate, weightDecay: 0.02 }),
};

/** Passes over the training images. */
export const EPOCHS = 10;
/** Test images that are read at a time. */
const AT_ONCE = 500;
/** At most this share of the time is spent on tests. */
const TESTING = 0.15;

/** What a session tells while it runs. */
export interface Listener {
  step(step: { epoch: number; step: number; steps: number; loss: number; seen: number; rate: number | null }): void;
  /** `read`: how probable each digit is for each image on show. */
  test(result: { accuracy: number; seen: number; read: readonly Float32Array[] }): void;
  note(text: string): void;
}

/** All of a run that is worth keeping: a tree. `optimizer` is null before the first step. */
interface State {
  readonly model: Sequential;
  readonly optimizer: unknown;
  readonly step: number;
}

/** Training that can be paused, and moved from one backend to another with all it has learnt. */
export class Session {
  private readonly listener: Listener;
  private readonly digits: { readonly train: Digits; readonly test: Digits };
  private readonly meter = new Meter();
  /** Where copies are kept that survive the loss of a device. */
  private readonly keeper = wasmBackend({ threads: 1 });
  private kept: State | null = null;
  private state: State | null = null;
  private running: Running | null = null;
  /** Backends that are open, by the name of the choice: whoever comes back finds everything compiled. */
  private readonly opened = new Map<string, Running>();
  private stop = new AbortController();
  private readonly read = jit(probabilities);
  private readonly grade = jit(share);
  private tested = { at: 0, took: 0 };
  private seeds = 0;
  /** Images of the test set that are on show. */
  private shown: readonly number[] = [];
  /** Training images seen since the first weights. */
  seen = 0;

  constructor(digits: { readonly train: Bytes; readonly test: Bytes }, listener: Listener) {
    this.digits = { train: tensors(digits.train), test: tensors(digits.test) };
    this.listener = listener;
  }

  /** Whether a backend is open. */
  get open(): boolean {
    return this.running !== null;
  }

  /** Goes to another backend; the weights and the optimizer's state go along. If it does not start, all stays as it was. */
  async move(choice: Choice): Promise<void> {
    const next = this.opened.get(choice.name) ?? (await choice.open((text) => this.listener.note(text)));
    this.opened.set(choice.name, next);
    const state = this.state ?? this.kept;
    if (state !== null) {
      const { model, optimizer, step } = state;
      this.state = { ...(await to({ model, optimizer }, next.backend)), step };
      if (state !== this.kept) dispose(state);
    }
    await setBackend(next.backend);
    this.running = next;
    if (this.state === null) await this.begin();
  }

  /** Forgets everything that was learnt. */
  async reset(): Promise<void> {
    dispose([this.state, this.kept]);
    this.state = this.kept = null;
    this.seen = 0;
    if (this.open) await this.begin();
  }

  /** The first weights. */
  private async begin(): Promise<void> {
    this.state = { model: tidy(() => convnet(key(this.seeds++))), optimizer: null, step: 0 };
    await this.test(this.state);
  }

  /** The next step is the first of a new run: what the optimizer remembers is forgotten. */
  restart(): void {
    if (this.state === null) return;
    dispose(this.state.optimizer);
    this.state = { ...this.state, optimizer: null, step: 0 };
  }

  /** Trains until it is paused or all epochs are done; tells which. */
  async train({ optimizer, learningRate, batch }: Settings): Promise<boolean> {
    const before = this.state as State;
    this.stop = new AbortController();
    this.meter.restart();
    try {
      const { completed, ...state } = await train(before.model, {
        optimizer: optimizers[optimizer](learningRate),
        loss,
        data: batches(this.digits.train, batch, key(1), { dropLast: true }),
        epochs: EPOCHS,
        signal: this.stop.signal,
        ...(before.optimizer !== null && { resume: before }),
        onStep: (step) => this.stepped(step, batch),
      });
      dispose(before);
      this.state = state;
      await this.test(state);
      return completed;
    } catch (e) {
      this.fail();
      throw e;
    }
  }

  /** Ends `train` after the step that is running. */
  pause(): void {
    this.stop.abort();
  }

  /** Puts other images of the test set on show. */
  async show(images: readonly number[]): Promise<void> {
    this.shown = images;
    if (this.state !== null) await this.test(this.state);
  }

  private async stepped({ state, epoch, step, steps, loss }: TrainStep<Sequential>, batch: number): Promise<void> {
    this.seen += batch;
    this.meter.step(batch);
    this.listener.step({ epoch, step, steps, loss, seen: this.seen, rate: this.meter.rate });
    const { at, took } = this.tested;
    if (performance.now() - at < Math.max(1500, took / TESTING)) return;
    await this.test(state);
    this.meter.resume();
  }

  /** Reads the test images, and keeps a copy of the state. */
  private async test(state: State): Promise<void> {
    const from = performance.now();
    const { images, labels } = this.digits.test;
    const sum = { right: 0, all: 0 };
    for (const part of batches({ images, labels }, AT_ONCE, key(0), { ordered: true }).epoch(0)) {
      using right = this.grade(state.model, part);
      sum.right += (await right.item()) * part.labels.size;
      sum.all += part.labels.size;
      dispose(part);
    }
    const read: Float32Array[] = [];
    if (this.shown.length > 0) {
      using some = tidy(() => gather(images, tensor(Int32Array.from(this.shown))));
      using table = this.read(state.model, some);
      const all = (await table.data()) as Float32Array;
      for (let i = 0; i < this.shown.length; i++) read.push(all.slice(10 * i, 10 * i + 10));
    }
    const { model, optimizer, step } = state;
    const kept = { ...(await to({ model, optimizer }, this.keeper)), step };
    dispose(this.kept);
    this.kept = kept;
    const now = performance.now();
    this.tested = { at: now, took: now - from };
    this.listener.test({ accuracy: sum.right / sum.all, seen: this.seen, read });
  }

  /** After an error the backend is given up; what was kept at the last test goes on elsewhere, or on a new one. */
  private fail(): void {
    const failed = this.running;
    for (const [name, running] of this.opened) if (running === failed) this.opened.delete(name);
    failed?.close();
    this.running = null;
    this.state = null;
  }
}
