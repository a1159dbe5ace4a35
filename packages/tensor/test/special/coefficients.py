"""Prints src/functions/special/scalar/tables.ts: coefficients computed by mpmath 1.3.0 with 60 digits."""
from mpmath import mp, mpf, zeta, euler, besseli, exp, sqrt, erfc, cos, pi, polygamma, factorial, findroot, psi, quad

mp.dps = 60
num = lambda v: repr(float(v))


def chebyshev(f, low, high, tolerance=2e-17, n=64):
    """Coefficients of f on [low, high], as many as matter in double precision; the first is to be halved."""
    nodes = [cos(pi * (k + mpf(1) / 2) / n) for k in range(n)]
    values = [f((high + low + (high - low) * t) / 2) for t in nodes]
    c = [2 * sum(v * cos(pi * j * (k + mpf(1) / 2) / n) for k, v in enumerate(values)) / n for j in range(n)]
    while abs(c[-1]) < tolerance * max(abs(x) for x in c):
        c.pop()
    return c


def table(name, comment, values):
    print(f"\n/** {comment} */")
    print(f"export const {name}: readonly number[] = [")
    for v in values:
        print(f"  {num(v)},")
    print("];")


print("// Printed by test/special/coefficients.py.")
table("zetaTails", "ζ(k) − 1 for k = 2, 3, …", [zeta(k) - 1 for k in range(2, 32)])
root = findroot(lambda x: psi(0, x), mpf("1.4616321449683623"))
high = mpf(float(root))
print("\n/** The positive zero of digamma, as the sum of two numbers. */")
print(f"export const digammaRoot: readonly [number, number] = [{num(high)}, {num(root - high)}];")
table("digammaTaylor", "Derivatives of digamma at its zero, over k!, for k = 1, 2, …", [polygamma(k, root) / factorial(k) for k in range(1, 31)])
table("besselI0", "Chebyshev coefficients of e^{−x} I₀(x) in x/4 − 1 on [0, 8].", chebyshev(lambda x: exp(-x) * besseli(0, x), mpf(0), mpf(8)))
table("besselI0Tail", "Chebyshev coefficients of √x e^{−x} I₀(x) in 16/x − 1 on [8, ∞).", chebyshev(lambda u: sqrt(8 / u) * exp(-8 / u) * besseli(0, 8 / u) if u > 0 else 1 / sqrt(2 * pi), mpf(0), mpf(1)))
table("besselI1", "Chebyshev coefficients of e^{−x} I₁(x)/x in x/4 − 1 on [0, 8].", chebyshev(lambda x: exp(-x) * besseli(1, x) / x if x > 0 else mpf(1) / 2, mpf(0), mpf(8)))
table("besselI1Tail", "Chebyshev coefficients of √x e^{−x} I₁(x) in 16/x − 1 on [8, ∞).", chebyshev(lambda u: sqrt(8 / u) * exp(-8 / u) * besseli(1, 8 / u), mpf(0), mpf(1)))


def scaled(x):
    if x > 1e5:
        s, t = mpf(0), mpf(1)
        for k in range(12):
            s, t = s + t, -t * (2 * k + 1) / (2 * x * x)
        return s / (x * sqrt(pi))
    return exp(x * x) * erfc(x)


# erfcx(x) (1 + 2x) with t = 1/(1 + x/2): smooth on [0, 1]
table("erfcxTable", "Chebyshev coefficients of (1 + 2x) e^{x²} erfc x in 2t − 1, where t = 2/(2 + x), for x ≥ 0.", chebyshev(lambda t: (1 + 2 * (2 / t - 2)) * scaled(2 / t - 2), mpf(0), mpf(1), n=80))
