import { TreeNode } from "@gradus/tensor";

/**
 * A model or layer: a class whose fields are tensors, modules, arrays of them and plain settings. An instance is a tree, so `grad`,
 * `vmap`, `jit`, optimizers and checkpoints take it as it is; the paths of its tensors (`features.3.weight`) are PyTorch's
 * state-dict names. Modules are pure: a call changes no field.
 *
 * @example
 * ```ts
 * class Net extends Module {
 *   head: Linear;
 *   constructor(key: Key) { super(); this.head = new Linear(784, 10, { key }); }
 *   forward(x: Tensor) { return this.head.call(x); }
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
    return this.forward(...args);
  }
}
