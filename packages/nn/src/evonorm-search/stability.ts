import type { Tensor } from "@gradus/tensor";
import {
  add,
  check,
  dispose,
  div,
  grad,
  isFloat,
  jit,
  maximum,
  mul,
  sqrt,
  square,
  sum,
  tidy,
  treeLeaves,
  treeMap,
  valueAndGrad,
} from "@gradus/tensor";

/** Options of {@link stabilityTest}. */
export interface StabilityOptions {
  /** Steps at most; 100 unless told. */
  readonly steps?: number;
  /** Length of a step by that of the parameters; 0.05 unless told. */
  readonly rate?: number;
  /** The largest gradient norm of a stable net; 1e8 unless told. */
  readonly limit?: number;
}

/** Checks of {@link StabilityOptions}. */
export const stabilityOptions: Readonly<Record<string, check.Check>> = {
  steps: check.integer("[1, ∞)"),
  rate: check.number("(0, ∞)"),
  limit: check.number("(0, ∞)"),
};

/** What {@link stabilityTest} found. */
export interface Stability {
  /** Whether no gradient was longer than the limit, nor anything but a number. */
  readonly stable: boolean;
  /** Norm of the gradient at each point visited. */
  readonly norms: readonly number[];
}

const norm = (tree: unknown): Tensor =>
  sqrt(
    treeLeaves(tree)
      .filter((t) => isFloat(t.dtype))
      .map((t) => sum(square(t)))
      .reduce((a, b) => add(a, b)),
  );

/**
 * Tries how steep a loss can get near a net: from its parameters it climbs the norm of the gradient, θ ← θ + rate · ‖θ‖ / ‖d‖ · d with
 * d = ∇‖∇loss‖, and gives up when the norm passes the limit or stops being a number (Liu et al. 2020, section on rejection; the length of a step is a
 * reconstruction).
 *
 * @param loss - scalar loss of a net on a fixed batch
 * @param model - the net with its first parameters, a tree; it stays as it is
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `loss` is no function, the model no tree, or for a bad option
 * @example
 * ```ts
 * const { stable } = await stabilityTest((net) => crossEntropy(net.call(images, new Pass()), labels), net);
 * ```
 */
export async function stabilityTest<M>(
  loss: (model: M) => Tensor,
  model: M,
  options: StabilityOptions = {},
): Promise<Stability> {
  check.callable("stabilityTest", loss, "loss");
  check.tree("stabilityTest", model, "model");
  check.options("stabilityTest", options, stabilityOptions);
  const { steps = 100, rate = 0.05, limit = 1e8 } = options;
  const climb = jit((m: M): [M, Tensor] => {
    const [height, d] = valueAndGrad((m: M) => norm(grad(loss)(m)))(m);
    const scale = mul(rate, div(norm(m), maximum(norm(d), 1e-30)));
    return [treeMap((t, g) => (isFloat(t.dtype) ? add(t, mul(g, scale)) : t), m, d as M), height];
  });
  const norms: number[] = [];
  let at = tidy(() => treeMap((t) => (isFloat(t.dtype) ? mul(t, 1) : t), model));
  const given = new Set(treeLeaves(model));
  const free = (m: M): void => dispose(treeLeaves(m).filter((t) => !given.has(t)));
  for (let i = 0; i < steps; i++) {
    const [next, height] = climb(at);
    free(at);
    at = next;
    norms.push(await height.item());
    height.dispose();
    if (!((norms[i] as number) <= limit)) break;
  }
  free(at);
  return { stable: (norms.at(-1) as number) <= limit, norms };
}
