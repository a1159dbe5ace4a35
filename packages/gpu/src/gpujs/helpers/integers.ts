import { type Helpers, helper } from "./helper.ts";

const MIN = "(-2147483647 - 1)";
const compare = (op: string): { i: ReturnType<typeof helper>; u: ReturnType<typeof helper> } => ({
  i: helper("ii:i", `int(a ${op} b)`, `Number(a ${op} b)`),
  u: helper("ii:i", `int(uint(a) ${op} uint(b))`, `Number((a >>> 0) ${op} (b >>> 0))`),
});
const [lt, le] = [compare("<"), compare("<=")];

/** Operations on integers of 32 bits, which wrap; the narrow dtypes are wrapped after them. `_u` is for u32 where it differs. */
export const integers: Helpers = {
  neg_i: helper("i:i", "-a", "-a | 0"),
  abs_i: helper("i:i", "a < 0 ? -a : a", "a < 0 ? -a | 0 : a"),
  abs_u: helper("i:i", "a"),
  sign_i: helper("i:i", "int(a > 0) - int(a < 0)", "Number(a > 0) - Number(a < 0)"),
  sign_u: helper("i:i", "int(a != 0)", "Number(a !== 0)"),
  add_i: helper("ii:i", "a + b", "(a + b) | 0"),
  sub_i: helper("ii:i", "a - b", "(a - b) | 0"),
  mul_i: helper("ii:i", "a * b", "Math.imul(a, b)"),
  // −2³¹ / −1 wraps.
  div_i: helper("ii:i", "b == 0 ? 0 : b == -1 ? -a : a / b", "b === 0 ? 0 : (a / b) | 0"),
  div_u: helper("ii:i", "b == 0 ? 0 : int(uint(a) / uint(b))", "b === 0 ? 0 : ((a >>> 0) / (b >>> 0)) | 0"),
  rem_i: helper("ii:i", "b == 0 || b == -1 ? 0 : a - (a / b) * b", "b === 0 ? 0 : (a % b) | 0"),
  rem_u: helper("ii:i", "b == 0 ? 0 : int(uint(a) % uint(b))", "b === 0 ? 0 : ((a >>> 0) % (b >>> 0)) | 0"),
  max_i: helper("ii:i", "max(a, b)", "Math.max(a, b)"),
  max_u: helper("ii:i", "int(max(uint(a), uint(b)))", "Math.max(a >>> 0, b >>> 0) | 0"),
  min_i: helper("ii:i", "min(a, b)", "Math.min(a, b)"),
  min_u: helper("ii:i", "int(min(uint(a), uint(b)))", "Math.min(a >>> 0, b >>> 0) | 0"),
  eq_i: helper("ii:i", "int(a == b)", "Number(a === b)"),
  lt_i: lt.i,
  lt_u: lt.u,
  le_i: le.i,
  le_u: le.u,
  and_i: helper("ii:i", "a & b"),
  or_i: helper("ii:i", "a | b"),
  xor_i: helper("ii:i", "a ^ b"),
  not_i: helper("i:i", "~a"),
  flip_i: helper("i:i", "1 - a"),
  shl_i: helper("ii:i", "b < 0 || b > 31 ? 0 : a << b"),
  shr_i: helper("ii:i", "a >> min(31, b)", "a >> Math.min(31, b)"),
  shr_u: helper("ii:i", "b < 0 || b > 31 ? 0 : int(uint(a) >> uint(b))", "b < 0 || b > 31 ? 0 : (a >>> b) | 0"),
  where_i: helper("iii:i", "a != 0 ? b : c", "a !== 0 ? b : c"),
  // Dtypes of fewer bits.
  i8_i: helper("i:i", "(a << 24) >> 24"),
  u8_i: helper("i:i", "a & 255"),
  bool_i: helper("i:i", "int(a != 0)", "Number(a !== 0)"),
  // Index arithmetic; the divisor is positive. `fdiv` and `fmod` round down.
  quo_i: helper("ii:i", "a / b", "(a / b) | 0"),
  res_i: helper("ii:i", "a - (a / b) * b", "a % b"),
  fdiv_i: helper("ii:i", "a < 0 ? -((b - 1 - a) / b) : a / b", "Math.floor(a / b)"),
  fmod_i: helper("ii:i", "a - b * fdiv_i(a, b)", "a - b * Math.floor(a / b)"),
  clamp_i: helper("ii:i", "clamp(a, 0, b)", "Math.min(Math.max(a, 0), b)"),
  within_i: helper("iii:i", "int(a >= b && a < c)", "Number(a >= b && a < c)"),
  // The winner so far (a: how many were seen, b: it, c: the next) is replaced: the first one stays.
  leadsmax_i: helper("iii:i", "int(a == 0 || c > b)", "Number(a === 0 || c > b)"),
  leadsmax_u: helper("iii:i", "int(a == 0 || uint(c) > uint(b))", "Number(a === 0 || c >>> 0 > b >>> 0)"),
  leadsmin_i: helper("iii:i", "int(a == 0 || c < b)", "Number(a === 0 || c < b)"),
  leadsmin_u: helper("iii:i", "int(a == 0 || uint(c) < uint(b))", "Number(a === 0 || c >>> 0 < b >>> 0)"),
  // Memory holds floats: 32 bits are two halves, the low one first.
  int_i: helper("f:i", "int(a)", "a"),
  pair_i: helper("ff:i", "int(a) | (int(b) << 16)", "a | (b << 16)"),
  half_f: helper("ii:f", "float((b == 0 ? a : a >> 16) & 65535)", "(b === 0 ? a : a >> 16) & 65535"),
  // Conversions; those from floats truncate and saturate, and NaN gives 0.
  ftoi32_i: helper(
    "f:i",
    `if (nan_i(a) != 0) return 0; if (a >= 2147483648.0) return 2147483647; return a <= -2147483648.0 ? ${MIN} : int(a);`,
    `return a !== a ? 0 : Math.min(Math.max(Math.trunc(a), ${MIN}), 2147483647);`,
  ),
  ftou32_i: helper(
    "f:i",
    "if (nan_i(a) != 0 || a < 1.0) return 0; return a >= 4294967296.0 ? -1 : int(uint(a));",
    "return a !== a ? 0 : Math.min(Math.max(Math.trunc(a), 0), 4294967295) | 0;",
  ),
  ftoi8_i: helper("f:i", "clamp(ftoi32_i(a), -128, 127)", "Math.min(Math.max(ftoi32_i(a), -128), 127)"),
  ftou8_i: helper("f:i", "clamp(ftoi32_i(a), 0, 255)", "Math.min(Math.max(ftoi32_i(a), 0), 255)"),
  ftobool_i: helper("f:i", "int((floatBitsToUint(a) & 0x7fffffffu) != 0u)", "Number(a !== 0)"),
};
