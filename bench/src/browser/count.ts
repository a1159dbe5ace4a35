import type { GpuWork } from "../harness/messages.ts";

/** Replaces a method for a while; gives what puts it back. */
function wrapped<T extends object, K extends keyof T>(owner: T, name: K, wrap: (original: T[K]) => T[K]): () => void {
  const original = owner[name];
  owner[name] = wrap(original);
  return () => {
    owner[name] = original;
  };
}

/** What `run` asks of WebGPU, whichever library asks: seen at the methods of the browser. */
export async function counted(run: () => Promise<unknown>): Promise<GpuWork> {
  /** Kernels recorded by each encoder, and in what is made of it. */
  const recorded = new WeakMap<object, { kernels: number }>();
  let [submissions, kernels, copies] = [0, 0, 0];
  const of = (x: object): { kernels: number } => {
    const found = recorded.get(x) ?? { kernels: 0 };
    recorded.set(x, found);
    return found;
  };
  const dispatches = <F extends (this: GPUComputePassEncoder, ...args: never[]) => undefined>(original: F): F =>
    function (this: GPUComputePassEncoder, ...args: never[]) {
      of(this).kernels++;
      return original.apply(this, args);
    } as F;
  const undo = [
    wrapped(
      GPUCommandEncoder.prototype,
      "beginComputePass",
      (original) =>
        function (this: GPUCommandEncoder, ...args) {
          const pass = original.apply(this, args);
          recorded.set(pass, of(this));
          return pass;
        },
    ),
    wrapped(
      GPUCommandEncoder.prototype,
      "finish",
      (original) =>
        function (this: GPUCommandEncoder, ...args) {
          const commands = original.apply(this, args);
          recorded.set(commands, of(this));
          return commands;
        },
    ),
    wrapped(GPUComputePassEncoder.prototype, "dispatchWorkgroups", dispatches),
    wrapped(GPUComputePassEncoder.prototype, "dispatchWorkgroupsIndirect", dispatches),
    wrapped(
      GPUQueue.prototype,
      "submit",
      (original) =>
        function (this: GPUQueue, commands) {
          const all = [...commands];
          const sum = all.reduce((n, c) => n + of(c).kernels, 0);
          kernels += sum;
          if (sum > 0) submissions++;
          else copies++;
          return original.call(this, all);
        },
    ),
  ];
  try {
    await run();
  } finally {
    for (const restore of undo) restore();
  }
  return { submissions, kernels, copies };
}
