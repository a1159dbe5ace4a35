import { differentiable, type Sso, sso, type TargetLoss } from "@gradus/optim";
import type { Key, Tensor } from "@gradus/tensor";
import {
  abs,
  add,
  cast,
  dispose,
  exp,
  foldIn,
  gather,
  grad,
  greater,
  jit,
  key,
  log1p,
  matmul,
  maximum,
  mul,
  neg,
  normal,
  realize,
  split,
  square,
  sub,
  sum,
  tensor,
  tidy,
  uniform,
} from "@gradus/tensor";
import type { Example } from "@gradus/tools";

interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}
interface Problem {
  readonly name: "squared" | "logistic";
  /** Summed over rows. */
  readonly loss: (z: Tensor, batch: Batch) => Tensor;
  /** One over the smoothness of the loss of a target. */
  readonly eta: number;
  readonly batch: Batch;
}

const f64 = { dtype: "f64" } as const;
const N = 1000;
const D = 20;
const SIZE = 25;
const INNER = [1, 5, 10, 100];
const RATES = [0.01, 0.03, 0.1, 0.3, 1, 3];
/** Below this a loss is as good as zero: inner loops stop at a gradient of 1e-6. */
const FLOOR = 1e-9;

const softplus = (x: Tensor): Tensor => add(maximum(x, 0), log1p(exp(neg(abs(x)))));
const losses = {
  squared: (z: Tensor, { y }: Batch): Tensor => mul(sum(square(sub(z, y))), 0.5),
  logistic: (z: Tensor, { y }: Batch): Tensor => sum(softplus(neg(mul(z, y)))),
};

/** Regression that a line explains, of a conditioning of 1000. */
function problems(k: Key): Problem[] {
  const [a, b] = split(k) as [Key, Key];
  const powers = (sign: number): Tensor =>
    tensor(
      Array.from({ length: D }, (_, j) => 1000 ** ((sign * j) / (2 * (D - 1)))),
      f64,
    );
  const x = realize(mul(cast(normal(a, [N, D]), "f64"), powers(-1)));
  const w = mul(cast(normal(b, [D, 1]), "f64"), powers(1).reshape([D, 1])).mul(1 / 3);
  const y = realize(matmul(x, w));
  const sign = realize(sub(mul(cast(greater(y, 0), "f64"), 2), 1));
  return [
    { name: "squared", loss: losses.squared, eta: 1, batch: { x, y } },
    { name: "logistic", loss: losses.logistic, eta: 4, batch: { x, y: sign } },
  ];
}

const example = {
  slug: "target-surrogates",
  title: "Target-based surrogates: many cheap steps for each dear gradient",
  paper: "Lavington et al. 2023, Target-based Surrogates for Stochastic Optimization",
  claim:
    "After the same number of dear gradients the loss is lower the more steps go down each surrogate; with ten it is at least 3 times (squared loss) and 1.5 times (logistic) below that of SGD with the best of twelve step sizes.",
  figure: "lower loss than SGD, SLS, Adam and AdaGrad per gradient of the targets (three datasets)",
  headline: ["squaredSgd", "squaredTen", "logisticSgd", "logisticTen"],

  async run({ seed, quick, draw, log, progress, signal }) {
    const [steps, whole] = quick ? [30, 10] : [1000, 200];
    const [data, order] = split(key(seed)) as [Key, Key];
    const metrics: Record<string, number> = {};
    const curves: Record<string, Record<string, { x: number; y: number }[]>> = {};
    let done = 0;
    const runs = 2 * (2 * INNER.length + 2);
    for (const { name, loss, eta, batch } of problems(data)) {
      const full = jit((w: Tensor) => mul(loss(matmul(batch.x, w), batch), 1 / N));
      const of = async (w: Tensor): Promise<number> => {
        const value = full(w);
        const number = (await value.item()) as number;
        value.dispose();
        return number;
      };
      /** The rows of step `t`: the same for every method. */
      const rows = async (t: number): Promise<{ batch: Batch; indices: number[] }> => {
        using u = tidy(() => realize(uniform(foldIn(order, t), [SIZE])));
        const indices = [...(await u.data())].map((v) => Math.floor((v as number) * N));
        const at = tensor(indices, { dtype: "i32" });
        return { indices, batch: tidy(() => realize({ x: gather(batch.x, at), y: gather(batch.y, at) })) };
      };
      const batches = await Promise.all(Array.from({ length: steps }, (_, t) => rows(t)));
      const curve = (who: string, t: number, y: number): void => {
        curves[name] ??= {};
        const line = (curves[name][who] ??= []);
        line.push({ x: t, y: Math.max(y, 1e-13) });
      };

      /** The best of all step sizes, constant and falling. */
      async function sgd(stochastic: boolean): Promise<number> {
        const slope = jit((w: Tensor, b: Batch, rate: Tensor): Tensor => {
          const n = b.x.shape[0] as number;
          return sub(w, mul(grad((v: Tensor) => mul(loss(matmul(b.x, v), b), 1 / n))(w), rate));
        });
        let best = Number.POSITIVE_INFINITY;
        for (const rate of RATES)
          for (const falling of [false, true]) {
            let w = tensor(Array<number>(D).fill(0), { shape: [D, 1], ...f64 });
            const count = stochastic ? steps : whole;
            const points: [number, number][] = [];
            for (let t = 0; t < count; t++) {
              signal.throwIfAborted();
              const eta = tensor(falling ? rate / Math.sqrt(t + 1) : rate, f64);
              const next = slope(w, stochastic ? (batches[t]?.batch as Batch) : batch, eta);
              dispose([w, eta]);
              w = next;
              if (stochastic && (t + 1) % Math.ceil(steps / 50) === 0) points.push([t + 1, await of(w)]);
            }
            const end = await of(w);
            w.dispose();
            if (Number.isFinite(end) && end < best) {
              best = end;
              if (stochastic && curves[name]) delete curves[name].SGD;
              for (const [t, y] of points) curve("SGD", t, y);
            }
          }
        return best;
      }

      async function surrogates(innerSteps: number, stochastic: boolean): Promise<number> {
        const method: Sso<Tensor, Batch> = sso({
          model: (w: Tensor, b: Batch) => matmul(b.x, w),
          targetLoss: differentiable(loss) as TargetLoss<Batch>,
          innerSteps,
          eta,
        });
        let [w, state] = [tensor(Array<number>(D).fill(0), { shape: [D, 1], ...f64 }), method.init()];
        for (let t = 0; t < (stochastic ? steps : whole); t++) {
          signal.throwIfAborted();
          const next = await method.step(w, state, stochastic ? (batches[t]?.batch as Batch) : batch);
          w.dispose();
          ({ params: w, state } = next);
          if (stochastic && (t + 1) % Math.ceil(steps / 50) === 0) curve(`m = ${innerSteps}`, t + 1, await of(w));
        }
        const end = await of(w);
        w.dispose();
        return end;
      }

      for (const stochastic of [true, false]) {
        const where = stochastic ? "" : "Full";
        metrics[`${name}${where}Sgd`] = await sgd(stochastic);
        await progress(++done / runs, `${name}, SGD`);
        for (const [i, m] of INNER.entries()) {
          const word = ["One", "Five", "Ten", "Hundred"][i];
          metrics[`${name}${where}${word}`] = await surrogates(m, stochastic);
          await progress(++done / runs, `${name}, m = ${m}`);
        }
        const all = ["Sgd", "One", "Five", "Ten", "Hundred"].map((k) =>
          (metrics[`${name}${where}${k}`] as number).toExponential(2),
        );
        log(
          `${name} loss, ${stochastic ? `batches of ${SIZE}, ${steps} steps` : `all rows, ${whole} steps`}: SGD ${all[0]}, m = 1 ${all[1]}, 5 ${all[2]}, 10 ${all[3]}, 100 ${all[4]}`,
        );
      }
      dispose(batches.map((b) => b.batch));
    }

    const rises = (name: string): boolean => {
      const seen = ["One", "Five", "Ten", "Hundred"].map((m) => Math.max(FLOOR, metrics[`${name}${m}`] as number));
      return seen.every((v, i) => i === 0 || v <= (seen[i - 1] as number));
    };
    const beats = (name: string, times: number): boolean =>
      (["Ten", "Hundred"] as const).every(
        (m) => times * (metrics[`${name}${m}`] as number) <= (metrics[`${name}Sgd`] as number),
      );
    return {
      metrics,
      holds:
        ["squared", "squaredFull", "logistic", "logisticFull"].every(rises) &&
        beats("squared", 3) &&
        beats("squaredFull", 3) &&
        beats("logistic", 1.5) &&
        beats("logisticFull", 1.5),
      figures: await Promise.all(
        Object.entries(curves).map(([name, lines]) =>
          draw.lineChart(name, `${name} loss after so many dear gradients, batches of ${SIZE}`, lines, {
            x: "gradients of the targets",
            y: "mean loss of all rows",
            logY: true,
          }),
        ),
      ),
    };
  },
} satisfies Example;
export default example;
