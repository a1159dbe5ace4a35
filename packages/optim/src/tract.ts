import { Conv1d, Conv2d, Conv3d, Linear } from "@gradus/nn";
import type { Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  cast,
  check,
  cholesky,
  choSolve,
  customGradient,
  div,
  eye,
  matmul,
  mul,
  type PadMode,
  pad,
  permute,
  reshape,
  ShapeError,
  stopGradient,
  sub,
  transpose,
  unfold,
} from "@gradus/tensor";
import { positive, settings, type Table } from "./settings.ts";

/** Options of {@link tract}. */
export interface TractOptions {
  /** Ridge `λ`: smaller is more aggressive; 0.1 unless told, 0.05 to 0.2 in the paper. It supposes inputs of mean 0 and standard deviation 1. */
  readonly lambda?: number;
  /**
   * What is factored: the matrix of the inputs, `[n, n]`, or that of the rows, `[b, b]`; both give the same. `"auto"`, the smaller one, unless
   * told.
   */
  readonly form?: "auto" | "primal" | "dual";
}

const table: Table<TractOptions> = {
  lambda: [
    (op, value, name) => {
      positive(op, value, name);
    },
    0.1,
  ],
  form: [check.oneOf("auto", "primal", "dual"), "auto"],
};

/**
 * `G (XᵀX / b + λ I)⁻¹`: the gradient of a first layer's weights that moves its outputs along their own gradient (Petersen, Borgelt & Ermon 2024,
 * equations 6 and 7), from the ordinary gradient `G` `[..., m, n]` and the rows `X` `[..., b, n]` that the layer saw.
 */
function preconditioned(gradient: Tensor, x: Tensor, { lambda, form }: Required<TractOptions>): Tensor {
  const [b, n] = x.shape.slice(-2) as [number, number];
  // Sums over many rows want at least 32 bits.
  const wide = x.dtype === "f16" ? "f32" : x.dtype;
  const [rows, g] = [cast(x, wide), cast(gradient, wide)];
  const ridge = (size: number): Tensor => mul(eye(size, size, { dtype: wide }), lambda);
  if (form === "primal" || (form === "auto" && n <= b)) {
    const factor = cholesky(add(div(matmul(transpose(rows), rows), b), ridge(n)));
    return cast(transpose(choSolve(factor, transpose(g))), gradient.dtype);
  }
  // (XᵀX/b + λI)⁻¹ = (I - Xᵀ (XXᵀ/b + λI)⁻¹ X / b) / λ
  const factor = cholesky(add(div(matmul(rows, transpose(rows)), b), ridge(b)));
  const along = choSolve(factor, matmul(rows, transpose(g)));
  return cast(div(sub(g, div(matmul(transpose(along), rows), b)), lambda), gradient.dtype);
}

/** The weights as they are; their gradient is made {@link preconditioned} by the rows that they meet. */
const trained = (weight: Tensor, rows: Tensor, options: Required<TractOptions>): Tensor =>
  customGradient((w: Tensor, _: Tensor) => w, {
    vjp: (g: Tensor, _, __, x: Tensor) => [preconditioned(g, x, options), null],
  })(weight, stopGradient(rows));

/**
 * TrAct's gradient of the weights of a linear layer from that of its outputs: `Gzᵀ X (XᵀX / b + λ I)⁻¹`, equation 7 of Petersen, Borgelt & Ermon 2024.
 *
 * @param x - inputs `[..., n]`; all axes but the last count rows, `b` in all
 * @param gradZ - gradient of a loss that is a mean over rows, by the outputs `[..., m]`
 * @returns `[m, n]`, what an optimizer takes in the place of the ordinary gradient
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option, {@link @gradus/tensor!index.ShapeError | ShapeError} when rows differ in number or there are none
 * @example
 * ```ts
 * tractGrad(tensor([[2]]), tensor([[1]])); // [[0.4878]] = 2 / (2² + 0.1)
 * ```
 */
export function tractGrad(x: Tensor, gradZ: Tensor, options: TractOptions = {}): Tensor {
  check.tensor("tractGrad", x, "x");
  check.tensor("tractGrad", gradZ, "gradZ");
  const given = settings("tractGrad", options, table);
  const [rows, slopes] = [flat("tractGrad", x), flat("tractGrad", gradZ)];
  if (rows.shape[0] !== slopes.shape[0])
    throw new ShapeError(
      `tractGrad: gradZ: ${slopes.shape[0]} rows in [${gradZ.shape}], ${rows.shape[0]} in x [${x.shape}]`,
    );
  return preconditioned(matmul(transpose(slopes), rows), rows, given);
}

/** `[rows, last]`. Throws ShapeError when there are none. */
function flat(op: string, x: Tensor): Tensor {
  if (x.rank < 2 || x.size === 0) throw new ShapeError(`${op}: x: expected rows [..., n], got [${x.shape}]`);
  return reshape(x, [-1, x.shape.at(-1) as number]);
}

type Convolution = Conv1d | Conv2d | Conv3d;
/** Layers that {@link tract} knows. */
export type FirstLayer = Linear | Conv1d | Conv2d | Conv3d;
type Wrapped<L> = L & { readonly tract: Required<TractOptions> };

const modes: Readonly<Record<string, PadMode>> = { reflect: "reflect", replicate: "edge", circular: "wrap" };

/** The patches that a convolution's kernels meet, `[groups, b, n]`: zeros around the image count as inputs. */
function patches(x: Tensor, layer: Convolution): Tensor {
  const { groups, dilation, stride, padding, paddingMode, weight } = layer;
  const kernel = weight.shape.slice(2);
  const mode = modes[paddingMode];
  const around = mode === undefined ? x : pad(x, [[0, 0], [0, 0], ...padding], mode);
  // [batch, channels · taps, windows], channels first, as the weights are.
  const columns = unfold(around, kernel, { stride, dilation, padding: mode === undefined ? padding : 0 });
  const [batch, all, windows] = columns.shape as [number, number, number];
  const split = reshape(columns, [batch, groups, all / groups, windows]);
  return reshape(permute(split, [1, 0, 3, 2]), [groups, batch * windows, all / groups]);
}

/** The weights that `layer` is to use on `x`. */
function weightsFor(layer: Wrapped<FirstLayer>, x: Tensor): Tensor {
  const { weight, tract: options } = layer;
  if (!("groups" in layer)) return trained(weight, flat("tract", x), options);
  const [outputs, ...inputs] = weight.shape as [number, ...number[]];
  const { groups } = layer;
  const n = inputs.reduce((a, k) => a * k, 1);
  const matrices = reshape(weight, [groups, outputs / groups, n]);
  return reshape(trained(matrices, patches(x, layer), options), weight.shape);
}

// biome-ignore lint/suspicious/noExplicitAny: the constructors are never called
type Class<L> = abstract new (...args: any[]) => L;

/** The class of a layer, with TrAct's gradient: made once, so that trees of it have one structure. */
function tractClass<L extends FirstLayer>(base: Class<L>): { readonly prototype: Wrapped<L> } {
  const prototype = Object.create(base.prototype) as Wrapped<L>;
  prototype.forward = function (this: Wrapped<L>, x: Tensor): Tensor {
    check.tensor(base.name, x, "x");
    base.prototype.forward.call(this, x); // refuses inputs that do not fit before anything is made of them
    const plain = Object.assign(Object.create(base.prototype), this, { weight: weightsFor(this, x) }) as L;
    return plain.forward(x);
  };
  return { prototype };
}

const classes = [Linear, Conv1d, Conv2d, Conv3d].map((base) => [base, tractClass(base as Class<FirstLayer>)] as const);

/**
 * The first layer of a network, its weights trained by TrAct: the outputs are the same, but the gradient of the weights is the step that moves the
 * layer's outputs along their own gradient, whatever the contrast of the image (Petersen, Borgelt & Ermon 2024). Gradients of inputs and
 * bias stay as they are, and any optimizer takes the result. The tensors are the layer's own, under the same names, so files do not change.
 *
 * For convolutions the rows are all patches of the batch. The loss has to be a mean over the batch. Wrap the layer that gets the images, no other;
 * clip norms anew, since they may grow by up to `1 / λ`.
 *
 * @param layer - a linear layer or convolution that is fed by the input of the network
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for another layer, or a bad option
 * @example
 * ```ts
 * const net = new Sequential(tract(new Conv2d(3, 64, 3, { padding: 1, key: key(0) })), relu, …);
 * ```
 */
export function tract<L extends FirstLayer>(layer: L, options: TractOptions = {}): L {
  const given = settings("tract", options, table);
  const found = classes.find(([base, made]) =>
    [base.prototype, made.prototype].some(
      (p) => layer !== null && typeof layer === "object" && Object.getPrototypeOf(layer) === p,
    ),
  );
  if (found === undefined)
    throw new ArgumentError(`tract: layer: expected Linear, Conv1d, Conv2d or Conv3d, got ${check.said(layer)}`);
  return Object.assign(Object.create(found[1].prototype as object), layer, { tract: given }) as L;
}

/**
 * The layer without TrAct, with the same tensors.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless {@link tract} made it
 * @example
 * ```ts
 * const plain = untract(tract(layer));
 * ```
 */
export function untract<L extends FirstLayer>(layer: L): L {
  const found = classes.find(
    ([, made]) => typeof layer === "object" && layer !== null && Object.getPrototypeOf(layer) === made.prototype,
  );
  if (found === undefined)
    throw new ArgumentError(`untract: layer: expected what tract gives, got ${check.said(layer)}`);
  const { tract: _, ...fields } = layer as Wrapped<L> & Record<string, unknown>;
  return Object.assign(Object.create(found[0].prototype), fields) as L;
}
