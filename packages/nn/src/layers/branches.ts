import type { Tensor } from "@gradus/tensor";
import { ArgumentError, add, check, concat, ShapeError } from "@gradus/tensor";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkPass } from "../pass.ts";
import { sameShape } from "../settings.ts";
import type { Layer } from "./sequential.ts";
import { checkLayerLike, runLayer } from "./sequential.ts";

/**
 * `shortcut(x) + body(x)` (He et al. 2016); the shortcut is the identity unless told.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a branch is neither a module nor a function
 * @example
 * ```ts
 * const block = new Residual(new Sequential(new LayerNorm(64), new Linear(64, 64, { key }), gelu));
 * ```
 */
export class Residual extends Module {
  /** The branch with the parameters. */
  readonly body: Layer;
  /** What the input goes through beside it, or null. */
  readonly shortcut: Layer | null;

  constructor(body: Layer, shortcut: Layer | null = null) {
    super();
    checkLayerLike("Residual", body, "body");
    if (shortcut !== null) checkLayerLike("Residual", shortcut, "shortcut");
    this.body = body;
    this.shortcut = shortcut;
  }

  /** The sum of both branches. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} when their shapes differ. */
  forward(x: Tensor, pass?: Pass): Tensor {
    check.tensor("Residual", x, "x");
    checkPass("Residual", pass);
    const beside = this.shortcut === null ? x : runLayer("Residual", this, "shortcut", this.shortcut, x, pass);
    const y = runLayer("Residual", this, "body", this.body, x, pass);
    if (!sameShape(beside.shape, y.shape))
      throw new ShapeError(`Residual: body: made [${y.shape}] beside [${beside.shape}]; give a shortcut that fits`);
    return add(beside, y);
  }
}

/**
 * The same input through several branches, whose outputs are joined. The branches are the fields `0`, `1`, ….
 *
 * @param branches - layers
 * @param join - makes one tensor of their outputs; concatenates them along axis 1, the channels, unless told
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a branch is neither a module nor a function, or there is none
 * @example
 * ```ts
 * const inception = new Parallel([new Conv2d(8, 4, 1, { key: a }), new Conv2d(8, 4, 3, { key: b, padding: 1 })]); // 8 channels
 * ```
 */
export class Parallel extends Module {
  readonly [index: number]: Layer;
  /** Makes one tensor of the outputs. */
  readonly join: (outputs: readonly Tensor[]) => Tensor;

  constructor(branches: readonly Layer[], join: (outputs: readonly Tensor[]) => Tensor = channels) {
    super();
    if (!Array.isArray(branches) || branches.length === 0)
      throw new ArgumentError(`Parallel: branches: expected a list of layers, got ${check.said(branches)}`);
    for (const [i, branch] of branches.entries()) checkLayerLike("Parallel", branch, `branches[${i}]`);
    check.callable("Parallel", join, "join");
    Object.assign(this, branches);
    this.join = join;
  }

  /** What `join` makes of the outputs of all branches. */
  forward(x: Tensor, pass?: Pass): Tensor {
    check.tensor("Parallel", x, "x");
    checkPass("Parallel", pass);
    const { join, ...branches } = this;
    const y = join(
      Object.entries(branches).map(([i, branch]) =>
        runLayer("Parallel", this, `branches[${i}]`, branch as Layer, x, pass),
      ),
    );
    check.tensor("Parallel", y, "join");
    return y;
  }
}

const channels = (outputs: readonly Tensor[]): Tensor => concat(outputs, 1);
