"""numba_steps.py: a kernel written for numba, launched a known number of times."""

import steps as common
import numpy
from numba import cuda

N, BLOCK = 1 << 14, 256


@cuda.jit
def decay(values, by):
    i = cuda.grid(1)
    if i < values.size:
        values[i] *= by


def main():
    _, steps, cpu = common.arguments()
    if not cuda.is_available():
        common.skip("numba.cuda.is_available() is False")
    values = cuda.to_device(numpy.ones(N, dtype=numpy.float32))
    launched = 0

    def step():
        nonlocal launched
        decay[N // BLOCK, BLOCK](values, numpy.float32(0.99))
        launched += 1
        return 0.0

    said = common.train(step, cuda.synchronize, steps)
    print(f"first value {values[:1].copy_to_host()[0]:.4f}")
    print(f"EXPECT launches={launched}")
    common.result(**said)


if __name__ == "__main__":
    main()
