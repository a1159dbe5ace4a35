import { addIndex, constantIndex, flattenIndex, loopIndex, scaleIndex } from "../../ir/index-expr.ts";
import type { Contraction, Index, Kernel, Operand } from "../../ir/ir.ts";
import { stridesOf } from "../../shape.ts";
import { type Axis, type Factor, Gemm, tableOf } from "./gemm/index.ts";
import { type Call, count, loopRunner, type Modules, type Runner } from "./modules.ts";
import { padKernel, patchOffsets, spans, unmergeKernel } from "./patches.ts";
import { planeKernel } from "./planes/index.ts";

type Float = "f32" | "f64";
type Product = Kernel & { readonly contraction: Contraction };
type Matmul = Extract<Contraction, { kind: "matmul" }>;
type Conv = Extract<Contraction, { kind: "conv" }>;
/** Fills `target` with the product. */
type Multiply = (addresses: readonly number[], target: number) => void;

const bytesOf = { f32: 4, f64: 8 } as const;

/** Images whose padded input is made at once take about this many bytes. */
const GROUP = 2 ** 20;
/** With fewer positions per image, the positions of all images become the columns of one product. */
const FEW_POSITIONS = 64;

/** True for products of floats large enough to pay for packing; outer products of f32 are written as fast as vector loops write. */
export function usesGemm(k: Kernel): k is Product {
  const { contraction: c } = k;
  const dtype = k.accumulators[0]?.dtype;
  if (c === undefined || (dtype !== "f32" && dtype !== "f64") || count(k.loops) === 0 || count(k.reduce) === 0)
    return false;
  if (c.kind === "matmul") return (c.k > 1 || dtype === "f64") && c.m * c.n * c.k >= 2048 && c.n >= 4;
  return count(k.loops) * count(k.reduce) >= 4096;
}

/** `kernel` without its fold: the accumulator is read from one more buffer, which holds the finished product. Null if nothing is left to do. */
function epilogue(kernel: Product, dtype: Float): Kernel | null {
  if (kernel.outer.length === 1 && kernel.outer[0]?.op === "accumulator") return null;
  const index = flattenIndex(
    kernel.loops.map((extent, i) => loopIndex(i, extent)),
    kernel.loops,
  );
  const buffer = kernel.buffers.length;
  const { contraction: _, ...rest } = kernel;
  return {
    ...rest,
    reduce: [],
    inner: [],
    accumulators: [],
    outer: kernel.outer.map((x) =>
      x.op === "accumulator" ? { op: "load", dtype, buffer, index, guards: [], fill: 0 } : x,
    ),
    buffers: [...kernel.buffers, { dtype, size: count(kernel.loops) }],
  };
}

/** Matrix products and convolutions. */
export class Products {
  private readonly modules: Modules;
  private readonly gemms = new Map<Float, Gemm>();

  constructor(modules: Modules) {
    this.modules = modules;
  }

  private gemm(dtype: Float): Gemm {
    let gemm = this.gemms.get(dtype);
    if (gemm === undefined) this.gemms.set(dtype, (gemm = new Gemm(this.modules.heap.memory, dtype)));
    return gemm;
  }

  private kernel(kernel: Kernel): Call {
    return this.modules.compile([kernel])[0] as Call;
  }

  compile(kernel: Product): Runner {
    const { contraction: c } = kernel;
    const dtype = kernel.accumulators[0]?.dtype as Float;
    const finish = epilogue(kernel, dtype);
    const after = finish === null ? null : loopRunner(finish, this.kernel(finish));
    const multiply =
      c.kind === "matmul"
        ? this.matmul(c, dtype)
        : c.conv.groups === 1
          ? this.convolution(c, kernel, dtype)
          : this.grouped(c, kernel, dtype);
    const bytes = count(kernel.loops) * bytesOf[dtype];
    const out = kernel.stores[0]?.buffer as number;
    return (addresses) => {
      if (after === null) multiply(addresses, addresses[out] as number);
      else
        this.modules.scratch(bytes, (target) => {
          multiply(addresses, target);
          after([...addresses, target]);
        });
    };
  }

  private matmul({ batch, m, n, k, a, b }: Matmul, dtype: Float): Multiply {
    const size = bytesOf[dtype];
    const gemm = this.gemm(dtype);
    const bytes = gemm.scratchBytes(m, n, k);
    const factor = (o: Operand, line: 1 | 2): ((addresses: readonly number[]) => Factor) => {
      const stride = (i: number): number => (o.strides[i] as number) * size;
      const [lines, depths]: [Axis, Axis] = [{ step: stride(line) }, { step: stride(3 - line) }];
      return (addresses) => ({
        address: (addresses[o.buffer] as number) + o.offset * size,
        batch: stride(0),
        lines,
        depths,
      });
    };
    const [left, right] = [factor(a, 1), factor(b, 2)];
    return (addresses, target) => {
      this.modules.zero(target, batch * m * n * size);
      this.modules.scratch(bytes, (scratch) =>
        gemm.run(batch, m, n, k, left(addresses), right(addresses), target, scratch),
      );
    };
  }

  /** The input with its padding, a few images at a time, or as it is when there is none. */
  private padded(c: Conv, kernel: Kernel, dtype: Float): { pad: Call | null; source: Operand; image: number } {
    const { batch, inChannels, groups } = c.conv;
    const padding = padKernel(c, dtype, (kernel.buffers[c.a.buffer] as { size: number }).size);
    if (padding === null) return { pad: null, source: c.a, image: 0 };
    const shape = [batch, inChannels * groups, ...spans(c)];
    return {
      pad: this.kernel(padding),
      source: { buffer: 0, offset: 0, strides: stridesOf(shape) },
      image: count(shape.slice(1)) * bytesOf[dtype],
    };
  }

  /** Kernels times patches; the patches are read where they lie. */
  private convolution(c: Conv, kernel: Kernel, dtype: Float): Multiply {
    const size = bytesOf[dtype];
    const gemm = this.gemm(dtype);
    const { conv } = c;
    const { pad, source, image } = this.padded(c, kernel, dtype);
    const positions = count(conv.output);
    const merged = positions < FEW_POSITIONS && conv.batch > 1;
    const at = patchOffsets(c, source, merged);
    const axis = (offsets: readonly number[]): Axis =>
      tableOf(
        offsets.map((o) => o * size),
        size,
      );
    const [columns, depths, rows, kernelDepths] = [at.columns, at.depths, at.rows, at.kernelDepths].map(axis) as [
      Axis,
      Axis,
      Axis,
      Axis,
    ];
    const [m, n, k] = [conv.outChannels, at.columns.length, at.depths.length];
    const group = merged || pad === null ? conv.batch : Math.max(1, Math.min(conv.batch, Math.floor(GROUP / image)));
    const unmerge = merged ? loopRunner(unmergeKernel(c, dtype), this.kernel(unmergeKernel(c, dtype))) : null;
    const [forGemm, forPadded, forMerged] = [gemm.scratchBytes(m, n, k), group * image, merged ? m * n * size : 0];
    return (addresses, target) => {
      this.modules.zero(target, conv.batch * m * positions * size);
      this.modules.scratch(forGemm + forPadded + forMerged + 128, (scratch) => {
        const room = align(scratch + forGemm);
        const product = align(room + forPadded);
        const input = addresses[c.a.buffer] as number;
        const left: Factor = {
          address: (addresses[c.b.buffer] as number) + c.b.offset * size,
          batch: 0,
          lines: rows,
          depths: kernelDepths,
        };
        if (merged) this.modules.zero(product, forMerged);
        for (let from = 0; from < conv.batch; from += group) {
          const images = Math.min(group, conv.batch - from);
          // The loops count images of the whole batch: the base is shifted so that a group starts at the beginning of its memory.
          pad?.(input, room - from * image, from, from + images);
          const right: Factor = {
            address: pad === null ? input + (source.offset + from * (source.strides[0] as number)) * size : room,
            batch: (source.strides[0] as number) * size,
            lines: columns,
            depths,
          };
          if (merged) gemm.run(1, m, n, k, left, right, product, scratch);
          else gemm.run(images, m, n, k, left, right, target + from * m * n * size, scratch);
        }
        unmerge?.([product, target]);
      });
    };
  }

  /** Convolution in groups: kernels that slide over planes, or loops over the padded input. */
  private grouped(c: Conv, kernel: Kernel, dtype: Float): Multiply {
    const plane = dtype === "f32" ? planeKernel(c) : null;
    if (plane === null) return this.padThenLoop(c, kernel, dtype);
    const { a, b, conv } = c;
    const call = this.modules.generated(
      JSON.stringify(["planes", conv, a.offset, a.strides, b.offset, b.strides]),
      () => ({
        parameters: 6,
        code: plane.code,
      }),
    );
    return (addresses, target) =>
      this.modules.scratch(plane.scratchBytes, (scratch) =>
        call(
          addresses[a.buffer] as number,
          addresses[b.buffer] as number,
          target,
          scratch,
          0,
          conv.batch * conv.groups,
        ),
      );
  }

  private padThenLoop(c: Conv, kernel: Kernel, dtype: Float): Multiply {
    const { conv, b } = c;
    const { pad, source, image } = this.padded(c, kernel, dtype);
    const call = this.kernel(groupedKernel(c, source, dtype, kernel.buffers[b.buffer]?.size as number));
    const group = pad === null ? conv.batch : Math.max(1, Math.min(conv.batch, Math.floor(GROUP / image)));
    return (addresses, target) =>
      this.modules.scratch(group * image, (room) => {
        for (let from = 0; from < conv.batch; from += group) {
          const to = Math.min(conv.batch, from + group);
          pad?.(addresses[c.a.buffer] as number, room - from * image, from, to);
          const base = pad === null ? (addresses[c.a.buffer] as number) : room - from * image;
          call(base, addresses[b.buffer] as number, target, from, to);
        }
      });
  }
}

const align = (address: number): number => Math.ceil(address / 64) * 64;

/** Buffers: input as `source` describes it, kernels, result [n, g·co, …out]. */
function groupedKernel({ conv, b }: Conv, source: Operand, dtype: Float, kernels: number): Kernel {
  const d = conv.output.length;
  const channels = conv.groups * conv.outChannels;
  const loops = [conv.batch, conv.groups, conv.outChannels, ...conv.output];
  const reduce = [conv.inChannels, ...conv.kernel];
  const loop = (i: number): Index => loopIndex(i, [...loops, ...reduce][i] as number);
  const [image, group, co, ci] = [loop(0), loop(1), loop(2), loop(3 + d)];
  const strided = (o: Operand, index: readonly Index[]): Index =>
    index.reduce((e, x, i) => addIndex(e, scaleIndex(x, o.strides[i] as number)), constantIndex(o.offset));
  const position = conv.output.map((_, i) =>
    addIndex(
      scaleIndex(loop(3 + i), conv.stride[i] as number),
      scaleIndex(loop(4 + d + i), conv.rhsDilation[i] as number),
    ),
  );
  const input = strided(source, [image, addIndex(scaleIndex(group, conv.inChannels), ci), ...position]);
  const channel = addIndex(scaleIndex(group, conv.outChannels), co);
  const weight = strided(b, [channel, ci, ...conv.kernel.map((_, i) => loop(4 + d + i))]);
  return {
    kind: "loops",
    name: "grouped",
    loops,
    reduce,
    inner: [
      { op: "load", dtype, buffer: 0, index: input, guards: [], fill: 0 },
      { op: "load", dtype, buffer: 1, index: weight, guards: [], fill: 0 },
      { op: "mul", dtype, a: 0, b: 1 },
    ],
    accumulators: [{ op: "sum", dtype, value: 2 }],
    outer: [{ op: "accumulator", dtype, a: 0 }],
    buffers: [
      { dtype, size: count([conv.batch, conv.groups * conv.inChannels, ...conv.input]) },
      { dtype, size: kernels },
      { dtype, size: conv.batch * channels * count(conv.output) },
    ],
    stores: [
      {
        buffer: 2,
        index: flattenIndex(
          loops.map((extent, i) => loopIndex(i, extent)),
          loops,
        ),
        value: 0,
      },
    ],
  };
}
