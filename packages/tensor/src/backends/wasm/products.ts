import { addIndex, constantIndex, flattenIndex, loopIndex, scaleIndex } from "../../ir/index-expr.ts";
import type { Contraction, Index, Kernel, Operand } from "../../ir/ir.ts";
import { stridesOf } from "../../shape.ts";
import { type Axis, Gemm, tableOf } from "./gemm/index.ts";
import { count, cutOf, loopRunner, type Modules, type Runner } from "./modules.ts";
import { padKernel, patchOffsets, spans, unmergeKernel } from "./patches.ts";
import { planeKernel } from "./planes/index.ts";
import type { Cut, Entry } from "./threads/queue.ts";

type Float = "f32" | "f64";
type Product = Kernel & { readonly contraction: Contraction };
type Matmul = Extract<Contraction, { kind: "matmul" }>;
type Conv = Extract<Contraction, { kind: "conv" }>;
/** Fills `target` with the product. */
interface Multiply {
  /** Scratch memory that it needs. */
  readonly bytes: number;
  run(addresses: readonly number[], target: number, scratch: number): void;
}

const bytesOf = { f32: 4, f64: 8 } as const;

/** Images whose padded input is made at once take about this many bytes. */
const GROUP = 2 ** 20;
/** Chunks of planes per thread. */
const TASKS = 4;
/** Estimated nanoseconds of one element of a kernel that slides over planes. */
const TAP = 0.06;
/** With fewer positions per image, the positions of all images become the columns of one product. */
const FEW_POSITIONS = 64;

/** True for products of floats large enough to pay for packing; outer products of f32, and products with one row, are as fast as memory in vector loops. */
export function usesGemm(k: Kernel): k is Product {
  const { contraction: c } = k;
  const dtype = k.accumulators[0]?.dtype;
  if (c === undefined || (dtype !== "f32" && dtype !== "f64") || count(k.loops) === 0 || count(k.reduce) === 0)
    return false;
  if (c.kind === "matmul") return (dtype === "f64" || (c.k > 1 && c.m > 1)) && c.m * c.n * c.k >= 2048 && c.n >= 4;
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
  readonly #modules: Modules;
  readonly #gemms = new Map<Float, Gemm>();

  constructor(modules: Modules) {
    this.#modules = modules;
  }

  #gemm(dtype: Float): Gemm {
    let gemm = this.#gemms.get(dtype);
    if (gemm === undefined) this.#gemms.set(dtype, (gemm = new Gemm(this.#modules, dtype)));
    return gemm;
  }

  #entry(kernel: Kernel): Entry {
    return this.#modules.compile([kernel])[0] as Entry;
  }

  #runner(kernel: Kernel): Runner {
    return loopRunner(kernel, this.#entry(kernel), this.#modules.queue);
  }

  compile(kernel: Product): Runner {
    const { contraction: c } = kernel;
    const dtype = kernel.accumulators[0]?.dtype as Float;
    const finish = epilogue(kernel, dtype);
    const multiply =
      c.kind === "matmul"
        ? this.#matmul(c, dtype)
        : ((dtype === "f32" ? this.#planes(c, kernel) : null) ??
          (c.conv.groups === 1 ? this.#convolution(c, kernel, dtype) : this.#padThenLoop(c, kernel, dtype)));
    const out = kernel.stores[0]?.buffer as number;
    if (finish === null)
      return {
        bytes: multiply.bytes,
        run: (addresses, scratch) => multiply.run(addresses, addresses[out] as number, scratch),
      };
    const after = this.#runner(finish);
    const bytes = align(count(kernel.loops) * bytesOf[dtype]);
    return {
      bytes: bytes + multiply.bytes,
      run(addresses, scratch) {
        multiply.run(addresses, scratch, scratch + bytes);
        after.run([...addresses, scratch], 0);
      },
    };
  }

  #matmul({ batch, m, n, k, a, b }: Matmul, dtype: Float): Multiply {
    const size = bytesOf[dtype];
    const stride = (o: Operand, i: number): number => (o.strides[i] as number) * size;
    const product = this.#gemm(dtype).prepare(
      batch,
      m,
      n,
      k,
      { batch: stride(a, 0), lines: { step: stride(a, 1) }, depths: { step: stride(a, 2) } },
      { batch: stride(b, 0), lines: { step: stride(b, 2) }, depths: { step: stride(b, 1) } },
    );
    const at = (o: Operand, addresses: readonly number[]): number => (addresses[o.buffer] as number) + o.offset * size;
    return {
      bytes: product.bytes,
      run: (addresses, target, scratch) => product.run(at(a, addresses), at(b, addresses), target, scratch),
    };
  }

  /** The input with its padding, or as it is when there is none. */
  #padded(c: Conv, kernel: Kernel, dtype: Float): Padded {
    const { batch, inChannels, groups } = c.conv;
    const padding = padKernel(c, dtype, (kernel.buffers[c.a.buffer] as { size: number }).size);
    if (padding === null) return { pad: null, source: c.a, image: 0, group: batch };
    const shape = [batch, inChannels * groups, ...spans(c)];
    const image = count(shape.slice(1)) * bytesOf[dtype];
    const threads = this.#modules.queue.crew?.size ?? 1;
    return {
      pad: { entry: this.#entry(padding), cost: (cutOf(padding, 2) as Cut).cost / batch },
      source: { buffer: 0, offset: 0, strides: stridesOf(shape) },
      image,
      group: Math.max(1, Math.min(batch, threads * Math.floor(GROUP / image))),
    };
  }

  /** Writes some images with their padding to `room`. The loops count images of the whole batch: the base is shifted to the first that is made. */
  #writePadded({ pad, image }: Padded, input: number, room: number, from: number, to: number): void {
    const { queue } = this.#modules;
    const grain = Math.ceil((to - from) / ((queue.crew?.size ?? 1) * 2));
    if (pad !== null)
      queue.call(pad.entry, [input, room - from * image], from, to, { grain, cost: pad.cost * (to - from) });
  }

  /** Kernels times patches; the patches are read where they lie. */
  #convolution(c: Conv, kernel: Kernel, dtype: Float): Multiply {
    const size = bytesOf[dtype];
    const { conv } = c;
    const padded = this.#padded(c, kernel, dtype);
    const { pad, source, image } = padded;
    const positions = count(conv.output);
    const merged = positions < FEW_POSITIONS && conv.batch > 1;
    const offsets = patchOffsets(c, source, merged);
    const axis = (list: readonly number[]): Axis =>
      tableOf(
        list.map((o) => o * size),
        size,
      );
    const [m, n, k] = [conv.outChannels, offsets.columns.length, offsets.depths.length];
    const group = merged ? conv.batch : padded.group;
    const imageStride = (source.strides[0] as number) * size;
    const product = this.#gemm(dtype).prepare(
      merged ? 1 : group,
      m,
      n,
      k,
      { batch: 0, lines: axis(offsets.rows), depths: axis(offsets.kernelDepths) },
      { batch: imageStride, lines: axis(offsets.columns), depths: axis(offsets.depths) },
    );
    const unmerge = merged ? this.#runner(unmergeKernel(c, dtype)) : null;
    const forPadded = align(group * image);
    const forMerged = merged ? align(m * n * size) : 0;
    return {
      bytes: forPadded + forMerged + product.bytes,
      run: (addresses, target, scratch) => {
        const [room, result] = [scratch, scratch + forPadded];
        const forProduct = result + forMerged;
        const input = addresses[c.a.buffer] as number;
        const kernels = (addresses[c.b.buffer] as number) + c.b.offset * size;
        for (let from = 0; from < conv.batch; from += group) {
          const images = Math.min(group, conv.batch - from);
          this.#writePadded(padded, input, room, from, from + images);
          const patches = pad === null ? input + source.offset * size + from * imageStride : room;
          if (merged) product.run(kernels, patches, result, forProduct);
          else product.run(kernels, patches, target + from * m * n * size, forProduct, images);
        }
        unmerge?.run([result, target], 0);
      },
    };
  }

  /** Kernels that slide over planes, or planes that are correlated, where that is faster than a product. */
  #planes(c: Conv, kernel: Kernel): Multiply | null {
    const plane = planeKernel(c);
    if (plane === null) return null;
    const { planes } = plane;
    const { a, b, conv } = c;
    const { queue } = this.#modules;
    const entry = this.#modules.generated(
      JSON.stringify(["planes", conv, a.offset, a.strides, b.offset, b.strides]),
      () => ({ parameters: 6, code: plane.code }),
    );
    const cut: Cut = {
      grain: Math.ceil(planes / ((queue.crew?.size ?? 1) * TASKS)),
      cost: count(kernel.loops) * count(kernel.reduce) * TAP,
      scratch: { argument: 3, bytes: align(plane.scratchBytes) },
    };
    return {
      bytes: align(plane.scratchBytes) * (queue.crew?.members ?? 1),
      run: (addresses, target, scratch) =>
        queue.call(
          entry,
          [addresses[a.buffer] as number, addresses[b.buffer] as number, target, scratch],
          0,
          planes,
          cut,
        ),
    };
  }

  /** Convolution in groups as loops over the padded input. */
  #padThenLoop(c: Conv, kernel: Kernel, dtype: Float): Multiply {
    const { conv, b } = c;
    const padded = this.#padded(c, kernel, dtype);
    const { pad, source, image, group } = padded;
    const loops = groupedKernel(c, source, dtype, kernel.buffers[b.buffer]?.size as number);
    const entry = this.#entry(loops);
    const cut = cutOf(loops, this.#modules.queue.crew?.size ?? 1);
    return {
      bytes: align(group * image),
      run: (addresses, target, room) => {
        const input = addresses[c.a.buffer] as number;
        for (let from = 0; from < conv.batch; from += group) {
          const to = Math.min(conv.batch, from + group);
          this.#writePadded(padded, input, room, from, to);
          const base = pad === null ? input : room - from * image;
          this.#modules.queue.call(entry, [base, addresses[b.buffer] as number, target], from, to, cut);
        }
      },
    };
  }
}

/** The padded input of a convolution: how an image is written (and at what cost), how it lies, its bytes, and how many images are made at once. */
interface Padded {
  readonly pad: { readonly entry: Entry; readonly cost: number } | null;
  readonly source: Operand;
  readonly image: number;
  readonly group: number;
}

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

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
