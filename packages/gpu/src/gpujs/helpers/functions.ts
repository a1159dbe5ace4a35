import { type Helpers, helper } from "./helper.ts";

// What GPUs offer as exp, log, sin, … may be wrong by hundreds of units of the last place, so kernels bring functions of their own.

/** Horner's rule, lowest power first. */
const polynomial = (x: string, coefficients: readonly number[]): string =>
  coefficients.reduceRight((sum, c) => (sum === "" ? `${float(c)}` : `(${sum}) * ${x} + ${float(c)}`), "");
const float = (x: number): string => (Number.isInteger(x) ? `${x}.0` : `${x}`);

// Minimax polynomials, as the wasm backend has them.
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
/** Taylor series of (asin √z/√z − 1)/z to z = ¼, and of (atan √z/√z − 1)/z to z = tan²(π/8). */
const ASIN = [
  1 / 6,
  3 / 40,
  15 / 336,
  105 / 3456,
  945 / 42240,
  0.017352764423076924,
  0.01396484375,
  0.011551800896139705,
  0.009761609529194078,
  0.008390335809616815,
];
const ATAN = Array.from({ length: 9 }, (_, i) => (i % 2 === 0 ? -1 : 1) / (2 * i + 3));
/** ln 2 and π/2 as sums whose first parts have few bits, so that multiples of them are exact. */
const LN2 = [0.69140625, 0.0017404556274414062, 4.7493250390316726e-7];
const HALF_PI = [1.5703125, 0.0004837512969970703, 7.549789954891882e-8];
/** The first 224 bits of 2/π after a word of zeros. */
const TWO_OVER_PI = "0u,0xA2F9836Eu,0x4E441529u,0xFC2757D1u,0xF534DDC0u,0xDB629599u,0x3C439041u,0xFE5163ABu,0u";

const reduced = (parts: readonly number[]): string => parts.reduce((r, part) => `(${r} - n * ${float(part)})`, "x");
/** The float function of JavaScript, rounded to f32. */
const math = (name: string): string => `Math.fround(Math.${name}(a))`;

const exponentials: Helpers = {
  inf_f: helper(":f", "intBitsToFloat(0x7f800000)"),
  none_f: helper(":f", "intBitsToFloat(0x7fc00000)"),
  // a·2ᵇ in two steps, since 2ᵇ alone may overflow or vanish.
  scale_f: helper(
    "fi:f",
    "int h = b >> 1; return a * intBitsToFloat((h + 127) << 23) * intBitsToFloat((b - h + 127) << 23);",
  ),
  // a = n ln 2 + r: n, and eʳ − 1.
  exp_v: helper(
    "f:v",
    `float x = a, n = roundEven(a * 1.4426950408889634); float r = ${reduced(LN2)};
     return vec2(n, r * r * (${polynomial("r", EXP)}) + r);`,
  ),
  exp_f: helper(
    "f:f",
    `if (nan_i(a) != 0) return a;
     vec2 e = exp_v(clamp(a, -105.0, 90.0)); return scale_f(e.y + 1.0, int(e.x));`,
    math("exp"),
  ),
  // 2ⁿ(q + 1) − 1 = 2(2ⁿ⁻¹q + (2ⁿ⁻¹ − ½)): half the scale keeps n = 128 finite.
  expm1_f: helper(
    "f:f",
    `if (nan_i(a) != 0 || abs(a) < 1e-8) return a;
     vec2 e = exp_v(clamp(a, -30.0, 88.8)); float p = intBitsToFloat((int(e.x) + 126) << 23);
     float h = e.y * p + (p - 0.5); return h + h;`,
    math("expm1"),
  ),
  log_f: helper(
    "f:f",
    `int u = floatBitsToInt(a);
     if (nan_i(a) != 0 || u == 0x7f800000) return a;
     if ((u & 0x7fffffff) == 0) return -inf_f();
     if (u < 0) return none_f();
     float k = 0.0;
     if (u < 0x800000) { u = floatBitsToInt(float(u)); k = -149.0; }
     int t = u - 0x3f3504f3;
     float e = float(t >> 23) + k, f = intBitsToFloat((t & 0x7fffff) + 0x3f3504f3) - 1.0, z = f * f;
     float tail = z * f * (${polynomial("f", LOG)}) - 0.5 * z;
     return e * ${LN2[0]} + (f + (e * ${(LN2[1] as number) + (LN2[2] as number)} + tail));`,
    math("log"),
  ),
  // log u · a/(u − 1) repairs the rounding of u = 1 + a, which no compiler may undo: it goes through its bits.
  log1p_f: helper(
    "f:f",
    `float u = intBitsToFloat(floatBitsToInt(1.0 + a)), d = u - 1.0;
     return d == 0.0 || floatBitsToInt(u) == 0x7f800000 ? a : log_f(u) * (a / d);`,
    math("log1p"),
  ),
  sigmoid_f: helper(
    "f:f",
    "float e = exp_f(-abs_f(a)), p = 1.0 / (1.0 + e); return a < 0.0 ? e * p : p;",
    "return Math.fround(a >= 0 ? 1 / (1 + Math.exp(-a)) : Math.exp(a) / (1 + Math.exp(a)));",
  ),
  tanh_f: helper(
    "f:f",
    `if (nan_i(a) != 0) return a;
     float x = clamp(a, -9.02, 9.02), z = x * x;
     return clamp(x * (${polynomial("z", TANH)}) / (${polynomial("z", TANH_BELOW)}), -1.0, 1.0);`,
    math("tanh"),
  ),
  sinh_f: helper(
    "f:f",
    `if (nan_i(a) != 0) return a;
     float x = abs_f(a), y;
     if (x > 88.0) { float h = exp_f(0.5 * x); y = (0.5 * h) * h; }
     else { float e = expm1_f(x); y = 0.5 * (e + e / (e + 1.0)); }
     return copysign_f(y, a);`,
    math("sinh"),
  ),
  cosh_f: helper(
    "f:f",
    `float x = abs_f(a);
     if (x > 88.0) { float h = exp_f(0.5 * x); return (0.5 * h) * h; }
     float e = exp_f(x); return 0.5 * (e + 1.0 / e);`,
    math("cosh"),
  ),
  asinh_f: helper(
    "f:f",
    `if (nan_i(a) != 0) return a;
     float x = abs_f(a), z = x * x;
     return copysign_f(x > 10000.0 ? log_f(x) + 0.6931471805599453 : log1p_f(x + z / (1.0 + sqrt(1.0 + z))), a);`,
    math("asinh"),
  ),
  acosh_f: helper(
    "f:f",
    `if (!(a >= 1.0)) return none_f();
     float t = a - 1.0;
     return a > 10000.0 ? log_f(a) + 0.6931471805599453 : log1p_f(t + sqrt(2.0 * t + t * t));`,
    math("acosh"),
  ),
  atanh_f: helper(
    "f:f",
    "float x = abs_f(a); return x > 1.0 ? none_f() : copysign_f(0.5 * log1p_f(2.0 * x / (1.0 - x)), a);",
    math("atanh"),
  ),
  // Below 1 a polynomial, above 1 − erfc by the logarithm of erfc.
  erf_f: helper(
    "f:f",
    `if (nan_i(a) != 0) return a;
     float x = abs_f(a), z = a * a;
     if (x < 1.0) return a * (${polynomial("z", ERF)});
     x = min(x, 4.0);
     return copysign_f(1.0 - exp_f(-(${polynomial("x", ERFC_LOG)})), a);`,
    // Maclaurin series below 2.5, the continued fraction of erfc above (Abramowitz and Stegun 7.1.6, 7.1.14).
    `const x = Math.abs(a);
     if (!(x > 0)) return a;
     if (x > 6) return Math.sign(a);
     const scale = (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
     let sum = x;
     if (x < 2.5) { for (let n = 1, term = x; term > sum * 1e-17; n++) sum += term *= (2 * x * x) / (2 * n + 1); sum *= scale; }
     else { for (let n = 60; n > 0; n--) sum = x + n / 2 / sum; sum = 1 - scale / 2 / sum; }
     return Math.fround(Math.sign(a) * Math.min(1, sum));`,
  ),
};

/** pow by log₂ in two parts: products of parts of 12 bits are exact, and parts are cut off by their bits, which no compiler undoes. */
const powers: Helpers = {
  top_f: helper("f:f", "intBitsToFloat(floatBitsToInt(a) & ~0xfff)"),
  // log₂ a of a normal number, 2⁻³⁰ of it: log m = 2 atanh s, s = f/(2 + f).
  log2_v: helper(
    "f:v",
    `int t = floatBitsToInt(a) - 0x3f3504f3;
     float e = float(t >> 23), f = intBitsToFloat((t & 0x7fffff) + 0x3f3504f3) - 1.0;
     float d = 2.0 + f, dh = top_f(d), dl = f - (dh - 2.0);
     float s = f / d, sh = top_f(s), sl = ((f - sh * dh) - sh * dl) / d, z = s * s;
     float th = 2.0 * sh;
     float tl = 2.0 * sl + s * z * (0.6666666666666666 + z * (0.4 + z * (0.2857142857142857 + z * (0.2222222222222222 + z * 0.18181818181818182))));
     float p = th * 1.44238281250, q = th * 0.000312228388963 + tl * 1.4426950408889634;
     float h = top_f(e + p);
     return vec2(h, ((e - h) + p) + q);`,
  ),
  // |a|ᵇ of a finite positive a and a finite b.
  power_f: helper(
    "ff:f",
    `int u = floatBitsToInt(a);
     vec2 l = log2_v(u < 0x800000 ? float(u) : a);
     if (u < 0x800000) l.x -= 149.0;
     if (abs(b) > 1e10) return (l.x + l.y > 0.0) == (b > 0.0) ? inf_f() : 0.0;
     float lh = top_f(l.x), ll = (l.x - lh) + l.y;
     float bh = top_f(b), bl = b - bh;
     float p = bh * lh, q = bl * lh + b * ll;
     if (p + q > 129.0) return inf_f();
     if (p + q < -151.0) return 0.0;
     float n = roundEven(p + q);
     vec2 e = exp_v(((p - n) + q) * 0.6931471805599453);
     return scale_f(e.y + 1.0, int(n + e.x));`,
  ),
  pow_f: helper(
    "ff:f",
    `if (b == 0.0 || a == 1.0) return 1.0;
     if (nan_i(a) != 0 || nan_i(b) != 0) return none_f();
     float x = abs_f(a);
     if (floatBitsToInt(abs_f(b)) == 0x7f800000) return x == 1.0 ? 1.0 : (x > 1.0) == (b > 0.0) ? inf_f() : 0.0;
     bool whole = floor(b) == b, odd = whole && abs(b) < 16777216.0 && floor(0.5 * b) != 0.5 * b;
     float y;
     if (floatBitsToInt(x) == 0) y = b > 0.0 ? 0.0 : inf_f();
     else if (floatBitsToInt(x) == 0x7f800000) y = b > 0.0 ? inf_f() : 0.0;
     else if (a < 0.0 && !whole) return none_f();
     else y = x == 1.0 ? 1.0 : power_f(x, b);
     return odd ? copysign_f(y, a) : y;`,
    "return Math.fround(a === 1 || b === 0 ? 1 : Math.abs(a) === 1 && Math.abs(b) === Infinity ? 1 : a ** b);",
  ),
};

const circular: Helpers = {
  // The high word of the product of 24 bits and 32.
  mulhi_i: helper(
    "ii:i",
    `uint m = uint(a), w = uint(b), mh = m >> 16, ml = m & 65535u, wh = w >> 16, wl = w & 65535u;
     uint lh = ml * wh, hl = mh * wl, middle = ((ml * wl) >> 16) + (lh & 65535u) + (hl & 65535u);
     return int(mh * wh + (lh >> 16) + (hl >> 16) + (middle >> 16));`,
  ),
  // Payne and Hanek: the bits of 2/π that matter to a large angle, times it. Gives the rest in [−π/4, π/4] and the quadrant.
  large_v: helper(
    "f:v",
    `uint w[9] = uint[9](${TWO_OVER_PI});
     int u = floatBitsToInt(a), m = (u & 0x7fffff) | 0x800000, at = ((u >> 23) & 255) - 120, i = at >> 5, s = at & 31;
     uint w0 = w[i] << s, w1 = w[i + 1] << s, w2 = w[i + 2] << s;
     if (s > 0) { w0 |= w[i + 1] >> (32 - s); w1 |= w[i + 2] >> (32 - s); w2 |= w[i + 3] >> (32 - s); }
     uint low = uint(m) * w1, middle = low + uint(mulhi_i(m, int(w2)));
     uint high = uint(m) * w0 + uint(mulhi_i(m, int(w1))) + (middle < low ? 1u : 0u);
     int turn = int((high << 2) | (middle >> 30));
     float q = float(int(high >> 30) + (turn < 0 ? 1 : 0));
     float r = (float(turn) + float((middle << 2) >> 8) * 0.000000059604644775390625) * 2.3283064365386963e-10 * 1.5707963267948966;
     return u < 0 ? vec2(-r, 4.0 - q) : vec2(r, q);`,
  ),
  angle_v: helper(
    "f:v",
    `if (abs(a) > 3000.0) return large_v(a);
     float x = a, n = roundEven(a * 0.6366197723675814);
     return vec2(${reduced(HALF_PI)}, n);`,
  ),
  // sin and cos of what is left of an angle.
  wave_v: helper(
    "f:v",
    `float z = a * a;
     return vec2(z * a * (${polynomial("z", SIN)}) + a, z * z * (${polynomial("z", COS)}) + (1.0 - 0.5 * z));`,
  ),
  sin_f: helper(
    "f:f",
    `if (!(abs(a) < inf_f())) return none_f();
     if (a == 0.0) return a;
     vec2 t = angle_v(a), w = wave_v(t.x); int q = int(t.y);
     float y = (q & 1) == 1 ? w.y : w.x; return (q & 2) == 2 ? -y : y;`,
    math("sin"),
  ),
  cos_f: helper(
    "f:f",
    `if (!(abs(a) < inf_f())) return none_f();
     vec2 t = angle_v(a), w = wave_v(t.x); int q = int(t.y) + 1;
     float y = (q & 1) == 1 ? w.y : w.x; return (q & 2) == 2 ? -y : y;`,
    math("cos"),
  ),
  tan_f: helper(
    "f:f",
    `if (!(abs(a) < inf_f())) return none_f();
     if (a == 0.0) return a;
     vec2 t = angle_v(a), w = wave_v(t.x); return (int(t.y) & 1) == 1 ? -w.y / w.x : w.x / w.y;`,
    math("tan"),
  ),
  arc_f: helper("f:f", `float z = a * a; return a + a * z * (${polynomial("z", ASIN)});`),
  asin_f: helper(
    "f:f",
    `float x = abs_f(a);
     if (!(x <= 1.0)) return none_f();
     return copysign_f(x <= 0.5 ? arc_f(x) : 1.5707963267948966 - 2.0 * arc_f(sqrt(0.5 - 0.5 * x)), a);`,
    math("asin"),
  ),
  acos_f: helper(
    "f:f",
    `float x = abs_f(a);
     if (!(x <= 1.0)) return none_f();
     if (x <= 0.5) return 1.5707963267948966 - arc_f(a);
     float y = 2.0 * arc_f(sqrt(0.5 - 0.5 * x)); return a > 0.0 ? y : 3.141592653589793 - y;`,
    math("acos"),
  ),
  atan_f: helper(
    "f:f",
    `if (nan_i(a) != 0) return a;
     float x = abs_f(a), y = x > 1.0 ? 1.0 / x : x, base = 0.0;
     if (y > 0.41421356) { y = (y - 1.0) / (y + 1.0); base = 0.7853981633974483; }
     float z = y * y, t = base + (y + y * z * (${polynomial("z", ATAN)}));
     return copysign_f(x > 1.0 ? 1.5707963267948966 - t : t, a);`,
    math("atan"),
  ),
  atan2_f: helper(
    "ff:f",
    `if (nan_i(a) != 0 || nan_i(b) != 0) return none_f();
     float y = abs_f(a), x = abs_f(b), t;
     if (y == x) t = y == 0.0 ? 0.0 : 0.7853981633974483;
     else t = atan_f(y / x);
     return copysign_f(floatBitsToInt(b) < 0 ? 3.141592653589793 - t : t, a);`,
    "return Math.fround(Math.atan2(a, b));",
  ),
};

/** Transcendental functions of f32. */
export const functions: Helpers = { ...exponentials, ...powers, ...circular };
