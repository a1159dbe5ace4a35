import type { Backend, Executable, Storage } from "../backend.ts";
import { getBackend } from "../backends/current.ts";
import { dtypes } from "../dtype.ts";
import { BackendError, OutOfMemoryError } from "../errors.ts";
import type { Plan } from "../ir/ir.ts";
import { adopt, release } from "../scope.ts";
import { storedTensor, type Tensor } from "../tensor.ts";
import { capture } from "./capture.ts";
import { lower } from "./lower.ts";

/** A plan with its executables, one per backend it has run on. */
export class Compiled {
  readonly plan: Plan;
  readonly #executables = new Map<Backend, Executable>();

  constructor(plan: Plan) {
    this.plan = plan;
    if (debugPlans()) {
      const names = plan.steps.map(({ work }) => ("name" in work ? work.name : work.kind));
      console.error(`plan: ${names.length} steps, peak ${plan.peakBytes} B\n  ${names.join("\n  ")}`);
    }
  }

  /** Frees what the executables hold. */
  dispose(): void {
    for (const e of this.#executables.values()) e.dispose();
    this.#executables.clear();
  }

  /** Runs on tensors that hold values; gives the storages of the results. Tensors in `donated` may lose theirs to a result. */
  run(inputs: readonly Tensor[], donated: ReadonlySet<Tensor> = none): Storage[] {
    const backend = getBackend();
    let executable = this.#executables.get(backend);
    if (executable === undefined) this.#executables.set(backend, (executable = backend.compile(this.plan)));
    const borrowed: Storage[] = [];
    const allocated: Storage[] = [];
    try {
      const given = inputs.map((t) => storageOn(backend, t, borrowed));
      const shared = donated.size > 0 ? doubles(given) : null;
      const heirs = this.plan.inherits.map((i) => {
        const t = inputs[i];
        return t !== undefined && donated.has(t) && t.storage === given[i] && !shared?.has(t.storage) ? t : null;
      });
      const outputs = this.plan.outputs.map((b, o) => {
        const { dtype, size } = this.plan.buffers[b] as { dtype: Tensor["dtype"]; size: number };
        const from = heirs[o]?.storage;
        if (from) return from;
        const storage = backend.allocate(size * dtypes[dtype].bytes);
        allocated.push(storage);
        return storage;
      });
      executable.run(given, outputs);
      for (const t of heirs) if (t !== null) release(t);
      return outputs;
    } catch (e) {
      for (const s of allocated) backend.free(s);
      if (e instanceof OutOfMemoryError)
        throw new OutOfMemoryError(`${e.message} (the plan needs ${this.plan.peakBytes} bytes at its peak)`);
      throw e;
    } finally {
      for (const s of borrowed) backend.free(s);
    }
  }
}

const none: ReadonlySet<Tensor> = new Set();

/** What is in a list more than once, or null. */
function doubles<T>(list: readonly T[]): Set<T> | null {
  if (new Set(list).size === list.length) return null;
  const seen = new Set<T>();
  return new Set(list.filter((x) => seen.size === seen.add(x).size));
}

declare const process: { readonly env?: Readonly<Record<string, string | undefined>> } | undefined;
const debugPlans = (): boolean => typeof process !== "undefined" && process.env?.GRADUS_DEBUG === "plan";

/** Constants up to this many bytes are written anew for each run; larger ones stay on the backend. */
const SMALL = 4096;

/** Where the values of `t` lie on `backend`; those given by the host are copied there. `borrowed` collects what the caller frees after the run. */
function storageOn(backend: Backend, t: Tensor, borrowed: Storage[]): Storage {
  if (t.storage?.backend === backend) return t.storage;
  if (t.host === null)
    throw new BackendError(
      `data: ${t} lies on the ${t.storage?.backend.name} backend, and plans run on ${backend.name}; copy it by await to(x, getBackend())`,
    );
  const storage = backend.allocate(t.host.byteLength);
  backend.write(storage, t.host);
  if (t.host.byteLength > SMALL) {
    const old = release(t);
    if (old !== null && !old.freed) old.backend.free(old);
    adopt(t, storage);
  } else borrowed.push(storage);
  return storage;
}

/** A compiled closed graph: what a `jit` call runs. */
export interface Program {
  readonly plan: Plan;
  /** Results as realised leaves. Tensors in `donated` may have lost their memory to a result; the caller disposes them afterwards. */
  run(inputs: readonly Tensor[], donated?: ReadonlySet<Tensor>): Tensor[];
  /** Frees what the executables hold. */
  dispose(): void;
}

/** Compiles a closed graph; `inputs` are its placeholders, `donated` the positions of those that a call may give away. */
export function compileGraph(
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  donated: readonly number[] = [],
): Program {
  const graph = capture(outputs, inputs, true);
  const compiled = new Compiled(lower(graph, donated));
  const constants = graph.leaves.slice(new Set(inputs).size).map((n) => graph.nodes[n] as Tensor);
  return {
    plan: compiled.plan,
    dispose: () => compiled.dispose(),
    run(values, donated) {
      const storages = compiled.run([...values, ...constants], donated);
      return storages.map((storage, i) =>
        ownedTensor(storage, (outputs[i] as Tensor).shape, (outputs[i] as Tensor).dtype),
      );
    },
  };
}

/** A realised leaf over `storage`. */
function ownedTensor(storage: Storage, shape: readonly number[], dtype: Tensor["dtype"]): Tensor {
  const t = storedTensor(storage, shape, dtype);
  t.storage = null;
  adopt(t, storage);
  return t;
}
