# Coefficients of the polynomials in ../../src/backends/wasm/vector-math.ts: Chebyshev interpolants in 60 digits, lowest power first.
# Needs mpmath; run as `python3 fit.py`.
from mpmath import mp, mpf, expm1, log, log1p, tanh, erf, erfc, sin, cos, sqrt, chebyfit, pi

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


def rational(name, f, points, n, m, rounds=12):
    """x·P(x²)/Q(x²) ≈ f with least relative error: linear least squares, weighted again by the last denominator."""
    from mpmath import matrix, qr_solve

    value = lambda c, u: sum(a * u**k for k, a in enumerate(c))
    q = [mpf(1)] * len(points)
    for _ in range(rounds):
        a, b = matrix(len(points), n + m - 1), matrix(len(points), 1)
        for i, x in enumerate(points):
            t = f(x) / x
            w = 1 / (t * q[i])
            for k in range(n):
                a[i, k] = w * x ** (2 * k)
            for k in range(1, m):
                a[i, n + k - 1] = -w * t * x ** (2 * k)
            b[i] = w * t
        c, _ = qr_solve(a, b)
        p = [c[k] for k in range(n)]
        d = [mpf(1)] + [c[n + k] for k in range(m - 1)]
        q = [value(d, x * x) for x in points]
    error = max(abs(x * value(p, x * x) / value(d, x * x) / f(x) - 1) for x in points)
    print(name, [float(mp.nstr(x, 12)) for x in p], [float(mp.nstr(x, 12)) for x in d], "error", mp.nstr(error, 3))


limit9 = mpf("9.1")
rational("tanh", tanh, [limit9 * (1 - cos(pi * (2 * i + 1) / 1600)) for i in range(400)], 7, 4)
