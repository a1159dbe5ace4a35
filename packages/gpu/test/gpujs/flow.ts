import * as g from "@gradus/tensor";

type Program = () => g.Tensor;

/** Whole numbers from −2 to 2, so that sums are exact. */
const whole = (shape: readonly number[], dtype: g.DType, seed: number): g.Tensor =>
  g.astype(g.sub(g.floor(g.mul(g.uniform(g.key(seed), [...shape]), 5)), 2), dtype);

/** A recurrent net on `steps` inputs of `width`: its last state and all of them. */
const recurrent = (steps: number, width: number, reverse: boolean) => (w: g.Tensor) => {
  const [last, all] = g.scan(
    (h: g.Tensor, x: g.Tensor) => {
      const next = g.tanh(g.add(g.matmul(h, w), x));
      return [next, next] as const;
    },
    g.zeros([1, width]),
    g.normal(g.key(1), [steps, 1, width]),
    { reverse },
  );
  return g.concat([last, g.reshape(all, [steps, width])]);
};

const doubled = (x: g.Tensor, limit: number): g.Tensor =>
  g.whileLoop(
    (s: g.Tensor) => g.less(g.sum(s), limit),
    (s: g.Tensor) => g.add(s, x),
    x,
    { maxSteps: 9 },
  );

const pick = (x: g.Tensor, i: number): g.Tensor =>
  g.switchCase(
    g.tensor(i, { dtype: "i32" }),
    [(s: g.Tensor) => g.neg(s), (s: g.Tensor) => doubled(s, 40), (s: g.Tensor) => g.cumsum(s)],
    x,
  );

const parts = ({ re, im }: g.Complex): g.Tensor[] => [re, im];
const x = (): g.Tensor => g.tensor([1, 2, 3, 4, 5]);
const weights = (n: number): g.Tensor => g.mul(g.normal(g.key(2), [n, n]), 0.3);
const loss = (f: (w: g.Tensor) => g.Tensor) => (w: g.Tensor) => g.sum(g.square(f(w)));
const folds = { cumsum: g.cumsum, cummax: g.cummax, cummin: g.cummin };
const modes = { add: g.scatterAdd, set: g.scatterSet, max: g.scatterMax, min: g.scatterMin };
const dtypes = ["f32", "f16", "i32", "u32", "i8", "u8", "bool"] as const;

/** Programs with loops, branches, scatters and running folds, all of which run on the GPU. */
export const programs: Readonly<Record<string, Program>> = {
  "scan to the end": () => recurrent(37, 8, false)(weights(8)),
  "scan from the end, rows of odd length": () => recurrent(21, 3, true)(weights(3)),
  "scan of nothing": () => recurrent(0, 4, false)(weights(4)),
  "gradient of scan": () => g.grad(loss(recurrent(11, 4, false)))(weights(4)) as g.Tensor,
  while: () => doubled(x(), 100),
  "while that never runs": () => doubled(x(), 1),
  "gradient of while": () => g.grad((t: g.Tensor) => g.sum(doubled(t, 100)))(x()) as g.Tensor,
  branches: () => g.stack([-1, 0, 1, 2, 7].map((i) => pick(x(), i))),
  "a sum of more arrays than gpu.js has texture units to itself": () =>
    Array.from({ length: 16 }, (_, i) => g.realize(g.add(x(), i))).reduce((sum, y, i) => g.add(sum, g.mul(y, i)), x()),
  "gradient of take": () =>
    g.grad((t: g.Tensor) => g.sum(g.square(g.take(t, g.tensor([0, 4, 0, 2], { dtype: "i32" }), { axis: 0 }))))(
      weights(6),
    ) as g.Tensor,
  ...Object.fromEntries(
    Object.entries(modes).flatMap(([mode, f]) =>
      dtypes.map((dtype): [string, Program] => [
        `scatter ${mode} ${dtype}`,
        () =>
          f(
            whole([2, 7, 3], dtype, 3),
            g.tensor([5, 1, 5, -9, 99, 0], { dtype: "i32" }),
            whole([2, 6, 3], dtype, 4),
            1,
          ),
      ]),
    ),
  ),
  ...Object.fromEntries(
    dtypes.flatMap((dtype): [string, Program][] => [
      [`sort ${dtype}`, () => g.sort(whole([3, 33], dtype, 7))],
      [`argsort ${dtype}`, () => g.argsort(whole([3, 33], dtype, 7), -1, { descending: true })],
      [`searchsorted ${dtype}`, () => g.searchsorted(g.sort(whole([33], dtype, 7)), whole([50], dtype, 8))],
    ]),
  ),
  ...Object.fromEntries(
    [1, 2, 4, 7, 16, 30, 64, 135, 512].flatMap((n): [string, Program][] => [
      [`fft of ${n} reals`, () => g.stack(parts(g.fft(g.normal(g.key(n), [3, n]))))],
      [
        `fft of ${n} and back`,
        () => g.stack(parts(g.ifft(g.fft({ re: g.normal(g.key(n), [2, n]), im: g.normal(g.key(n + 1), [2, n]) })))),
      ],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(folds).flatMap(([name, f]) =>
      dtypes.flatMap((dtype) =>
        [false, true].map((reverse): [string, Program] => [
          `${name} ${dtype}${reverse ? " from the end" : ""}`,
          () => f(whole([2, reverse ? 17 : 70, 3], dtype, 5), 1, { reverse }),
        ]),
      ),
    ),
  ),
};

/** The names of programs of which `backend` and js do not give the same, with what it gives. */
export async function differences(backend: g.Backend): Promise<string[]> {
  const js = g.jsBackend();
  const found: string[] = [];
  for (const [name, program] of Object.entries(programs)) {
    await g.setBackend(js);
    const expected = Array.from(await program().data());
    await g.setBackend(backend);
    let got: string;
    try {
      const y = program();
      const actual = Array.from(await y.data());
      const far = actual.findIndex((v, i) => !(Math.abs(v - (expected[i] as number)) <= 2e-5 * (1 + Math.abs(v))));
      if (actual.length === expected.length && far < 0) continue;
      got = `${actual.length} of ${expected.length} elements, ${actual[far]} instead of ${expected[far]} at ${far}`;
    } catch (e) {
      got = (e as Error).message;
    }
    found.push(`${name}: ${got}`);
  }
  return found;
}
