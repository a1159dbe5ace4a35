"""Prints the reference values of jax.test.ts (made with JAX 0.10.2, float32, partitionable Threefry)."""
import jax

k = jax.random.key(0)
print("uniform", jax.random.uniform(k, (3,)))
print("normal", jax.random.normal(k, (3,)))
print("truncatedNormal", jax.random.truncated_normal(k, -2, 2, (3,)))
print("foldIn", jax.random.key_data(jax.random.fold_in(k, 7)))
print("randint", jax.random.randint(k, (5,), 0, 10))
