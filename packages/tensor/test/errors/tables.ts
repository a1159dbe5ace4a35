import { arrays } from "./arrays.ts";
import { bits } from "./bits.ts";
import { calls as core } from "./calls.ts";
import { control } from "./control.ts";
import { fourier } from "./fft.ts";
import { images } from "./image.ts";
import { linalg } from "./linalg.ts";
import { polynomial } from "./polynomial.ts";
import type { Call, Family, Row } from "./row.ts";
import { segments } from "./segments.ts";
import { sorting } from "./sorting.ts";
import { special } from "./special.ts";
import { transforms } from "./transforms.ts";
import { wrong as coreWrong } from "./wrong.ts";

const families: readonly Family[] = [
  { calls: core, wrong: coreWrong },
  transforms,
  linalg,
  fourier,
  special,
  bits,
  polynomial,
  images,
  arrays,
  segments,
  sorting,
  control,
];

/** One table of several. Throws when a name is in two of them. */
function joined(parts: readonly (Readonly<Record<string, Call>> | undefined)[]): Record<string, Call> {
  const all = parts.flatMap((part) => Object.entries(part ?? {}));
  const twice = all.map(([name]) => name).filter((name, i, names) => names.indexOf(name) !== i);
  if (twice.length > 0) throw new Error(`two rows for ${twice.join(", ")}`);
  return Object.fromEntries(all);
}

/** Every function whose first arguments are tensors, in a call that works. */
export const calls: Readonly<Record<string, Call>> = joined(families.map((f) => f.calls));

/** Functions of trees and of functions, whose tensors may be anything but disposed, in a call that works. */
export const trees: Readonly<Record<string, Call>> = joined(families.map((f) => f.trees));

/** Per function: calls that must fail. Rows of one function in several tables add up. */
export const wrong: Readonly<Record<string, readonly Row[]>> = sumUp(families.flatMap((f) => f.wrong ?? []));

function sumUp(parts: readonly Readonly<Record<string, readonly Row[]>>[]): Record<string, Row[]> {
  const all: Record<string, Row[]> = {};
  for (const part of parts)
    for (const [name, rows] of Object.entries(part))
      all[name] = [...(Object.hasOwn(all, name) ? (all[name] as Row[]) : []), ...rows];
  return all;
}

/** Exports that refuse nothing, and why. */
export const acceptAll: Readonly<Record<string, string>> = {
  getBackend: "takes nothing",
  jsBackend: "takes nothing",
  memory: "takes nothing",
  dispose: "disposing twice is harmless, and every value is a tree",
  treeFlatten: "every value is a tree",
  treeLeaves: "every value is a tree",
  treeNames: "every value is a tree",
  treeStructure: "every value is a tree",
  TreeNode: "an empty base class",
  Tensor: "functions make tensors; its methods have a table of their own",
  jacfwd: "jacobianForward by another name",
  jacrev: "jacobianReverse by another name",
};

/** Arguments for which null says something, and what. */
export const nullable: Readonly<Record<string, readonly string[]>> = {
  // no bound on that side
  clip: ["low", "high"],
  // a new axis there
  at: ["picks[0]"],
};
