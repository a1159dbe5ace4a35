// Trains and saves as it goes, from where the last run was, until it is done or killed: `killed.ts FILE EPOCHS EVERY`.
import { existsSync, writeSync } from "node:fs";
import { loadTree, saveTree } from "@gradus/nn";
import { type TrainState, train } from "../src/index.ts";
import { Net, options } from "./problem.ts";

const [file, epochs, every] = process.argv.slice(2) as [string, string, string];
const save = ({ model, optimizer, step }: TrainState<Net>): Promise<void> =>
  saveTree(file, { model, optimizer }, { metadata: { step: String(step) } });
let resume: TrainState<Net> | undefined;
if (existsSync(file)) {
  const model = new Net(0);
  const { tree, metadata } = await loadTree(file, { model, optimizer: options(1).optimizer.init(model) });
  resume = { ...tree, step: Number(metadata.get("step")) };
}
const more = { checkpoint: { every: Number(every), save }, ...(resume && { resume }) };
const onStep = ({ state }: { state: TrainState<Net> }): void => {
  writeSync(1, `${state.step}\n`);
};
await train(new Net(0), options(Number(epochs), { ...more, onStep }));
