import { performance } from "node:perf_hooks";
import { derivatives, jit, jvp, key, matmul, mul, normal, split, type Tensor, tanh } from "@gradus/tensor";

// Directional derivatives of a network of three tanh layers by one jet and by nested jvp: the time of a jitted call at orders 1 to 8, that of the
// first call (trace and compilation), and how both grow. `npm run bench:jet [-- width batch]`

type Unary = (x: Tensor) => Tensor;

const [width = 64, batch = 256] = process.argv.slice(2).map(Number);
/** A way whose first call took longer is not taken to higher orders. */
const patience = 20_000;
const rounds = 7;

const keys = split(key(0), 5);
const at = (i: number): Tensor => keys[i] as Tensor;
const weights = [0, 1, 2].map((i) => mul(normal(at(i), [width, width]), 1 / Math.sqrt(width)).realize());
const x = normal(at(3), [batch, width]).realize();
const v = normal(at(4), [batch, width]).realize();
const network: Unary = (p) => weights.reduce((h, w) => tanh(matmul(h, w)), p);

const ways: Readonly<Record<string, (order: number) => Unary>> = {
  jet: (order) => (p) => derivatives(network, p, v, order)[order] as Tensor,
  nested: (order) => Array.from({ length: order }).reduce<Unary>((f) => (p) => jvp(f, [p], [v])[1], network),
};

interface Measured {
  readonly order: number;
  readonly first: number;
  readonly run: number;
  readonly value: Float32Array;
}

async function measure(f: Unary, order: number): Promise<Measured> {
  const call = jit(f);
  const start = performance.now();
  const value = (await call(x).data()) as Float32Array;
  const first = performance.now() - start;
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const from = performance.now();
    const y = call(x);
    await y.data();
    times.push(performance.now() - from);
    y.dispose();
  }
  return { order, first, run: times.toSorted((a, b) => a - b)[rounds >> 1] as number, value };
}

/** Slope of the least-squares line. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (of: readonly number[]): number => of.reduce((s, n) => s + n, 0) / of.length;
  const [a, b] = [mean(points.map(([p]) => p)), mean(points.map(([, q]) => q))];
  return mean(points.map(([p, q]) => (p - a) * (q - b))) / mean(points.map(([p]) => (p - a) ** 2));
}

const results: Record<string, Measured[]> = {};
console.log(
  `three tanh layers of ${width}, ${batch} points, f32; milliseconds: first call, median of ${rounds} further ones`,
);
for (let order = 1; order <= 8; order++) {
  const cells: string[] = [];
  for (const [name, way] of Object.entries(ways)) {
    results[name] ??= [];
    const list = results[name];
    if (list.length < order - 1 || (list.at(-1)?.first ?? 0) > patience) {
      cells.push(`${name}: too slow`);
      continue;
    }
    const m = await measure(way(order), order);
    list.push(m);
    cells.push(`${name}: ${m.first.toFixed(0).padStart(6)} ${m.run.toFixed(2).padStart(8)}`);
  }
  const [a, b] = [results.jet?.[order - 1], results.nested?.[order - 1]];
  if (a && b) {
    const scale = b.value.reduce((s, n) => Math.max(s, Math.abs(n)), 0);
    const apart = a.value.reduce((s, n, i) => Math.max(s, Math.abs(n - (b.value[i] as number))), 0);
    cells.push(`difference ${(apart / scale).toExponential(1)}`);
  }
  console.log(`order ${order}  ${cells.join("   ")}`);
}
for (const [name, list] of Object.entries(results)) {
  const upper = list.filter((m) => m.order > 1);
  const power = slope(upper.map((m) => [Math.log(m.order), Math.log(m.run)]));
  const factor = Math.exp(slope(upper.map((m) => [m.order, Math.log(m.run)])));
  console.log(`${name}: run time grows as order^${power.toFixed(2)}, or by a factor ${factor.toFixed(2)} per order`);
}
