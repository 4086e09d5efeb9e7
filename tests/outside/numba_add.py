"""A kernel of numba's, compiled here; the simulated driver runs it without doing anything."""

import warnings

import numpy
from numba import cuda

warnings.simplefilter("ignore")


@cuda.jit
def add(left, right, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = left[i] + right[i]


ones = numpy.ones(64, dtype=numpy.float32)
left, right = cuda.to_device(ones), cuda.to_device(ones)
out = cuda.device_array_like(left)
stream = cuda.stream()
for _ in range(5):
    add[2, 32](left, right, out)
    add[2, 32, stream](left, right, out)
stream.synchronize()
cuda.synchronize()
print("numba", out.copy_to_host().shape, left.copy_to_host().sum())
