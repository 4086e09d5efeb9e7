"""runtime.py LIBCUDART: a CUDA runtime, by ctypes: what it answers, and a few of its calls.

Where there is a GPU it says what it did; else the status that it gave.
"""

import ctypes
import sys

BYTES, TIMES = 1 << 20, 7


def main():
    cuda = ctypes.CDLL(sys.argv[1])
    version, count = ctypes.c_int(-1), ctypes.c_int(-1)
    cuda.cudaRuntimeGetVersion(ctypes.byref(version))
    status = cuda.cudaGetDeviceCount(ctypes.byref(count))
    print(f"runtime {version.value}: cudaGetDeviceCount gives {status}")
    if status:
        return

    def call(name, *arguments):
        status = getattr(cuda, name)(*arguments)
        if status:
            sys.exit(f"{name} gives {status}")

    memory, event, stream = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    host = ctypes.create_string_buffer(BYTES)
    call("cudaMalloc", ctypes.byref(memory), ctypes.c_size_t(BYTES))
    call("cudaStreamCreate", ctypes.byref(stream))
    call("cudaEventCreate", ctypes.byref(event))
    for byte in range(TIMES):
        call("cudaMemsetAsync", memory, byte, ctypes.c_size_t(BYTES), stream)
        call("cudaMemcpyAsync", host, memory, ctypes.c_size_t(BYTES), 2, stream)
        call("cudaEventRecord", event, stream)
        call("cudaEventSynchronize", event)
        if host.raw != bytes([byte]) * BYTES:
            sys.exit("the bytes are others")
    call("cudaFree", memory)
    call("cudaStreamDestroy", stream)
    call("cudaDeviceReset")
    for name, calls in (("cudaMemsetAsync", TIMES), ("cudaMemcpyAsync", TIMES), ("cudaMalloc", 1),
                        ("cudaEventSynchronize", TIMES)):
        print(f"EXPECT calls.runtime.{name}={calls}")
    print(f"EXPECT copies.memset.bytes={TIMES * BYTES}")
    print(f"EXPECT copies.device_to_host.bytes={TIMES * BYTES}")
    print("EXPECT memory.live_bytes=0")
    print("EXPECT verdict=gpu-idle")


if __name__ == "__main__":
    main()
