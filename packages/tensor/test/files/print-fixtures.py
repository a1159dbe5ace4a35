# Prints fixtures.ts: files written by NumPy and by the safetensors package.
#   python -m venv v && v/bin/pip install numpy==2.4.6 safetensors==0.8.0 ml_dtypes==0.6.0 && v/bin/python print-fixtures.py > fixtures.ts
import base64
import io

import ml_dtypes
import numpy as np
from numpy.lib import format as npy
from safetensors.numpy import save


def b64(data):
    return base64.b64encode(data).decode()


def npy_bytes(array, version=(1, 0)):
    out = io.BytesIO()
    npy.write_array(out, array, version=version)
    return out.getvalue()


def npz_bytes(write, **arrays):
    out = io.BytesIO()
    write(out, **arrays)
    return out.getvalue()


def listed(array):
    return array.astype(np.float64).ravel().tolist()


def row(name, array, version=(1, 0)):
    values = ", ".join("Number.NaN" if v != v else "-0" if v == 0 and np.signbit(v) else "Number.POSITIVE_INFINITY" if v == np.inf
                       else repr(v) for v in listed(array))
    shape = ", ".join(map(str, array.shape))
    print(f'  ["{name}", "{array.dtype.str}", [{shape}], [{values}], "{b64(npy_bytes(array, version))}"],')


grid = np.arange(6).reshape(2, 3)
print("// Printed by print-fixtures.py; not edited by hand.")
print("")
print("/** Written by np.save: name, type, shape, values in C order, the file in base64. */")
print("export const npyFiles: readonly (readonly [string, string, readonly number[], readonly number[], string])[] = [")
for order in "<>":
    for kind in ["f2", "f4", "f8"]:
        row(f"{order}{kind}", np.array([1.5, -0.0, np.nan, np.inf, 3e-5], dtype=order + kind))
    for kind in ["i2", "i4", "i8", "u2", "u4", "u8"]:
        row(f"{order}{kind}", np.array([0, 1, 300, 2**15 - 1] + ([-2] if kind[0] == "i" else [2**16 - 1]), dtype=order + kind))
row("i1", np.array([-128, 127], dtype="i1"))
row("u1", np.array([0, 255], dtype="u1"))
row("bool", np.array([[True], [False]]))
row("scalar", np.array(2.5))
row("empty", np.zeros((0, 3), dtype="f4"))
row("Fortran", np.asfortranarray(grid.astype("f4")))
row("Fortran >i4", np.asfortranarray(np.arange(24).reshape(2, 3, 4).astype(">i4")))
row("version 2", grid.astype("f8"), (2, 0))
row("version 3", grid.astype("f8"), (3, 0))
print("];")
print("")
print("/** Written by np.save, but without a counterpart here: what, the file in base64. */")
print("export const foreignNpyFiles: readonly (readonly [string, string])[] = [")
for name, array in [
    ("complex64", np.array([1 + 2j], dtype="c8")),
    ("complex128", np.array([1 + 2j])),
    ("text", np.array(["ab"])),
    ("bytes", np.array([b"ab"])),
    ("structured", np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f8")])),
    ("void", np.zeros(1, dtype="V4")),
    ("date", np.array(["2020-01-01"], dtype="M8[D]")),
    ("span", np.array([1], dtype="m8[s]")),
    ("long double", np.array([1], dtype=np.longdouble)),
    ("bfloat16", np.array([1], dtype=ml_dtypes.bfloat16)),
]:
    print(f'  ["{name}", "{b64(npy_bytes(array))}"],')
objects = io.BytesIO()
npy.write_array(objects, np.array([None, 1], dtype=object))
print(f'  ["objects", "{b64(objects.getvalue())}"],')
print("];")
print("")
print("/** Written by np.savez and np.savez_compressed with x = arange(6, f4) as [2, 3] and é = uint8 [1, 2]. */")
arrays = {"x": grid.astype("f4"), "é": np.array([1, 2], dtype="u1")}
print("export const npzFiles: readonly (readonly [string, string])[] = [")
print(f'  ["savez", "{b64(npz_bytes(np.savez, **arrays))}"],')
print(f'  ["savez_compressed", "{b64(npz_bytes(np.savez_compressed, **arrays))}"],')
print("];")
print("")
print("/** Written by safetensors.numpy.save: every dtype that both sides have, an empty one, a scalar, and names beyond ASCII. */")
tensors = {
    "z.f32": grid.astype("f4"),
    "a.f32": np.array(0.5, dtype="f4"),
    "f64": np.array([np.pi, -0.0]),
    "f16": np.array([1, 65504, 2**-24], dtype="f2"),
    "i32": np.array([-1], dtype="i4"),
    "u32": np.array([2**32 - 1], dtype="u4"),
    "i8": np.array([-128, 127], dtype="i1"),
    "u8": np.array([255], dtype="u1"),
    "bool": np.array([True, False, True]),
    "empty": np.zeros((0, 3), dtype="f4"),
    "0": np.array([7], dtype="f4"),
    "\uff5e": np.array([1], dtype="f4"),
    "\U0001f600 \"\\\n": np.array([2], dtype="f4"),
}
metadata = {"né": "1\n2"}
print(f'export const safetensorsFile: string =\n  "{b64(save(tensors, metadata=metadata))}";')
print("")
print("/** Written by safetensors.numpy.save: bf16 [1.5, -2], i16 [-3], u16 [65535], i64 [-2, 5], u64 [9], f8 [1]. */")
wide = {
    "bf16": np.array([1.5, -2], dtype=ml_dtypes.bfloat16),
    "i16": np.array([-3], dtype="i2"),
    "u16": np.array([65535], dtype="u2"),
    "i64": np.array([-2, 5], dtype="i8"),
    "u64": np.array([9], dtype="u8"),
    "f8": np.array([1], dtype=ml_dtypes.float8_e4m3fn),
}
print(f'export const wideSafetensorsFile: string =\n  "{b64(save(wide))}";')
