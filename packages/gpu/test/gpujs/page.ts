import * as g from "@gradus/tensor";
import { type GpujsBackend, gpujs } from "../../src/gpujs/index.ts";
import { agreement } from "./agreement.ts";
import { differences } from "./flow.ts";

// What chromium.test.ts asks of WebGL2. Each trial gives a value that it expects.

const numbers = Float32Array.from({ length: 3000 }, (_, i) => i % 7);
const said = (e: unknown): string => {
  const { name, message, cause } = e as Error;
  return `${name}: ${message}${cause === undefined ? "" : ` (${said(cause)})`}`;
};
const rejection = async (p: Promise<unknown>): Promise<string> => {
  try {
    await p;
    return "resolved";
  } catch (e) {
    return said(e);
  }
};
async function use(): Promise<GpujsBackend> {
  const backend = await gpujs({ warn: () => undefined });
  await g.setBackend(backend);
  return backend;
}

const { prototype } = WebGL2RenderingContext;
/** Runs `f` with one function of WebGL2 replaced. */
async function replaced<K extends "getShaderParameter" | "getError">(
  name: K,
  by: (original: WebGL2RenderingContext[K]) => WebGL2RenderingContext[K],
  f: () => Promise<void>,
): Promise<void> {
  const original = prototype[name];
  prototype[name] = by(original) as (typeof prototype)[K];
  try {
    await f();
  } finally {
    prototype[name] = original;
  }
}

/** Textures that are alive, by context; and the context that made one last. */
const textures = new Map<WebGL2RenderingContext, Set<WebGLTexture>>();
let latest: WebGL2RenderingContext | null = null;
const { createTexture, deleteTexture } = prototype;
prototype.createTexture = function () {
  const t = createTexture.call(this);
  latest = this;
  textures.set(this, (textures.get(this) ?? new Set()).add(t));
  return t;
};
prototype.deleteTexture = function (t) {
  if (t !== null) textures.get(this)?.delete(t);
  deleteTexture.call(this, t);
};
const live = (): number => (latest === null ? 0 : (textures.get(latest)?.size ?? 0));

const trials: Readonly<Record<string, () => Promise<unknown>>> = {
  async programs() {
    await agreement(await use(), 200, 6);
    return "agree";
  },

  async flow() {
    const told: string[] = [];
    const backend = await gpujs({ warn: (m) => told.push(m) });
    return [await differences(backend), told];
  },

  async special() {
    await use();
    const x = g.tensor([Number.NaN, Infinity, -Infinity, 0, -0, 3]);
    const y = g.stack([
      g.neg(x),
      g.div(1, x),
      g.maximum(x, 0),
      g.exp(x),
      g.log(x),
      g.mul(x, 0),
      g.where(g.isNaN(x), 7, x),
      g.div(0, x),
      g.sub(x, x),
      g.div(x, x),
      g.add(x, 0),
    ]);
    return Array.from(await y.data(), (v) => (Object.is(v, -0) ? "-0" : String(v))).join(" ");
  },

  async integers() {
    await use();
    const x = g.tensor([2 ** 31 - 1, -(2 ** 31), 2 ** 24 + 1, -1], { dtype: "i32" });
    return Array.from(
      await g.stack([g.add(x, 1), g.mul(x, x), g.bitwiseXor(x, 5), g.broadcastTo(g.sum(x), [4])]).data(),
    );
  },

  async memory() {
    const backend = await use();
    const x = g.tensor(numbers);
    const square = g.ones([64, 64]);
    const counts: number[] = [];
    for (let i = 0; i < 200; i++) {
      const [a, b] = g.tidy(() => {
        const y = g.add(g.mul(x, 2), g.sum(g.tanh(x)));
        const product = g.matmul(square, square);
        const [last] = g.scan((s: g.Tensor) => [g.add(s, product), null], product, null, { length: 3 });
        const branch = g.cond(
          g.greater(g.sum(last), 0),
          (t: g.Tensor) => g.neg(t),
          (t: g.Tensor) => t,
          y,
        );
        return [y, g.exp(branch)];
      }) as [g.Tensor, g.Tensor];
      await b.data();
      g.dispose([a, b]);
      // All that was freed is given back before what is asked for next.
      const last = backend.allocate(4);
      await backend.read(last, "u8", 4);
      backend.free(last);
      if (i === 1 || i === 199) counts.push(live(), backend.memory().liveBytes);
    }
    return counts;
  },

  async lost() {
    const backend = await use();
    const x = g.tensor(numbers);
    let y: g.Tensor = g.add(x, 1);
    const here = await y.data();
    for (let i = 0; i < 50; i++) y = g.tanh(g.add(y, g.sum(y)));
    const promise = y.data();
    const message = rejection(promise);
    backend.destroy();
    const [first, second] = [await message, await rejection(g.add(x, 2).data())];
    await use();
    return [first, second, here[8], (await g.add(x, 2).data())[8]];
  },

  async lostByTheBrowser() {
    const contexts: WebGL2RenderingContext[] = [];
    const { getContext } = OffscreenCanvas.prototype;
    OffscreenCanvas.prototype.getContext = function (this: OffscreenCanvas, ...args: never) {
      const gl = (getContext as (...args: unknown[]) => unknown).apply(this, args);
      if (gl instanceof WebGL2RenderingContext) contexts.push(gl);
      return gl as never;
    } as typeof getContext;
    await use();
    OffscreenCanvas.prototype.getContext = getContext;
    const x = g.tensor(numbers);
    const y = g.realize(g.add(x, 1));
    await y.data();
    const message = rejection(g.mul(g.add(y, 1), 2).data());
    contexts.at(-1)?.getExtension("WEBGL_lose_context")?.loseContext();
    const first = await message;
    const second = await rejection((async () => g.realize(g.add(x, 2)))());
    await use();
    return [first, second, (await g.add(x, 2).data())[8]];
  },

  async shader() {
    await use();
    const x = g.tensor(numbers);
    await g.add(x, 1).data();
    let failures = "";
    await replaced(
      "getShaderParameter",
      (original) =>
        function (this: WebGL2RenderingContext, shader, name) {
          return name === this.COMPILE_STATUS ? false : original.call(this, shader, name);
        },
      async () => {
        failures = await rejection(g.sinh(x).data());
      },
    );
    return [failures, (await g.cosh(g.sub(x, 1)).data())[8]];
  },

  async full() {
    await use();
    const x = g.tensor(numbers);
    let message = "";
    await replaced(
      "getError",
      () =>
        function (this: WebGL2RenderingContext) {
          return this.OUT_OF_MEMORY;
        },
      async () => {
        message = await rejection(g.add(x, 1).data());
      },
    );
    return [message, (await g.add(x, 1).data())[8]];
  },

  async blocked() {
    const { getContext } = OffscreenCanvas.prototype;
    OffscreenCanvas.prototype.getContext = () => null as never;
    try {
      return [await rejection(gpujs()), await gpujs.isAvailable()];
    } finally {
      OffscreenCanvas.prototype.getContext = getContext;
    }
  },
};

const outcome: Record<string, unknown> = {};
for (const [name, trial] of Object.entries(trials)) {
  try {
    outcome[name] = await trial();
  } catch (e) {
    outcome[name] = said(e);
  }
}
(globalThis as { outcome?: unknown }).outcome = outcome;
