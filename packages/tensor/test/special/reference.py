"""Prints reference.ts: values of special functions by mpmath 1.4.1 with 50 digits, at arguments that are exact doubles."""
from mpmath import *

mp.dps = 50
inf = float("inf")


def row(x):
    return "[" + ", ".join(text(v) for v in x) + "]"


def text(v):
    v = float(v)
    return "NaN" if v != v else "Infinity" if v == inf else "-Infinity" if v == -inf else repr(v)


def wide(f):
    def g(*a):
        with workdps(120):
            return f(*[mpf(t) for t in a])

    return g


ndtr = wide(lambda x: erfc(-x / sqrt(2)) / 2)
logndtr = wide(lambda x: log1p(-erfc(x / sqrt(2)) / 2) if x > 0 else log(erfc(-x / sqrt(2)) / 2))


def ndtri(p):
    """Newton's method on the concave logarithm, from the right of the root in the left tail."""
    if p > 0.5:
        return -ndtri(1 - p)
    with workdps(400):
        p, x = mpf(p), mpf(0)
        for _ in range(200):
            value = erfc(-x / sqrt(2)) / 2
            step = (log(value) - log(p)) * value / npdf(x)
            x -= step
            if abs(step) < mpf(10) ** -60:
                break
        return x


def reals(*a):
    return [(float(x),) for x in a]


def grid(*lists):
    out = [()]
    for l in lists:
        out = [t + (float(x),) for t in out for x in l]
    return out


usual = reals(1e-300, 1e-10, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9999, 1.0001, 1.3, 1.5, 1.9999, 2.0001, 2.4, 2.6, 3, 4.7, 7.3, 9.99, 10.01, 15.5, 33.3, 100.25)
left = reals(-0.1, -0.5, -1.5, -2.7, -3.3, -10.5, -25.25, -99.75)
around = reals(-30, -8, -5, -2.5, -1, -0.3, -1e-5, -1e-20, 0, 1e-20, 1e-5, 0.2, 0.49, 0.51, 0.9, 1.7, 2.49, 2.51, 4, 5.99, 6.5, 9, 20, 26)
tables = {
    "erf": (erf, [t for t in around if abs(t[0]) <= 6]),
    "erfc": (wide(erfc), around),
    "erfcx": (wide(lambda x: exp(x * x) * erfc(x)), [t for t in around if t[0] > -26] + reals(50, 100)),
    "ndtr": (ndtr, around + reals(-37.5, -0.69, -0.71, 0.69, 0.71)),
    "logNdtr": (wide(logndtr), around + reals(-0.69, -0.71, 0.69, 0.71, -37.5)),
    "ndtri": (ndtri, reals(1e-300, 1e-50, 1e-10, 1e-3, 0.02, 0.1, 0.149, 0.151, 0.3, 0.49, 0.4999, 0.5, 0.51, 0.7, 0.849, 0.851, 0.99, 0.999999)),
    "lgamma": (lambda x: log(abs(gamma(x))), usual + left + reals(1000.5, 1e10, 1e300)),
    "gamma": (gamma, [t for t in usual if t[0] > 1e-305] + left + reals(5, 22, 29, 31, 150.5, 170.6, 171.5, -150.5, -165.5, -175.25)),
    "digamma": (digamma, usual + left + reals(1.4616, 1.47, 1.2, 1.8, 1e5, 1e15)),
    "trigamma": (lambda x: psi(1, x), [t for t in usual if t[0] > 1e-150] + left + reals(1e5)),
    "polygamma 2": (lambda x: psi(2, x), [t for t in usual if t[0] > 1e-90] + left),
    "polygamma 5": (lambda x: psi(5, x), [t for t in usual if t[0] > 1e-45] + left[:5]),
    "zeta": (wide(lambda s, q: zeta(s, q)), grid((1.001, 1.1, 1.5, 2, 3, 4.5, 10, 30, 60), (0.01, 0.3, 1, 1.5, 4.2, 9, 12, 100))),
    "beta": (lambda a, b: beta(a, b), grid((1e-5, 0.1, 0.5, 1, 2.5, 9, 11, 40), (0.1, 1, 3.3, 9.5, 12, 50))),
    "betaln": (lambda a, b: log(beta(a, b)), grid((1e-300, 1e-5, 0.1, 0.5, 2.5, 9, 11, 40, 1e4), (0.1, 3.3, 9.5, 12, 50, 1e6))),
    "gammainc": (wide(lambda a, x: gammainc(a, 0, x, regularized=True)), grid((0.001, 0.1, 0.7, 1, 2.5, 8, 12, 60, 500), (1e-8, 0.01, 0.4, 1, 1.2, 3, 9, 13, 55, 70, 480, 520))),
    "gammaincc": (wide(lambda a, x: gammainc(a, x, inf, regularized=True)), grid((0.001, 0.1, 0.7, 1, 2.5, 8, 12, 60, 500), (1e-8, 0.01, 0.4, 1, 1.2, 3, 9, 13, 55, 70, 480, 520))),
    "betainc": (wide(lambda a, b, x: betainc(a, b, 0, x, regularized=True)), grid((0.01, 0.5, 1, 3.5, 12, 80), (0.1, 1, 7, 15, 90), (1e-10, 0.01, 0.2, 0.5, 0.77, 0.999))),
    "i0": (lambda x: besseli(0, x), around + reals(7.99, 8.01, 100, 700)),
    "i0e": (lambda x: exp(-abs(x)) * besseli(0, x), around + reals(7.99, 8.01, 100, 700, 1e5)),
    "i1": (lambda x: besseli(1, x), around + reals(7.99, 8.01, 100, 700)),
    "i1e": (lambda x: exp(-abs(x)) * besseli(1, x), around + reals(7.99, 8.01, 100, 700, 1e5)),
    "exp2": (lambda x: mpf(2) ** x, reals(-1000.5, -10, -0.3, 0, 1e-9, 0.5, 3, 100.7, 1000.5)),
    "log2": (lambda x: log(x, 2), usual + reals(8, 1e300)),
    "log10": (lambda x: log(x, 10), usual + reals(1000, 1e300)),
    "cbrt": (lambda x: sign(x) * cbrt(abs(x)), reals(-1e300, -8, -0.3, 0, 1e-300, 0.5, 27, 1e10)),
    "hypot": (hypot, grid((-1e200, -3, 0, 1e-200, 2.5), (4, 1e200, 1e-200, -0.1))),
    "sinc": (sincpi, reals(-7.3, -2.5, -0.4, -1e-9, 0, 1e-5, 0.25, 0.5, 1, 1.5, 2, 100.5, 1e6 + 0.25)),
    "xlogy": (lambda x, y: x * log(y) if x else mpf(0), grid((0, 0.5, 3), (1e-300, 0.2, 1, 7))),
    "xlog1py": (lambda x, y: x * log1p(y) if x else mpf(0), grid((0, 0.5, 3), (-0.5, 1e-20, 0.2, 7))),
    "entr": (lambda x: -x * log(x) if x else mpf(0), reals(0, 1e-300, 0.3, 0.9, 2, 10)),
    "relEntr": (lambda x, y: x * log(x / y) if x else mpf(0), grid((0, 0.5, 3), (0.2, 1, 7))),
    "klDiv": (lambda x, y: (x * log(x / y) if x else mpf(0)) - x + y, grid((0, 0.5, 3), (0.2, 1, 7))),
    "logit": (lambda p: log(p / (1 - p)), reals(1e-300, 1e-10, 0.1, 0.3, 0.75, 0.9, 0.999999)),
    "logaddexp": (wide(lambda a, b: log(exp(a) + exp(b))), grid((-800, -1, 0, 2.5, 900), (-790, -1, 0.3, 899))),
    "logaddexp2": (wide(lambda a, b: log(mpf(2) ** a + mpf(2) ** b, 2)), grid((-800, -1, 0, 2.5, 900), (-790, -1, 0.3, 899))),
    "multigammaln 3": (wide(lambda a: 3 * log(pi) / 2 + loggamma(a) + loggamma(a - mpf(1) / 2) + loggamma(a - 1)), reals(1.1, 2.5, 7, 33.3)),
    "exp1": (e1, reals(1e-300, 1e-10, 0.01, 0.3, 0.999, 1, 1.001, 2.5, 7, 20, 100, 600)),
    "expi": (ei, reals(-600, -20, -2.5, -1, -0.3, -1e-10, 1e-10, 0.1, 0.3, 0.37, 0.3725, 0.375, 0.45, 0.5, 1, 2.5, 7, 20, 39.9, 40.1, 100, 600)),
    "expn 2": (lambda x: expint(2, x), reals(0, 1e-10, 0.01, 0.3, 0.999, 1.001, 2.5, 20, 100)),
    "expn 7": (lambda x: expint(7, x), reals(0, 1e-10, 0.01, 0.3, 0.999, 1.001, 2.5, 20, 100)),
    "sine integral": (si, reals(-30, -0.5, 0, 1e-10, 0.3, 1, 2.5, 3.9, 4.1, 7, 20, 100, 1000.5)),
    "cosine integral": (ci, reals(1e-10, 0.3, 0.5, 1, 2.5, 3.9, 4.1, 7, 20, 100, 1000.5)),
    "fresnel S": (fresnels, reals(-2.5, -0.3, 0, 1e-5, 0.5, 1, 1.5, 1.59, 1.61, 2, 3.3, 7, 20, 100.25)),
    "fresnel C": (fresnelc, reals(-2.5, -0.3, 0, 1e-5, 0.5, 1, 1.5, 1.59, 1.61, 2, 3.3, 7, 20, 100.25)),
    "dawsn": (wide(lambda x: sqrt(pi) / 2 * exp(-x * x) * erfi(x)), reals(-3, -1e-10, 0, 1e-10, 0.1, 0.5, 0.9, 0.999, 1.001, 1.5, 2.5, 5, 9.7, 11.9, 12.1, 30)),
    "spence": (lambda x: polylog(2, 1 - x) if x < 2 else -pi**2 / 6 - log(x - 1) ** 2 / 2 - polylog(2, 1 / (1 - x)), reals(0, 1e-10, 0.1, 0.3, 0.49, 0.51, 0.9, 0.999, 1, 1.001, 1.5, 1.999, 2.001, 3, 10, 1000)),
    "besselJ 0": (lambda x: besselj(0, x), reals(-3, 0, 1e-10, 0.01, 0.19, 0.21, 0.5, 1, 2.4, 5.5, 12, 20, 24.9, 25.1, 30, 100, 1000.5)),
    "besselJ 1": (lambda x: besselj(1, x), reals(-3, 0, 1e-10, 0.01, 0.27, 0.29, 0.5, 1, 2.4, 5.5, 12, 20, 25.4, 25.6, 30, 100, 1000.5)),
    "besselJ 7": (lambda x: besselj(7, x), reals(-3, 0, 1e-10, 0.01, 0.55, 0.57, 1, 2.4, 5.5, 12, 20, 30, 49.4, 49.6, 100, 1000.5)),
    "besselJ 50": (lambda x: besselj(50, x), reals(0.01, 1, 1.42, 1.44, 10, 30, 50, 60, 100, 1000.5, 1274, 1276, 3000.25)),
    "poch": (wide(lambda x, m: rf(x, m)), grid((0.1, 1, 2.5, 9, 40), (0, 0.5, 1, 3, 10, 70))),
}
print("// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: values of functions, some of which are famous")
print("// Printed by reference.py with mpmath 1.4.1.")
print("\n/** Arguments and value, by function. */")
print("export const reference: Readonly<Record<string, readonly (readonly number[])[]>> = {")
for name, (f, points) in tables.items():
    key = name if name.isidentifier() else f'"{name}"'
    print(f"  {key}: [")
    for p in points:
        value = f(*[mpf(x) for x in p])
        if abs(value) < mpf(10) ** -300 and value != 0:
            continue
        print("    " + row(p + (value,)) + ",")
    print("  ],")
print("  bernoulliNumbers: [")
for n in [0, 1, 2, 3, 4, 10, 20, 31, 50, 60, 100, 200, 258]:
    print("    " + row((n, bernoulli(n) if n != 1 else mpf(-1) / 2)) + ",")
print("  ],\n};")
