import { assemble, Code } from "./assembler.ts";

let fused: boolean | null = null;

/** True when the engine has relaxed SIMD and the machine rounds a multiply-add once. */
export function hasFusedMultiplyAdd(): boolean {
  fused ??= probe();
  return fused;
}

function probe(): boolean {
  const c = new Code(1);
  c.get(0);
  // (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴, or 0 if the product is rounded.
  for (const x of [1 + 2 ** -12, 1 + 2 ** -12, -1 - 2 ** -11]) c.constant4("f32", x);
  c.op("f32x4.relaxed_madd");
  c.memory("v128.store");
  const bytes = assemble({ imports: [], functions: [{ parameters: 1, code: c }] });
  if (!WebAssembly.validate(bytes)) return false;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  (exports.f0 as (address: number) => void)(0);
  return new Float32Array(memory.buffer)[0] === 2 ** -24;
}
