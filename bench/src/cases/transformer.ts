import { type Inputs, uniform } from "../harness/inputs.ts";
import type { JaxArray } from "../subjects/jax.ts";
import type { Case } from "./case.ts";
import { type GradusTensor, type Model, trainingCase } from "./training.ts";

const [BATCH, TIME, D, HEADS] = [8, 128, 256, 8];
const [ROWS, HEAD, WIDE] = [BATCH * TIME, D / HEADS, 4 * D];
const EPSILON = 1e-5;
const SCALE = 1 / Math.sqrt(HEAD);
/** Constants of the tanh form of gelu. */
const [BEND, CUBE] = [Math.sqrt(2 / Math.PI), 0.044715];

const weight = (n: number, m: number, seed: number) => uniform([n, m], seed, { low: -0.1, high: 0.1 });
const near = (centre: number, n: number, seed: number) => uniform([n], seed, { low: centre - 0.1, high: centre + 0.1 });

const parameters = (): Inputs => ({
  wq: weight(D, D, 1),
  wk: weight(D, D, 2),
  wv: weight(D, D, 3),
  wo: weight(D, D, 4),
  w1: weight(D, WIDE, 5),
  w2: weight(WIDE, D, 6),
  bq: near(0, D, 7),
  bv: near(0, D, 9),
  bo: near(0, D, 10),
  b1: near(0, WIDE, 11),
  b2: near(0, D, 12),
  g1: near(1, D, 13),
  h1: near(0, D, 14),
  g2: near(1, D, 15),
  h2: near(0, D, 16),
});

const inputs = (): Inputs => ({ x: uniform([ROWS, D], 100), t: uniform([ROWS, D], 101), ...parameters() });

/**
 * Squared error of a pre-norm block: x + attention(norm(x)), then + perceptron(norm(·)). Rows are batch and time. Keys have no bias: softmax does not see
 * it, so that its derivative would be rounding errors only.
 */
const block: Model = {
  parameters: Object.keys(parameters()),
  data: ["x", "t"],
  gradus: (g) => (p, x, t) => {
    type T = GradusTensor;
    const norm = (y: T, scale: T, shift: T): T => {
      const centred = g.sub(y, g.mean(y, -1, { keepDims: true }));
      const variance = g.mean(g.mul(centred, centred), -1, { keepDims: true });
      return g.add(g.mul(g.div(centred, g.sqrt(g.add(variance, EPSILON))), scale), shift);
    };
    const linear = (y: T, n: string): T => g.add(g.matmul(y, p[`w${n}`]!), p[`b${n}`]!);
    const heads = (y: T): T => g.permute(g.reshape(y, [BATCH, TIME, HEADS, HEAD]), [0, 2, 1, 3]);
    const a = norm(x!, p.g1!, p.h1!);
    const [q, k, v] = [heads(linear(a, "q")), heads(g.matmul(a, p.wk!)), heads(linear(a, "v"))];
    const weights = g.softmax(g.mul(g.matmul(q, g.swapaxes(k, 2, 3)), SCALE), -1);
    const mixed = g.reshape(g.permute(g.matmul(weights, v), [0, 2, 1, 3]), [ROWS, D]);
    const y = g.add(x!, linear(mixed, "o"));
    const z = g.add(y, linear(g.gelu(linear(norm(y, p.g2!, p.h2!), "1"), { approximate: true }), "2"));
    const e = g.sub(z, t!);
    return g.mean(g.mul(e, e));
  },
  tfjs: (tf) => (p, x, t) => {
    type T = typeof x & {};
    const norm = (y: T, scale: T, shift: T): T => {
      const centred = y.sub<T>(tf.mean(y, -1, true));
      const variance = tf.mean(tf.square(centred), -1, true);
      return centred
        .div<T>(tf.sqrt(variance.add(EPSILON)))
        .mul<T>(scale)
        .add(shift);
    };
    const linear = (y: T, n: string): T => tf.matMul(y, p[`w${n}`]!).add(p[`b${n}`]!);
    const heads = (y: T): T => tf.transpose(tf.reshape(y, [BATCH, TIME, HEADS, HEAD]), [0, 2, 1, 3]);
    const gelu = (y: T): T => {
      const inner = y.mul(y).mul<T>(y).mul<T>(CUBE).add<T>(y).mul<T>(BEND);
      return y.mul<T>(0.5).mul(tf.tanh(inner).add(1));
    };
    const a = norm(x!, p.g1!, p.h1!);
    const [q, k, v] = [heads(linear(a, "q")), heads(tf.matMul(a, p.wk!)), heads(linear(a, "v"))];
    const weights = tf.softmax(tf.matMul(q, k, false, true).mul<T>(SCALE));
    const mixed = tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), [ROWS, D]);
    const y = x!.add<T>(linear(mixed, "o"));
    const z = y.add<T>(linear(gelu(linear(norm(y, p.g2!, p.h2!), "1")), "2"));
    return tf.mean(tf.square(z.sub(t!)));
  },
  jax:
    ({ numpy: np, nn }) =>
    (p, x, t) => {
      type T = JaxArray;
      const norm = (y: T, scale: T, shift: T): T => {
        const centred = y.ref.sub(np.mean(y, -1, { keepdims: true }));
        const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
        return centred
          .div(np.sqrt(variance.add(EPSILON)))
          .mul(scale)
          .add(shift);
      };
      const linear = (y: T, n: string): T => np.matmul(y, p[`w${n}`]!).add(p[`b${n}`]!);
      const heads = (y: T): T => y.reshape([BATCH, TIME, HEADS, HEAD]).transpose([0, 2, 1, 3]);
      const gelu = (y: T): T => {
        const inner = y.ref.mul(y.ref).mul(y.ref).mul(CUBE).add(y.ref).mul(BEND);
        return y.mul(0.5).mul(np.tanh(inner).add(1));
      };
      const a = norm(x!.ref, p.g1!, p.h1!);
      const [q, k, v] = [heads(linear(a.ref, "q")), heads(np.matmul(a.ref, p.wk!)), heads(linear(a, "v"))];
      const weights = nn.softmax(np.matmul(q, k.transpose([0, 1, 3, 2])).mul(SCALE), -1);
      const mixed = np.matmul(weights, v).transpose([0, 2, 1, 3]).reshape([ROWS, D]);
      const y = x!.add(linear(mixed, "o"));
      const z = y.ref.add(linear(gelu(linear(norm(y, p.g2!, p.h2!), "1")), "2"));
      return np.mean(np.square(z.sub(t!)));
    },
};

const linearFlops = 2 * ROWS * (4 * D * D + 2 * D * WIDE);
const attentionFlops = 2 * 2 * BATCH * TIME * TIME * D;

export const transformerStep: Case = trainingCase(
  { name: "transformer-step", flops: 3 * (linearFlops + attentionFlops), inputs },
  block,
);
