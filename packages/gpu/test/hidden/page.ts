import * as g from "@gradus/tensor";
import { webgpu } from "../../src/index.ts";

// Trains in a tab that is behind another one, and counts what a timer manages meanwhile.
const STEPS = 60;

async function train(): Promise<object> {
  const { available, reason } = await webgpu.isAvailable();
  if (!available) return { reason };
  while (!document.hidden)
    await new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
  const backend = await webgpu();
  await g.setBackend(backend);
  const x = g.normal(g.key(0), [64, 8]);
  const y = g.matmul(x, g.normal(g.key(1), [8, 1]));
  const loss = (w: g.Tensor): g.Tensor => g.mean(g.square(g.sub(g.matmul(x, w), y)));
  const step = g.jit((w: g.Tensor) => g.sub(w, g.mul(g.grad(loss)(w), 0.1)));
  let w = g.zeros([8, 1]);
  const first = await loss(w).item();
  let [ticks, frames, hidden] = [0, 0, true];
  const timer = setInterval(() => ticks++, 1);
  requestAnimationFrame(() => frames++);
  for (let i = 0; i < STEPS; i++) {
    w = step(w);
    await w.data();
    hidden &&= document.hidden;
  }
  clearInterval(timer);
  const last = await loss(w).item();
  // a loss in the background is told as well
  const lost = g.tanh(w).data();
  backend.destroy();
  const error = await lost.then(String, String);
  return { reason, steps: STEPS, ticks, frames, hidden, first, last, error };
}

Object.assign(globalThis, { outcome: await train().catch((e) => ({ reason: null, error: String(e) })) });
