import { Unsupported } from "../harness/work.ts";
import { type GradusLib, gradus, gradusOn } from "../subjects/gradus.ts";
import { jaxOn } from "../subjects/jax.ts";
import type { Subject } from "../subjects/subject.ts";
import { prepareTfjs, type TfjsLib } from "../subjects/tfjs-drive.ts";

const onGpu = "threads are the GPU's";

/** Gradus on a GPU. */
const gradusGpu = (name: string, set: (g: GradusLib) => Promise<void>): Subject =>
  gradusOn(
    name,
    async (threads) => {
      if (threads > 1) throw new Unsupported(onGpu);
      const g = await import("@gradus/tensor");
      await set(g);
      return g;
    },
    true,
  );

const tfjsOn = (name: string, backend: "wasm" | "webgl" | "webgpu", threadsTold: string | null): Subject => ({
  name,
  async prepare(row, threads) {
    if (threads > 1 && threadsTold !== null) throw new Unsupported(threadsTold);
    const tf: TfjsLib = await import("@tensorflow/tfjs");
    if (backend === "wasm") {
      const wasm = await import("@tensorflow/tfjs-backend-wasm");
      wasm.setWasmPaths("/files/");
      wasm.setThreadsCount(threads);
    }
    if (backend === "webgpu") await import("@tensorflow/tfjs-backend-webgpu");
    if (!(await tf.setBackend(backend))) throw new Error(`the ${backend} backend did not start`);
    await tf.ready();
    return prepareTfjs(name, row, tf, backend !== "wasm");
  },
});

/** What is measured in the browser, in the order of the table. Where one thread is asked for, the page has no shared memory. */
export const subjects: readonly Subject[] = [
  gradus,
  gradusGpu("gradus-webgpu", async (g) => {
    const { webgpu } = await import("@gradus/gpu");
    const { reason } = await webgpu.isAvailable();
    if (reason !== null) throw new Unsupported(reason);
    await g.setBackend(webgpu());
  }),
  gradusGpu("gradus-gpujs", async (g) => {
    const { gpujs } = await import("@gradus/gpu/gpujs");
    const { reason } = await gpujs.isAvailable();
    if (reason !== null) throw new Unsupported(reason);
    await g.setBackend(gpujs({ warn: () => undefined }));
  }),
  tfjsOn("tfjs-wasm", "wasm", null),
  tfjsOn("tfjs-webgl", "webgl", onGpu),
  tfjsOn("tfjs-webgpu", "webgpu", onGpu),
  jaxOn("jax-js", "wasm", null),
  jaxOn("jax-js-webgpu", "webgpu", onGpu),
];

export function subjectNamed(name: string): Subject {
  const found = subjects.find((s) => s.name === name);
  if (found === undefined) throw new Error(`no subject is called ${name}`);
  return found;
}
