import type { Gpu } from "./gpu.ts";
import type { Recorder } from "./recorder.ts";
import { Shader } from "./recorder.ts";
import { type Program, program, spread } from "./wgsl/program.ts";

/** Bytes from one gate of a buffer to the next: what the offset of a uniform binding must be a multiple of. */
export const STRIDE = 256;
/** Bytes of a gate: whether it is open, a count, and two words that are not used. */
const BYTES = 16;
const LANES = 64;

/** Kernels that are recorded under a gate do nothing where its first word is 0 when they run. */
export class Gate {
  readonly group: GPUBindGroup;

  /** The gate number `k` of a buffer. */
  constructor(gpu: Gpu, buffer: GPUBuffer, k: number) {
    this.group = gpu.gates.group(buffer, k);
  }
}

/** Bind groups of gates. */
export class Gates {
  readonly #device: GPUDevice;
  readonly #known = new WeakMap<GPUBuffer, GPUBindGroup[]>();
  readonly layout: GPUBindGroupLayout;

  constructor(device: GPUDevice) {
    this.#device = device;
    // 4: GPUShaderStage.COMPUTE
    this.layout = device.createBindGroupLayout({ entries: [{ binding: 0, visibility: 4, buffer: {} }] });
  }

  group(buffer: GPUBuffer, k: number): GPUBindGroup {
    let list = this.#known.get(buffer);
    if (list === undefined) this.#known.set(buffer, (list = []));
    return (list[k] ??= this.#device.createBindGroup({
      layout: this.layout,
      entries: [{ binding: 0, resource: { buffer, offset: k * STRIDE, size: BYTES } }],
    }));
  }
}

const shaders = new WeakMap<Gpu, Map<string, Shader>>();
/** The shader of a program that many steps use. */
function shared(gpu: Gpu, key: string, print: () => Program): Shader {
  let known = shaders.get(gpu);
  if (known === undefined) shaders.set(gpu, (known = new Map()));
  let found = known.get(key);
  if (found === undefined) known.set(key, (found = new Shader(gpu, print())));
  return found;
}

type Buffers = readonly (readonly [name: string, type: string, written: boolean])[];
const bound = (list: Buffers): Parameters<typeof program>[1] =>
  list.map(([name, type, written], buffer) => ({ buffer, name, type, written }));

/** A shader of one invocation. */
const single = (gpu: Gpu, name: string, buffers: Buffers, body: string): Shader =>
  shared(gpu, body, () => program(name, bound(buffers), 1, [1, 1, 1], "", body));

/** A shader that sets each of so many words of `out`. */
const wordwise = (gpu: Gpu, name: string, words: number, buffers: Buffers, value: string): Shader =>
  shared(gpu, `${words} ${value}`, () => {
    const { workgroups, number } = spread(Math.ceil(words / LANES));
    const list: Buffers = [...buffers, ["out", "u32", true]];
    const body = `let i = ${number} * ${LANES}u + lane;\nif (i >= ${words}u) { return; }\nout[i] = ${value};`;
    return program(name, bound(list), LANES, workgroups, "", body);
  });

/** Of `n` gates, all closed before, opens the one that the i32 in `index` names, clamped. */
export function openOne(gpu: Gpu, r: Recorder, n: number, index: GPUBuffer, gates: GPUBuffer): void {
  r.clear(gates, n * STRIDE);
  const buffers: Buffers = [
    ["index", "i32", false],
    ["gates", "u32", true],
  ];
  single(gpu, "switch", buffers, `gates[clamp(index[0], 0, ${n - 1}) * ${STRIDE / 4}] = 1u;`).run(r, [index, gates]);
}

/** Opens a gate whose count is 0. */
export function open(gpu: Gpu, r: Recorder, gate: GPUBuffer): void {
  r.clear(gate, BYTES);
  single(gpu, "while", [["gate", "u32", true]], "gate[0] = 1u;").run(r, [gate]);
}

/** Counts another step, or closes the gate for good where `more` is false. Not under that gate. */
export function goOn(gpu: Gpu, r: Recorder, more: GPUBuffer, gate: GPUBuffer): void {
  const buffers: Buffers = [
    ["more", "u32", false],
    ["gate", "u32", true],
  ];
  const body = `if (gate[0] == 0u) { return; }
if ((more[0] & 0xffu) == 0u) { gate[0] = 0u; } else { gate[1] += 1u; }`;
  single(gpu, "while", buffers, body).run(r, [more, gate]);
}

/** Copies bytes by a kernel, so that gates hold for it. */
export function copy(gpu: Gpu, r: Recorder, bytes: number, from: GPUBuffer, to: GPUBuffer): void {
  if (bytes === 0) return;
  wordwise(gpu, "copy", Math.ceil(bytes / 4), [["source", "u32", false]], "source[i]").run(r, [from, to]);
}

/** Copies bytes of `even` or of `odd`, as the count of the gate is. */
export function copyCounted(
  gpu: Gpu,
  r: Recorder,
  bytes: number,
  [even, odd]: readonly [GPUBuffer, GPUBuffer],
  gate: GPUBuffer,
  to: GPUBuffer,
): void {
  if (bytes === 0) return;
  const buffers: Buffers = [
    ["even", "u32", false],
    ["odd", "u32", false],
    ["gate", "u32", false],
  ];
  const value = "select(even[i], odd[i], (gate[1] & 1u) == 1u)";
  wordwise(gpu, "copy", Math.ceil(bytes / 4), buffers, value).run(r, [even, odd, gate, to]);
}
