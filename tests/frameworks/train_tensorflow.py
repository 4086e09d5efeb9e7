"""TensorFlow: a linear model, on the GPU if it finds one."""

import tensorflow as tf

tf.random.set_seed(1)
print("tensorflow", tf.__version__, "built with CUDA", tf.test.is_built_with_cuda(),
      "devices", len(tf.config.list_physical_devices("GPU")), flush=True)
x = tf.reshape(tf.linspace(0.0, 1.0, 64), (64, 1))
weight, bias = tf.Variable(0.0), tf.Variable(0.0)
for _ in range(50):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((weight * x + bias - 3 * x - 1) ** 2)
    for variable, gradient in zip((weight, bias), tape.gradient(loss, (weight, bias))):
        variable.assign_sub(0.5 * gradient)
print("loss", round(float(loss), 4), flush=True)
