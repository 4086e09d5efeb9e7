"""Memory, streams, events and kernels by pycuda."""

import numpy
import pycuda.driver as driver

driver.init()
context = driver.Device(0).make_context()
ones, back = numpy.ones(64, numpy.float32), numpy.zeros(64, numpy.float32)
memory = driver.mem_alloc(ones.nbytes)
driver.memcpy_htod(memory, ones)
kernel = driver.module_from_buffer(b"sim:pycuda_add\0").get_function("pycuda_add")
stream, start, end = driver.Stream(), driver.Event(), driver.Event()
start.record(stream)
for _ in range(7):
    kernel(memory, block=(32, 1, 1), grid=(2, 1), stream=stream)
end.record(stream)
end.synchronize()
driver.memcpy_dtoh(back, memory)
print("pycuda", back.sum(), driver.Device.count())
memory.free()
context.pop()
