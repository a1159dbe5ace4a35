// What tools/test/threads.test.ts runs in a browser: a training step and a loop on workers, beside the same on the page's own thread.
import * as g from "@gradus/tensor";

const draw = (seed: number, shape: readonly number[]): g.Tensor => g.random.normal(g.random.key(seed), shape);

/** The losses of a small convnet that is trained, and a loop whose end depends on its values. */
async function work(): Promise<number[]> {
  const step = g.jit((p: { w: g.Tensor; v: g.Tensor }, x: g.Tensor) => {
    const loss = (p: { w: g.Tensor; v: g.Tensor }): g.Tensor =>
      g.mean(g.square(g.matmul(g.reshape(g.maxPool(g.relu(g.conv(x, p.w, { padding: 1 })), 2), [64, -1]), p.v)));
    const [value, slope] = g.valueAndGrad(loss)(p);
    return [value, g.treeMap((a: g.Tensor, b: g.Tensor) => g.sub(a, g.mul(b, 1e-4)), p, slope)] as const;
  });
  let p = { w: draw(1, [16, 8, 3, 3]), v: draw(2, [16 * 14 * 14, 32]) };
  const x = draw(3, [64, 8, 28, 28]);
  const losses: g.Tensor[] = [];
  for (let i = 0; i < 5; i++) {
    const [value, next] = step(p, x);
    losses.push(value);
    p = next;
  }
  const shrunk = g.whileLoop(
    (y: g.Tensor) => g.greater(g.sum(g.abs(y)), 1000),
    (y: g.Tensor) => g.mul(y, 0.9),
    draw(4, [300, 300]),
  );
  losses.push(g.sum(shrunk));
  return (await Promise.all(losses.map((l) => l.data()))).map((d) => d[0] as number);
}

/** Turns that the page gets until `pending` is settled. */
async function turnsDuring(pending: Promise<unknown>): Promise<number> {
  let [turns, over] = [0, false];
  void pending.then(() => {
    over = true;
  });
  while (!over) {
    await new Promise((resolve) => setTimeout(resolve));
    turns++;
  }
  return turns;
}

const backend = g.wasmBackend({ threads: 2 });
await backend.start();
await g.setBackend(backend);
const pending = work();
const turns = await turnsDuring(pending);
const threaded = await pending;
const now = g.sum(g.matmul(draw(5, [200, 200]), draw(6, [200, 200]))).dataSync()[0];
await g.setBackend(g.wasmBackend({ threads: 1 }));
const single = await work();
const later = (await g.sum(g.matmul(draw(5, [200, 200]), draw(6, [200, 200]))).data())[0];
(globalThis as { outcome?: unknown }).outcome = {
  isolated: crossOriginIsolated,
  threads: backend.threads,
  turns,
  threaded,
  single,
  now,
  later,
};
