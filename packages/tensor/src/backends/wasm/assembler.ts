// A small assembler for WebAssembly modules: every function appends bytes, nothing is parsed.

export type ValueType = "i32" | "f32" | "f64" | "v128";
const typeCode: Record<ValueType, number> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** Unsigned LEB128. */
function unsigned(n: number): number[] {
  if (n < 128) return [n];
  const out: number[] = [];
  let rest = n;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest > 0 ? byte + 128 : byte);
  } while (rest > 0);
  return out;
}

/** Signed LEB128 of an i32. */
function signed(n: number): number[] {
  const out: number[] = [];
  let rest = n | 0;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    if ((rest === 0 && (byte & 64) === 0) || (rest === -1 && (byte & 64) !== 0)) {
      out.push(byte);
      return out;
    }
    out.push(byte | 128);
  }
}

/** A name of ASCII letters. */
const text = (s: string): number[] => [s.length, ...Array.from(s, (c) => c.charCodeAt(0))];

const opcodes = {
  "i32.eqz": 0x45,
  "i32.eq": 0x46,
  "i32.ne": 0x47,
  "i32.lt_s": 0x48,
  "i32.lt_u": 0x49,
  "i32.gt_s": 0x4a,
  "i32.le_s": 0x4c,
  "i32.le_u": 0x4d,
  "i32.ge_s": 0x4e,
  "i32.ge_u": 0x4f,
  "f32.eq": 0x5b,
  "f32.ne": 0x5c,
  "f32.lt": 0x5d,
  "f32.gt": 0x5e,
  "f32.le": 0x5f,
  "f32.ge": 0x60,
  "f64.eq": 0x61,
  "f64.ne": 0x62,
  "f64.lt": 0x63,
  "f64.gt": 0x64,
  "f64.le": 0x65,
  "f64.ge": 0x66,
  "i32.add": 0x6a,
  "i32.sub": 0x6b,
  "i32.mul": 0x6c,
  "i32.div_s": 0x6d,
  "i32.div_u": 0x6e,
  "i32.rem_s": 0x6f,
  "i32.rem_u": 0x70,
  "i32.and": 0x71,
  "i32.or": 0x72,
  "i32.xor": 0x73,
  "i32.shl": 0x74,
  "i32.shr_s": 0x75,
  "i32.shr_u": 0x76,
  "f32.abs": 0x8b,
  "f32.neg": 0x8c,
  "f32.ceil": 0x8d,
  "f32.floor": 0x8e,
  "f32.trunc": 0x8f,
  "f32.nearest": 0x90,
  "f32.sqrt": 0x91,
  "f32.add": 0x92,
  "f32.sub": 0x93,
  "f32.mul": 0x94,
  "f32.div": 0x95,
  "f32.min": 0x96,
  "f32.max": 0x97,
  "f64.abs": 0x99,
  "f64.neg": 0x9a,
  "f64.ceil": 0x9b,
  "f64.floor": 0x9c,
  "f64.trunc": 0x9d,
  "f64.nearest": 0x9e,
  "f64.sqrt": 0x9f,
  "f64.add": 0xa0,
  "f64.sub": 0xa1,
  "f64.mul": 0xa2,
  "f64.div": 0xa3,
  "f64.min": 0xa4,
  "f64.max": 0xa5,
  "f64.copysign": 0xa6,
  "f32.convert_i32_s": 0xb2,
  "f32.convert_i32_u": 0xb3,
  "f32.demote_f64": 0xb6,
  "f64.convert_i32_s": 0xb7,
  "f64.convert_i32_u": 0xb8,
  "f64.promote_f32": 0xbb,
  "i32.reinterpret_f32": 0xbc,
  "f32.reinterpret_i32": 0xbe,
  "i32.extend8_s": 0xc0,
  select: 0x1b,
} as const;

const saturating = {
  "i32.trunc_sat_f32_s": 0,
  "i32.trunc_sat_f32_u": 1,
  "i32.trunc_sat_f64_s": 2,
  "i32.trunc_sat_f64_u": 3,
} as const;

const vector = {
  "i32x4.splat": 0x11,
  "f32x4.splat": 0x13,
  "f64x2.splat": 0x14,
  "i32x4.eq": 0x37,
  "i32x4.ne": 0x38,
  "i32x4.lt_s": 0x39,
  "i32x4.lt_u": 0x3a,
  "i32x4.gt_s": 0x3b,
  "i32x4.le_s": 0x3d,
  "i32x4.le_u": 0x3e,
  "f32x4.eq": 0x41,
  "f32x4.ne": 0x42,
  "f32x4.lt": 0x43,
  "f32x4.gt": 0x44,
  "f32x4.le": 0x45,
  "f32x4.ge": 0x46,
  "v128.not": 0x4d,
  "v128.and": 0x4e,
  "v128.andnot": 0x4f,
  "v128.or": 0x50,
  "v128.xor": 0x51,
  "v128.bitselect": 0x52,
  "v128.any_true": 0x53,
  "f32x4.demote_f64x2_zero": 0x5e,
  "f64x2.promote_low_f32x4": 0x5f,
  "i8x16.narrow_i16x8_u": 0x66,
  "f32x4.ceil": 0x67,
  "f32x4.floor": 0x68,
  "f32x4.trunc": 0x69,
  "f32x4.nearest": 0x6a,
  "i16x8.narrow_i32x4_u": 0x86,
  "i16x8.extend_low_i8x16_u": 0x89,
  "i32x4.abs": 0xa0,
  "i32x4.neg": 0xa1,
  "i32x4.extend_low_i16x8_u": 0xa9,
  "i32x4.shl": 0xab,
  "i32x4.shr_s": 0xac,
  "i32x4.shr_u": 0xad,
  "i32x4.add": 0xae,
  "i32x4.sub": 0xb1,
  "i32x4.mul": 0xb5,
  "i32x4.min_s": 0xb6,
  "i32x4.min_u": 0xb7,
  "i32x4.max_s": 0xb8,
  "i32x4.max_u": 0xb9,
  "f32x4.abs": 0xe0,
  "f32x4.neg": 0xe1,
  "f32x4.sqrt": 0xe3,
  "f32x4.add": 0xe4,
  "f32x4.sub": 0xe5,
  "f32x4.mul": 0xe6,
  "f32x4.div": 0xe7,
  "f32x4.min": 0xe8,
  "f32x4.max": 0xe9,
  "f32x4.pmin": 0xea,
  "f32x4.pmax": 0xeb,
  "f64x2.neg": 0xed,
  "f64x2.add": 0xf0,
  "f64x2.sub": 0xf1,
  "f64x2.mul": 0xf2,
  "f64x2.min": 0xf4,
  "f64x2.max": 0xf5,
  "i32x4.trunc_sat_f32x4_s": 0xf8,
  "i32x4.trunc_sat_f32x4_u": 0xf9,
  "f32x4.convert_i32x4_s": 0xfa,
  "f32x4.convert_i32x4_u": 0xfb,
  "f32x4.relaxed_madd": 0x105,
  "f64x2.relaxed_madd": 0x107,
} as const;

const memoryOps = {
  "i32.load": [0x28, 2],
  "f32.load": [0x2a, 2],
  "f64.load": [0x2b, 3],
  "i32.load8_s": [0x2c, 0],
  "i32.load8_u": [0x2d, 0],
  "i32.load16_u": [0x2f, 1],
  "i32.store": [0x36, 2],
  "f32.store": [0x38, 2],
  "f64.store": [0x39, 3],
  "i32.store8": [0x3a, 0],
  "i32.store16": [0x3b, 1],
} as const;

const vectorMemoryOps = {
  "v128.load": [0, 4],
  "v128.load32_splat": [9, 2],
  "v128.load64_splat": [10, 3],
  "v128.store": [11, 4],
  "v128.load32_zero": [0x5c, 2],
  "v128.load64_zero": [0x5d, 3],
} as const;

export type Op = keyof typeof opcodes | keyof typeof saturating | keyof typeof vector;
export type MemoryOp = keyof typeof memoryOps | keyof typeof vectorMemoryOps;

/** The body of one function. Parameters are locals 0 … n − 1. */
export class Code {
  private readonly bytes: number[] = [];
  private readonly types: ValueType[] = [];
  private readonly prologue: number[] = [];
  private readonly constants = new Map<number, number>();
  private readonly parameters: number;
  /** True when it calls a host function. */
  callsHost = false;

  constructor(parameters: number) {
    this.parameters = parameters;
  }

  /** A new local. */
  local(type: ValueType): number {
    return this.parameters + this.types.push(type) - 1;
  }
  /** An instruction with one number. Nearly all are short. */
  private put(instruction: number, n: number): void {
    if (n < 128) this.bytes.push(instruction, n);
    else this.bytes.push(instruction, ...unsigned(n));
  }
  get(local: number): void {
    this.put(0x20, local);
  }
  set(local: number): void {
    this.put(0x21, local);
  }
  tee(local: number): void {
    this.put(0x22, local);
  }
  i32(n: number): void {
    if (n >= 0 && n < 64) this.bytes.push(0x41, n);
    else this.bytes.push(0x41, ...signed(n));
  }
  f32(x: number): void {
    this.bytes.push(0x43, ...new Uint8Array(new Float32Array([x]).buffer));
  }
  f64(x: number): void {
    this.bytes.push(0x44, ...new Uint8Array(new Float64Array([x]).buffer));
  }
  op(name: Op): void {
    const plain = opcodes[name as keyof typeof opcodes];
    if (plain !== undefined) this.bytes.push(plain);
    else if (name in saturating) this.bytes.push(0xfc, saturating[name as keyof typeof saturating]);
    else this.put(0xfd, vector[name as keyof typeof vector]);
  }
  memory(name: MemoryOp, offset = 0): void {
    const scalar = memoryOps[name as keyof typeof memoryOps];
    if (scalar !== undefined) {
      this.bytes.push(scalar[0]);
      this.put(scalar[1], offset);
    } else {
      const [code, align] = vectorMemoryOps[name as keyof typeof vectorMemoryOps];
      // Alignment 2 (4 bytes): rows of any length start anywhere.
      this.bytes.push(0xfd, code);
      this.put(Math.min(align, 2), offset);
    }
  }
  /** Pushes a vector whose four lanes hold the same f32 or i32. It is made once, at the start of the function. */
  constant4(type: "f32" | "i32", x: number): void {
    const bits = new Int32Array((type === "f32" ? new Float32Array([x]) : new Int32Array([x])).buffer)[0] as number;
    let local = this.constants.get(bits);
    if (local === undefined) {
      this.constants.set(bits, (local = this.local("v128")));
      const bytes = new Uint8Array(new Int32Array([bits, bits, bits, bits]).buffer);
      this.prologue.push(0xfd, 0x0c, ...bytes, 0x21, ...unsigned(local));
    }
    this.get(local);
  }
  /** i32x4 of four constants. */
  lanes(...x: readonly [number, number, number, number]): void {
    this.bytes.push(0xfd, 0x0c, ...new Uint8Array(new Int32Array(x).buffer));
  }
  extract(type: "f32" | "i32", lane: number): void {
    this.bytes.push(0xfd, type === "f32" ? 0x1f : 0x1b, lane);
  }
  replace(type: "f32" | "i32", lane: number): void {
    this.bytes.push(0xfd, type === "f32" ? 0x20 : 0x1c, lane);
  }
  /** Four-byte lanes chosen from two vectors: 0–3 of the first, 4–7 of the second. */
  shuffle(...lanes: readonly [number, number, number, number]): void {
    this.bytes.push(0xfd, 0x0d, ...lanes.flatMap((l) => [4 * l, 4 * l + 1, 4 * l + 2, 4 * l + 3]));
  }
  /** Stores a 32-bit lane of the vector on the stack. */
  storeLane(offset = 0, lane = 0): void {
    this.bytes.push(0xfd, 0x5a, 0, ...unsigned(offset), lane);
  }
  /** Stores one of the two 64-bit lanes of the vector on the stack. */
  storeHalf(offset: number, lane: 0 | 1): void {
    this.bytes.push(0xfd, 0x5b, 0, ...unsigned(offset), lane);
  }
  /** Fills bytes (address, value, count on the stack). */
  fillBytes(): void {
    this.bytes.push(0xfc, 11, 0);
  }
  /** Copies bytes (to, from, count on the stack). */
  copyBytes(): void {
    this.bytes.push(0xfc, 10, 0, 0);
  }
  /** Calls an imported host function. */
  callHost(f: number): void {
    this.callsHost = true;
    this.call(f);
  }
  call(f: number): void {
    this.put(0x10, f);
  }
  /** `if … else … end` that leaves a value of `type` (or none). */
  choose(type: ValueType | null, then: () => void, otherwise?: () => void): void {
    this.bytes.push(0x04, type === null ? 0x40 : typeCode[type]);
    then();
    if (otherwise) {
      this.bytes.push(0x05);
      otherwise();
    }
    this.bytes.push(0x0b);
  }
  /** Runs `body` while `i < limit` (pushed by `limit`), adding `step` after each round. The start is in `i` already. */
  loop(i: number, limit: () => void, step: number, body: () => void): void {
    this.bytes.push(0x02, 0x40, 0x03, 0x40);
    this.get(i);
    limit();
    this.op("i32.ge_s");
    this.bytes.push(0x0d, 1);
    body();
    this.get(i);
    this.i32(step);
    this.op("i32.add");
    this.set(i);
    this.bytes.push(0x0c, 0, 0x0b, 0x0b);
  }
  /** The function's bytes with its size, in pieces. */
  finish(): Pieces {
    const locals = [...unsigned(this.types.length), ...this.types.flatMap((t) => [1, typeCode[t]])];
    return sized([locals, this.prologue, this.bytes, [0x0b]]);
  }
}

/** Bytes one after another. */
type Pieces = readonly (readonly number[])[];

const lengthOf = (pieces: Pieces): number => pieces.reduce((n, p) => n + p.length, 0);

/** Pieces after their length. */
const sized = (pieces: Pieces): Pieces => [unsigned(lengthOf(pieces)), ...pieces];

/** Imported host functions, then own functions that are all exported as `f0`, `f1`, … and take i32 parameters. */
export interface ModuleParts {
  readonly imports: readonly {
    readonly name: string;
    readonly parameters: readonly ValueType[];
    readonly result: ValueType;
  }[];
  readonly functions: readonly { readonly parameters: number; readonly code: Code }[];
}

/** Pages of 64 KiB that a memory may have at most: 4 GiB. */
export const MAX_PAGES = 65536;

/** The bytes of a module that imports its memory, which threads share or not, as `env.memory`. */
export function assemble({ imports, functions }: ModuleParts, shared = false): Uint8Array<ArrayBuffer> {
  const section = (id: number, items: readonly Pieces[]): Pieces => [
    [id],
    ...sized([unsigned(items.length), ...items.flat()]),
  ];
  const pieces = [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [
      ...imports.map((f) => [
        [0x60, f.parameters.length, ...f.parameters.map((t) => typeCode[t]), 1, typeCode[f.result]],
      ]),
      ...functions.map((f) => [
        [0x60, ...unsigned(f.parameters), ...new Array<number>(f.parameters).fill(typeCode.i32), 0],
      ]),
    ]),
    ...section(2, [
      [[...text("env"), ...text("memory"), 2, ...(shared ? [3, 0, ...unsigned(MAX_PAGES)] : [0, 0])]],
      ...imports.map((f, i) => [[...text("env"), ...text(f.name), 0, ...unsigned(i)]]),
    ]),
    ...section(
      3,
      functions.map((_, i) => [unsigned(imports.length + i)]),
    ),
    ...section(
      7,
      functions.map((_, i) => [[...text(`f${i}`), 0, ...unsigned(imports.length + i)]]),
    ),
    ...section(
      10,
      functions.map((f) => f.code.finish()),
    ),
  ];
  const bytes = new Uint8Array(lengthOf(pieces));
  let at = 0;
  for (const p of pieces) {
    bytes.set(p, at);
    at += p.length;
  }
  return bytes;
}
