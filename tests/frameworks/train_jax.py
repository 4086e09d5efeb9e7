"""JAX: a linear model, on the GPU if it finds one."""

import jax
import jax.numpy as jnp

print("jax", jax.__version__, "on", jax.default_backend(), flush=True)
x = jnp.linspace(0, 1, 64)


def loss(model):
    return jnp.mean((model[0] * x + model[1] - 3 * x - 1) ** 2)


step = jax.jit(lambda model: model - 0.5 * jax.grad(loss)(model))
model = jnp.zeros(2)
for _ in range(50):
    model = step(model)
print("loss", round(float(loss(model)), 4), flush=True)
