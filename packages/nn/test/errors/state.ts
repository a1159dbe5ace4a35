import * as g from "@gradus/tensor";
import { MemorySink } from "@gradus/tensor/files";
import { type Any, bad, f32, gone, i32 } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import type { Rows } from "./rows.ts";

const { ArgumentError: A, DisposedError: X, ShapeError: S } = g;
const key = g.key(0);
const dict = (): Map<string, g.Tensor> => nn.stateDict(new nn.Linear(2, 3, { key }));
const net = (): nn.Linear => new nn.Linear(2, 3, { key });

async function saved(tree: unknown): Promise<Uint8Array> {
  const sink = new MemorySink();
  await nn.saveTree(sink, tree);
  return sink.bytes();
}

/** Parameters by name, in memory and in files. */
export const stateRows: Rows = {
  stateDict: [
    [A, "tree", () => nn.stateDict(f32(1))],
    [A, "tree", () => nn.stateDict({ "a.b": f32(1), a: { b: f32(1) } })],
  ],
  loadStateDict: [
    [A, "template", () => nn.loadStateDict(f32(1), dict())],
    [A, "dict", () => nn.loadStateDict(net(), {} as Any)],
    [A, "dict", () => nn.loadStateDict(net(), null as Any)],
    [A, "dict", () => nn.loadStateDict(net(), new Map([...dict()].slice(1)))],
    [A, "dict", () => nn.loadStateDict(net(), new Map([...dict(), ["more", f32(1)]]))],
    [S, "dict", () => nn.loadStateDict(net(), new Map([...dict(), ["bias", f32(4)]]))],
    [A, "dict", () => nn.loadStateDict(net(), new Map([...dict(), ["bias", i32(3)]]))],
    [A, "dict: bias", () => nn.loadStateDict(net(), new Map([...dict(), ["bias", [1, 2, 3] as Any]]))],
    [X, "dict: bias", () => nn.loadStateDict(net(), new Map([...dict(), ["bias", gone(f32(3))]]))],
  ],
  saveTree: [
    [A, "tree", () => nn.saveTree(new MemorySink(), f32(1))],
    [X, "tree.w", () => nn.saveTree(new MemorySink(), { w: gone(f32(1)) })],
  ],
  loadTree: [
    [A, "template", () => nn.loadTree(new Uint8Array(8), f32(1))],
    [A, "options", () => nn.loadTree(new Uint8Array(8), net(), null as Any)],
    [A, "nothing", () => nn.loadTree(new Uint8Array(8), net(), bad)],
    [A, "maxTensors", () => nn.loadTree(new Uint8Array(8), net(), { maxTensors: Number.NaN })],
    [S, "from", async () => nn.loadTree(await saved({ weight: f32(3, 3), bias: f32(3) }), net())],
    [A, "from", async () => nn.loadTree(await saved({ weight: f32(3, 2) }), net())],
  ],
};
