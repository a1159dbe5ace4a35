import { assemble, Code } from "./assembler.ts";

let fused: boolean | null = null;

/** True when the engine has relaxed SIMD: multiply-add in one instruction. */
export function hasFusedMultiplyAdd(): boolean {
  if (fused === null) {
    const c = new Code(0);
    const v = c.local("v128");
    for (let i = 0; i < 3; i++) c.get(v);
    c.op("f32x4.relaxed_madd");
    c.set(v);
    fused = WebAssembly.validate(assemble({ imports: [], functions: [{ parameters: 0, code: c }] }));
  }
  return fused;
}
