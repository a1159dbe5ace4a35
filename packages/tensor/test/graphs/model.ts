import * as g from "../../src/index.ts";

type Tensor = g.Tensor;

const values = (shape: readonly number[], scale: number): Tensor =>
  g.mul(g.sin(g.mul(g.reshape(g.arange(shape.reduce((a, b) => a * b, 1)), shape), 1.7)), scale).realize();

/** Weights that the model captures. */
const kernel = values([3, 1, 3, 3], 0.5);
const readout = values([12, 4], 0.4);
const half = g.astype(values([4], 1), "f16").realize();

export interface Point {
  readonly image: Tensor;
  readonly state: { readonly h: Tensor; readonly key: Tensor; readonly rate: number; readonly none: null };
}

/** A function of a tree that has a convolution, a scan, a branch, Fourier transforms, a sort, a Cholesky factor and random bits in it. */
export function model({ image, state }: Point): { readonly loss: Tensor; readonly all: readonly Tensor[] } {
  const features = g.reshape(g.maxPool(g.tanh(g.conv(image, kernel, { padding: 1 })), 2), [image.shape[0]!, -1]);
  const logits = g.add(g.matmul(features, readout), g.astype(half, "f32"));
  const [h, states] = g.scan(
    (s: Tensor, x: Tensor) => {
      const next = g.tanh(g.add(g.mul(s, state.rate), x));
      return [next, next];
    },
    state.h,
    logits,
  );
  const branch = g.cond(
    g.greater(g.sum(h), 0),
    (t: Tensor) => g.mul(t, kernel.at(0, 0, 0, 0)),
    (t: Tensor) => g.sin(t),
    states as Tensor,
  );
  const spectrum = g.rfft(branch);
  const power = g.add(g.mul(spectrum.re, spectrum.re), g.mul(spectrum.im, spectrum.im));
  const sorted = g.sort(power, -1);
  const gram = g.add(g.matmul(g.transpose(logits), logits), g.eye(4));
  const factor = g.cholesky(gram);
  const noise = g.uniform(state.key, [4]);
  const loss = g.add(g.add(g.sum(g.mul(sorted, sorted)), g.sum(g.log(g.diag(factor)))), g.sum(g.mul(noise, h)));
  return { loss, all: [sorted, factor, noise, h] };
}

export const point = (): Point => ({
  image: values([2, 1, 4, 4], 1),
  state: { h: values([4], 0.3), key: g.key(7), rate: 0.9, none: null },
});
