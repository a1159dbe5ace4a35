// A small assembler for WebAssembly modules: every function appends bytes, nothing is parsed.

import type { Bytes } from "../../dtype.ts";

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

/** Instructions of each type in the order of their codes; a number is the code of the next one. */
const scalar = {
  i32: "0x45 eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u 0x6a add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u 0xbc reinterpret_f32 0xc0 extend8_s",
  f32: "0x5b eq ne lt gt le ge 0x8b abs neg ceil floor trunc nearest sqrt add sub mul div min max 0xb2 convert_i32_s convert_i32_u 0xb6 demote_f64 0xbe reinterpret_i32",
  f64: "0x61 eq ne lt gt le ge 0x99 abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign 0xb7 convert_i32_s convert_i32_u 0xbb promote_f32",
} as const;

const saturating = { i32: "0 trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u" } as const;

const vector = {
  v128: "0x4d not and andnot or xor bitselect any_true",
  i8x16: "0x66 narrow_i16x8_u",
  i16x8: "0x86 narrow_i32x4_u 0x89 extend_low_i8x16_u",
  i32x4:
    "0x11 splat 0x37 eq ne lt_s lt_u gt_s gt_u le_s le_u 0xa0 abs neg 0xa9 extend_low_i16x8_u 0xab shl shr_s shr_u add 0xb1 sub 0xb5 mul min_s min_u max_s max_u 0xf8 trunc_sat_f32x4_s trunc_sat_f32x4_u",
  f32x4:
    "0x13 splat 0x41 eq ne lt gt le ge 0x5e demote_f64x2_zero 0x67 ceil floor trunc nearest 0xe0 abs neg 0xe3 sqrt add sub mul div min max pmin pmax 0xfa convert_i32x4_s convert_i32x4_u 0x105 relaxed_madd",
  f64x2: "0x14 splat 0x5f promote_low_f32x4 0xed neg 0xf0 add sub mul 0xf4 min max 0x107 relaxed_madd",
} as const;

/** Codes of instructions by their full names, after a prefix in the bits from 12 on. Filled when the first one is asked for. */
const codes = new Map<string, number>();

function listCodes(): void {
  codes.set("select", 0x1b);
  const prefixed: [number, Readonly<Record<string, string>>][] = [
    [0, scalar],
    [0xfc, saturating],
    [0xfd, vector],
  ];
  for (const [prefix, runs] of prefixed)
    for (const type in runs) {
      let code = 0;
      for (const word of (runs[type] as string).split(" "))
        if (word < "a") code = Number(word);
        else codes.set(`${type}.${word}`, (prefix << 12) + code++);
    }
}

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

type Words<S extends string, Known = never> = S extends `${infer Word} ${infer Rest}`
  ? Words<Rest, Known | Word>
  : Known | S;
type Names<Runs extends Readonly<Record<string, string>>> = {
  [T in keyof Runs & string]: `${T}.${Exclude<Words<Runs[T]>, `0${string}`>}`;
}[keyof Runs & string];
export type Op = Names<typeof scalar> | Names<typeof saturating> | Names<typeof vector> | "select";
export type MemoryOp = keyof typeof memoryOps | keyof typeof vectorMemoryOps;

/** The body of one function. Parameters are locals 0 … n − 1. */
export class Code {
  readonly #bytes: number[] = [];
  readonly #types: ValueType[] = [];
  readonly #prologue: number[] = [];
  readonly #constants = new Map<number, number>();
  readonly #parameters: number;
  /** True when it calls a host function. */
  callsHost = false;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  /** A new local. */
  local(type: ValueType): number {
    return this.#parameters + this.#types.push(type) - 1;
  }
  /** An instruction with one number. Nearly all are short. */
  #put(instruction: number, n: number): void {
    if (n < 128) this.#bytes.push(instruction, n);
    else this.#bytes.push(instruction, ...unsigned(n));
  }
  get(local: number): void {
    this.#put(0x20, local);
  }
  set(local: number): void {
    this.#put(0x21, local);
  }
  tee(local: number): void {
    this.#put(0x22, local);
  }
  i32(n: number): void {
    if (n >= 0 && n < 64) this.#bytes.push(0x41, n);
    else this.#bytes.push(0x41, ...signed(n));
  }
  f32(x: number): void {
    this.#bytes.push(0x43, ...new Uint8Array(new Float32Array([x]).buffer));
  }
  f64(x: number): void {
    this.#bytes.push(0x44, ...new Uint8Array(new Float64Array([x]).buffer));
  }
  op(name: Op): void {
    if (codes.size === 0) listCodes();
    const code = codes.get(name) as number;
    if (code < 256) this.#bytes.push(code);
    else this.#put(code >> 12, code & 4095);
  }
  memory(name: MemoryOp, offset = 0): void {
    const plain = memoryOps[name as keyof typeof memoryOps];
    if (plain !== undefined) {
      this.#bytes.push(plain[0]);
      this.#put(plain[1], offset);
    } else {
      const [code, align] = vectorMemoryOps[name as keyof typeof vectorMemoryOps];
      // Alignment 2 (4 bytes): rows of any length start anywhere.
      this.#bytes.push(0xfd, code);
      this.#put(Math.min(align, 2), offset);
    }
  }
  /** Pushes a vector whose four lanes hold the same f32 or i32. It is made once, at the start of the function. */
  constant4(type: "f32" | "i32", x: number): void {
    const bits = new Int32Array((type === "f32" ? new Float32Array([x]) : new Int32Array([x])).buffer)[0] as number;
    let local = this.#constants.get(bits);
    if (local === undefined) {
      this.#constants.set(bits, (local = this.local("v128")));
      const bytes = new Uint8Array(new Int32Array([bits, bits, bits, bits]).buffer);
      this.#prologue.push(0xfd, 0x0c, ...bytes, 0x21, ...unsigned(local));
    }
    this.get(local);
  }
  /** i32x4 of four constants. */
  lanes(...x: readonly [number, number, number, number]): void {
    this.#bytes.push(0xfd, 0x0c, ...new Uint8Array(new Int32Array(x).buffer));
  }
  extract(type: "f32" | "i32", lane: number): void {
    this.#bytes.push(0xfd, type === "f32" ? 0x1f : 0x1b, lane);
  }
  replace(type: "f32" | "i32", lane: number): void {
    this.#bytes.push(0xfd, type === "f32" ? 0x20 : 0x1c, lane);
  }
  /** Four-byte lanes chosen from two vectors: 0–3 of the first, 4–7 of the second. */
  shuffle(...lanes: readonly [number, number, number, number]): void {
    this.#bytes.push(0xfd, 0x0d, ...lanes.flatMap((l) => [4 * l, 4 * l + 1, 4 * l + 2, 4 * l + 3]));
  }
  /** Stores a 32-bit lane of the vector on the stack. */
  storeLane(offset = 0, lane = 0): void {
    this.#bytes.push(0xfd, 0x5a, 0, ...unsigned(offset), lane);
  }
  /** Stores one of the two 64-bit lanes of the vector on the stack. */
  storeHalf(offset: number, lane: 0 | 1): void {
    this.#bytes.push(0xfd, 0x5b, 0, ...unsigned(offset), lane);
  }
  /** Fills bytes (address, value, count on the stack). */
  fillBytes(): void {
    this.#bytes.push(0xfc, 11, 0);
  }
  /** Copies bytes (to, from, count on the stack). */
  copyBytes(): void {
    this.#bytes.push(0xfc, 10, 0, 0);
  }
  /** Calls an imported host function. */
  callHost(f: number): void {
    this.callsHost = true;
    this.call(f);
  }
  call(f: number): void {
    this.#put(0x10, f);
  }
  /** `if … else … end` that leaves a value of `type` (or none). */
  choose(type: ValueType | null, then: () => void, otherwise?: () => void): void {
    this.#bytes.push(0x04, type === null ? 0x40 : typeCode[type]);
    then();
    if (otherwise) {
      this.#bytes.push(0x05);
      otherwise();
    }
    this.#bytes.push(0x0b);
  }
  /** Runs `body` while `i < limit` (pushed by `limit`), adding `step` (a number, or pushed) after each round. The start is in `i` already. */
  loop(i: number, limit: () => void, step: number | (() => void), body: () => void): void {
    this.#bytes.push(0x02, 0x40, 0x03, 0x40);
    this.get(i);
    limit();
    this.op("i32.ge_s");
    this.#bytes.push(0x0d, 1);
    body();
    this.get(i);
    if (typeof step === "number") this.i32(step);
    else step();
    this.op("i32.add");
    this.set(i);
    this.#bytes.push(0x0c, 0, 0x0b, 0x0b);
  }
  /** The function's bytes with its size, in pieces. */
  finish(): Pieces {
    const locals = [...unsigned(this.#types.length), ...this.#types.flatMap((t) => [1, typeCode[t]])];
    return sized([locals, this.#prologue, this.#bytes, [0x0b]]);
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
export function assemble({ imports, functions }: ModuleParts, shared = false): Bytes {
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
