"""jax_steps.py: training steps of a small convolutional network in JAX, one jitted function."""

import steps as common
import jax
import jax.numpy as jnp

BATCH, CLASSES = 64, 10


def parameters(key):
    a, b = jax.random.split(key)
    return {"filter": 0.1 * jax.random.normal(a, (3, 3, 1, 16)),
            "weights": 0.02 * jax.random.normal(b, (14 * 14 * 16, CLASSES))}


def loss_of(p, x, y):
    shapes = jax.lax.conv_dimension_numbers(x.shape, p["filter"].shape, ("NHWC", "HWIO", "NHWC"))
    hidden = jax.nn.relu(jax.lax.conv_general_dilated(x, p["filter"], (2, 2), "SAME",
                                                      dimension_numbers=shapes))
    logits = hidden.reshape(BATCH, -1) @ p["weights"]
    return -jnp.mean(jnp.sum(jax.nn.log_softmax(logits) * y, axis=1))


@jax.jit
def update(p, x, y):
    loss, gradient = jax.value_and_grad(loss_of)(p, x, y)
    return jax.tree.map(lambda w, g: w - 0.05 * g, p, gradient), loss


def main():
    _, steps, cpu = common.arguments()
    if not cpu and jax.default_backend() != "gpu":
        common.skip(f"the default backend of JAX is {jax.default_backend()}")
    state = {"p": parameters(jax.random.PRNGKey(1))}
    x = jax.random.normal(jax.random.PRNGKey(2), (BATCH, 28, 28, 1))
    y = jax.nn.one_hot(jnp.arange(BATCH) % CLASSES, CLASSES)

    def step():
        state["p"], loss = update(state["p"], x, y)
        return loss

    said = common.train(step, lambda: jax.block_until_ready(state["p"]), steps)
    memory = jax.devices()[0].memory_stats() or {}
    if "peak_pool_bytes" in memory:
        said["reserved_bytes"] = memory["peak_pool_bytes"]
    common.result(**said)


if __name__ == "__main__":
    main()
