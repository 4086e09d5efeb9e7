"""late.py GPUSPY.SO GPU.SO WHEN: gpuspy loaded into a program that runs, as R's dyn.load does it.

WHEN: before the driver is there; between two times of training; after all of it. Prints how many
kernels were launched before and after that moment.
"""

import ctypes
import json
import sys

import example

ROUNDS = 5


def main():
    gpuspy, when = sys.argv.pop(1), sys.argv.pop(2)

    def load():
        ctypes.CDLL(gpuspy, ctypes.RTLD_GLOBAL)

    if when == "before":
        load()
    gpu = ctypes.CDLL(sys.argv[1])
    x, y = example.data()
    name = ctypes.create_string_buffer(256)
    names = (ctypes.c_char_p * 1)(ctypes.addressof(name))
    opened, launched, status = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    loss = ctypes.c_double()
    gpu.gpu_open(x, y, example.number(example.ROWS), example.number(len(example.TRUTH)), names,
                 ctypes.byref(opened))
    if not opened.value:
        print("the GPU cannot be had", file=sys.stderr)
        sys.exit(77)

    def train():
        total = 0
        for _ in range(ROUNDS):
            launched.value = 0
            gpu.gpu_train(example.number(10), example.number(example.RATE, ctypes.c_double),
                          ctypes.byref(loss), ctypes.byref(launched), ctypes.byref(status))
            if status.value:
                sys.exit(f"the GPU failed: {status.value}")
            total += launched.value
        return total

    first = train()
    if when == "between":
        load()
    second = train()
    gpu.gpu_close()
    if when == "after":
        load()
    print("RESULT " + json.dumps({"first": first, "second": second}))


if __name__ == "__main__":
    main()
