import { gpuJs } from "./gpu.ts";
import { gradus } from "./gradus.ts";
import { jaxJs } from "./jax.ts";
import { ortNode, ortWeb } from "./ort.ts";
import type { Subject } from "./subject.ts";
import { tfjsCpu, tfjsWasm } from "./tfjs.ts";

/** In the order of the table; ort-node runs native code and shows what lies outside WebAssembly. */
export const subjects: readonly Subject[] = [gradus, jaxJs, tfjsWasm, tfjsCpu, ortWeb, ortNode, gpuJs];

export function subjectNamed(name: string): Subject {
  const found = subjects.find((s) => s.name === name);
  if (found === undefined) throw new Error(`no subject is called ${name}`);
  return found;
}
