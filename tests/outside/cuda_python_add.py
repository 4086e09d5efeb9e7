"""NVIDIA's own Python bindings of the driver, which look everything up by cuGetProcAddress."""

from cuda.bindings import driver


def ok(answer):
    assert answer[0] == driver.CUresult.CUDA_SUCCESS, answer[0]
    return answer[1] if len(answer) == 2 else answer[1:]


ok(driver.cuInit(0))
context = ok(driver.cuDevicePrimaryCtxRetain(ok(driver.cuDeviceGet(0))))
ok(driver.cuCtxSetCurrent(context))
kernel = ok(driver.cuModuleGetFunction(ok(driver.cuModuleLoadData(b"sim:bound\0")), b"bound"))
stream = ok(driver.cuStreamCreate(1))
memory = ok(driver.cuMemAlloc(4096))
ok(driver.cuMemsetD8Async(memory, 7, 4096, stream))
for _ in range(3):
    ok(driver.cuLaunchKernel(kernel, 1, 1, 1, 32, 1, 1, 0, stream, 0, 0))
ok(driver.cuStreamSynchronize(stream))
back = bytearray(16)
ok(driver.cuMemcpyDtoH(back, memory, 16))
ok(driver.cuMemFree(memory))
print("cuda-python", bytes(back))
