# Coefficients of the polynomials in ../../src/backends/wasm/vector-math.ts: Chebyshev interpolants in 60 digits, lowest power first.
# Needs mpmath; run as `python3 fit.py`.
from mpmath import mp, mpf, exp, expm1, log, log1p, tanh, erf, erfc, sin, cos, sqrt, chebyfit, pi

mp.dps = 60
EPS = mpf(10) ** -12


def limit(f, at0):
    return lambda x: f(x) if abs(x) > EPS else mpf(at0)


def show(name, f, a, b, n):
    coefficients, error = chebyfit(f, [mpf(a), mpf(b)], n, error=True)
    print(name, [float(mp.nstr(c, 12)) for c in reversed(coefficients)], "error", mp.nstr(error, 3))


h = log(2) / 2
show("exp2", limit(lambda r: (expm1(r) - r) / r**2, 0.5), -h, h, 5)
show("log3", limit(lambda f: (log1p(f) - f + f**2 / 2) / f**3, mpf(1) / 3), sqrt(mpf(1) / 2) - 1, sqrt(mpf(2)) - 1, 9)
show("tanh3", limit(lambda u: (tanh(sqrt(u)) / sqrt(u) - 1) / u, -mpf(1) / 3), 0, mpf(0.625) ** 2, 5)
show("erf1", limit(lambda u: erf(sqrt(u)) / sqrt(u), 2 / sqrt(pi)), 0, 1, 7)
show("erfcLog", lambda a: -log(erfc(a)), 1, 4, 9)
show("sin3", limit(lambda u: (sin(sqrt(u)) / sqrt(u) - 1) / u, -mpf(1) / 6), 0, (pi / 4) ** 2, 4)
show("cos4", limit(lambda u: (cos(sqrt(u)) - 1 + u / 2) / u**2, mpf(1) / 24), 0, (pi / 4) ** 2, 4)
for name, x in [("ln2", log(2)), ("pi/2", pi / 2)]:
    # high parts with few bits, so that their products with small integers are exact
    rest, parts = x, []
    for bits in (8, 11, 24):
        e = int(mp.floor(log(rest, 2))) if rest > 0 else 0
        scale = mpf(2) ** (bits - 1 - e)
        part = mp.floor(rest * scale) / scale if bits != 24 else mpf(float(rest))
        parts.append(float(part))
        rest -= part
    print(name, parts)
