import type { DType, Tensor } from "@gradus/tensor";
import {
  add,
  broadcastTo,
  cast,
  check,
  mean,
  mul,
  ones,
  reshape,
  ShapeError,
  sqrt,
  square,
  stopGradient,
  sub,
  zeros,
} from "@gradus/tensor";
import { perChannel } from "../layers/affine.ts";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkPass } from "../pass.ts";
import { checkFloat, checkSize } from "../settings.ts";
import { varying } from "./flow.ts";
import { checkGraph, type GraphNode, initial, type NormActGraph, used } from "./graph.ts";
import { type Elementwise, EPSILON, type Extent, elementwise, type Moment, momentOf } from "./primitives.ts";

/** Options of {@link NormAct}. */
export interface NormActOptions {
  /** Groups of channels: the largest number up to this one that divides the channels is taken; 32 unless told. */
  readonly groups?: number;
  /** Share of a running moment that stays at each batch; 0.9 unless told. */
  readonly decay?: number;
  /** Float dtype of the parameters; f32 unless told. */
  readonly dtype?: DType;
}

const kept = { keepDims: true } as const;
const axesOf: Readonly<Record<Exclude<Extent, "whg">, readonly number[]>> = { bwh: [0, 2], whc: [1, 2], wh: [2] };

/** The mean over the axes of an aggregation, which stay with size 1, or over groups of channels that stay as they were. */
function meanOver(x: Tensor, extent: Extent, groups: number): Tensor {
  if (extent !== "whg") return mean(x, axesOf[extent], kept);
  const [n, channels, positions] = x.shape as [number, number, number];
  if (channels === 1) return mean(x, [2], kept);
  const apart = mean(reshape(x, [n, groups, channels / groups, positions]), [2, 3], kept);
  return reshape(broadcastTo(apart, [n, groups, channels / groups, 1]), [n, channels, 1]);
}

/**
 * The layer that a {@link NormActGraph} describes, for `x` `[batch, channels, …]`: the value of its last operation, broadcast to the shape of
 * `x`, times `weight` plus `bias`. Vectors v₀ start at 0, v₁ at 1. Each moment over the batch follows, in a {@link Pass} that trains, what is
 * under its root by `running ← decay · running + (1 − decay) · batch`, and is the running one else. 1e-5 is added under roots and logarithms, nothing to
 * denominators, so that graphs of known layers are those layers.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when it is no graph, `channels` is no positive integer, or for a bad option
 * @example
 * ```ts
 * new NormAct(genotypes.S0, 16).call(zeros([8, 16, 14, 14])).shape; // [8, 16, 14, 14]
 * ```
 */
export class NormAct extends Module {
  /** Scale, `[channels]`. */
  readonly weight: Tensor;
  /** Shift, `[channels]`. */
  readonly bias: Tensor;
  /** Vector of the graph that starts at 0, `[channels]`, or null where it is not used. */
  readonly v0: Tensor | null;
  /** Vector of the graph that starts at 1, `[channels]`, or null where it is not used. */
  readonly v1: Tensor | null;
  /** Per operation its running moment, `[channels]` or `[1]`, or null where it has none: state, not parameters. */
  readonly running: readonly (Tensor | null)[];
  /** What it computes. */
  readonly graph: NormActGraph;
  /** Number of channels. */
  readonly channels: number;
  /** Number of groups. */
  readonly groups: number;
  /** Share of a running moment that stays. */
  readonly decay: number;

  constructor(graph: NormActGraph, channels: number, options: NormActOptions = {}) {
    super();
    checkGraph("NormAct", graph);
    checkSize("NormAct", "channels", channels);
    check.options("NormAct", options, {
      groups: check.integer("[1, ∞)"),
      decay: check.number("[0, 1]"),
      dtype: check.floatDType,
    });
    const { groups = 32, decay = 0.9, dtype = "f32" } = options;
    let most = Math.min(groups, channels);
    while (channels % most !== 0) most--;
    const needed = used(graph);
    const along = varying(graph);
    this.weight = ones([channels], { dtype });
    this.bias = zeros([channels], { dtype });
    this.v0 = needed[2] ? zeros([channels], { dtype }) : null;
    this.v1 = needed[3] ? ones([channels], { dtype }) : null;
    this.running = graph.nodes.map(({ op }, i) => {
      const found = momentOf(op);
      if (found?.extent !== "bwh" || !needed[i + initial.length]) return null;
      const shape = along[i + initial.length]?.channels ? [channels] : [1];
      return (found.moment === "mean" ? zeros : ones)(shape, { dtype });
    });
    this.graph = graph;
    this.channels = channels;
    this.groups = most;
    this.decay = decay;
  }

  /** `[batch, channels, …]` → the same. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} for another shape. */
  forward(x: Tensor, pass?: Pass): Tensor {
    checkFloat("NormAct", x);
    checkPass("NormAct", pass);
    if (x.rank < 2 || x.shape[1] !== this.channels)
      throw new ShapeError(`NormAct: x: expected [batch, ${this.channels}, …], got [${x.shape}]`);
    const parts = reshape(x, [x.shape[0] as number, this.channels, -1]);
    const vector = (v: Tensor | null): Tensor | null => v && reshape(v, [1, -1, 1]);
    const needed = used(this.graph);
    const zero = zeros([1, 1, 1], { dtype: x.dtype });
    const values: (Tensor | null)[] = [parts, zero, vector(this.v0), vector(this.v1)];
    for (const [i, node] of this.graph.nodes.entries())
      values.push(needed[i + initial.length] ? this.step(i, node, values, pass) : null);
    const y = reshape(broadcastTo(values.at(-1) as Tensor, parts.shape), x.shape);
    return perChannel(y, this.weight, this.bias);
  }

  private step(i: number, { op, inputs }: GraphNode, values: readonly (Tensor | null)[], pass?: Pass): Tensor {
    const [a, b] = inputs.map((input) => values[input]) as [Tensor, Tensor];
    const found = momentOf(op);
    if (found === null) return (elementwise as Readonly<Record<string, Elementwise>>)[op]?.compute(a, b) as Tensor;
    const { moment, extent } = found;
    const value = this.followed(i, pass, () => this.moment(a, moment, extent));
    return moment === "mean" ? value : sqrt(add(value, EPSILON));
  }

  /** What is under the root. */
  private moment(x: Tensor, moment: Moment, extent: Extent): Tensor {
    const over = (t: Tensor): Tensor => meanOver(t, extent, this.groups);
    if (moment === "mean") return over(x);
    return over(square(moment === "rms" ? x : sub(x, over(x))));
  }

  /** The batch's moment in training, which the running one then follows; else the running one, where there is one. */
  private followed(i: number, pass: Pass | undefined, batch: () => Tensor): Tensor {
    const state = this.running[i] ?? null;
    if (state === null) return batch();
    const old = stopGradient(pass?.current(state) ?? state);
    if (!pass?.training) {
      pass?.note(state, old);
      return reshape(stopGradient(state), [1, -1, 1]);
    }
    const now = batch();
    const newest = cast(reshape(stopGradient(now), state.shape), state.dtype);
    pass.note(state, add(mul(old, this.decay), mul(newest, 1 - this.decay)));
    return now;
  }
}
