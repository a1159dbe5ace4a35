"""Prints arrays.ts: paddings by NumPy 2.4.6, resizing by JAX 0.10.2 (f64), convolutions and windows by SciPy 1.17.1."""
import jax

jax.config.update("jax_enable_x64", True)
import jax.image
import numpy as np
import scipy.signal as signal


def x(seed, *shape):
    n = int(np.prod(shape))
    return np.array([(i * 7919 + seed * 104729) % 1009 / 1009 - 0.5 for i in range(n)]).reshape(shape)


def show(t):
    return "[" + ", ".join(repr(float(f"{v:.14g}")) for v in np.asarray(t).flatten().tolist()) + "]"


cases = {}
for mode in ("edge", "reflect", "symmetric", "wrap"):
    for n in (1, 2, 3, 5):
        for low, high in ((0, 2), (3, 1), (13, 7), (0, 11), (4, 0)):
            cases[f"pad {mode} {n} {low} {high}"] = np.pad(np.arange(n), (low, high), mode)
    cases[f"pad {mode} 2d"] = np.pad(np.arange(6).reshape(2, 3), ((3, 1), (0, 4)), mode)
for method in ("nearest", "linear", "cubic", "lanczos3", "lanczos5"):
    for antialias in (True, False):
        for shape in ((3, 9), (13, 4)):
            cases[f"resize {method} {antialias} {shape[0]},{shape[1]}"] = jax.image.resize(
                x(1, 7, 6), shape, method, antialias
            )
for mode in ("full", "same", "valid"):
    for name, f in (("convolve", signal.convolve), ("correlate", signal.correlate)):
        for n, m in ((6, 3), (3, 6), (5, 4), (4, 5), (4, 4), (1, 3)):
            cases[f"{name} {mode} {n} {m}"] = f(x(1, n), x(2, m), mode, "direct")
        cases[f"{name} {mode} 2d"] = f(x(1, 4, 5), x(2, 3, 2), mode, "direct")
for n in (1, 2, 7, 8):
    for sym in (True, False):
        for name in ("hann", "hamming", "blackman", "bartlett"):
            cases[f"{name} {n} {'symmetric' if sym else 'periodic'}"] = getattr(signal.windows, name)(n, sym)
        cases[f"kaiser {n} {'symmetric' if sym else 'periodic'}"] = signal.windows.kaiser(n, 8.6, sym)

print("// Printed by arrays.py with NumPy 2.4.6, JAX 0.10.2 and SciPy 1.17.1.")
print()
print("/** Values in row-major order, by case. */")
print("export const arrays: Readonly<Record<string, readonly number[]>> = {")
for name, t in cases.items():
    print(f'  "{name}": {show(t)},')
print("};")
