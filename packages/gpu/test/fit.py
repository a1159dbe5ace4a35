# Coefficients of the polynomials in ../src/webgpu/wgsl/functions.ts that the wasm backend does not share: Chebyshev interpolants in 40 digits, lowest
# power first. Needs mpmath; run as `python3 fit.py`.
from mpmath import mp, mpf, asin, atan, atanh, sqrt, tan, pi, chebyfit, nstr

mp.dps = 40
EPS = mpf(10) ** -12


def show(name, f, at0, b, n):
    coefficients, error = chebyfit(lambda u: f(u) if u > EPS else mpf(at0), [mpf(0), mpf(b)], n, error=True)
    print(name, [float(nstr(x, 12)) for x in reversed(coefficients)], "error", nstr(error, 3))


show("ASIN", lambda u: (asin(sqrt(u)) / sqrt(u) - 1) / u, mpf(1) / 6, mpf(1) / 4, 6)
show("ATAN", lambda u: (atan(sqrt(u)) / sqrt(u) - 1) / u, -mpf(1) / 3, tan(pi / 8) ** 2, 5)
s = (sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)
show("ATANH2", lambda u: (2 * atanh(sqrt(u)) / sqrt(u) - 2) / u, mpf(2) / 3, s**2, 4)
