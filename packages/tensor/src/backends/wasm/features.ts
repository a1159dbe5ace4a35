import { assemble, Code } from "./assembler.ts";

let fused: boolean | null = null;

/** True when the engine has relaxed SIMD and the machine rounds a multiply-add once. */
export function hasFusedMultiplyAdd(): boolean {
  fused ??= probe();
  return fused;
}

function probe(): boolean {
  const c = new Code(0);
  const quotient = c.local("i32");
  c.i32(1);
  // (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴, or 0 if the product is rounded: a divisor that stops the function.
  for (const x of [1 + 2 ** -12, 1 + 2 ** -12, -1 - 2 ** -11]) c.constant4("f32", x);
  c.op("f32x4.relaxed_madd");
  c.extract("i32", 0);
  c.op("i32.div_s");
  c.set(quotient);
  try {
    const module = new WebAssembly.Module(assemble({ imports: [], functions: [{ parameters: 0, code: c }] }));
    const { exports } = new WebAssembly.Instance(module, { env: { memory: new WebAssembly.Memory({ initial: 0 }) } });
    (exports.f0 as () => void)();
    return true;
  } catch {
    return false;
  }
}
