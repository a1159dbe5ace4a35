import { beforeAll, describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { reference } from "./reference.ts";

type Call = (...args: g.Tensor[]) => g.Tensor;
const named: Readonly<Record<string, Call>> = {
  "polygamma 2": (x) => g.polygamma(2, x as g.Tensor),
  "polygamma 5": (x) => g.polygamma(5, x as g.Tensor),
  "multigammaln 3": (x) => g.multigammaln(x as g.Tensor, 3),
  "expn 2": (x) => g.expn(2, x as g.Tensor),
  "expn 7": (x) => g.expn(7, x as g.Tensor),
  "sine integral": (x) => g.sici(x as g.Tensor)[0],
  "cosine integral": (x) => g.sici(x as g.Tensor)[1],
  "fresnel S": (x) => g.fresnel(x as g.Tensor)[0],
  "fresnel C": (x) => g.fresnel(x as g.Tensor)[1],
  ...Object.fromEntries([0, 1, 7, 50].map((n) => [`besselJ ${n}`, (x) => g.besselJ(n, x as g.Tensor)])),
};
/** Relative errors allowed beyond 2e-14, and absolute ones where the function has zeros or is a difference. */
const loose: Readonly<Record<string, readonly [relative: number, absolute: number]>> = {
  lgamma: [2e-14, 1e-13],
  digamma: [2e-14, 1e-14],
  "polygamma 2": [5e-14, 0],
  "polygamma 5": [1e-13, 0],
  betaln: [2e-14, 1e-14],
  poch: [5e-14, 0],
  gammainc: [2e-13, 0],
  gammaincc: [2e-13, 0],
  betainc: [1e-13, 0],
  klDiv: [2e-14, 1e-15],
  logaddexp: [2e-14, 1e-15],
  logaddexp2: [2e-14, 1e-15],
};
const columns = (rows: readonly (readonly number[])[], dtype: g.DType): g.Tensor[] =>
  (rows[0] as readonly number[]).map((_, i) =>
    g.tensor(
      rows.map((r) => r[i] as number),
      { dtype },
    ),
  );
const tables = Object.entries(reference).filter(([name]) => name !== "bernoulliNumbers");

describe.each(["js", "wasm"] as const)("%s: values by mpmath", (backend) => {
  beforeAll(() => g.setBackend(backend === "js" ? g.jsBackend() : g.wasmBackend()));
  test.each(tables)("%s in f64", async (name, rows) => {
    const f = named[name] ?? (g[name as keyof typeof g] as unknown as Call);
    const [relative, absolute] = loose[name] ?? [2e-14, 0];
    const y = await f(...columns(rows, "f64").slice(0, -1)).data();
    const wrong = rows.flatMap((row, i) => {
      const [actual, expected] = [y[i] as number, row.at(-1) as number];
      const error = Math.abs(actual - expected);
      return actual === expected || error <= relative * Math.abs(expected) + absolute
        ? []
        : [
            `${name}(${row.slice(0, -1)}) is ${actual} instead of ${expected} (${(error / Math.abs(expected)).toExponential(1)})`,
          ];
    });
    expect(wrong).toEqual([]);
  });
  test.each(tables)("%s in f32 is the nearest float or its neighbour", async (name, rows) => {
    // arguments that f32 holds exactly, so that only the function is judged
    const exact = rows.filter(
      (r) =>
        r.slice(0, -1).every((x) => Math.fround(x) === x) &&
        Math.abs(r.at(-1) as number) < 3e38 &&
        Math.abs(r.at(-1) as number) > 1e-37,
    );
    if (exact.length === 0) return;
    const f = named[name] ?? (g[name as keyof typeof g] as unknown as Call);
    const y = f(...columns(exact, "f32").slice(0, -1));
    expect(y.dtype).toBe("f32");
    const values = await y.data();
    exact.forEach((row, i) => {
      const expected = row.at(-1) as number;
      const composed = [
        "klDiv",
        "xlogy",
        "xlog1py",
        "entr",
        "relEntr",
        "logit",
        "exp2",
        "logaddexp2",
        "multigammaln 3",
      ].includes(name);
      expect(Math.abs((values[i] as number) - expected), `${name}(${row.slice(0, -1)})`).toBeLessThanOrEqual(
        (composed ? 2e-6 : 1.2e-7) * Math.max(Math.abs(expected), composed ? 1e-1 : 0),
      );
    });
  });
});

test("Bernoulli numbers", async () => {
  const b = await g.bernoulliNumbers(258).data();
  for (const [n, value] of reference.bernoulliNumbers as readonly (readonly [number, number])[])
    expect(Math.abs((b[n] as number) - value)).toBeLessThanOrEqual(4e-16 * Math.abs(value));
});
