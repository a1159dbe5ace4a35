"""Prints values.ts: results of NumPy, SciPy and JAX (f64) on fixed arrays. Run: python values.py > values.ts"""
import json

import jax
import numpy as np
import scipy.integrate

jax.config.update("jax_enable_x64", True)
jnp, nn, lax = jax.numpy, jax.nn, jax.lax
rng = np.random.default_rng(0)
x = np.round(rng.normal(size=(3, 4)) * 2, 2)
y = np.round(rng.normal(size=(3, 4)) * 2, 2)
w = np.round(rng.uniform(0.1, 2, size=(3, 4)), 2)
v = np.array([3.0, -1.5, 0.25, 7.0, 2.0])
s = np.array([-2.0, -0.5, 0.0, 1.25, 4.0])
holes = x.copy()
holes[0, 1] = holes[2, 3] = np.nan
i = np.array([2, 0, 5, 2, 1])
cube = np.round(rng.normal(size=(2, 3, 4)), 2)
q, k, val = (np.round(rng.normal(size=n), 2) for n in [(2, 3, 4, 5), (2, 6, 2, 5), (2, 6, 2, 5)])
lengths = np.array([2, 5])
f = {}
for method in ["linear", "lower", "higher", "midpoint", "nearest", "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased"]:
    f["quantile " + method] = np.quantile(x, [0.0, 0.2, 0.55, 1.0], axis=1, method=method)
f["percentile"] = np.percentile(x, 37.5)
f["quantile kept"] = np.quantile(cube, [0.25, 0.5], axis=(0, 2), keepdims=True)
f["median"] = np.median(cube, axis=(0, 1))
f["nanmedian"] = np.nanmedian(holes, axis=1)
f["nanquantile"] = np.nanquantile(holes, [0.1, 0.8], axis=0)
f["nanpercentile"] = np.nanpercentile(holes, 30)
for name in ["nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "nanargmax", "nanargmin", "nancumsum", "nancumprod"]:
    f[name] = getattr(np, name)(holes, axis=1)
f["nanvar ddof"] = np.nanvar(holes, axis=0, ddof=1)
f["ptp"] = np.ptp(x, axis=0)
f["countNonzero"] = np.count_nonzero(np.floor(np.abs(x)), axis=1)
f["average"] = np.average(x, axis=1, weights=w)
f["average 1d"] = np.average(x, axis=0, weights=w[:, 0])
f["cov"] = np.cov(x)
f["cov y"] = np.cov(x, y, rowvar=False, ddof=0)
f["cov weights"] = np.cov(x, fweights=[1, 2, 3, 1], aweights=w[0])
f["cov scalar"] = np.cov(v)
f["corrcoef"] = np.corrcoef(x, y)
f["histogram"] = np.histogram(x, 4)[0]
f["histogram edges"] = np.histogram(x, 4)[1]
f["histogram density"] = np.histogram(x, [-3, -1, 0.5, 4], weights=w, density=True)[0]
f["histogram range"] = np.histogram(x, 3, range=(-1, 1))[0]
f["histogramdd"] = np.histogramdd(x[:, :2], bins=[2, 3])[0]
f["histogram2d"] = np.histogram2d(x.ravel(), y.ravel(), 3, density=True)[0]
f["histogramBinEdges"] = np.histogram_bin_edges(np.ones(4), 3)
f["bincount"] = np.bincount(i)
f["bincount weights"] = np.bincount(i, weights=v, minlength=7)
f["diff"] = np.diff(x, n=2, axis=0)
f["diff ends"] = np.diff(v, prepend=1, append=[4.0, 5.0])
f["ediff1d"] = np.ediff1d(x, to_begin=-9.0, to_end=[8.0, 9.0])
f["numericalGradient"] = np.gradient(x, 0.5, axis=1)
f["numericalGradient places"] = np.gradient(v, s)
f["numericalGradient order 2"] = np.gradient(v, s, edge_order=2)
f["trapezoid"] = np.trapezoid(x, dx=0.5, axis=0)
f["trapezoid places"] = np.trapezoid(v, s)
f["interp"] = np.interp([-3.0, -2.0, -0.7, 1.25, 3.0, 9.0], s, v)
f["interp ends"] = np.interp([-3.0, 9.0, 0.3], s, v, left=-100.0, right=100.0)
f["interp period"] = np.interp([-3.0, 9.0, 0.3, 2.9], s[::-1], v, period=3.0)
f["unwrap"] = np.unwrap(x * 3, axis=1)
f["unwrap period"] = np.unwrap([0.0, 2.0, 4.0, 1.0, 3.0, 0.5], period=4)
f["hstack"] = np.hstack([x, y])
f["hstack 1"] = np.hstack([v, s])
f["vstack"] = np.vstack([v, s])
f["dstack"] = np.dstack([v, s])
f["columnStack"] = np.column_stack([v, np.outer(s, [1, 2])])
f["block"] = np.block([[x, np.ones((3, 2))], [np.zeros((1, 6))]])
f["arraySplit"] = np.concatenate([np.sum(p, 0) for p in np.array_split(x.T, 3)])
f["append"] = np.append(x, y, axis=0)
f["insert"] = np.insert(x, [1, 3, -1], [[5.0, 6.0, 7.0]], axis=1)
f["insert flat"] = np.insert(x, 2, [5.0, 6.0])
f["remove"] = np.delete(x, [0, -2], axis=1)
f["trimZeros"] = np.trim_zeros(np.array([0.0, 0, 1, 0, 2, 0]))
f["rot90"] = np.concatenate([np.rot90(x, n).ravel() for n in [-1, 0, 1, 2, 3, 6]])
f["rot90 axes"] = np.rot90(cube, 1, (2, 0))
f["take"] = np.take(x, [5, 0, -2], mode="wrap")
f["take clip"] = np.take(x, [5, 0, -2], axis=1, mode="clip")
f["put"] = np.array(jnp.put(x, np.array([0, 5, -1]), np.array([9.0, 8.0]), inplace=False))
f["putAlongAxis"] = np.array(jnp.put_along_axis(x, np.argmax(x, 1, keepdims=True), -9.0, axis=1, inplace=False))
f["putAlongAxis 0"] = np.array(jnp.put_along_axis(x, np.array([[2, 0, 1, -1]]), np.array([[1.0, 2, 3, 4]]), axis=0, inplace=False))
f["unravelIndex"] = np.stack(np.unravel_index([5, 11, 0], (3, 2, 2)))
f["ravelMultiIndex"] = np.ravel_multi_index(([3, 6, -1], [4, 5, 1]), (7, 3), mode="wrap")
f["ravelMultiIndex clip"] = np.ravel_multi_index(([3, 6, -1], [4, 5, 1]), (7, 3), mode="clip")
f["indices"] = np.indices((2, 3))
f["select"] = np.select([x < -1, x < 1], [x, x * 10], 5.0)
f["piecewise"] = np.piecewise(x, [x < 0, x > 1], [lambda t: -t, lambda t: t * t, 7.0])
f["choose"] = np.choose([2, 0, 5, -1], [v[:4], s[:4], np.ones(4)], mode="wrap")
f["fillDiagonal"] = np.array(jnp.fill_diagonal(x, 3.0, inplace=False))
f["trilIndices"] = np.stack(np.tril_indices(3, 1, 4))
f["triuIndices"] = np.stack(np.triu_indices(4, -1, 3))
f["dynamicSlice"] = np.array(lax.dynamic_slice(x, (2, 1), (2, 3)))
f["dynamicUpdateSlice"] = np.array(lax.dynamic_update_slice(x, y[:2, :2], (1, 9)))
f["isclose"] = np.isclose([1.0, 1e10, np.inf, np.nan, 0.0], [1.0 + 1e-6, 1.1e10, np.inf, np.nan, 1e-9])
f["nanToNum"] = np.nan_to_num([np.nan, 1.0, np.inf, -np.inf], nan=3.0, neginf=-5.0)
f["fmax"] = np.fmax([1.0, np.nan, 3.0], [2.0, 4.0, np.nan])
f["fmin"] = np.fmin([1.0, np.nan, 3.0], [2.0, 4.0, np.nan])
f["inner"] = np.inner(x, y)
f["matvec"] = np.matvec(x, y[0])
f["vecmat"] = np.vecmat(y[:, 0], x)
f["polydiv"] = np.concatenate(np.polydiv(v, [2.0, 1.0, -3.0]))
f["poly"] = np.poly(v)
f["geomspace"] = np.geomspace(-1, -1000, 4)
f["logspace"] = np.logspace(0, 3, 4, base=2)
f["spacing"] = np.spacing([1.0, 1e-300, 0.0, 3e10])
f["comb"] = [scipy.special.comb(n, j, exact=isinstance(n, int)) for n, j in [(5, 2), (10, 10), (60, 30), (5.5, 2.5), (200, 100)]]
f["cumlogsumexp"] = np.array(lax.cumlogsumexp(jnp.array(x), axis=1))
f["einsum dots"] = np.einsum("...ij,jk->...ik", cube, x.T)
f["einsum broadcast"] = np.einsum("...i,...i", cube, x[:1])
f["einsum four"] = np.einsum("ij,kj,kl,ml->im", x, y, w, x)
f["applyAlongAxis"] = np.apply_along_axis(lambda t: np.outer(t, t)[:2], 1, cube)
for name in ["celu", "hard_sigmoid", "hard_silu", "mish", "squareplus", "sparse_plus", "sparse_sigmoid", "glu", "standardize"]:
    f["".join(p.title() if n else p for n, p in enumerate(name.split("_")))] = np.array(getattr(nn, name)(jnp.array(x)))
f["log1mexp"] = np.array(nn.log1mexp(jnp.array(w)))
attention = lambda **o: np.array(nn.dot_product_attention(*(jnp.array(t) for t in (q, k, val)), **o))
f["attention"] = attention()
f["attention causal"] = attention(is_causal=True, scale=0.3)
f["attention window"] = attention(local_window_size=(1, 0))
f["attention lengths"] = attention(key_value_seq_lengths=jnp.array(lengths, jnp.int32), query_seq_lengths=jnp.array([3, 1], jnp.int32))
f["attention mask"] = attention(mask=jnp.array(np.arange(18).reshape(1, 1, 3, 6) % 3 > 0), bias=jnp.array(np.arange(6.0)))
f["boxcox"] = scipy.special.boxcox([0.5, 2.0, 3.0, 1e-3], [0.0, 1e-9, 2.0, -0.3])
f["boxcox1p"] = scipy.special.boxcox1p([0.5, 2.0, 1e-9, -0.3], [0.0, 1e-9, 2.0, -0.3])
f["gammasgn"] = scipy.special.gammasgn([2.0, -0.5, -1.5, -2.5])
harmonics = [scipy.special.sph_harm_y(l, m, 0.7, 2.1) for l, m in [(0, 0), (1, 0), (1, 1), (2, -1), (5, 3), (7, -4), (30, 12)]]
f["sphHarm"] = np.array([[z.real, z.imag] for z in harmonics])
bits = np.array([1.0, 3.14159265, 1e-5, 65519.0, 65520.0, 1e-8, 5.96e-8, -2.71828])
with np.errstate(over="ignore"):
    f["reducePrecision"] = bits.astype(np.float16)


def text(t):
    return json.dumps(np.asarray(t, dtype=float).tolist()).replace("-Infinity", "-1e999").replace("Infinity", "1e999").replace("NaN", "0 / 0")


print("// biome-ignore-all lint: values of functions")
print(f"// Printed by values.py with NumPy {np.__version__}, SciPy {scipy.__version__} and JAX {jax.__version__}.")
print('import type { Nested } from "../../src/functions/creation.ts";')
for name, t in dict(x=x, y=y, w=w, v=v, s=s, holes=holes, i=i, cube=cube, q=q, k=k, val=val, lengths=lengths, bits=bits).items():
    print(f"export const {name}: Nested = {text(t)};")
print("/** Results by name. */")
print("export const values: Readonly<Record<string, Nested>> = {")
for name, t in f.items():
    print(f"  {json.dumps(name)}: {text(t)},")
print("};")
