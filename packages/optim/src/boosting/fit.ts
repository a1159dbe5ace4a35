import type { Key, Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  cast,
  check,
  concat,
  dispose,
  div,
  foldIn,
  gather,
  isFloat,
  jit,
  matmul,
  mean,
  mul,
  key as newKey,
  oneHot,
  permutation,
  realize,
  reshape,
  ShapeError,
  slice,
  split,
  square,
  sub,
  sum,
  Tensor as TensorClass,
  tensor,
  tidy,
  transpose,
  uniform,
} from "@gradus/tensor";
import { lbfgs } from "../lbfgs.ts";
import { minimizer } from "../minimize.ts";
import { checkOptimizer, type Optimizer } from "../optimizer.ts";
import { asked, atLeastZero, count, positive, settings } from "../settings.ts";
import { type Activation, activations, BoostedMlp, type Label } from "./model.ts";
import { tasks } from "./tasks.ts";

/** What {@link BoostingOptions.onStep} is told. */
export interface BoostingStep {
  /** Blocks trained. */
  readonly step: number;
  /** Blocks in all. */
  readonly steps: number;
  /** Mean training loss. */
  readonly loss: number;
  /** Mean loss on the data for early stopping; null without. */
  readonly validation: number | null;
  /** The step size `ρ`, the learning rate in; 0 for a block that was skipped. */
  readonly rho: number;
}

/** Options of {@link gradientBoostedMlp}. */
export interface BoostingOptions {
  /** What is predicted: numbers, one of two classes, one of several. */
  readonly task: "regression" | "binary" | "multiclass";
  /** Hidden units in all; 200 unless told. */
  readonly units?: number;
  /** Units per block, `J`; 1 unless told. */
  readonly unitsPerStep?: number;
  /** Factor `η` on every block's step; 1 unless told, 0.1 is safer. */
  readonly learningRate?: number;
  /** Share of the rows that a block is fitted to, drawn anew without replacement; 0.5 unless told. */
  readonly subsample?: number;
  /** What the hidden units do; logistic unless told. */
  readonly activation?: Activation;
  /** Penalty on the squared weights, biases apart; 1e-4 unless told. */
  readonly l2?: number;
  /** Most iterations per block; 200 unless told. */
  readonly maxIterations?: number;
  /** Who fits a block; {@link lbfgs} unless told. */
  readonly solver?: Optimizer;
  /** Where scores of several classes start: at zero, or at the logarithms of their shares; zero unless told. */
  readonly initialScore?: "zero" | "prior";
  /** Which Hessian the step of several classes takes: its diagonal, as the authors do, or all of it; diagonal unless told. */
  readonly newton?: "diagonal" | "full";
  /** Stops when the loss on other data has not fallen for so many blocks, and keeps the blocks up to the best. */
  readonly earlyStopping?: { readonly x: Tensor; readonly y: Targets; readonly patience: number };
  /** Source of first weights and draws; `key(0)` unless told. */
  readonly key?: Key;
  /** Stops after the block that is being trained; the model then has fewer units. */
  readonly signal?: AbortSignal;
  /** Called after each block; a promise is awaited. */
  readonly onStep?: (step: BoostingStep) => void | Promise<void>;
}

/** Numbers `[n]` or `[n, k]`, or a label per row. */
export type Targets = Tensor | readonly Label[];

/** One block: `V a(W x + b) + c`. */
interface Block {
  /** `[units, inputs]`. */
  readonly w: Tensor;
  /** `[units]`. */
  readonly b: Tensor;
  /** `[outputs, units]`. */
  readonly v: Tensor;
  /** `[outputs]`. */
  readonly c: Tensor;
}

/** What {@link gradientBoostedMlp} gives. */
export interface Booster {
  /**
   * Trains on rows `x` `[n, inputs]`.
   *
   * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for fewer than two rows or classes, values that are not finite, or a share that draws no row; {@link @gradus/tensor!index.ShapeError | ShapeError} when sizes differ
   */
  fit(x: Tensor, y: Targets): Promise<BoostedMlp>;
}

/**
 * A network of one hidden layer, trained a few units at a time by gradient boosting (Emami & Martínez-Muñoz 2023): each block of units is fitted to
 * what is left of the error by least squares, then takes one Newton step. All blocks together are an ordinary network.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, one out of range, or units that are no whole blocks
 * @example
 * ```ts
 * const model = await gradientBoostedMlp({ task: "multiclass", units: 100, learningRate: 0.1 }).fit(x, labels);
 * const half = model.predictProba(x, { units: 50 });
 * ```
 */
export function gradientBoostedMlp(options: BoostingOptions): Booster {
  const o = settings("gradientBoostedMlp", options as Required<BoostingOptions>, {
    task: [check.oneOf("regression", "binary", "multiclass")],
    units: [count, 200],
    unitsPerStep: [count, 1],
    learningRate: [positive, 1],
    subsample: [check.number("(0, 1]"), 0.5],
    activation: [check.oneOf("logistic", "tanh", "relu"), "logistic"],
    l2: [atLeastZero, 1e-4],
    maxIterations: [count, 200],
    solver: [asked[0], lbfgs()],
    initialScore: [check.oneOf("zero", "prior"), "zero"],
    newton: [check.oneOf("diagonal", "full"), "diagonal"],
    earlyStopping: [asked[0], undefined as never],
    key: [check.key, newKey(0)],
    signal: [asked[0], new AbortController().signal],
    onStep: [check.callable, () => undefined],
  });
  checkOptimizer("gradientBoostedMlp", o.solver, "solver");
  if (o.units % o.unitsPerStep !== 0)
    throw new ArgumentError(
      `gradientBoostedMlp: units: ${o.units} is no multiple of the ${o.unitsPerStep} units per step`,
    );
  if (typeof o.signal.aborted !== "boolean")
    throw new ArgumentError(`gradientBoostedMlp: signal: expected an AbortSignal, got ${check.said(o.signal)}`);
  if (options.earlyStopping !== undefined) {
    check.options(
      "gradientBoostedMlp",
      options.earlyStopping,
      { x: check.tensor, y: check.anything, patience: count },
      "earlyStopping",
    );
    count("gradientBoostedMlp", options.earlyStopping.patience, "earlyStopping.patience");
  }
  const task = tasks[o.task];
  const act = activations[o.activation];
  const run = (block: Block, x: Tensor): Tensor =>
    add(matmul(act(add(matmul(x, transpose(block.w)), block.b)), transpose(block.v)), block.c);
  /** Half the mean squared error, and the penalty. */
  const objective = (block: Block, x: Tensor, r: Tensor): Tensor => {
    const m = x.shape[0] as number;
    const penalty = mul(add(sum(square(block.w)), sum(square(block.v))), o.l2 / (2 * m));
    return add(mul(mean(square(sub(run(block, x), r))), 0.5), penalty);
  };
  const fitBlock = minimizer(objective, { optimizer: o.solver, maxIterations: o.maxIterations, gradientTolerance: 0 });
  const residuals = jit((f: Tensor, y: Tensor) => task.residual(f, y));
  const advance = jit((block: Block, x: Tensor, f: Tensor, y: Tensor): [Tensor, Tensor, Tensor] => {
    const h = run(block, x);
    const rho = mul(task.step(f, y, h, o.newton === "full"), o.learningRate);
    const next = add(f, mul(rho, h));
    return [rho, next, task.loss(next, y)];
  });
  const follow = jit((block: Block, rho: Tensor, x: Tensor, f: Tensor, y: Tensor): [Tensor, Tensor] => {
    const next = add(f, mul(rho, run(block, x)));
    return [next, task.loss(next, y)];
  });

  /** First weights, uniform within `√(q / (fan in + fan out))`. */
  const first = (k: Key, inputs: number, outputs: number, dtype: Tensor["dtype"]): Block => {
    const [a, b, c, d] = split(k, 4) as [Key, Key, Key, Key];
    const q = o.activation === "logistic" ? 2 : 6;
    const [one, two] = [Math.sqrt(q / (inputs + o.unitsPerStep)), Math.sqrt(q / (o.unitsPerStep + outputs))];
    const draw = (from: Key, shape: number[], u: number): Tensor =>
      cast(uniform(from, shape, { low: -u, high: u }), dtype);
    return {
      w: draw(a, [o.unitsPerStep, inputs], one),
      b: draw(b, [o.unitsPerStep], one),
      v: draw(c, [outputs, o.unitsPerStep], two),
      c: draw(d, [outputs], two),
    };
  };

  return {
    async fit(x, y) {
      const { classes, targets } = await prepare(x, y, o.task);
      const rows = x.shape[0] as number;
      const m = Math.floor(o.subsample * rows);
      if (m < 1) throw new ArgumentError(`fit: x: a share of ${o.subsample} draws none of ${rows} rows`);
      const [inputs, outputs] = [x.shape[1] as number, targets.shape[1] as number];
      const other =
        options.earlyStopping && (await prepare(options.earlyStopping.x, options.earlyStopping.y, o.task, classes));
      const start = tidy(() => realize(task.start(targets, o.initialScore === "prior")));
      const spread = (t: Tensor): Tensor => tidy(() => realize(add(mul(t, 0), start)));
      let f = spread(targets);
      let g = other ? spread(other.targets) : null;
      const blocks: Block[] = [];
      const [rhos, losses, checks]: [number[], number[], number[]] = [[], [await number(task.loss(f, targets))], []];
      const total = o.units / o.unitsPerStep;
      const seen = options.earlyStopping;
      if (other && g) checks.push(await number(task.loss(g, other.targets)));
      for (let t = 0; t < total && !o.signal.aborted; t++) {
        const [weights, draws] = split(foldIn(o.key, t)) as [Key, Key];
        const [xs, rs] = tidy(() => {
          const r = residuals(f, targets);
          if (m === rows) return realize([add(x, 0), r] as [Tensor, Tensor]);
          const at = slice(permutation(draws, rows), [0], [m]);
          return realize([gather(x, at), gather(r, at)] as [Tensor, Tensor]);
        });
        const from = tidy(() => realize(first(weights, inputs, outputs, x.dtype)));
        const { x: block } = await fitBlock(from, xs, rs);
        const [rho, next, loss] = advance(block, x, f, targets);
        dispose([f, xs, rs, from]);
        f = next;
        blocks.push(block);
        rhos.push((await rho.item()) as number);
        losses.push((await loss.item()) as number);
        if (other && g && seen) {
          const [after, there] = follow(block, rho, seen.x, g, other.targets);
          dispose(g);
          g = after;
          checks.push((await there.item()) as number);
          there.dispose();
        }
        dispose([rho, loss]);
        await o.onStep({
          step: t + 1,
          steps: total,
          loss: losses.at(-1) as number,
          validation: checks.at(-1) ?? null,
          rho: rhos.at(-1) as number,
        });
        if (seen && checks.length - 1 - lowest(checks) >= seen.patience) break;
      }
      const kept = seen ? lowest(checks) : blocks.length;
      const fields = tidy(() => realize(joined(blocks.slice(0, kept), rhos, inputs, outputs, x.dtype)));
      dispose([f, g, blocks, targets, other?.targets]);
      return new BoostedMlp({
        ...fields,
        start,
        task: o.task,
        activation: o.activation,
        unitsPerStep: o.unitsPerStep,
        classes,
        steps: rhos.slice(0, kept),
        losses: losses.slice(0, kept + 1),
      });
    },
  };
}

/** Where the least is, the first of equals. */
const lowest = (values: readonly number[]): number => values.indexOf(Math.min(...values));

async function number(t: Tensor): Promise<number> {
  const value = (await t.item()) as number;
  t.dispose();
  return value;
}

/** The blocks as one layer, their outputs times their steps. */
function joined(
  blocks: readonly Block[],
  rhos: readonly number[],
  inputs: number,
  outputs: number,
  dtype: Tensor["dtype"],
) {
  const zeros = (shape: number[]): Tensor => tensor([], { shape, dtype });
  if (blocks.length === 0)
    return {
      hidden: zeros([0, inputs]),
      hiddenBias: zeros([0]),
      output: zeros([outputs, 0]),
      blockBias: zeros([0, outputs]),
    };
  return {
    hidden: concat(
      blocks.map((b) => b.w),
      0,
    ),
    hiddenBias: concat(
      blocks.map((b) => b.b),
      0,
    ),
    output: concat(
      blocks.map((b, t) => mul(b.v, rhos[t] as number)),
      1,
    ),
    blockBias: concat(
      blocks.map((b, t) => reshape(mul(b.c, rhos[t] as number), [1, outputs])),
      0,
    ),
  };
}

/** Targets `[n, k]` in the dtype of `x`: numbers, ±1, or one-hot. Labels are numbered by `known`, or in their sorted order. */
async function prepare(
  x: Tensor,
  y: Targets,
  task: keyof typeof tasks,
  known?: readonly Label[],
): Promise<{ classes: readonly Label[]; targets: Tensor }> {
  check.tensor("fit", x, "x");
  if (x.rank !== 2 || !isFloat(x.dtype))
    throw new ShapeError(`fit: x: expected float rows [n, inputs], got ${x.dtype} [${x.shape}]`);
  const n = x.shape[0] as number;
  if (n < 2) throw new ArgumentError(`fit: x: expected two rows at least, got ${n}`);
  await finite(x, "x");
  const given = y instanceof TensorClass ? y.shape[0] : Array.isArray(y) ? y.length : undefined;
  if (given !== n) throw new ShapeError(`fit: y: expected ${n} targets, got ${check.said(y)}`);
  if (task === "regression") {
    const t = y instanceof TensorClass ? y : tensor(y as readonly number[]);
    if (t.rank > 2) throw new ShapeError(`fit: y: expected [n] or [n, k], got [${t.shape}]`);
    await finite(t, "y");
    return { classes: [], targets: tidy(() => realize(add(cast(reshape(t, [n, -1]), x.dtype), 0))) };
  }
  if (y instanceof TensorClass && y.rank !== 1)
    throw new ShapeError(`fit: y: expected a label per row, got [${y.shape}]`);
  const labels: readonly Label[] = y instanceof TensorClass ? ([...(await y.data())] as number[]) : y;
  const classes = known ?? [...new Set(labels)].toSorted((a, b) => (a < b ? -1 : 1));
  if (classes.length < 2)
    throw new ArgumentError(`fit: y: all ${n} labels are ${check.said(classes[0])}; give two classes`);
  if (task === "binary" && classes.length !== 2)
    throw new ArgumentError(`fit: y: ${classes.length} classes; binary tasks have two, use multiclass`);
  const indices = labels.map((label) => {
    const at = classes.indexOf(label);
    if (at < 0) throw new ArgumentError(`fit: y: ${check.said(label)} is none of the classes ${classes.join(", ")}`);
    return at;
  });
  return {
    classes,
    targets: tidy(() => {
      const at = tensor(indices, { dtype: "i32" });
      if (task === "binary") return realize(reshape(cast(sub(mul(at, 2), 1), x.dtype), [n, 1]));
      return realize(cast(oneHot(at, classes.length), x.dtype));
    }),
  };
}

/** Throws ArgumentError when a number is not finite. */
async function finite(x: Tensor, argument: string): Promise<void> {
  if (!isFloat(x.dtype)) return;
  const total = await number(tidy(() => realize(sum(div(mul(x, 0), 1)))));
  if (!Number.isFinite(total)) throw new ArgumentError(`fit: ${argument}: it has values that are not finite`);
}
