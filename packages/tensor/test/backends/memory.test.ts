import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Block, Heap } from "../../src/backends/wasm/memory.ts";
import { BackendError, OutOfMemoryError, tensor, wasmBackend } from "../../src/index.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** What is kept free at either end. */
const EDGE = 64;

interface Taken {
  readonly address: number;
  readonly bytes: number;
  readonly counted: boolean;
}
const room = ({ bytes }: Taken): number => Math.max(64, Math.ceil(bytes / 64) * 64);

/** Takes (sizes) and gives (which of those held), in any order. */
const script = fc.array(
  fc.oneof(
    fc.record({
      take: fc.oneof(fc.nat(300), fc.nat(200_000), fc.constantFrom(0, 1, 63, 64, 65, 4096)),
      counted: fc.boolean(),
    }),
    fc.record({ give: fc.nat() }),
  ),
  { maxLength: 120 },
);

function play(
  steps: readonly ({ take: number; counted: boolean } | { give: number })[],
  check: (heap: Heap, held: Taken[]) => void,
): void {
  const heap = new Heap();
  const held: Taken[] = [];
  let peak = 0;
  for (const step of steps) {
    if ("take" in step) {
      const taken = { address: heap.take(step.take, step.counted), bytes: step.take, counted: step.counted };
      held.push(taken);
      peak = Math.max(
        peak,
        held.reduce((s, t) => s + t.bytes, 0),
      );
    } else if (held.length > 0) {
      const [t] = held.splice(step.give % held.length, 1) as [Taken];
      heap.give(t.address, t.bytes, t.counted);
    }
    expect(heap.peakBytes).toBe(peak);
    check(heap, held);
  }
  for (const t of held.splice(0)) heap.give(t.address, t.bytes, t.counted);
  check(heap, held);
  // Everything has come back as one hole: all of it can be had at once, without growth.
  const size = heap.memory.buffer.byteLength;
  expect(heap.take(size - 2 * EDGE)).toBe(EDGE);
  expect(heap.memory.buffer.byteLength).toBe(size);
}

describe("the heap, whatever is taken and given back", () => {
  test("blocks are aligned, inside the memory and apart from one another", () => {
    fc.assert(
      fc.property(script, (steps) =>
        play(steps, (heap, held) => {
          const sorted = [...held].sort((a, b) => a.address - b.address);
          sorted.forEach((t, i) => {
            expect(t.address % 64).toBe(0);
            expect(t.address).toBeGreaterThanOrEqual(EDGE);
            const end = t.address + room(t);
            expect(end).toBeLessThanOrEqual(sorted[i + 1]?.address ?? heap.memory.buffer.byteLength - EDGE);
          });
        }),
      ),
      { numRuns: 60 },
    );
  });

  test("bytes and buffers are those held", () => {
    fc.assert(
      fc.property(script, (steps) =>
        play(steps, (heap, held) => {
          expect(heap.liveBytes).toBe(held.reduce((s, t) => s + t.bytes, 0));
          expect(heap.liveBuffers).toBe(held.filter((t) => t.counted).length);
        }),
      ),
      { numRuns: 60 },
    );
  });

  test("what a block holds is left alone by all others", () => {
    fc.assert(
      fc.property(script, (steps) => {
        const marks = new Map<number, number>();
        let next = 1;
        play(steps, (heap, held) => {
          for (const t of held) {
            const bytes = heap.bytes.subarray(t.address, t.address + t.bytes);
            const mark = marks.get(t.address * 1e6 + t.bytes);
            if (mark === undefined) {
              next = (next % 255) + 1;
              marks.set(t.address * 1e6 + t.bytes, next);
              bytes.fill(next);
            } else if (t.bytes > 0) expect([bytes[0], bytes[t.bytes - 1]]).toEqual([mark, mark]);
          }
          for (const key of marks.keys()) if (!held.some((t) => t.address * 1e6 + t.bytes === key)) marks.delete(key);
        });
      }),
      { numRuns: 60 },
    );
  });

  test("a hole is used again before the memory grows", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const heap = new Heap();
        const round = (): number[] => sizes.map((n) => heap.take(n));
        const first = round();
        const size = heap.memory.buffer.byteLength;
        first.forEach((address, i) => heap.give(address, sizes[i] as number));
        expect(round()).toEqual(first);
        expect(heap.memory.buffer.byteLength).toBe(size);
      }),
    );
  });

  test("nothing can be given back twice, nor what was never taken", () => {
    fc.assert(
      fc.property(script, fc.nat(), (steps, which) => {
        const heap = new Heap();
        const held: Taken[] = [];
        for (const step of steps)
          if ("take" in step) held.push({ address: heap.take(step.take), bytes: step.take, counted: true });
        fc.pre(held.length > 0);
        const t = held[which % held.length] as Taken;
        heap.give(t.address, t.bytes);
        const [bytes, buffers] = [heap.liveBytes, heap.liveBuffers];
        expect(() => heap.give(t.address, t.bytes)).toThrow(BackendError);
        // nor a part of it, nor it with what lies before
        expect(() => heap.give(t.address, 1)).toThrow(BackendError);
        if (t.address >= 128) expect(() => heap.give(t.address - 64, room(t) + 64)).toThrow(BackendError);
        expect([heap.liveBytes, heap.liveBuffers]).toEqual([bytes, buffers]);
      }),
      { numRuns: 60 },
    );
  });
});

describe("the end of memory", () => {
  test("more than 4 GiB is a typed error, and changes nothing", () => {
    const heap = new Heap();
    const address = heap.take(100);
    for (const bytes of [4 * GIB, 4 * GIB - 64, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      expect(() => heap.take(bytes)).toThrow(OutOfMemoryError);
      expect([heap.liveBytes, heap.liveBuffers]).toEqual([100, 1]);
    }
    heap.give(address, 100);
    expect(heap.take(100)).toBe(address);
  });

  test("the memory fills to its last pages, and is whole again when all is given back", () => {
    const heap = new Heap();
    const size = 300 * MIB;
    const held: number[] = [];
    expect(() => {
      for (;;) held.push(heap.take(size));
    }).toThrow(OutOfMemoryError);
    // addresses beyond 2³¹ are as good as those below
    expect(held.length).toBe(Math.floor((4 * GIB - 2 * EDGE) / size));
    expect(new Set(held).size).toBe(held.length);
    for (const address of held) heap.give(address, size);
    expect([heap.liveBytes, heap.liveBuffers]).toEqual([0, 0]);
    expect(heap.take(4 * GIB - 2 * EDGE)).toBe(EDGE);
    expect(() => heap.take(1)).toThrow(OutOfMemoryError);
  });

  test("a hole at the end counts when the memory grows", () => {
    const heap = new Heap();
    const half = heap.take(2 * GIB);
    // all that is left, of which a part is a hole already
    const rest = heap.take(2 * GIB - 2 * EDGE);
    expect([half, rest]).toEqual([EDGE, EDGE + 2 * GIB]);
  });
});

describe("storages", () => {
  test("are freed once, by their own backend", () => {
    const [backend, other] = [wasmBackend(), wasmBackend()];
    const s = backend.allocate(1000);
    expect(s).toBeInstanceOf(Block);
    expect(backend.memory()).toMatchObject({ liveBytes: 1000, liveBuffers: 1 });
    backend.free(s);
    for (const f of [
      () => backend.free(s),
      () => backend.write(s, new Float32Array(1)),
      () => backend.readSync?.(s, "f32", 1),
      () => other.free({ backend, bytes: 1, freed: false }),
    ])
      expect(f).toThrow(BackendError);
    expect(backend.memory()).toMatchObject({ liveBytes: 0, liveBuffers: 0, peakBytes: 1000 });
  });

  test("that cannot be had leave tensors usable", async () => {
    const backend = wasmBackend();
    expect(() => backend.allocate(5 * GIB)).toThrow(OutOfMemoryError);
    expect(await tensor([1, 2]).add(1).data()).toEqual(Float32Array.of(2, 3));
  });
});
