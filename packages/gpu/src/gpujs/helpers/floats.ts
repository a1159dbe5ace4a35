import { type Helpers, helper } from "./helper.ts";

const round = (x: string): string => `Math.fround(${x})`;
const arithmetic = (op: string) => helper("ff:f", `a ${op} b`, round(`a ${op} b`));
/** max or min: NaN wins, and of two zeros the one with the sign that is asked for. */
const extreme = (name: string, better: string, zeros: string) =>
  helper(
    "ff:f",
    `int(a ${better} b) + nan_i(a) > 0 ? a : a == b ? intBitsToFloat(floatBitsToInt(a) ${zeros} floatBitsToInt(b)) : b`,
    `return Math.${name}(a, b);`,
  );
const leads = (better: string) =>
  helper(
    "iff:i",
    `if (a == 0) return 1; if (nan_i(b) != 0) return 0; return nan_i(c) != 0 ? 1 : int(c ${better} b);`,
    `if (a === 0) return 1; if (b !== b) return 0; return c !== c ? 1 : Number(c ${better} b);`,
  );

/** Exact or correctly rounded operations on f32, and what concerns its bits. */
export const floats: Helpers = {
  // Zero, given what is not negative.
  zero_f: helper("i:f", "intBitsToFloat(min(a, 0))", "0"),
  bits_f: helper(
    "i:f",
    "intBitsToFloat(a)",
    "const v = new DataView(new ArrayBuffer(4)); v.setInt32(0, a); return v.getFloat32(0);",
  ),
  bits_i: helper(
    "f:i",
    "floatBitsToInt(a)",
    "const v = new DataView(new ArrayBuffer(4)); v.setFloat32(0, a); return v.getInt32(0);",
  ),
  nan_i: helper("f:i", "int((floatBitsToUint(a) & 0x7fffffffu) > 0x7f800000u)", "Number(a !== a)"),
  isnan_f: helper("f:i", "nan_i(a)"),
  // The sign of b with the size of a.
  copysign_f: helper("ff:f", "intBitsToFloat((floatBitsToInt(a) & 0x7fffffff) | (floatBitsToInt(b) & ~0x7fffffff))"),
  neg_f: helper("f:f", "intBitsToFloat(floatBitsToInt(a) ^ ~0x7fffffff)", "-a"),
  abs_f: helper("f:f", "intBitsToFloat(floatBitsToInt(a) & 0x7fffffff)", "Math.abs(a)"),
  sign_f: helper("f:f", "nan_i(a) != 0 || a == 0.0 ? a : a > 0.0 ? 1.0 : -1.0", "a > 0 ? 1 : a < 0 ? -1 : a"),
  add_f: arithmetic("+"),
  sub_f: arithmetic("-"),
  mul_f: arithmetic("*"),
  div_f: arithmetic("/"),
  sqrt_f: helper("f:f", "sqrt(a)", round("Math.sqrt(a)")),
  // Integers are even as they are; the sign of zero is kept by hand.
  floor_f: helper("f:f", "copysign_f(floor(a), a)", "Math.floor(a)"),
  ceil_f: helper("f:f", "copysign_f(ceil(a), a)", "Math.ceil(a)"),
  trunc_f: helper("f:f", "copysign_f(trunc(a), a)", "Math.trunc(a)"),
  round_f: helper(
    "f:f",
    "copysign_f(roundEven(a), a)",
    `const r = Math.round(a), e = r - a === 0.5 && r % 2 !== 0 ? r - 1 : r;
     return e === 0 ? (a < 0 || Object.is(a, -0) ? -0 : 0) : e;`,
  ),
  // Long division: the divisor, scaled to the size of what is left, is subtracted exactly. 277 = 254 exponents + 23 bits.
  rem_f: helper(
    "ff:f",
    `float r = abs_f(a), d = abs_f(b);
     if (nan_i(a) != 0 || nan_i(b) != 0 || floatBitsToInt(r) == 0x7f800000 || d == 0.0) return intBitsToFloat(0x7fc00000);
     if (floatBitsToInt(d) == 0x7f800000) return a;
     for (int k = 0; k < 277; k++) {
       if (r < d) break;
       int up = (floatBitsToInt(r) >> 23) - (floatBitsToInt(d) >> 23);
       float t = intBitsToFloat(floatBitsToInt(d) + (up << 23));
       if (t > r) t = intBitsToFloat(floatBitsToInt(t) - 0x800000);
       r -= t;
     }
     return copysign_f(r, a);`,
    "return a % b;",
  ),
  max_f: extreme("max", ">", "&"),
  min_f: extreme("min", "<", "|"),
  eq_f: helper("ff:i", "int(a == b)", "Number(a === b)"),
  lt_f: helper("ff:i", "int(a < b)", "Number(a < b)"),
  le_f: helper("ff:i", "int(a <= b)", "Number(a <= b)"),
  where_f: helper("iff:f", "a != 0 ? b : c", "a !== 0 ? b : c"),
  leadsmax_f: leads(">"),
  leadsmin_f: leads("<"),
  // Two exact halves are added with one rounding.
  i32tof_f: helper("i:f", "float(a >> 16) * 65536.0 + float(a & 65535)", round("a")),
  u32tof_f: helper("i:f", "float((a >> 16) & 65535) * 65536.0 + float(a & 65535)", round("a >>> 0")),
  // The nearest f16, ties to even: 13 bits are rounded away by integer arithmetic; below 2⁻¹⁴ the spacing is 2⁻²⁴.
  f16_f: helper(
    "f:f",
    `if (nan_i(a) != 0) return a;
     float x = abs_f(a);
     if (x >= 65520.0) return copysign_f(intBitsToFloat(0x7f800000), a);
     if (x < 0.00006103515625) return copysign_f(roundEven(x * 16777216.0) * 0.000000059604644775390625, a);
     int n = floatBitsToInt(x);
     return copysign_f(intBitsToFloat((n + 0xfff + ((n >> 13) & 1)) & ~0x1fff), a);`,
    `const x = Math.abs(a);
     if (!(x < 65520)) return x !== x ? a : a < 0 ? -Infinity : Infinity;
     const unit = 2 ** (Math.max(-14, Math.floor(Math.log2(x))) - 10), q = x / unit, r = Math.round(q);
     const y = (r - q === 0.5 && r % 2 !== 0 ? r - 1 : r) * unit;
     return a < 0 || Object.is(a, -0) ? -y : y;`,
  ),
};
