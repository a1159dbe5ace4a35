import { TreeNode } from "@gradus/tensor";

/**
 * A model or layer: a class whose fields are tensors, modules, arrays of them and plain settings. An instance is a tree, so `grad`,
 * `vmap`, `jit`, optimizers and checkpoints take it as it is; the paths of its tensors (`features.3.weight`) are PyTorch's
 * state-dict names. Modules are pure: a call changes no field. Call other modules by {@link Module.call}, and hand the {@link Pass} on to them.
 *
 * @example
 * ```ts
 * class Net extends Module {
 *   norm = new BatchNorm1d(784);
 *   head: Linear;
 *   constructor(key: Key) { super(); this.head = new Linear(784, 10, { key }); }
 *   forward(x: Tensor, pass?: Pass) { return this.head.call(this.norm.call(x, pass)); }
 * }
 * const logits = new Net(key(0)).call(zeros([32, 784]));
 * ```
 */
export abstract class Module extends TreeNode {
  /** What the module computes. Define it in a subclass; use it through {@link Module.call}. */
  // biome-ignore lint/suspicious/noExplicitAny: each module has its own arguments
  abstract forward(...args: any[]): any;

  /** Runs the module. */
  call(...args: Parameters<this["forward"]>): ReturnType<this["forward"]> {
    const output = this.forward(...args);
    ran(this, output);
    return output;
  }
}

/** Told of every module that ran, or of a function that is the field `name` of one. */
export type Witness = (module: Module, output: unknown, name: string | null) => void;

let witnesses: readonly Witness[] = [];

/** Tells the witnesses that a module ran, or its field `name`. */
export function ran(module: Module, output: unknown, name: string | null = null): void {
  for (const witness of witnesses) witness(module, output, name);
}

/** Runs `f` while `witness` is told what runs. */
export function witnessed<T>(witness: Witness, f: () => T): T {
  const before = witnesses;
  witnesses = [...before, witness];
  try {
    return f();
  } finally {
    witnesses = before;
  }
}
