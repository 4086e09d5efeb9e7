"""CuPy: a sum on the GPU; there is no other place where it could work."""

import cupy

try:
    devices = cupy.cuda.runtime.getDeviceCount()
except cupy.cuda.runtime.CUDARuntimeError as error:
    devices = error
print("cupy", cupy.__version__, "devices", devices, flush=True)
if isinstance(devices, int) and devices:
    print("sum", int(cupy.arange(100).sum()), flush=True)
