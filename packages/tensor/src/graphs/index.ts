export { FileError } from "../errors.ts";
export type { LongOptions, Progress } from "../files/check.ts";
export type { FileHandle } from "../files/node.ts";
export type { Sink, SinkLike } from "../files/sink.ts";
export type { Source, SourceLike } from "../files/source.ts";
export { type LoadedGraph, type LoadGraphOptions, loadGraph } from "./load.ts";
export type { GraphLimits } from "./read.ts";
export { saveGraph } from "./save.ts";
