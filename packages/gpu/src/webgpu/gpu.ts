import { BackendError, OutOfMemoryError } from "@gradus/tensor";
import { said } from "./device.ts";
import { Gates } from "./gate.ts";
import { type Limits, limitsOf } from "./limits.ts";
import { type Fail, Pool } from "./memory.ts";
import { Order } from "./order.ts";
import { Pipelines } from "./pipelines.ts";
import type { Profiler } from "./profiler.ts";
import { Reads } from "./reads.ts";
import type { Target } from "./wgsl/schedule.ts";

const adapterName = ({ adapterInfo }: GPUDevice): string => `${adapterInfo?.architecture} ${adapterInfo?.description}`;

/** What kernels are spread for on a device. */
const targetOf = (device: GPUDevice): Target => ({
  cpu: /swiftshader|llvmpipe|lavapipe/i.test(adapterName(device)),
  subgroups: device.features.has("subgroups" as GPUFeatureName),
  subgroupSize: device.adapterInfo?.subgroupMinSize ?? 4,
});

/** One device and all that belongs to it. */
export class Gpu {
  readonly device: GPUDevice;
  readonly order: Order = new Order();
  readonly pool: Pool;
  readonly gates: Gates;
  readonly pipelines: Pipelines;
  readonly reads: Reads;
  readonly target: Target;
  readonly limits: Limits;
  /** Set while work is profiled. */
  profiler: Profiler | null = null;
  /** Why the device is gone. */
  lost: BackendError | null = null;
  /** Settles when it is known why. */
  readonly #whenLost: Promise<void>;
  readonly #checks = new Set<Promise<void>>();

  /** `target`: what kernels are spread for where that is not what the device is; `limits`: smaller ones than its own. */
  constructor(device: GPUDevice, target: Partial<Target> = {}, limits: Partial<Limits> = {}) {
    this.device = device;
    this.limits = { ...limitsOf(device), ...limits };
    this.target = { ...targetOf(device), ...target };
    this.pool = new Pool(device, this.limits, (error, say, fail) =>
      this.watch(
        error.then((e) => e && say(e)),
        fail,
      ),
    );
    this.gates = new Gates(device);
    this.pipelines = new Pipelines(device, this.gates.layout, (error, fail) => this.watch(error, fail));
    this.reads = new Reads(this);
    this.#whenLost = device.lost.then((info) => {
      this.lose(
        info.reason === "destroyed"
          ? "was destroyed"
          : `was lost: ${info.message.split("\n")[0] || "no reason was given"}`,
      );
    });
  }

  lose(how: string): void {
    this.lost ??= new BackendError(`webgpu: the device ${how}; make a new backend by webgpu()`);
  }

  /** Waits for the outcome of something and tells `fail` of an error. A device that is lost meanwhile fails nothing here: reads see it. */
  watch(outcome: Promise<Error | null>, fail: Fail): void {
    const check = outcome
      .then((e) => {
        if (e !== null) fail(e);
      })
      .catch(() => undefined)
      .finally(() => this.#checks.delete(check));
    this.#checks.add(check);
  }

  /** Runs `work` and tells `fail` of what the device finds wrong with it, then or later. */
  checked(work: () => void, fail: Fail): void {
    const { device } = this;
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    try {
      work();
    } finally {
      const validation = device.popErrorScope();
      const memory = device.popErrorScope();
      this.watch(
        Promise.all([validation, memory]).then(async ([v, m]) => {
          if (m !== null) return new OutOfMemoryError(`webgpu: the device is out of memory: ${said(m)}`);
          if (v === null) return null;
          const refused = v.message.includes("ComputePipeline") ? await this.pipelines.refused : null;
          return refused ?? new BackendError(`webgpu: the device refused the work: ${said(v)}`);
        }),
        fail,
      );
    }
  }

  /** Waits until all that was given to the device so far is known to be right or wrong. */
  async settled(): Promise<void> {
    while (this.#checks.size > 0) await Promise.all(this.#checks);
  }

  /** What an operation that the device broke off failed by. */
  async broken(e: unknown): Promise<Error> {
    // the reason of a loss is told a moment after the operations fail
    await Promise.race([this.#whenLost, new Promise((done) => setTimeout(done, 100))]);
    return this.lost ?? new BackendError(`webgpu: the read failed: ${said(e)}`);
  }
}
