export { FileError } from "../errors.ts";
export type { LongOptions, Named, Progress } from "./check.ts";
export type { FileHandle } from "./node.ts";
export type { NpyLayout, NpyLimits, OpenNpyOptions, ReadNpyOptions, WriteNpyOptions } from "./npy.ts";
export { NpyFile, openNpy, readNpy, writeNpy } from "./npy.ts";
export type { NpyHeader } from "./npy-header.ts";
export type { NpzEntry, NpzLimits, OpenNpzOptions, ReadNpzOptions, WriteNpzOptions } from "./npz.ts";
export { NpzFile, openNpz, readNpz, writeNpz } from "./npz.ts";
export type {
  OpenSafetensorsOptions,
  ReadSafetensorsOptions,
  ReadTensorOptions,
  Safetensors,
  WriteSafetensorsOptions,
} from "./safetensors.ts";
export { openSafetensors, readSafetensors, SafetensorsFile, writeSafetensors } from "./safetensors.ts";
export type { SafetensorsEntry, SafetensorsHeader, SafetensorsLimits } from "./safetensors-header.ts";
export type { Sink, SinkLike } from "./sink.ts";
export { MemorySink } from "./sink.ts";
export type { Source, SourceLike } from "./source.ts";
export { openSource } from "./source.ts";
