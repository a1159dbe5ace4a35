"""Prints names.json: the public functions of JAX, by module. Run where JAX is installed: python names.py > names.json

Classes, dtypes, constants, objects that are indexed (such as mgrid), type aliases and lax's primitive objects (such as add_p) are no functions.
"""
import importlib
import inspect
import json
import typing

import jax
from jax.extend.core import Primitive

MODULES = ["jax.numpy", "jax.lax", "jax.nn", "jax.scipy.special", "jax.numpy.linalg"]


def is_function(x):
    return (
        callable(x)
        and not inspect.isclass(x)
        and not isinstance(x, Primitive)
        and typing.get_origin(x) is None
        and type(x).__module__ not in ("typing", "types")
        or inspect.isroutine(x)
    )


def functions(module):
    m = importlib.import_module(module)
    return [n for n in sorted(dir(m)) if not n.startswith("_") and is_function(getattr(m, n))]


print(json.dumps({"library": "jax", "version": jax.__version__, "modules": {m: functions(m) for m in MODULES}}, indent=2))
