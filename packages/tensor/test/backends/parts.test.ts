import fc from "fast-check";
import { expect, test } from "vitest";
import { assemble } from "../../src/backends/wasm/assembler.ts";
import { NestCode } from "../../src/backends/wasm/nest.ts";
import { declared, hostFunctions } from "../../src/backends/wasm/scalar.ts";
import * as g from "../../src/index.ts";
import { collapse } from "../../src/ir/collapse.ts";
import type { Kernel } from "../../src/ir/ir.ts";
import { capture } from "../../src/plan/capture.ts";
import { lower } from "../../src/plan/lower.ts";

const memory = new WebAssembly.Memory({ initial: 64 });

/** Bits of what a kernel of f32 writes when its outermost loop runs in the given pieces. */
function bits(kernel: Kernel, pieces: readonly (readonly [number, number])[]): number[] {
  const code = new NestCode(kernel).code;
  const functions = [{ parameters: kernel.buffers.length + 2, code }];
  const bytes = assemble({ imports: declared, functions }) as Uint8Array<ArrayBuffer>;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory, ...hostFunctions } });
  let end = 1024;
  const addresses = kernel.buffers.map(({ size }, b) => {
    const at = end;
    const values = new Float32Array(memory.buffer, at, size);
    for (let i = 0; i < size; i++) values[i] = Math.sin(i * 12.9898 + b) * 3;
    end += Math.ceil((size * 4) / 64) * 64;
    return at;
  });
  for (const [from, to] of pieces) (exports.f0 as (...args: number[]) => void)(...addresses, from, to);
  const last = kernel.buffers.length - 1;
  return [...new Int32Array(memory.buffer, addresses[last], kernel.buffers[last]?.size)];
}

const [m, n] = [27, 37];
const x = g.realize(g.ones([m, n]));
const stack = g.realize(g.ones([5, m, n]));
const wide = g.realize(g.ones([45, 203]));
const [row, column] = [g.realize(g.ones([n])), g.realize(g.ones([m, 1]))];
const graphs: Readonly<Record<string, () => g.Tensor>> = {
  "sum of rows": () => g.sum(x, 1),
  "sum of columns": () => g.sum(x, 0),
  "largest of columns": () => g.max(x, 0),
  "largest of rows": () => g.max(x, 1),
  "sums along a middle axis": () => g.sum(stack, 1),
  "matrix times vector": () => g.matmul(x, row),
  "transposed matrix times vector": () => g.matmul(g.transpose(x), g.reshape(column, [m])),
  "vector times matrix": () => g.matmul(g.reshape(column, [1, m]), x),
  "rows shifted and their exponentials added": () => g.sum(g.exp(g.sub(x, column)), 1),
  transposition: () => g.add(g.transpose(x), 1),
  "first axis last": () => g.mul(g.permute(stack, [1, 2, 0]), 2),
  "axes turned around": () => g.tanh(g.permute(stack, [2, 1, 0])),
  "a matrix and its transpose": () => g.sub(g.matmul(x, g.transpose(x)), g.transpose(g.matmul(x, g.transpose(x)))),
  "long columns": () => g.sum(g.reshape(stack, [5 * m, n]), 0),
  "sums of many columns": () => g.sum(wide, 0),
  "means of many columns": () => g.mean(wide, 0),
  "largest of many columns": () => g.max(wide, 0),
  "vector times wide matrix": () => g.matmul(g.reshape(g.slice(wide, [0, 0], [1, 45]), [45]), wide),
  "winners of columns": () => g.cast(g.argmax(x, 0), "f32"),
};

test.each(Object.entries(graphs))("%s: the same bits in one piece and in any pieces", (_, graph) => {
  const kernels = lower(capture([graph()])).steps.flatMap(({ work }) =>
    work.kind === "loops" ? [collapse(work)] : [],
  );
  for (const kernel of kernels) {
    const extent = kernel.loops[0] as number;
    const whole = bits(kernel, [[0, extent]]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: extent }), { maxLength: 4 }), (cuts) => {
        const ends = [...new Set([0, ...cuts, extent])].sort((a, b) => a - b);
        const pieces = ends.slice(1).map((to, i) => [ends[i] as number, to] as const);
        expect(bits(kernel, pieces)).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  }
});
