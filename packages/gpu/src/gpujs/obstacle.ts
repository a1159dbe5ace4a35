import type { BufferType, Computation, Kernel, Special } from "@gradus/tensor";
import type { Device } from "./device.ts";
import { radices } from "./fourier.ts";
import { floatsOf } from "./layout.ts";
import { comparesAll, placesKernel, searchKernel } from "./order.ts";
import { gathers, scatterKernel } from "./special.ts";

/** Why a step cannot run on the GPU, or null. Of loops and branches, what is in them tells. */
export function obstacle(work: Kernel | Special, device: Device): string | null {
  switch (work.kind) {
    case "loops":
      return kernelObstacle(work, device);
    case "routine":
      return work.computes === undefined
        ? "it is a procedure on whole arrays"
        : computationObstacle(work.computes, device);
    case "recurrence":
      return "each element waits for the one before it";
    case "cumulative":
      return arrayObstacle([{ dtype: work.dtype, size: work.outer * work.n * work.inner }], device);
    case "scatter":
      if (!gathers(work)) return "it has many updates, and a fragment shader would look through them for each element";
      return kernelObstacle(scatterKernel(work), device);
    default:
      return null;
  }
}

function computationObstacle(work: Computation, device: Device): string | null {
  if (work.kind === "search") return kernelObstacle(searchKernel(work), device);
  if (work.kind === "fft") {
    if (radices(work.n) === null) return "a prime above 7 divides the length of its rows";
    return arrayObstacle([{ dtype: work.dtype, size: work.outer * work.n }], device);
  }
  return comparesAll(work)
    ? kernelObstacle(placesKernel(work), device)
    : "its rows are long, and all pairs would be compared";
}

function arrayObstacle(buffers: readonly BufferType[], device: Device): string | null {
  if (buffers.some((b) => b.dtype === "f64")) return "WebGL has no 64-bit numbers";
  return buffers.some((b) => b.size * floatsOf(b.dtype) > device.maxFloats)
    ? "an array is larger than a texture can be"
    : null;
}

function kernelObstacle(kernel: Kernel, device: Device): string | null {
  const { buffers, inner, outer } = kernel;
  if ([...inner, ...outer].some((x) => x.dtype === "f64")) return "WebGL has no 64-bit numbers";
  const reason = arrayObstacle(buffers, device);
  if (reason !== null) return reason;
  if (buffers.length - 1 > device.maxLoads) return `it reads more than ${device.maxLoads} arrays`;
  return inOrder(kernel) ? null : "its results are not stored in order";
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
