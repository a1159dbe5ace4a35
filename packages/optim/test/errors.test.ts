import { Linear } from "@gradus/nn";
import * as g from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import { type Any, bad, f32, fails, gone, i32, type Row } from "../../tensor/test/errors/row.ts";
import * as optim from "../src/index.ts";

const { ArgumentError: A, DisposedError: X, ShapeError: S } = g;
const key = g.key(0);
const params = { w: f32(2, 3), b: f32(3) };

/** What every rule refuses: trees that do not go together, and a state that is not its own. */
const rule = (make: () => optim.Optimizer, stateful = true): readonly Row[] => [
  [X, "params.w", () => make().init({ w: gone(f32(2)) })],
  [A, "grads", () => make().update({ w: f32(2, 3) } as Any, make().init(params), params)],
  [A, "grads", () => make().update(null as Any, make().init(params), params)],
  [S, "grads.b", () => make().update({ w: f32(2, 3), b: f32(1) }, make().init(params), params)],
  [X, "grads.b", () => make().update({ w: f32(2, 3), b: gone(f32(3)) }, make().init(params), params)],
  ...(stateful ? ([[A, "state", () => make().update(params, null, params)]] as Row[]) : []),
];
const rate = (make: (learningRate: Any) => optim.Optimizer): readonly Row[] => [
  [A, "learningRate", () => make(Number.NaN)],
  [A, "learningRate", () => make(-1)],
  [A, "learningRate", () => make("0.1")],
  [A, "learningRate", () => make(undefined)],
  [A, "learningRate", () => run(make(() => 1))],
  [S, "learningRate", () => run(make(() => f32(2)))],
];
const moments = (make: (options: Any) => unknown): readonly Row[] => [
  [A, "beta1", () => make({ beta1: 1 })],
  [A, "beta2", () => make({ beta2: Number.NaN })],
  [A, "epsilon", () => make({ epsilon: -1 })],
  [A, "nothing", () => make(bad)],
];
const method = (make: (options: Any) => optim.Optimizer): readonly Row[] => [
  [A, "options", () => make(undefined)],
  [A, "options", () => make(null)],
  [A, "nothing", () => make({ learningRate: 1, ...bad })],
  ...rate((learningRate) => make({ learningRate })),
];
const run = (optimizer: optim.Optimizer): unknown => optimizer.update(params, optimizer.init(params), params);
const data = (): optim.Batches<Any> => optim.batches({ x: f32(4, 2) }, 2, key);
const training = (more: object): unknown =>
  optim.train(params, {
    optimizer: optim.sgd({ learningRate: 1 }),
    loss: (p: typeof params) => g.add(g.sum(p.w), g.sum(p.b)),
    data: data(),
    epochs: 1,
    ...more,
  } as Any);

const share = (name: string, make: (options: Any) => unknown): readonly Row[] => [
  [A, name, () => make({ [name]: 1 })],
  [A, name, () => make({ [name]: Number.NaN })],
];
const notNegative = (name: string, make: (options: Any) => unknown): readonly Row[] => [
  [A, name, () => make({ [name]: -1 })],
  [A, name, () => make({ [name]: "1" })],
];
const adamLike = (make: (options: Any) => optim.Optimizer): readonly Row[] => [
  ...method(make),
  ...moments((more) => make({ learningRate: 1, ...more })),
];
const decaying = (make: (options: Any) => unknown): readonly Row[] => [
  ...notNegative("weightDecay", make),
  [A, "mask", () => make({ mask: 1 })],
];
const adamRule = (make: (options?: Any) => optim.Optimizer): readonly Row[] => [
  ...rule(() => make()),
  ...moments(make),
  [A, "options", () => make(null)],
];
const rated = (make: (options: Any) => unknown) => (more: Any) => make({ learningRate: 1, ...more });
const surrogate = (more: object): optim.Sso<g.Tensor, null> =>
  optim.sso<g.Tensor, null>({
    model: (p: g.Tensor) => g.reshape(p, [2, 1]),
    targetLoss: optim.differentiable((z: g.Tensor) => g.sum(g.square(z))),
    ...more,
  } as Any);
const boosting = (more: object): optim.Booster => optim.gradientBoostedMlp({ task: "regression", ...more } as Any);
const batchSizes = (make: (options: Any) => unknown): readonly Row[] => [
  [A, "options", () => make(undefined)],
  [A, "first", () => make({ first: 1, largest: 9 })],
  [A, "first", () => make({ first: 10, largest: 9 })],
  [A, "largest", () => make({ first: 2 })],
  [A, "test", () => make({ first: 2, largest: 9, test: "variance" })],
  [A, "eta", () => make({ first: 2, largest: 9, eta: 0 })],
  [A, "theta", () => make({ first: 2, largest: 9, theta: -1 })],
  [A, "nu", () => make({ first: 2, largest: 9, nu: Number.NaN })],
  [A, "every", () => make({ first: 2, largest: 9, every: 0 })],
  [A, "nothing", () => make({ first: 2, largest: 9, ...bad })],
];
const adaptive = (more: object, model: Any = f32(2)): unknown =>
  optim.trainAdaptive(model, {
    optimizer: optim.freeze(),
    loss: (w: g.Tensor, x: g.Tensor) => g.mean(g.mul(x, w)),
    dataset: f32(4, 2),
    samples: 8,
    batchSize: { first: 2, largest: 4 },
    ...more,
  } as Any);
const bowl = (x: g.Tensor): g.Tensor => g.sum(g.square(x));

/** Per export: calls that must fail. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  adagradNorm: [
    ...method(optim.adagradNorm),
    ...notNegative("initial", rated(optim.adagradNorm)),
    ...notNegative("epsilon", rated(optim.adagradNorm)),
    [A, "granularity", () => optim.adagradNorm({ learningRate: 1, granularity: "layer" as Any })],
  ],
  scaleByAdagradNorm: [
    ...rule(() => optim.scaleByAdagradNorm()),
    ...rule(() => optim.scaleByAdagradNorm({ granularity: "row" })),
  ],
  scaleBySamples: [
    ...rule(() => optim.scaleBySamples(optim.constant(1))),
    [A, "learningRate", () => optim.scaleBySamples(1 as Any)],
    [A, "context.batch", () => run(optim.scaleBySamples(optim.constant(1)))],
  ],
  adaptiveBatchSize: batchSizes(optim.adaptiveBatchSize),
  wantedBatchSize: batchSizes((options) => optim.wantedBatchSize({} as Any, options)),
  gradientStats: [
    [A, "grads", () => optim.gradientStats({})],
    [A, "grads", () => optim.gradientStats(f32(1, 2))],
    [S, "grads.b", () => optim.gradientStats({ a: f32(2, 2), b: f32(3) })],
    [X, "grads", () => optim.gradientStats(gone(f32(2)))],
  ],
  trainAdaptive: [
    [A, "options", () => optim.trainAdaptive(f32(2), undefined as Any)],
    [X, "model", () => adaptive({}, gone(f32(2)))],
    [A, "optimizer", () => adaptive({ optimizer: 1 })],
    [A, "loss", () => adaptive({ loss: 1 })],
    [X, "dataset", () => adaptive({ dataset: gone(f32(4, 2)) })],
    [A, "samples", () => adaptive({ samples: 0 })],
    [A, "microBatch", () => adaptive({ microBatch: 0 })],
    [A, "key", () => adaptive({ key: 1 })],
    [A, "onStep", () => adaptive({ onStep: 1 })],
    [A, "signal", () => adaptive({ signal: 1 })],
    [A, "nothing", () => adaptive(bad)],
  ],
  gradientBoostedMlp: [
    [A, "options", () => optim.gradientBoostedMlp(undefined as Any)],
    [A, "task", () => boosting({ task: "ranking" })],
    [A, "units", () => boosting({ units: 0 })],
    [A, "units", () => boosting({ units: 5, unitsPerStep: 2 })],
    [A, "unitsPerStep", () => boosting({ unitsPerStep: 0 })],
    [A, "learningRate", () => boosting({ learningRate: 0 })],
    [A, "subsample", () => boosting({ subsample: 1.5 })],
    [A, "activation", () => boosting({ activation: "gelu" })],
    [A, "l2", () => boosting({ l2: -1 })],
    [A, "maxIterations", () => boosting({ maxIterations: 0 })],
    [A, "solver", () => boosting({ solver: 1 })],
    [A, "initialScore", () => boosting({ initialScore: 1 })],
    [A, "newton", () => boosting({ newton: "half" })],
    [A, "earlyStopping", () => boosting({ earlyStopping: 1 })],
    [A, "earlyStopping.patience", () => boosting({ earlyStopping: { x: f32(2, 2), y: [1, 2] } })],
    [A, "key", () => boosting({ key: 1 })],
    [A, "signal", () => boosting({ signal: 1 })],
    [A, "onStep", () => boosting({ onStep: 1 })],
    [A, "nothing", () => boosting(bad)],
  ],
  minimizer: [
    [A, "f", () => optim.minimizer(1 as Any)],
    [A, "maxIterations", () => optim.minimizer(bowl, { maxIterations: 0 })],
    [X, "start", () => optim.minimizer(bowl)(gone(f32(2)))],
  ],
  sso: [
    [A, "options", () => optim.sso(undefined as Any)],
    [A, "model", () => surrogate({ model: 1 })],
    [A, "targetLoss", () => surrogate({ targetLoss: 1 })],
    [A, "innerSteps", () => surrogate({ innerSteps: 0 })],
    [A, "inner", () => surrogate({ inner: 1 })],
    [A, "innerTolerance", () => surrogate({ innerTolerance: -1 })],
    [A, "eta", () => surrogate({ eta: 0 })],
    [A, "method", () => surrogate({ method: "adam" })],
    [A, "schedule", () => surrogate({ schedule: "cosine" })],
    [A, "steps", () => surrogate({ schedule: "exponential" })],
    [A, "examples", () => surrogate({ method: "diagonal-adagrad" })],
    [A, "firstStep", () => surrogate({ firstStep: 0 })],
    [A, "decrease", () => surrogate({ decrease: 1 })],
    [A, "expand", () => surrogate({ expand: 0.5 })],
    [A, "shrink", () => surrogate({ shrink: 1 })],
    [A, "officialScaling", () => surrogate({ officialScaling: 1 })],
    [A, "nothing", () => surrogate(bad)],
    [
      A,
      "indices",
      () => surrogate({ method: "diagonal-adagrad", examples: 2 }).step(f32(2), surrogate({}).init(), null),
    ],
    [
      A,
      "indices[1]",
      () => surrogate({ method: "diagonal-adagrad", examples: 2 }).step(f32(2), surrogate({}).init(), null, [0, 2]),
    ],
    [X, "params", () => surrogate({}).step(gone(f32(2)), surrogate({}).init(), null)],
  ],
  targetSurrogate: [
    [A, "z", () => optim.targetSurrogate(1 as Any, f32(2, 1), f32(2, 1), 1)],
    [S, "zt", () => optim.targetSurrogate(f32(2, 1), f32(3, 1), f32(2, 1), 1)],
    [S, "gt", () => optim.targetSurrogate(f32(2, 1), f32(2, 1), f32(2), 1)],
    [A, "eta", () => optim.targetSurrogate(f32(2, 1), f32(2, 1), f32(2, 1), 0)],
    [A, "nothing", () => optim.targetSurrogate(f32(2, 1), f32(2, 1), f32(2, 1), 1, bad)],
  ],
  differentiable: [[A, "loss", () => optim.differentiable(1 as Any)]],
  targetLineSearch: [
    [A, "loss", () => optim.targetLineSearch(1 as Any, f32(2), { value: 1, grad: f32(2) }, 1)],
    [A, "z", () => optim.targetLineSearch(() => 0 as Any, 1 as Any, { value: 1, grad: f32(2) }, 1)],
    [S, "at.grad", () => optim.targetLineSearch(() => 0 as Any, f32(2), { value: 1, grad: f32(3) }, 1)],
    [A, "from", () => optim.targetLineSearch(() => 0 as Any, f32(2), { value: 1, grad: f32(2) }, 0)],
  ],
  tract: [
    [A, "layer", () => optim.tract(1 as Any)],
    [A, "layer", () => optim.tract(null as Any)],
    [A, "lambda", () => optim.tract(new Linear(2, 2, { key }), { lambda: 0 })],
    [A, "lambda", () => optim.tract(new Linear(2, 2, { key }), { lambda: Number.POSITIVE_INFINITY })],
    [A, "form", () => optim.tract(new Linear(2, 2, { key }), { form: "both" as Any })],
    [A, "nothing", () => optim.tract(new Linear(2, 2, { key }), bad)],
  ],
  untract: [
    [A, "layer", () => optim.untract(new Linear(2, 2, { key }))],
    [A, "layer", () => optim.untract(null as Any)],
  ],
  tractGrad: [
    [A, "x", () => optim.tractGrad(1 as Any, f32(2, 2))],
    [X, "gradZ", () => optim.tractGrad(f32(2, 2), gone(f32(2, 2)))],
    [S, "gradZ", () => optim.tractGrad(f32(2, 2), f32(3, 2))],
    [S, "x", () => optim.tractGrad(f32(2), f32(2, 2))],
    [S, "x", () => optim.tractGrad(f32(0, 2), f32(0, 2))],
    [A, "lambda", () => optim.tractGrad(f32(2, 2), f32(2, 2), { lambda: -1 })],
  ],
  diffGrad: [
    ...adamLike(optim.diffGrad),
    ...notNegative("weightDecay", rated(optim.diffGrad)),
    [A, "version", () => optim.diffGrad({ learningRate: 1, version: 3 as Any })],
  ],
  scaleByDiffGrad: [
    ...adamRule(optim.scaleByDiffGrad),
    ...rule(() => optim.scaleByDiffGrad({ version: "experimental-3" })),
  ],
  friction: [
    [A, "previous", () => optim.friction(1 as Any, f32(2))],
    [A, "g", () => optim.friction(f32(2), 1 as Any)],
    [A, "version", () => optim.friction(f32(2), f32(2), "experimental-3" as Any)],
  ],
  adaHessian: [
    [A, "options", () => optim.adaHessian(null as Any)],
    [A, "learningRate", () => optim.adaHessian({ learningRate: -1 })],
    ...moments(optim.adaHessian),
    ...decaying(optim.adaHessian),
    [A, "hessianPower", () => optim.adaHessian({ hessianPower: 1.5 })],
    [A, "samples", () => optim.adaHessian({ samples: 0 })],
    [A, "updateEvery", () => optim.adaHessian({ updateEvery: 0 })],
    [A, "spatialAverage", () => optim.adaHessian({ spatialAverage: "rows" as Any })],
    [A, "spatialAverage[2]", () => optim.adaHessian({ spatialAverage: { 2: 0 } })],
    [A, "averageSigned", () => optim.adaHessian({ averageSigned: 1 as Any })],
  ],
  scaleByHessian: [
    ...rule(() => optim.scaleByHessian()),
    [A, "context.loss", () => optim.scaleByHessian().update(params, optim.scaleByHessian().init(params), params)],
    [
      A,
      "context.key",
      () =>
        optim.scaleByHessian().update(params, optim.scaleByHessian().init(params), params, { loss: (p) => bowl(p.w) }),
    ],
  ],
  hutchinsonDiagonal: [
    [A, "loss", () => optim.hutchinsonDiagonal(1 as Any, f32(2), key)],
    [X, "params", () => optim.hutchinsonDiagonal(bowl, gone(f32(2)), key)],
    [A, "key", () => optim.hutchinsonDiagonal(bowl, f32(2), 1 as Any)],
    [A, "samples", () => optim.hutchinsonDiagonal(bowl, f32(2), key, { samples: 0 })],
  ],
  rademacherLike: [
    [X, "params", () => optim.rademacherLike(gone(f32(2)), key)],
    [A, "key", () => optim.rademacherLike(f32(2), 1 as Any)],
  ],
  sam: [
    ...rule(() => optim.sam(optim.momentum(0.9)), false),
    [A, "rule", () => optim.sam(1 as Any)],
    [A, "rho", () => optim.sam(optim.freeze(), { rho: -1 })],
    [A, "adaptive", () => optim.sam(optim.freeze(), { adaptive: 1 as Any })],
    [A, "epsilon", () => optim.sam(optim.freeze(), { epsilon: -1 })],
    [A, "microBatches", () => optim.sam(optim.freeze(), { microBatches: 0 })],
    [A, "mask", () => optim.sam(optim.freeze(), { mask: 1 as Any })],
    [A, "nothing", () => optim.sam(optim.freeze(), bad)],
    [A, "context.loss", () => optim.sam(optim.freeze()).update(params, null, params)],
    [
      A,
      "context.batch",
      () => optim.sam(optim.freeze(), { microBatches: 2 }).update(params, null, params, { loss: (p) => bowl(p.w) }),
    ],
  ],
  amsgrad: adamLike(optim.amsgrad),
  scaleByAmsgrad: adamRule(optim.scaleByAmsgrad),
  radam: adamLike(optim.radam),
  scaleByRadam: adamRule(optim.scaleByRadam),
  nadam: [...adamLike(optim.nadam), ...notNegative("momentumDecay", rated(optim.nadam))],
  scaleByNadam: [...adamRule(optim.scaleByNadam), ...notNegative("momentumDecay", optim.scaleByNadam)],
  lamb: [...adamLike(optim.lamb), ...decaying(rated(optim.lamb))],
  scaleByTrustRatio: rule(() => optim.scaleByTrustRatio()),
  lion: [
    ...method(optim.lion),
    ...share("beta1", rated(optim.lion)),
    ...share("beta2", rated(optim.lion)),
    ...decaying(rated(optim.lion)),
  ],
  scaleByLion: [
    ...rule(() => optim.scaleByLion()),
    ...share("beta1", optim.scaleByLion),
    [A, "nothing", () => optim.scaleByLion(bad)],
  ],
  adagrad: [
    ...method(optim.adagrad),
    ...notNegative("initial", rated(optim.adagrad)),
    ...notNegative("epsilon", rated(optim.adagrad)),
  ],
  scaleByAdagrad: [...rule(() => optim.scaleByAdagrad()), ...notNegative("initial", optim.scaleByAdagrad)],
  adadelta: [
    [A, "options", () => optim.adadelta(null as Any)],
    [A, "learningRate", () => optim.adadelta({ learningRate: -1 })],
    [A, "nothing", () => optim.adadelta(bad)],
    ...share("rho", optim.adadelta),
    [A, "epsilon", () => optim.adadelta({ epsilon: 0 })],
  ],
  scaleByAdadelta: [...rule(() => optim.scaleByAdadelta()), ...share("rho", optim.scaleByAdadelta)],
  rmsprop: [
    ...method(optim.rmsprop),
    ...share("alpha", rated(optim.rmsprop)),
    ...share("momentum", rated(optim.rmsprop)),
    [A, "centered", () => optim.rmsprop({ learningRate: 1, centered: 1 as Any })],
  ],
  scaleByRms: [
    ...rule(() => optim.scaleByRms()),
    ...rule(() => optim.scaleByRms({ centered: true })),
    ...notNegative("epsilon", optim.scaleByRms),
  ],
  lbfgs: [
    ...rule(() => optim.lbfgs()),
    [A, "history", () => optim.lbfgs({ history: 0 })],
    [A, "decrease", () => optim.lbfgs({ decrease: 1 })],
    [A, "curvature", () => optim.lbfgs({ curvature: 0 })],
    [A, "maxEvaluations", () => optim.lbfgs({ maxEvaluations: 0.5 })],
    [A, "longest", () => optim.lbfgs({ longest: 0 })],
    [A, "nothing", () => optim.lbfgs(bad)],
    [A, "context.loss", () => optim.lbfgs().update(params, optim.lbfgs().init(params), params)],
  ],
  minimize: [
    [A, "f", () => optim.minimize(1 as Any, f32(2))],
    [X, "start", () => optim.minimize(bowl, gone(f32(2)))],
    [A, "optimizer", () => optim.minimize(bowl, f32(2), { optimizer: 1 as Any })],
    [A, "maxIterations", () => optim.minimize(bowl, f32(2), { maxIterations: 0 })],
    [A, "gradientTolerance", () => optim.minimize(bowl, f32(2), { gradientTolerance: Number.NaN })],
    [A, "valueTolerance", () => optim.minimize(bowl, f32(2), { valueTolerance: -1 })],
    [A, "onStep", () => optim.minimize(bowl, f32(2), { onStep: 1 as Any })],
    [A, "signal", () => optim.minimize(bowl, f32(2), { signal: 1 as Any })],
    [A, "nothing", () => optim.minimize(bowl, f32(2), bad)],
  ],
  accumulate: [
    ...rule(() => optim.accumulate(optim.sgd({ learningRate: 1 }), 2)),
    [A, "rule", () => optim.accumulate(1 as Any, 2)],
    [A, "steps", () => optim.accumulate(optim.sgd({ learningRate: 1 }), 0)],
  ],
  averaged: [
    ...rule(() => optim.averaged(optim.sgd({ learningRate: 1 }), { decay: 0.9 })),
    [A, "rule", () => optim.averaged(1 as Any, { decay: 0.9 })],
    [A, "options", () => optim.averaged(optim.sgd({ learningRate: 1 }), undefined as Any)],
    [A, "decay", () => optim.averaged(optim.sgd({ learningRate: 1 }), { decay: 1 })],
    [A, "decay", () => optim.averaged(optim.sgd({ learningRate: 1 }), {} as Any)],
    [A, "from", () => optim.averaged(optim.sgd({ learningRate: 1 }), { decay: "equal", from: -1 })],
    [A, "every", () => optim.averaged(optim.sgd({ learningRate: 1 }), { decay: "equal", every: 0 })],
  ],
  partition: [
    ...rule(() => optim.partition(() => "all", { all: optim.momentum(0.9) })),
    [A, "group", () => optim.partition(1 as Any, {})],
    [A, "group", () => optim.partition(() => "none", { all: optim.freeze() }).init(params)],
    [A, "rules", () => optim.partition(() => "all", null as Any)],
    [A, "rules.all", () => optim.partition(() => "all", { all: 1 as Any })],
  ],
  freeze: rule(() => optim.freeze(), false),
  reduceOnPlateau: [
    ...rule(() => optim.reduceOnPlateau(), false),
    [A, "context.value", () => optim.reduceOnPlateau().update(params, optim.reduceOnPlateau().init(params), params)],
    [A, "state", () => optim.reduceOnPlateau().update(params, null as Any, params, { value: g.tensor(1) })],
    [A, "factor", () => optim.reduceOnPlateau({ factor: 1 })],
    [A, "patience", () => optim.reduceOnPlateau({ patience: 0 })],
    [A, "threshold", () => optim.reduceOnPlateau({ threshold: -1 })],
    [A, "floor", () => optim.reduceOnPlateau({ floor: -1 })],
    [A, "every", () => optim.reduceOnPlateau({ every: 0 })],
  ],
  perLeaf: rule(() => optim.perLeaf("perLeaf", { m: g.zerosLike }, (x, { m }) => [x, { m }])),
  clipByValue: [
    ...rule(() => optim.clipByValue(1), false),
    [A, "max", () => optim.clipByValue(0)],
    [A, "max", () => optim.clipByValue(Number.NaN)],
  ],
  clipAdaptively: [
    ...rule(() => optim.clipAdaptively(0.1), false),
    [A, "ratio", () => optim.clipAdaptively(0)],
    [A, "epsilon", () => optim.clipAdaptively(1, { epsilon: 0 })],
    [A, "nothing", () => optim.clipAdaptively(1, bad)],
  ],
  polynomial: [
    [A, "options", () => optim.polynomial(undefined as Any)],
    [A, "from", () => optim.polynomial({ to: 1, steps: 2 } as Any)],
    [A, "to", () => optim.polynomial({ from: 1, steps: 2 } as Any)],
    [A, "steps", () => optim.polynomial({ from: 1, to: 0, steps: 0 })],
    [A, "power", () => optim.polynomial({ from: 1, to: 0, steps: 1, power: 0 })],
    [A, "step", () => optim.polynomial({ from: 1, to: 0, steps: 1 })(1 as Any)],
  ],
  exponential: [
    [A, "options", () => optim.exponential(undefined as Any)],
    [A, "decay", () => optim.exponential({ from: 1, decay: 0 })],
    [A, "every", () => optim.exponential({ from: 1, decay: 0.5, every: 0 })],
    [A, "staircase", () => optim.exponential({ from: 1, decay: 0.5, staircase: 1 as Any })],
    [A, "step", () => optim.exponential({ from: 1, decay: 0.5 })(1 as Any)],
  ],
  piecewise: [
    [A, "values", () => optim.piecewise([1], [2])],
    [A, "values", () => optim.piecewise(1 as Any, [])],
    [A, "at", () => optim.piecewise([1, 2, 3], [4, 4])],
    [A, "at[0]", () => optim.piecewise([1, 2], [0])],
    [A, "step", () => optim.piecewise([1, 2], [3])(1 as Any)],
  ],
  oneCycle: [
    [A, "options", () => optim.oneCycle(undefined as Any)],
    [A, "peak", () => optim.oneCycle({ steps: 100 } as Any)],
    [A, "steps", () => optim.oneCycle({ peak: 1, steps: 1 })],
    [A, "rise", () => optim.oneCycle({ peak: 1, steps: 100, rise: 1 })],
    [A, "rise", () => optim.oneCycle({ peak: 1, steps: 3 })],
    [A, "startFactor", () => optim.oneCycle({ peak: 1, steps: 100, startFactor: 0 })],
    [A, "endFactor", () => optim.oneCycle({ peak: 1, steps: 100, endFactor: 0 })],
    [A, "step", () => optim.oneCycle({ peak: 1, steps: 100 })(1 as Any)],
  ],
  sgd: [
    ...method(optim.sgd),
    [A, "momentum", () => optim.sgd({ learningRate: 1, momentum: 1 })],
    [A, "momentum", () => optim.sgd({ learningRate: 1, momentum: Number.NaN })],
    [A, "nesterov", () => optim.sgd({ learningRate: 1, nesterov: true })],
    [A, "nesterov", () => optim.sgd({ learningRate: 1, momentum: 0.9, nesterov: 1 as Any })],
    [A, "weightDecay", () => optim.sgd({ learningRate: 1, weightDecay: -1 })],
  ],
  adam: [...method(optim.adam), ...moments((more) => optim.adam({ learningRate: 1, ...more }))],
  adamw: [
    ...method(optim.adamw),
    ...moments((more) => optim.adamw({ learningRate: 1, ...more })),
    [A, "weightDecay", () => optim.adamw({ learningRate: 1, weightDecay: Number.NaN })],
  ],
  chain: [
    [A, "rules[0]", () => optim.chain(1 as Any)],
    [A, "rules[1]", () => optim.chain(optim.momentum(0.9), null as Any)],
    [A, "state", () => optim.chain(optim.momentum(0.9)).update(params, null as Any, params)],
    [A, "state", () => optim.chain(optim.momentum(0.9)).update(params, [], params)],
  ],
  applyUpdates: [
    [A, "updates", () => optim.applyUpdates({ a: f32(1) }, { a: f32(1), b: f32(1) } as Any)],
    [S, "updates.a", () => optim.applyUpdates({ a: f32(2) }, { a: f32(1) })],
    [X, "updates.a", () => optim.applyUpdates({ a: f32(2) }, { a: gone(f32(2)) })],
    [X, "updates.a", () => optim.applyUpdates({ a: gone(f32(2)) }, { a: f32(2) })],
  ],
  constant: [
    [A, "value", () => optim.constant(Number.NaN)],
    [A, "value", () => optim.constant("1" as Any)],
  ],
  cosine: [
    [A, "options", () => optim.cosine(undefined as Any)],
    [A, "peak", () => optim.cosine({ steps: 2 } as Any)],
    [A, "peak", () => optim.cosine({ peak: Number.NaN, steps: 2 })],
    [A, "steps", () => optim.cosine({ peak: 1, steps: 0.5 })],
    [A, "warmup", () => optim.cosine({ peak: 1, steps: 2, warmup: 2 })],
    [A, "floor", () => optim.cosine({ peak: 1, steps: 2, floor: Number.NaN })],
    [A, "nothing", () => optim.cosine({ peak: 1, steps: 2, ...bad })],
    [A, "step", () => optim.cosine({ peak: 1, steps: 2 })(1 as Any)],
  ],
  scaleByAdam: [
    ...rule(() => optim.scaleByAdam()),
    ...moments(optim.scaleByAdam),
    [A, "options", () => optim.scaleByAdam(null as Any)],
  ],
  momentum: [
    ...rule(() => optim.momentum(0.9)),
    [A, "decay", () => optim.momentum(1)],
    [A, "decay", () => optim.momentum(Number.NaN)],
    [A, "nesterov", () => optim.momentum(0.9, { nesterov: 1 as Any })],
    [A, "nothing", () => optim.momentum(0.9, bad)],
  ],
  scaleByLearningRate: [...rule(() => optim.scaleByLearningRate(1)), ...rate(optim.scaleByLearningRate)],
  addDecayedWeights: [
    ...rule(() => optim.addDecayedWeights(0.1), false),
    [A, "decay", () => optim.addDecayedWeights(-1)],
    [A, "decay", () => optim.addDecayedWeights(Number.NaN)],
  ],
  clipByGlobalNorm: [
    ...rule(() => optim.clipByGlobalNorm(1), false),
    [A, "max", () => optim.clipByGlobalNorm(0)],
    [A, "max", () => optim.clipByGlobalNorm(Number.NaN)],
  ],
  globalNorm: [
    [A, "tree", () => optim.globalNorm({})],
    [A, "tree", () => optim.globalNorm(i32(2))],
    [X, "tree.w", () => optim.globalNorm({ w: gone(f32(2)) })],
  ],
  batches: [
    [A, "size", () => optim.batches(f32(4), 0, key)],
    [A, "size", () => optim.batches(f32(4), Number.NaN, key)],
    [A, "size", () => optim.batches(f32(4), 5, key, { dropLast: true })],
    [A, "key", () => optim.batches(f32(4), 2, 0 as Any)],
    [X, "key", () => optim.batches(f32(4), 2, gone(g.key(0)))],
    [A, "dataset", () => optim.batches({}, 2, key)],
    [A, "dataset", () => optim.batches(f32(), 2, key)],
    [A, "dataset", () => optim.batches([f32(4), f32(3)], 2, key)],
    [X, "dataset.x", () => optim.batches({ x: gone(f32(4)) }, 2, key)],
    [A, "dropLast", () => optim.batches(f32(4), 2, key, { dropLast: 1 as Any })],
    [A, "ordered", () => optim.batches(f32(4), 2, key, { ordered: null as Any })],
    [A, "nothing", () => optim.batches(f32(4), 2, key, bad)],
  ],
  train: [
    [A, "options", () => optim.train(params, undefined as Any)],
    [A, "optimizer", () => training({ optimizer: 1 })],
    [A, "loss", () => training({ loss: 1 })],
    [A, "data", () => training({ data: [] })],
    [A, "data", () => training({ data: null })],
    [A, "epochs", () => training({ epochs: 0 })],
    [A, "epochs", () => training({ epochs: Number.NaN })],
    [A, "key", () => training({ key: 0 })],
    [A, "onStep", () => training({ onStep: 1 })],
    [A, "signal", () => training({ signal: true })],
    [A, "resume", () => training({ resume: 3 })],
    [A, "resume", () => training({ resume: { model: params, optimizer: null, step: 99 } })],
    [A, "resume", () => training({ resume: { model: params, optimizer: null, step: Number.NaN } })],
    [A, "resume.model", () => training({ resume: { model: {}, optimizer: null, step: 0 } })],
    [S, "resume.model.b", () => training({ resume: { model: { w: f32(2, 3), b: f32(1) }, optimizer: null, step: 0 } })],
    [A, "checkpoint", () => training({ checkpoint: 1 })],
    [A, "checkpoint.every", () => training({ checkpoint: { every: 0, save: () => undefined } })],
    [A, "checkpoint.save", () => training({ checkpoint: { every: 1, save: 1 } })],
    [A, "progress", () => training({ progress: 1 })],
    [A, "jit", () => training({ jit: 1 })],
    [A, "nothing", () => training(bad)],
    [X, "model.w", () => optim.train({ w: gone(f32(2)) }, { data: data() } as Any)],
  ],
};

// What a BoostedMlp refuses stands beside what it does, in boosting.test.ts.
test("every exported function has rows, every row an export", () => {
  const functions = Object.entries(optim).flatMap(([name, value]) =>
    typeof value === "function" && name !== "BoostedMlp" ? [name] : [],
  );
  expect(Object.keys(rows).toSorted()).toEqual(functions.toSorted());
});

describe.each(Object.entries(rows))("%s refuses", (name, list) => {
  test.each(list.map((row, i) => [row[1], i, row] as const))("%s (%i)", (_, __, row) => fails(name, row));
});

describe("an epoch refuses", () => {
  test.each<Row>([
    [A, "index", () => data().epoch(-1)],
    [A, "index", () => data().epoch(Number.NaN)],
    [A, "from", () => data().epoch(0, 0.5)],
  ])("%s %s", (...row) => fails("epoch", row));
});

test("a method's rules answer in the name of the method", async () => {
  await fails("adamw", [S, "grads.b", () => run2({ w: f32(2, 3), b: f32(1) })]);
  await fails("adamw", [A, "grads", () => run2({ w: f32(2, 3) })]);
});
const run2 = (grads: Any): unknown => {
  const optimizer = optim.adamw({ learningRate: 1 });
  return optimizer.update(grads, optimizer.init(params), params);
};

test("what is in order is not refused", async () => {
  const result = (await training({})) as optim.TrainResult<typeof params>;
  expect(result.completed).toBe(true);
  expect(result.step).toBe(2);
});
