import type { DType } from "../../src/dtype.ts";
import { add, mul, neg, rem, square, sub } from "../../src/functions/arithmetic.ts";
import { equal, less, notEqual } from "../../src/functions/comparison.ts";
import { sum } from "../../src/functions/reduction.ts";
import { where } from "../../src/functions/selection.ts";
import { sizeOf } from "../../src/shape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { checkpoint } from "../../src/transforms/checkpoint.ts";
import { cond, switchCase } from "../../src/transforms/cond.ts";
import { customGradient } from "../../src/transforms/custom.ts";
import { grad } from "../../src/transforms/grad.ts";
import { type Saver, saving } from "../../src/transforms/saving.ts";
import { scan } from "../../src/transforms/scan.ts";
import { whileLoop } from "../../src/transforms/while-loop.ts";
import { defined } from "../definitions/index.ts";
import type { Plain } from "../definitions/plain.ts";
import { binary, unary } from "../definitions/scalars.ts";
import { make } from "../draw.ts";
import { under } from "./shapes.ts";
import { numbers, type Trial } from "./trial.ts";
import { values } from "./values.ts";

const asItIs: Saver = { store: (value) => [value], restore: ([value]) => value as Tensor };
const plain = (t: Tensor): Plain => defined([t])[0] as Plain;
const two = (op: "add" | "mul" | "sub", a: Plain, b: Plain): Plain => ({
  ...a,
  data: a.data.map((x, i) => binary(op, a.dtype, x, b.data[i] as number)),
});

/** carry = carry · x + w, y = carry − w: the loop written out. */
function* loops(dtype: DType): Generator<Trial> {
  const run = (w: Tensor, init: Tensor, xs: Tensor, reverse: boolean): readonly Tensor[] =>
    scan(
      (carry: Tensor, x: Tensor): [Tensor, Tensor] => {
        const next = add(mul(carry, x), w);
        return [next, sub(next, w)];
      },
      init,
      xs,
      { reverse },
    );
  const written = (w: Plain, init: Plain, xs: Plain, reverse: boolean): readonly Plain[] => {
    const length = xs.shape[0] as number;
    const size = sizeOf(init.shape);
    const rows: (readonly number[])[] = new Array(length).fill([]);
    let carry = init;
    for (let step = 0; step < length; step++) {
      const t = reverse ? length - 1 - step : step;
      const x = { ...init, data: xs.data.slice(t * size, (t + 1) * size) };
      carry = two("add", two("mul", carry, x), w);
      rows[t] = two("sub", carry, w).data;
    }
    return [carry, { ...xs, data: rows.flat() }];
  };
  for (const [length, shape] of [
    [0, [3]],
    [1, []],
    [6, []],
    [5, [7]],
    [9, [3, 5]],
    [4, [0]],
    [40, [2, 67]],
  ] as const)
    for (const reverse of [false, true]) {
      const args = (): [Tensor, Tensor, Tensor] => [
        values(shape, dtype, 1, "unit"),
        values(shape, dtype, 2, "unit"),
        values([length, ...shape], dtype, 3, "unit"),
      ];
      yield {
        label: `scan ${dtype} ${length} of [${shape}]${reverse ? " reversed" : ""}`,
        f: () => run(...args(), reverse),
        expected: () => written(...(args().map(plain) as [Plain, Plain, Plain]), reverse),
      };
    }
  for (const { view, look } of under([6, 3, 5])) {
    const xs = (): Tensor => look((s) => values(s, dtype, 3, "unit"));
    const at = (seed: number): Tensor => values([3, 5], dtype, seed, "unit");
    yield {
      label: `scan ${dtype} ${view}`,
      f: () => run(at(1), at(2), xs(), false),
      expected: () => written(plain(at(1)), plain(at(2)), plain(xs()), false),
    };
  }
}

function* repeated(dtype: DType): Generator<Trial> {
  for (const shape of [[], [1], [7], [3, 5], [0]])
    for (const limit of [0, 1, 5, null]) {
      // steps run down from 6; the state is multiplied meanwhile
      const init = (): Tensor => values(shape, dtype, 1, "small");
      yield {
        label: `while ${dtype} [${shape}]${limit === null ? "" : ` at most ${limit}`}`,
        f: () => {
          const [x, left] = whileLoop(
            ([, left]: [Tensor, Tensor]) => less(0, left),
            ([x, left]: [Tensor, Tensor]) => [sub(mul(x, x), init()), sub(left, 1)] as [Tensor, Tensor],
            [init(), make([6], [], "i32")],
            limit === null ? {} : { maxSteps: limit },
          );
          return [x, left];
        },
        expected: () => {
          let x = plain(init());
          const steps = limit === null ? 6 : Math.min(6, limit);
          for (let t = 0; t < steps; t++) x = two("sub", two("mul", x, x), plain(init()));
          return [x, { shape: [], dtype: "i32", data: [6 - steps] }];
        },
      };
    }
}

/** How many steps the rule of Collatz takes to 1. */
function* collatz(): Generator<Trial> {
  for (const n of [1, 2, 27, 97]) {
    const expected = (): Plain => {
      let [x, steps] = [n, 0];
      for (; x !== 1; steps++) x = x % 2 === 0 ? x / 2 : 3 * x + 1;
      return { shape: [], dtype: "i32", data: [steps] };
    };
    yield {
      label: `while of unknown length from ${n}`,
      f: () => [
        whileLoop(
          ([x]: [Tensor, Tensor]) => notEqual(x, 1),
          ([x, steps]: [Tensor, Tensor]) =>
            [where(equal(rem(x, 2), 0), x.div(2), add(mul(x, 3), 1)), add(steps, 1)] as [Tensor, Tensor],
          [make([n], [], "i32"), make([0], [], "i32")],
        )[1],
      ],
      expected: () => [expected()],
    };
  }
}

function* branches(dtype: DType): Generator<Trial> {
  for (const shape of [[], [1], [7], [3, 5], [0], [129]]) {
    const x = (): Tensor => values(shape, dtype, 1);
    const map = (f: (v: number) => number) => (): Plain[] => {
      const p = plain(x());
      return [{ ...p, data: p.data.map(f) }];
    };
    const outcomes = [
      map((v) => binary("add", dtype, v, v)),
      map((v) => unary("neg", dtype, v)),
      map((v) => binary("mul", dtype, v, v)),
    ];
    for (const index of [-3, 0, 1, 2, 9])
      yield {
        label: `switch ${dtype} [${shape}] at ${index}`,
        f: () => [
          switchCase(
            make([index], [], "i32"),
            [(t: Tensor) => add(t, t), (t: Tensor) => neg(t), (t: Tensor) => mul(t, t)],
            x(),
          ),
        ],
        expected: outcomes[Math.min(Math.max(index, 0), 2)] as () => Plain[],
      };
    for (const yes of [0, 1])
      yield {
        label: `cond ${dtype} [${shape}] ${yes}`,
        f: () => [
          cond(
            make([yes], [], "bool"),
            (t: Tensor) => add(t, t),
            (t: Tensor) => neg(t),
            x(),
          ),
        ],
        expected: outcomes[1 - yes] as () => Plain[],
      };
    const twice = map((v) => binary("add", dtype, binary("mul", dtype, v, v), v));
    const program = (t: Tensor): Tensor => add(square(t), t);
    yield { label: `checkpoint ${dtype} [${shape}]`, f: () => [checkpoint(program)(x())], expected: twice };
    yield {
      label: `customGradient ${dtype} [${shape}]`,
      f: () => [customGradient(program, { vjp: (ct: Tensor) => [ct] })(x())],
      expected: twice,
    };
    if (dtype !== "f32" && dtype !== "f64") continue;
    // (x²)², whose derivative 2x² · 2x reads what was kept of x²
    const kept = saving(
      (t: Tensor) => square(square(t)),
      ({ inputs, nodes }) => new Map(nodes.filter((n) => n.inputs[0] === inputs[0]).map((n) => [n, asItIs])),
    );
    const q = (): Plain => two("mul", plain(x()), plain(x()));
    yield { label: `saving ${dtype} [${shape}]`, f: () => [kept(x())[0]], expected: () => [two("mul", q(), q())] };
    yield {
      label: `derivative of saving ${dtype} [${shape}]`,
      f: () => [grad((t: Tensor) => sum(kept(t)[0]))(x())],
      expected: () => [two("mul", two("add", q(), q()), two("add", plain(x()), plain(x())))],
    };
  }
}

/** Loops, branches and calls × dtypes × shapes, against the same written out in numbers. */
export function* controlTrials(): Generator<Trial> {
  for (const dtype of numbers) {
    yield* loops(dtype);
    yield* repeated(dtype);
    yield* branches(dtype);
  }
  yield* collatz();
}
