"""example.py GPU.SO: what examples/train.R does, by ctypes: for machines without R.

Linear regression on data whose answer is known; prints the loss, which has to come down to the
noise in the data, and how many kernels were launched.
"""

import ctypes
import random
import sys

ROWS, TRUTH = 1000, (2, -1, 0.5, 3, 0, -2.5, 1, 0.25)
EPOCHS, RATE, NOISE = 100, 0.03, 0.1


def data():
    """By columns, as R has its matrices."""
    made = random.Random(1)
    rows = [[made.gauss(0, 1) for _ in TRUTH] for _ in range(ROWS)]
    y = [sum(a * b for a, b in zip(row, TRUTH)) + made.gauss(0, NOISE) for row in rows]
    x = [row[j] for j in range(len(TRUTH)) for row in rows]
    return (ctypes.c_double * len(x))(*x), (ctypes.c_double * ROWS)(*y)


def number(value, kind=ctypes.c_int):
    return ctypes.byref(kind(value))


def main():
    gpu = ctypes.CDLL(sys.argv[1])
    x, y = data()
    name = ctypes.create_string_buffer(256)
    names = (ctypes.c_char_p * 1)(ctypes.addressof(name))
    opened, launched, status = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    gpu.gpu_open(x, y, number(ROWS), number(len(TRUTH)), names, ctypes.byref(opened))
    if not opened.value:
        print("the GPU cannot be had", file=sys.stderr)
        sys.exit(77)
    loss, total = ctypes.c_double(), 0
    for epoch in range(10, EPOCHS + 1, 10):
        launched.value = 0
        gpu.gpu_train(number(10), number(RATE, ctypes.c_double), ctypes.byref(loss),
                      ctypes.byref(launched), ctypes.byref(status))
        if status.value:
            sys.exit(f"the GPU failed: {status.value}")
        total += launched.value
        print(f"epoch {epoch:4}  loss {loss.value:.4f}")
    gpu.gpu_close()
    print(f"EXPECT launches={total}")
    print("EXPECT verdict=gpu-work")
    print(f"EXPECT confirmed_kernels={total}")
    if not loss.value < 1.5 * NOISE ** 2:
        sys.exit(f"the loss is {loss.value}")


if __name__ == "__main__":
    main()
