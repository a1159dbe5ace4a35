import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Code } from "../../src/backends/wasm/assembler.ts";
import type { WasmBackend, WasmOptions } from "../../src/backends/wasm/index.ts";
import { type Inside, makeWasmBackend } from "../../src/backends/wasm/make.ts";
import { Heap } from "../../src/backends/wasm/memory.ts";
import { Modules } from "../../src/backends/wasm/modules.ts";
import { Crew } from "../../src/backends/wasm/threads/crew.ts";
import { Queue } from "../../src/backends/wasm/threads/queue.ts";
import * as g from "../../src/index.ts";
import { leaves, type Program, programs } from "../plan/programs.ts";

/** Backends on which every kernel that can be cut is. */
const kinds: Readonly<Record<string, WasmOptions>> = {
  "two threads": { threads: 2 },
  "five threads": { threads: 5 },
  "two threads beside": { threads: 2, blocking: false },
  "one thread beside": { threads: 1, blocking: false },
};
const crews = new Map<string, Crew | null>();
const backends = new Map<string, WasmBackend>();
const one = makeWasmBackend({ threads: 1 });

beforeAll(async () => {
  for (const [name, options] of Object.entries(kinds)) {
    const inside: Inside = { least: 0, made: (crew) => crews.set(name, crew) };
    const backend = makeWasmBackend(options, inside);
    await backend.start();
    backends.set(name, backend);
  }
});
afterAll(async () => {
  for (const b of backends.values()) b.close();
  await g.setBackend(one);
});

type Values = readonly g.HostArray[];
/** Bits of the results; all tensors but these are disposed before anybody waits. */
async function values(backend: WasmBackend, make: () => readonly g.Tensor[]): Promise<Values> {
  await g.setBackend(backend);
  const wanted = g.tidy(make);
  const pending = wanted.map((t) => t.data());
  g.dispose(wanted);
  return Promise.all(pending);
}
const bits = (xs: Values): string[] =>
  xs.map((x) => {
    const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
    return `${x.constructor.name} ${x.length} ${createHash("sha256").update(bytes).digest("hex")}`;
  });

const draw = (seed: number, shape: readonly number[], dtype: "f32" | "f64" = "f32"): g.Tensor =>
  g.cast(g.random.normal(g.random.key(seed), shape), dtype);

const works: Readonly<Record<string, () => readonly g.Tensor[]>> = {
  "elementwise, rows and columns": () => {
    const x = draw(1, [37, 1001]);
    return [g.tanh(g.mul(x, 2)), g.sum(x, 0), g.softmax(x, 1), g.argmax(x, 1)];
  },
  "one long row": () => [g.exp(draw(2, [100_003])), g.sum(draw(2, [100_003]))],
  products: () =>
    (["f32", "f64"] as const).flatMap((dtype) =>
      [
        [1, 300, 300, 300],
        [1, 517, 9, 731],
        [1, 5, 1200, 700],
        [7, 65, 33, 17],
        [40, 24, 24, 24],
      ].map(([b, m, k, n]) =>
        g.add(g.matmul(draw(3, [b!, m!, k!], dtype), g.swapaxes(draw(4, [b!, n!, k!], dtype), 1, 2)), 1),
      ),
    ),
  convolutions: () => {
    const [x, w] = [draw(5, [9, 6, 21, 19]), draw(6, [8, 6, 3, 3])];
    const f = (x: g.Tensor, w: g.Tensor): g.Tensor => g.sum(g.square(g.conv(x, w, { padding: 1, stride: 2 })));
    const [dx, dw] = g.grad(f, { argnums: [0, 1] })(x, w);
    return [
      g.conv(x, w, { padding: 1 }),
      g.conv(x, draw(7, [6, 1, 3, 3]), { groups: 6, padding: 1 }),
      g.conv(draw(8, [70, 4, 5, 5]), draw(9, [8, 4, 3, 3])),
      dx,
      dw,
    ];
  },
  "rows of routines": () => [
    g.sort(draw(16, [40, 500])),
    g.argsort(draw(16, [23, 30])),
    ...g.topK(draw(17, [9, 2500]), 20),
    ...Object.values(g.fft(draw(18, [31, 240]))),
    g.cumsum(draw(21, [31, 17, 9]), 1),
    g.recurrence(draw(22, [40, 33], "f64"), draw(23, [40, 33], "f64")),
    g.ifft({ re: draw(19, [9, 512], "f64"), im: draw(20, [9, 512], "f64") }).im,
  ],
  "loops of the host": () => {
    const f = (x: g.Tensor): g.Tensor => g.add(g.mul(x, 0.5), g.sin(x));
    return [
      g.whileLoop(
        (x: g.Tensor) => g.greater(g.sum(g.abs(x)), 40),
        (x: g.Tensor) => g.mul(x, 0.9),
        draw(10, [33, 30]),
      ),
      ...g.scan(
        (c: g.Tensor, x: g.Tensor) => [f(g.add(c, x)), g.sum(c)] as const,
        draw(11, [30, 40]),
        draw(12, [17, 30, 40]),
      ),
      g.sort(draw(13, [20, 300], "f64"), 1),
      g.cond(g.greater(g.sum(draw(14, [3])), 0), f, g.exp, draw(15, [50, 50])),
    ];
  },
};

describe.each(Object.keys(kinds))("%s", (kind) => {
  const backend = (): WasmBackend => backends.get(kind) as WasmBackend;

  test.each(Object.keys(works))("%s: the same bits as by one thread", async (work) => {
    const make = works[work] as () => readonly g.Tensor[];
    const expected = bits(await values(one, make));
    for (let round = 0; round < 3; round++) expect(bits(await values(backend(), make))).toEqual(expected);
  });

  test("random programs: the same bits as by one thread, whatever is disposed meanwhile", async () => {
    const property = async (p: Program): Promise<void> => {
      const make = (): g.Tensor[] => p.build(leaves(p));
      expect(bits(await values(backend(), make))).toEqual(bits(await values(one, make)));
    };
    await fc.assert(fc.asyncProperty(programs(["f32", "f64", "i32", "bool"]), property), { numRuns: 60, seed: 3 });
  });

  test("values can be had at once", async () => {
    await g.setBackend(backend());
    const x = g.matmul(draw(1, [200, 200]), draw(2, [200, 200]));
    const now = x.dataSync();
    expect(bits([now])).toEqual(bits([await g.mul(x, 1).data()]));
  });

  test("memory is as full as with one thread", async () => {
    const left = (b: WasmBackend): number[] => [b.memory().liveBytes, b.memory().liveBuffers];
    const before = left(backend());
    await values(backend(), works.products as () => readonly g.Tensor[]);
    expect(left(backend())).toEqual(before);
  });
});

test("every thread takes part", async () => {
  const work = (): g.Tensor[] => [g.matmul(draw(1, [400, 400]), draw(2, [400, 400]))];
  for (const [name, options] of Object.entries(kinds)) {
    const crew = crews.get(name) as Crew;
    const first = options.blocking === false ? 1 : 0;
    const idle = (): boolean => crew.shares.slice(first, first + (options.threads as number)).includes(0);
    // A thread that never comes leaves this test to its time limit.
    while (idle()) {
      await values(backends.get(name) as WasmBackend, work);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(idle()).toBe(false);
  }
});

test("a calling thread that does not compute gets its turn before the values come", async () => {
  await g.setBackend(backends.get("one thread beside") as WasmBackend);
  const order: string[] = [];
  const x = draw(1, [500, 500]);
  let y = x;
  for (let i = 0; i < 20; i++) y = g.mul(g.matmul(y, x), 0.01);
  const pending = y.data().then(() => order.push("values"));
  order.push("asked");
  await new Promise((resolve) => setImmediate(resolve));
  order.push("turn");
  await pending;
  expect(order).toEqual(["asked", "turn", "values"]);
});

/** A kernel (scratch, start, end) that traps. */
function trap(): Code {
  const c = new Code(3);
  c.i32(-64);
  c.memory("i32.load");
  c.get(0);
  c.op("i32.add");
  c.set(0);
  return c;
}
/** Writes start to the word there. */
function mark(): Code {
  const c = new Code(3);
  c.get(0);
  c.get(1);
  c.i32(4);
  c.op("i32.mul");
  c.op("i32.add");
  c.get(1);
  c.memory("i32.store");
  return c;
}

test.each([true, false])("what fails in a kernel is an error, and the next one runs (beside: %s)", async (beside) => {
  const heap = new Heap(true);
  const crew = new Crew(heap.memory, 2, beside, []);
  const queue = new Queue(crew, 0);
  await crew.start(true);
  const entries = new Modules(heap, queue).instantiate({
    imports: [],
    functions: [trap(), mark()].map((code) => ({ parameters: 3, code })),
  });
  const [bad, good] = entries as [(typeof entries)[0], (typeof entries)[0]];
  const at = heap.take(64);
  const run = (entry: typeof bad): Promise<number[]> => {
    queue.call(entry, [at], 0, 8, { grain: 1, cost: 1 });
    return queue.read(() => [...new Int32Array(heap.memory.buffer, at, 8)]);
  };
  const failing = async (): Promise<unknown> => run(bad);
  await expect(failing()).rejects.toThrow(/memory access out of bounds|thread failed/);
  expect(await run(good)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  crew.close();
});

test("a loop beside the calling thread ends when a step of it fails", async () => {
  const heap = new Heap(true);
  const crew = new Crew(heap.memory, 1, true, []);
  const queue = new Queue(crew, 0);
  await crew.start(true);
  const [bad] = new Modules(heap, queue).instantiate({ imports: [], functions: [{ parameters: 3, code: trap() }] });
  const at = heap.take(64);
  queue.repeat(
    () => queue.call(bad as NonNullable<typeof bad>, [at], 0, 8),
    () => true,
  );
  await expect(queue.read(() => 0)).rejects.toThrow(/memory access out of bounds|thread failed/);
  crew.close();
});

test("closing rejects what workers have not finished, and the calling thread goes on alone", async () => {
  for (const options of [{ threads: 2, blocking: false }, { threads: 2 }]) {
    const backend = makeWasmBackend(options, { least: 0 });
    await backend.start();
    await g.setBackend(backend);
    const x = draw(1, [600, 600]);
    let y = x;
    for (let i = 0; i < 20; i++) y = g.mul(g.matmul(y, x), 0.01);
    const pending = y.data();
    const outcome = pending.then(
      () => "values",
      (e: unknown) => (e as Error).message,
    );
    // The batch is under way.
    await Promise.resolve();
    backend.close();
    expect(await outcome).toMatch(options.blocking === false ? /ended while they computed/ : /^values$/);
    const work = works.products as () => readonly g.Tensor[];
    expect(bits(await values(backend, work))).toEqual(bits(await values(one, work)));
  }
});

test("when the leader is gone the calling thread computes", async () => {
  const backend = makeWasmBackend({ threads: 2, blocking: false }, { least: 0 });
  await backend.start();
  const work = works["elementwise, rows and columns"] as () => readonly g.Tensor[];
  const first = bits(await values(backend, work));
  backend.close();
  expect(bits(await values(backend, work))).toEqual(first);
});

/** An engine whose address space has no room for a shared memory. */
class Cramped extends WebAssembly.Memory {
  constructor(limits: WebAssembly.MemoryDescriptor) {
    if (limits.shared) throw new RangeError("could not allocate memory");
    super(limits);
  }
}

test.each([
  ["SharedArrayBuffer", undefined],
  ["WebAssembly", Object.create(WebAssembly, { Memory: { value: Cramped } }) as unknown],
])("without shared memory there is one thread (%s)", async (name, value) => {
  vi.stubGlobal(name, value);
  try {
    const backend = makeWasmBackend({ threads: 4 });
    expect(backend.threads).toBe(1);
    await backend.start();
    const work = works.products as () => readonly g.Tensor[];
    expect(bits(await values(backend, work))).toEqual(bits(await values(one, work)));
  } finally {
    vi.unstubAllGlobals();
  }
});

test.each([true, false])("a program that ends, ends: also while workers sleep (blocking: %s)", async (blocking) => {
  const entry = JSON.stringify(join(import.meta.dirname, "../../src/index.ts"));
  const program = `
    import * as g from ${entry};
    const backend = g.wasmBackend({ threads: 2, blocking: ${blocking} });
    await g.setBackend(backend);
    let x = g.ones([300, 300]);
    for (let i = 0; i < 40; i++) x = g.div(g.matmul(x, x), 300);
    await g.realize(x).data();
    await backend.start();
    console.log((await g.matmul(x, x).data())[0]);`;
  const child = spawn(process.execPath, ["--conditions=source", "--input-type=module", "-e", program]);
  let out = "";
  child.stdout.on("data", (text) => {
    out += String(text);
  });
  // One that does not end leaves this test to its time limit.
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect([code, out]).toEqual([0, "300\n"]);
});
