import type { Kernel, Special } from "@gradus/tensor";
import type { Device } from "./device.ts";
import { floatsOf } from "./layout.ts";

const specials: Readonly<Record<Special["kind"], string>> = {
  scatter: "a fragment shader cannot write to computed places",
  recurrence: "each element waits for the one before it",
  cumulative: "each element waits for the one before it",
  routine: "it is a procedure on whole arrays",
  scan: "its steps run one after the other",
  switch: "which branch runs is known on the CPU only",
  while: "when it ends is known on the CPU only",
};

/** Why a step cannot run on the GPU, or null. */
export function obstacle(work: Kernel | Special, device: Device): string | null {
  if (work.kind !== "loops") return specials[work.kind];
  if ([...work.buffers, ...work.inner, ...work.outer].some((x) => x.dtype === "f64"))
    return "WebGL has no 64-bit numbers";
  if (work.buffers.some((b) => b.size * floatsOf(b.dtype) > device.maxFloats))
    return "an array is larger than a texture can be";
  if (work.buffers.length - 1 > device.maxLoads) return `it reads more than ${device.maxLoads} arrays`;
  return inOrder(work) ? null : "its results are not stored in order";
}

/** Whether there is one result at each point of the loops, stored at its row-major position. */
function inOrder({ loops, stores }: Kernel): boolean {
  const [store] = stores;
  if (store === undefined || stores.length > 1) return false;
  let stride = 1;
  const strides = new Map<number, number>();
  for (let i = loops.length - 1; i >= 0; i--) {
    if (loops[i] !== 1) strides.set(i, stride);
    stride *= loops[i] as number;
  }
  const { constant, terms } = store.index;
  return (
    stride === 0 ||
    (constant === 0 &&
      terms.length === strides.size &&
      terms.every((t) => t.atom.kind === "loop" && strides.get(t.atom.loop) === t.coefficient))
  );
}
