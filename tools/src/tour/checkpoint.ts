import { access, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { loadTree, saveTree } from "@gradus/nn";
import type { TrainState } from "@gradus/optim";
import { openSafetensors } from "@gradus/tensor/files";

/** What a training run is determined by. */
export interface Settings {
  readonly epochs: number;
  readonly seed: number;
  readonly batch: number;
  /** Use only the first images; null for all. */
  readonly limit: number | null;
}

/** What the run has recorded so far. */
export interface History {
  /** Loss of each step. */
  readonly losses: number[];
  /** Accuracy on the batch of each step. */
  readonly accuracies: number[];
}

/** A stopped run: settings and history from the file's metadata. */
export interface Checkpoint<M> {
  readonly settings: Settings;
  readonly history: History;
  readonly state: TrainState<M>;
}

/** Writes a checkpoint, whole or not at all. */
export async function saveCheckpoint<M>(path: string, { settings, history, state }: Checkpoint<M>): Promise<void> {
  const metadata = { settings: JSON.stringify(settings), history: JSON.stringify(history), step: String(state.step) };
  await mkdir(dirname(path), { recursive: true });
  await saveTree(path, { model: state.model, optimizer: state.optimizer }, { metadata });
}

/** Reads a checkpoint into the model and optimizer state that `template` makes for its settings. Errors say what to do. */
export async function loadCheckpoint<M>(
  path: string,
  template: (settings: Settings) => Omit<TrainState<M>, "step">,
): Promise<Checkpoint<M>> {
  await access(path).catch(() => {
    throw new Error(`there is no checkpoint at ${path}; start without --resume`);
  });
  try {
    const file = await openSafetensors(path);
    try {
      const { metadata } = file;
      const settings = JSON.parse(metadata.get("settings") ?? "") as Settings;
      const history = JSON.parse(metadata.get("history") ?? "") as History;
      const { model, optimizer } = template(settings);
      const { tree } = await loadTree(file, { model, optimizer });
      return { settings, history, state: { ...tree, step: Number(metadata.get("step")) } };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new Error(`the checkpoint at ${path} cannot be used (${(error as Error).message}); start without --resume`);
  }
}
