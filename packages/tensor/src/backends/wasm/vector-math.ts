import type { Code, Op } from "./assembler.ts";
import { callHost } from "./scalar.ts";

/** Leaves one vector on the stack. */
type Push = () => void;

/** A writer of expressions on four f32 lanes. */
class Lanes {
  readonly #c: Code;
  readonly fused: boolean;
  constructor(c: Code, fused: boolean) {
    this.#c = c;
    this.fused = fused;
  }

  f =
    (x: number): Push =>
    () =>
      this.#c.constant4("f32", x);
  i =
    (x: number): Push =>
    () =>
      this.#c.constant4("i32", x);

  /** Any vector instruction on its operands. */
  op =
    (name: Op, ...operands: readonly Push[]): Push =>
    () => {
      for (const p of operands) p();
      this.#c.op(name);
    };

  add = (a: Push, b: Push): Push => this.op("f32x4.add", a, b);
  sub = (a: Push, b: Push): Push => this.op("f32x4.sub", a, b);
  mul = (a: Push, b: Push): Push => this.op("f32x4.mul", a, b);
  div = (a: Push, b: Push): Push => this.op("f32x4.div", a, b);
  /** a·b + c, rounded once where the engine can. */
  madd = (a: Push, b: Push, c: Push): Push =>
    this.fused ? this.op("f32x4.relaxed_madd", a, b, c) : this.add(this.mul(a, b), c);
  /** `a` where the mask is set, else `b`. */
  choose = (mask: Push, a: Push, b: Push): Push => this.op("v128.bitselect", a, b, mask);
  shift = (name: "i32x4.shl" | "i32x4.shr_s" | "i32x4.shr_u", a: Push, by: number): Push => {
    return () => {
      a();
      this.#c.i32(by);
      this.#c.op(name);
    };
  };

  /** Computes `p` now; gives a way to push it any number of times. */
  keep(p: Push): Push {
    const local = this.#c.local("v128");
    p();
    this.#c.set(local);
    return () => this.#c.get(local);
  }

  /** Horner's rule, lowest power first. */
  polynomial(coefficients: readonly number[], x: Push): Push {
    return coefficients.reduceRight<Push | null>(
      (sum, a) => (sum === null ? this.f(a) : this.madd(sum, x, this.f(a))),
      null,
    ) as Push;
  }
}

// Polynomials: test/backends/fit.py.
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
/** ln 2 and π/2 as sums; the high parts have few bits, so that multiples of them are exact. */
const LN2_FUSED = [0.6931471824645996, -1.904654299957768e-9] as const; // products that are not rounded need no such parts
const LN2 = [0.69140625, 0.0017404556274414062, 4.7493250390316726e-7] as const;
const HALF_PI = [1.5703125, 0.0004837512969970703, 7.549789954891882e-8] as const;
/** Multiples of π/2 beyond this are no longer exact. */
const MAX_ANGLE = 3000;

/** Added to a small number, this leaves the nearest integer in the low bits. */
const MAGIC = 1.5 * 2 ** 23;

/** x = n ln 2 + r: an integer whose low bits are n + `bias`, and eʳ − 1. */
function reduceExp(l: Lanes, x: Push, bias: number): { t: Push; q: Push } {
  const t = l.keep(l.madd(x, l.f(1 / Math.LN2), l.f(MAGIC + bias)));
  const minusN = l.keep(l.sub(l.f(MAGIC + bias), t));
  const r = l.keep((l.fused ? LN2_FUSED : LN2).reduce<Push>((r, part) => l.madd(minusN, l.f(part), r), x));
  const square = l.keep(l.mul(r, r));
  const [a, b, c, d, e] = EXP.map((x) => l.f(x)) as [Push, Push, Push, Push, Push];
  // Estrin's scheme: half as deep as Horner's.
  const high = l.keep(l.madd(e, square, l.madd(d, r, c)));
  const q = l.keep(l.madd(l.madd(high, square, l.madd(b, r, a)), square, r));
  return { t, q };
}

/** The power of two whose biased exponent the low bits of `t` are. */
const power2 = (l: Lanes, t: Push): Push => l.keep(l.shift("i32x4.shl", t, 23));

/** NaN passes through. */
const clamp = (l: Lanes, x: Push, low: number, high: number): Push =>
  l.keep(l.op("f32x4.pmin", l.op("f32x4.pmax", x, l.f(low)), l.f(high)));

function exp(l: Lanes, x: Push): Push {
  // Outside these bounds the result is 0 or ∞ anyway.
  const { t, q } = reduceExp(l, clamp(l, x, -105, 90), 254);
  // (q + 1)·2ⁿ in two steps, since 2ⁿ alone may overflow or vanish.
  const half = l.keep(l.shift("i32x4.shr_s", t, 1));
  const power = power2(l, half);
  return l.mul(l.madd(q, power, power), power2(l, l.op("i32x4.sub", t, half)));
}

function expm1(l: Lanes, x: Push): Push {
  const { t, q } = reduceExp(l, clamp(l, x, -30, 88.8), 126);
  // 2ⁿ(q + 1) − 1 = 2(2ⁿ⁻¹q + (2ⁿ⁻¹ − ½)): half the scale keeps n = 128 finite.
  const power = power2(l, t);
  const half = l.keep(l.madd(q, power, l.sub(power, l.f(0.5))));
  // Tiny arguments are their own result, and keep the sign of zero.
  return l.choose(l.op("f32x4.lt", l.op("f32x4.abs", x), l.f(1e-8)), x, l.add(half, half));
}

function log(l: Lanes, x: Push): Push {
  const tiny = l.keep(l.op("f32x4.lt", x, l.f(2 ** -126)));
  const normal = l.keep(l.choose(tiny, l.mul(x, l.f(2 ** 23)), x));
  // x = 2ᵉ m with √½ ≤ m < √2
  const bits = l.keep(l.op("i32x4.sub", normal, l.i(0x3f3504f3)));
  const e = l.keep(
    l.sub(l.op("f32x4.convert_i32x4_s", l.shift("i32x4.shr_s", bits, 23)), l.op("v128.and", tiny, l.f(23))),
  );
  const m = l.op("i32x4.add", l.op("v128.and", bits, l.i(0x7fffff)), l.i(0x3f3504f3));
  const f = l.keep(l.sub(m, l.f(1)));
  const square = l.keep(l.mul(f, f));
  const tail = l.madd(l.mul(square, f), l.polynomial(LOG, f), l.mul(square, l.f(-0.5)));
  const low = l.madd(e, l.f(LN2[1] + LN2[2]), tail);
  const value = l.keep(l.madd(e, l.f(LN2[0]), l.add(f, low)));
  const finite = l.op("v128.and", l.op("f32x4.gt", x, l.f(0)), l.op("f32x4.lt", x, l.f(Number.POSITIVE_INFINITY)));
  const edge = l.choose(
    l.op("f32x4.eq", x, l.f(0)),
    l.f(Number.NEGATIVE_INFINITY),
    l.choose(l.op("f32x4.gt", x, l.f(0)), x, l.f(Number.NaN)),
  );
  return l.choose(finite, value, edge);
}

function log1p(l: Lanes, x: Push): Push {
  const u = l.keep(l.add(x, l.f(1)));
  const difference = l.keep(l.sub(u, l.f(1)));
  // log u · x/(u − 1) repairs the rounding of u; where u is 1 or ∞ there is nothing to divide.
  const plain = l.op(
    "v128.or",
    l.op("f32x4.eq", difference, l.f(0)),
    l.op("f32x4.eq", u, l.f(Number.POSITIVE_INFINITY)),
  );
  return l.choose(plain, x, l.keep(l.mul(l.keep(log(l, u)), l.div(x, difference))));
}

function sigmoid(l: Lanes, x: Push): Push {
  const e = l.keep(exp(l, l.op("f32x4.neg", l.op("f32x4.abs", x))));
  const positive = l.keep(l.div(l.f(1), l.add(e, l.f(1))));
  return l.choose(l.op("f32x4.lt", x, l.f(0)), l.mul(e, positive), positive);
}

const signOf = (l: Lanes, x: Push): Push => l.op("v128.and", x, l.i(0x80000000 | 0));

function tanh(l: Lanes, x: Push): Push {
  // Beyond 9.02 the result is ±1 in single precision.
  const a = clamp(l, x, -9.02, 9.02);
  const square = l.keep(l.mul(a, a));
  const ratio = l.div(l.mul(a, l.polynomial(TANH, square)), l.polynomial(TANH_BELOW, square));
  return clamp(l, l.keep(ratio), -1, 1);
}

function erf(l: Lanes, x: Push): Push {
  const a = l.keep(l.op("f32x4.abs", x));
  const square = l.keep(l.mul(x, x));
  const small = l.keep(l.mul(x, l.polynomial(ERF, square)));
  // 1 − erfc a by the logarithm of erfc
  const tail = l.keep(exp(l, l.keep(l.op("f32x4.neg", l.polynomial(ERFC_LOG, l.op("f32x4.min", a, l.f(4)))))));
  const large = l.op("v128.or", l.sub(l.f(1), tail), signOf(l, x));
  return l.choose(l.op("f32x4.lt", a, l.f(1)), small, large);
}

/** sin x (`turn` 0) or cos x (`turn` 1) for |x| up to MAX_ANGLE. */
function circular(l: Lanes, x: Push, turn: 0 | 1): Push {
  const n = l.keep(l.op("f32x4.nearest", l.mul(x, l.f(2 / Math.PI))));
  const minusN = l.keep(l.op("f32x4.neg", n));
  const r = l.keep(HALF_PI.reduce<Push>((r, part) => l.madd(minusN, l.f(part), r), x));
  const square = l.keep(l.mul(r, r));
  const sine = l.keep(l.madd(l.mul(square, r), l.polynomial(SIN, square), r));
  const cosine = l.keep(l.madd(l.mul(square, square), l.polynomial(COS, square), l.madd(square, l.f(-0.5), l.f(1))));
  const quarter = l.keep(l.op("i32x4.add", l.op("i32x4.trunc_sat_f32x4_s", n), l.i(turn)));
  const odd = l.op("i32x4.eq", l.op("v128.and", quarter, l.i(1)), l.i(1));
  const negative = l.shift("i32x4.shl", l.op("v128.and", quarter, l.i(2)), 30);
  const value = l.op("v128.xor", l.choose(odd, cosine, sine), negative);
  return turn === 1 ? value : l.choose(l.op("f32x4.eq", x, l.f(0)), x, l.keep(value)); // −0 stays −0
}

function sign(l: Lanes, x: Push): Push {
  const one = l.op("v128.or", l.f(1), signOf(l, x));
  // 0, −0 and NaN are their own sign
  const nonzero = l.op("v128.or", l.op("f32x4.lt", x, l.f(0)), l.op("f32x4.gt", x, l.f(0)));
  return l.choose(nonzero, one, x);
}

/** Functions of one f32 vector, by name. Within 2 units of the last place of the true value; log1p, erf 3, sigmoid 4, tanh 5. */
export const vectorFunctions: Readonly<Record<string, (l: Lanes, x: Push) => Push>> = {
  exp,
  expm1,
  log,
  log1p,
  tanh,
  sigmoid,
  erf,
  sign,
  sin: (l, x) => circular(l, x, 0),
  cos: (l, x) => circular(l, x, 1),
};
/** Functions whose large arguments are left to the host. */
const limited = new Set(["sin", "cos"]);

/** Applies `name` to the vector in local `x`; leaves the result on the stack. */
export function vectorFunction(c: Code, name: string, x: number, fused: boolean): void {
  const l = new Lanes(c, fused);
  const push: Push = () => c.get(x);
  const rule = vectorFunctions[name];
  if (rule === undefined) {
    byLane(c, name, x);
    return;
  }
  if (!limited.has(name)) {
    rule(l, push)();
    return;
  }
  l.op("f32x4.gt", l.op("f32x4.abs", push), l.f(MAX_ANGLE))();
  c.op("v128.any_true");
  c.choose(
    "v128",
    () => byLane(c, name, x),
    () => rule(l, push)(),
  );
}

/** Functions of the host work lane by lane. */
function byLane(c: Code, name: string, x: number): void {
  const out = c.local("v128");
  c.get(x);
  c.set(out);
  for (let lane = 0; lane < 4; lane++) {
    c.get(out);
    c.get(x);
    c.extract("f32", lane);
    callHost(c, name, "f32");
    c.replace("f32", lane);
    c.set(out);
  }
  c.get(out);
}
