// Functions of WGSL that Gradus needs and the language lacks, or gives too few digits of. WGSL may flush subnormal numbers to zero and need not
// know NaN and infinities: these are made and told by their bits.

/** Horner's rule as an expression, lowest power first. */
const polynomial = (coefficients: readonly number[], x: string): string =>
  coefficients.slice(0, -1).reduceRight((sum, a) => `(${sum} * ${x} + ${a})`, `${coefficients.at(-1)}`);

// Polynomials: ../../../test/fit.py and, for those of exp, log, erf, tanh, sin and cos, fit.py of the wasm backend.
const EXP = [0.5, 0.166665770256, 0.0416665546621, 0.00836317307451, 0.00139261761199];
const LOG = [
  0.3333333118, -0.24999996958, 0.200007157489, -0.166678023195, 0.142490576457, -0.124256873315, 0.116854199235,
  -0.114797338466, 0.0697161147145,
];
const TANH = [
  0.999999998018, 0.130901121594, 0.00311071793929, 1.12233707417e-5, -2.04943985071e-8, 5.40103665878e-11,
  -8.78690773972e-14,
];
const TANH_BELOW = [1, 0.464234418467, 0.0245222576266, 0.00025558966694];
const ERF = [
  1.12837916585, -0.376126266667, 0.112835947152, -0.0268542120106, 0.00518908742343, -0.000801686428717,
  7.87587506269e-5,
];
const ERFC_LOG = [
  -0.000320138049678, 1.13023343484, 0.631826051559, 0.110080082949, -0.0264211360057, 0.00475959629327,
  -0.000596805625661, 4.60580426892e-5, -1.63715141459e-6,
];
const SIN = [-0.166666666639, 0.00833333187471, -0.000198400867354, 2.72499258031e-6];
const COS = [0.0416666666643, -0.0013888887672, 2.48006003772e-5, -2.73009592039e-7];
const ASIN = [0.166666663374, 0.075000945435, 0.0445994015285, 0.0311006627355, 0.0171492383577, 0.0336908472028];
const ATAN = [-0.333333317612, 0.199995404836, -0.14263955598, 0.107437314908, -0.0645192820812];
const ATANH2 = [0.666666665545, 0.400001218398, 0.28550820816, 0.233304672163];
/** ln 2 and π/2 as sums; the high parts have few bits, so that small multiples of them are exact. */
const LN2 = [0.69140625, 0.0017404556274414062, 4.7493250390316726e-7] as const;
const HALF_PI = [1.5703125, 0.0004837512969970703, 7.549789954891882e-8] as const;

/** Name to code. `g_` keeps them apart from what WGSL names. */
const library: Readonly<Record<string, string>> = {
  // Values that no constant expression may have: read from variables.
  g_nan: `var<private> g_nanBits: u32 = 0x7fc00000u;
fn g_nan() -> f32 { return bitcast<f32>(g_nanBits); }`,
  g_inf: `var<private> g_infBits: u32 = 0x7f800000u;
fn g_inf() -> f32 { return bitcast<f32>(g_infBits); }`,
  g_isnan: "fn g_isnan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }",
  g_isinf: "fn g_isinf(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }",
  g_neg: "fn g_neg(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ 0x80000000u); }",
  g_abs: "fn g_abs(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0x7fffffffu); }",
  g_signed: `fn g_signed(size: f32, sign: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(size) & 0x7fffffffu) | (bitcast<u32>(sign) & 0x80000000u));
}`,
  // 0, −0 and NaN are their own sign.
  g_sign: `fn g_sign(x: f32) -> f32 {
  let a = bitcast<u32>(x) & 0x7fffffffu;
  if (a == 0u || a > 0x7f800000u) { return x; }
  return g_signed(1.0, x);
}`,
  // Of equal operands only zeros differ in their bits.
  g_max: `fn g_max(a: f32, b: f32) -> f32 {
  if (g_isnan(a) || g_isnan(b)) { return g_nan(); }
  if (a == b) { return bitcast<f32>(bitcast<u32>(a) & bitcast<u32>(b)); }
  return select(b, a, a > b);
}`,
  g_min: `fn g_min(a: f32, b: f32) -> f32 {
  if (g_isnan(a) || g_isnan(b)) { return g_nan(); }
  if (a == b) { return bitcast<f32>(bitcast<u32>(a) | bitcast<u32>(b)); }
  return select(b, a, a < b);
}`,
  // f16: rounding half to even, in integers.
  g_round16: `fn g_round16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let a = bits & 0x7fffffffu;
  if (a > 0x7f800000u) { return x; }
  if (a >= 0x477ff000u) { return bitcast<f32>((bits & 0x80000000u) | g_infinite()); }
  if (a < 0x38800000u) { return g_signed(round(abs(x) * 16777216.0) * 5.9604644775390625e-8, x); }
  return bitcast<f32>((bits + 0xfffu + ((bits >> 13u) & 1u)) & 0xffffe000u);
}`,
  g_infinite: `var<private> g_infiniteBits: u32 = 0x7f800000u;
fn g_infinite() -> u32 { return g_infiniteBits; }`,
  g_from16: `fn g_from16(h: u32) -> f32 {
  let sign = (h & 0x8000u) << 16u;
  let e = (h >> 10u) & 31u;
  let m = h & 1023u;
  if (e == 31u) { return bitcast<f32>(sign | g_infinite() | (m << 13u)); }
  if (e == 0u) { return bitcast<f32>(sign | bitcast<u32>(f32(m) * 5.9604644775390625e-8)); }
  return bitcast<f32>(sign | ((e + 112u) << 23u) | (m << 13u));
}`,
  // Of a number that f16 holds.
  g_to16: `fn g_to16(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let sign = (bits >> 16u) & 0x8000u;
  let a = bits & 0x7fffffffu;
  if (a > 0x7f800000u) { return 0x7e00u; }
  if (a == 0x7f800000u) { return sign | 0x7c00u; }
  if (a < 0x38800000u) { return sign | u32(abs(x) * 16777216.0); }
  return sign | ((a >> 13u) - 0x1c000u);
}`,
  // Casts: truncation and saturation; NaN gives 0.
  g_toI32: `fn g_toI32(x: f32) -> i32 {
  if (g_isnan(x)) { return 0; }
  if (x >= 2147483648.0) { return 2147483647; }
  if (x < -2147483648.0) { return i32(-2147483648); }
  return i32(x);
}`,
  g_toU32: `fn g_toU32(x: f32) -> u32 {
  if (!(x > 0.0)) { return 0u; }
  if (x >= 4294967296.0) { return 4294967295u; }
  return u32(x);
}`,
  // Both halves are exact, so the sum is rounded once.
  g_ofU32: "fn g_ofU32(x: u32) -> f32 { return f32(x >> 16u) * 65536.0 + f32(x & 0xffffu); }",
  g_divI: `fn g_divI(a: i32, b: i32) -> i32 { return select(a / select(b, 1, b == 0), 0, b == 0); }`,
  g_divU: `fn g_divU(a: u32, b: u32) -> u32 { return select(a / select(b, 1u, b == 0u), 0u, b == 0u); }`,
  g_remI: `fn g_remI(a: i32, b: i32) -> i32 { return a % select(b, 1, b == 0 || b == -1); }`,
  g_remU: `fn g_remU(a: u32, b: u32) -> u32 { return select(a % select(b, 1u, b == 0u), 0u, b == 0u); }`,
  // Exact, by long division of the significands, eight bits at a time.
  g_rem: `fn g_rem(a: f32, b: f32) -> f32 {
  let p = bitcast<u32>(a) & 0x7fffffffu;
  let q = bitcast<u32>(b) & 0x7fffffffu;
  if (p >= 0x7f800000u || q > 0x7f800000u || q == 0u) { return g_nan(); }
  if (p < q) { return a; }
  let low = max(q >> 23u, 1u);
  var left = max(p >> 23u, 1u) - low;
  let n = (q & 0x7fffffu) | select(0u, 0x800000u, q >= 0x800000u);
  var m = ((p & 0x7fffffu) | select(0u, 0x800000u, p >= 0x800000u)) % n;
  while (left > 0u && m > 0u) {
    let by = min(left, 8u);
    m = (m << by) % n;
    left -= by;
  }
  let sign = bitcast<u32>(a) & 0x80000000u;
  if (m == 0u) { return bitcast<f32>(sign); }
  let shift = countLeadingZeros(m) - 8u;
  if (low > shift) { return bitcast<f32>(sign | ((low - shift) << 23u) | ((m << shift) & 0x7fffffu)); }
  return bitcast<f32>(sign | (m << (low - 1u)));
}`,
  g_power2: "fn g_power2(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }",
  g_scale: `fn g_scale(y: f32, n: i32) -> f32 {
  let half = n >> 1u;
  return y * g_power2(half) * g_power2(n - half);
}`,
  // x = n ln 2 + r; gives eʳ − 1 and n.
  g_reduce: `fn g_reduce(x: f32) -> vec2<f32> {
  let n = round(x * ${1 / Math.LN2});
  let r = ((x - n * ${LN2[0]}) - n * ${LN2[1]}) - n * ${LN2[2]};
  return vec2<f32>(r * r * ${polynomial(EXP, "r")} + r, n);
}`,
  g_exp: `fn g_exp(x: f32) -> f32 {
  if (g_isnan(x)) { return x; }
  let p = g_reduce(clamp(x, -105.0, 90.0));
  return g_scale(p.x + 1.0, i32(p.y));
}`,
  // 2ⁿ(q + 1) − 1 = 2(2ⁿ⁻¹q + (2ⁿ⁻¹ − ½)): half the scale keeps n = 128 finite.
  g_expm1: `fn g_expm1(x: f32) -> f32 {
  if (!(g_abs(x) >= 1e-8)) { return x; }
  let p = g_reduce(clamp(x, -30.0, 88.8));
  let power = g_power2(i32(p.y) - 1);
  let half = p.x * power + (power - 0.5);
  return half + half;
}`,
  // x = 2ᵉ m with √½ ≤ m < √2: m − 1 and e. Of a subnormal number the bits are its multiple of the smallest.
  g_split: `fn g_split(x: f32) -> vec2<f32> {
  let small = bitcast<u32>(x) < 0x800000u;
  let normal = select(bitcast<u32>(x), bitcast<u32>(f32(bitcast<u32>(x))), small);
  let bits = bitcast<i32>(normal) - 0x3f3504f3;
  let m = bitcast<f32>((bits & 0x7fffff) + 0x3f3504f3);
  return vec2<f32>(m - 1.0, f32(bits >> 23u) - select(0.0, 149.0, small));
}`,
  g_log: `fn g_log(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) { return g_neg(g_inf()); }
  if (bits == 0x7f800000u) { return x; }
  if (bits > 0x7f800000u) { return g_nan(); }
  let p = g_split(x);
  let square = p.x * p.x;
  let tail = square * p.x * ${polynomial(LOG, "p.x")} - 0.5 * square;
  return p.y * ${LN2[0]} + (p.x + (p.y * ${LN2[1] + LN2[2]} + tail));
}`,
  // WGSL lets compilers cancel (x + 1) − 1. They do not see through bits: a sum without its last one is as good where the rest is made up for.
  g_opaque: "fn g_opaque(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffffffeu); }",
  // log u · x/(u − 1) repairs the rounding of u; where u is 1 or ∞ there is nothing to divide.
  g_log1p: `fn g_log1p(x: f32) -> f32 {
  let u = g_opaque(x + 1.0);
  let difference = u - 1.0;
  if (difference == 0.0 || bitcast<u32>(u) == 0x7f800000u) { return x; }
  return g_log(u) * (x / difference);
}`,
  g_sigmoid: `fn g_sigmoid(x: f32) -> f32 {
  let e = g_exp(g_neg(g_abs(x)));
  let positive = 1.0 / (1.0 + e);
  return select(positive, e * positive, x < 0.0);
}`,
  // Beyond 9.02 the result is ±1 in single precision.
  g_tanh: `fn g_tanh(x: f32) -> f32 {
  if (g_isnan(x)) { return x; }
  let a = clamp(x, -9.02, 9.02);
  let square = a * a;
  return g_signed(min(abs(a * ${polynomial(TANH, "square")} / ${polynomial(TANH_BELOW, "square")}), 1.0), x);
}`,
  g_erf: `fn g_erf(x: f32) -> f32 {
  if (g_isnan(x)) { return x; }
  let a = abs(x);
  if (a < 1.0) { let square = x * x; return x * ${polynomial(ERF, "square")}; }
  let b = min(a, 4.0);
  return g_signed(1.0 - g_exp(-${polynomial(ERFC_LOG, "b")}), x);
}`,
  g_product: `fn g_product(a: u32, b: u32) -> vec2<u32> {
  let p = (a & 0xffffu) * (b & 0xffffu);
  let q = (a >> 16u) * (b & 0xffffu) + (p >> 16u);
  let r = (a & 0xffffu) * (b >> 16u) + (q & 0xffffu);
  return vec2<u32>((r << 16u) | (p & 0xffffu), (a >> 16u) * (b >> 16u) + (q >> 16u) + (r >> 16u));
}`,
  // |x| = n π/2 + r with |r| ≤ π/4: r and n mod 4. Large numbers after Payne and Hanek: the bits of 1/2π that matter, times the significand.
  g_quarters: `fn g_quarters(x: f32) -> vec2<f32> {
  if (x <= 3000.0) {
    let n = round(x * ${2 / Math.PI});
    return vec2<f32>(((x - n * ${HALF_PI[0]}) - n * ${HALF_PI[1]}) - n * ${HALF_PI[2]}, f32(i32(n) & 3));
  }
  var turns = array<u32, 7>(0u, 0x28be60dbu, 0x9391054au, 0x7f09d5f4u, 0x7d4d3770u, 0x36d8a566u, 0x4f10e410u);
  let bits = bitcast<u32>(x);
  let m = (bits << 8u) | 0x80000000u;
  let e = (bits >> 23u) - 126u;
  let i = e >> 5u;
  let by = e & 31u;
  var w = array<u32, 3>(0u, 0u, 0u);
  for (var k = 0u; k < 3u; k++) {
    w[k] = turns[i + k] << by;
    if (by > 0u) { w[k] |= turns[i + k + 1u] >> (32u - by); }
  }
  let low = g_product(m, w[2]);
  let middle = g_product(m, w[1]);
  let sum = middle.x + low.y;
  var high = m * w[0] + middle.y + select(0u, 1u, sum < low.y);
  var rest = sum;
  var quarter = high >> 30u;
  high &= 0x3fffffffu;
  let over = (high & 0x20000000u) != 0u;
  if (over) {
    quarter += 1u;
    high = 0x40000000u - high - select(0u, 1u, rest > 0u);
    rest = 0u - rest;
  }
  let zeros = select(countLeadingZeros(high), 32u + countLeadingZeros(rest), high == 0u);
  var top = select(high << zeros, rest << (zeros & 31u), zeros >= 32u);
  if (zeros > 0u && zeros < 32u) { top |= rest >> (32u - zeros); }
  let size = f32(top >> 8u) * bitcast<f32>((105u - zeros) << 23u) * ${Math.PI / 2};
  return vec2<f32>(select(size, -size, over), f32(quarter & 3u));
}`,
  // sine and cosine of |r| ≤ π/4
  g_waves: `fn g_waves(r: f32) -> vec2<f32> {
  let square = r * r;
  return vec2<f32>(square * r * ${polynomial(SIN, "square")} + r, square * square * ${polynomial(COS, "square")} + (1.0 - 0.5 * square));
}`,
  g_sin: `fn g_sin(x: f32) -> f32 {
  if (g_isnan(x) || g_isinf(x)) { return g_nan(); }
  if (x == 0.0) { return x; }
  let p = g_quarters(abs(x));
  let w = g_waves(p.x);
  let quarter = u32(p.y);
  let y = select(w.x, w.y, (quarter & 1u) == 1u);
  return select(y, -y, ((quarter & 2u) != 0u) != (x < 0.0));
}`,
  g_cos: `fn g_cos(x: f32) -> f32 {
  if (g_isnan(x) || g_isinf(x)) { return g_nan(); }
  let p = g_quarters(abs(x));
  let w = g_waves(p.x);
  let quarter = u32(p.y);
  let y = select(w.y, w.x, (quarter & 1u) == 1u);
  return select(y, -y, ((quarter + 1u) & 2u) != 0u);
}`,
  g_tan: `fn g_tan(x: f32) -> f32 {
  if (g_isnan(x) || g_isinf(x)) { return g_nan(); }
  if (x == 0.0) { return x; }
  let p = g_quarters(abs(x));
  let w = g_waves(p.x);
  let y = select(w.x / w.y, -w.y / w.x, (u32(p.y) & 1u) == 1u);
  return select(y, -y, x < 0.0);
}`,
  // of 0 ≤ x ≤ ½
  g_arc: `fn g_arc(x: f32) -> f32 { let square = x * x; return x + x * square * ${polynomial(ASIN, "square")}; }`,
  g_asin: `fn g_asin(x: f32) -> f32 {
  let a = g_abs(x);
  if (!(a <= 1.0)) { return g_nan(); }
  if (a <= 0.5) { return g_signed(g_arc(a), x); }
  return g_signed(${Math.PI / 2} - 2.0 * g_arc(sqrt(0.5 - 0.5 * a)), x);
}`,
  g_acos: `fn g_acos(x: f32) -> f32 {
  let a = g_abs(x);
  if (!(a <= 1.0)) { return g_nan(); }
  if (a <= 0.5) { return ${Math.PI / 2} - g_signed(g_arc(a), x); }
  let b = 2.0 * g_arc(sqrt(0.5 - 0.5 * a));
  return select(b, ${Math.PI} - b, x < 0.0);
}`,
  // of 0 ≤ x ≤ 1
  g_slope: `fn g_slope(x: f32) -> f32 {
  let large = x > ${Math.SQRT2 - 1};
  let z = select(x, (x - 1.0) / (x + 1.0), large);
  let square = z * z;
  return select(0.0, ${Math.PI / 4}, large) + (z + z * square * ${polynomial(ATAN, "square")});
}`,
  g_atan: `fn g_atan(x: f32) -> f32 {
  if (g_isnan(x)) { return x; }
  let a = abs(x);
  if (a <= 1.0) { return g_signed(g_slope(a), x); }
  return g_signed(${Math.PI / 2} - g_slope(select(1.0 / a, 0.0, g_isinf(a))), x);
}`,
  g_atan2: `fn g_atan2(y: f32, x: f32) -> f32 {
  if (g_isnan(x) || g_isnan(y)) { return g_nan(); }
  let a = g_abs(y);
  let b = g_abs(x);
  let large = max(a, b);
  let small = min(a, b);
  var ratio = small / select(large, 1.0, large == 0.0 || g_isinf(large));
  if (g_isinf(large)) { ratio = select(0.0, 1.0, g_isinf(small)); }
  var angle = g_slope(ratio);
  if (a > b) { angle = ${Math.PI / 2} - angle; }
  if ((bitcast<u32>(x) >> 31u) == 1u) { angle = ${Math.PI} - angle; }
  return g_signed(angle, y);
}`,
  g_sinh: `fn g_sinh(x: f32) -> f32 {
  if (g_isnan(x) || x == 0.0) { return x; }
  let a = abs(x);
  if (a > 40.0) { let e = g_exp(0.5 * a); return g_signed((0.5 * e) * e, x); }
  let t = g_expm1(a);
  return g_signed(0.5 * (t + t / (t + 1.0)), x);
}`,
  g_cosh: `fn g_cosh(x: f32) -> f32 {
  let a = g_abs(x);
  if (a > 40.0) { let e = g_exp(0.5 * a); return (0.5 * e) * e; }
  let e = g_exp(a);
  return 0.5 * (e + 1.0 / e);
}`,
  g_asinh: `fn g_asinh(x: f32) -> f32 {
  let a = g_abs(x);
  if (a == 0.0 || g_isnan(x) || g_isinf(x)) { return x; }
  if (a > 1e9) { return g_signed(g_log(a) + ${Math.LN2}, x); }
  return g_signed(g_log1p(a + a * a / (1.0 + sqrt(a * a + 1.0))), x);
}`,
  g_acosh: `fn g_acosh(x: f32) -> f32 {
  if (!(x >= 1.0)) { return g_nan(); }
  if (x > 1e9) { return g_log(x) + ${Math.LN2}; }
  let t = x - 1.0;
  return g_log1p(t + sqrt(2.0 * t + t * t));
}`,
  g_atanh: `fn g_atanh(x: f32) -> f32 {
  let a = g_abs(x);
  if (a == 0.0) { return x; }
  if (!(a <= 1.0)) { return g_nan(); }
  if (a == 1.0) { return g_signed(g_inf(), x); }
  return g_signed(0.5 * g_log1p(2.0 * a / (1.0 - a)), x);
}`,
  // The exact product as a rounded one and what it lacks: halves of 12 bits, whose products are exact.
  g_lacks: `fn g_lacks(a: f32, b: f32, product: f32) -> f32 {
  let p = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let q = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  return ((p * q - product) + p * (b - q) + (a - p) * q) + (a - p) * (b - q);
}`,
  // e^{b ln a} with ln a in two parts: ln m = 2 artanh s, s = (m − 1)/(m + 1).
  g_power: `fn g_power(a: f32, b: f32) -> f32 {
  let p = g_split(a);
  let below = g_opaque(p.x + 2.0);
  let s = p.x / below;
  let sLow = ((p.x - s * below) - g_lacks(s, below, s * below) - s * (p.x - (below - 2.0))) / below;
  let square = s * s;
  let series = s * square * ${polynomial(ATANH2, "square")};
  let first = p.y * ${LN2[0]};
  let most = g_opaque(first + 2.0 * s);
  let more = ((first - most) + 2.0 * s) + (p.y * ${LN2[1]} + (p.y * ${LN2[2]} + (2.0 * sLow + series)));
  let high = g_opaque(most + more);
  let low = (most - high) + more;
  let t = b * high;
  if (t > 90.0) { return g_inf(); }
  if (t < -105.0) { return 0.0; }
  let e = g_reduce(t);
  let y = e.x + 1.0;
  return g_scale(y + y * (g_lacks(b, high, t) + b * low), i32(e.y));
}`,
  g_pow: `fn g_pow(a: f32, b: f32) -> f32 {
  let size = g_abs(b);
  if (a == 1.0 || (bitcast<u32>(b) & 0x7fffffffu) == 0u) { return 1.0; }
  if (g_isnan(a) || g_isnan(b)) { return g_nan(); }
  let x = g_abs(a);
  if (g_isinf(b)) {
    if (x == 1.0) { return 1.0; }
    return select(0.0, g_inf(), (x > 1.0) == (b > 0.0));
  }
  let whole = size >= 8388608.0 || trunc(size) == size;
  let odd = whole && size < 16777216.0 && (u32(size) & 1u) == 1u;
  let negative = (bitcast<u32>(a) >> 31u) == 1u;
  var y: f32;
  if ((bitcast<u32>(x)) == 0u) { y = select(g_inf(), 0.0, b > 0.0); }
  else if (g_isinf(x)) { y = select(0.0, g_inf(), b > 0.0); }
  else {
    if (negative && !whole) { return g_nan(); }
    y = select(g_power(x, b), 1.0, x == 1.0);
  }
  return select(y, g_neg(y), negative && odd);
}`,
};

const uses = /\bg_\w+/g;

/** The functions that `code` calls, and those that they call, each once and before its use. */
export function functionsOf(code: string): string {
  const done = new Set<string>();
  const out: string[] = [];
  const visit = (name: string): void => {
    const body = library[name];
    if (body === undefined || done.has(name)) return;
    done.add(name);
    for (const [used] of body.matchAll(uses)) visit(used);
    out.push(body);
  };
  for (const [used] of code.matchAll(uses)) visit(used);
  return out.join("\n");
}
