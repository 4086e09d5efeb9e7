#!/usr/bin/env python3
"""scenario_memory.py NAME: what programs do with memory and contexts, against the simulated
driver. Run by test_calls.py, which compares gpuspy's figures with the ledger."""

import ctypes
import os
import threading

from driver import *  # noqa: F403 -- made for it
from scenarios import run, scenario

KILO = 1024
MEGA = KILO * KILO
GRANULE = 2 * MEGA
INVALID_VALUE, OUT_OF_MEMORY, NOT_REGISTERED = 1, 2, 713
DEVICE, ARRAY, HOST, UNIFIED = 2, 3, 1, 4
FLOAT = 0x20


@scenario
def allocators():
    context()
    pitch = c_size_t()
    out = c_uint64()
    cu.cuMemAllocPitch_v2(byref(out), byref(pitch), 1000, 10, 4)
    kept = [memory(KILO), out.value, new("cuMemAllocManaged", 2 * KILO, 1, kind=c_uint64)]
    stream = new("cuStreamCreate", 0)
    for name in ("cuMemAllocAsync", "cuMemAllocAsync_ptsz"):
        kept.append(new(name, 3 * KILO, stream, kind=c_uint64))
    pool = new("cuDeviceGetDefaultMemPool", 0)
    for name in ("cuMemAllocFromPoolAsync", "cuMemAllocFromPoolAsync_ptsz"):
        kept.append(new(name, 5 * KILO, pool, stream, kind=c_uint64))
    for address in kept[:3]:
        cu.cuMemFree_v2(address)
    cu.cuMemFreeAsync(kept[3], stream)
    cu.cuMemFreeAsync_ptsz(kept[4], stream)
    cu.cuMemFree_v2(kept[5])
    memory(7)  # and one each are still there at the end


@scenario
def host_memory():
    context()
    kept = [new("cuMemHostAlloc", 100, 0), new("cuMemAllocHost_v2", 200)]
    cu.cuMemFreeHost(kept[0])
    cu.fails(INVALID_VALUE, "cuMemFreeHost", kept[0])


@scenario
def pinned_memory():
    """The program's own memory, pinned: gpuspy has it among the host's, the ledger has not."""
    context()
    own = ctypes.create_string_buffer(8 * KILO)
    there = ctypes.addressof(own)
    cu.cuMemHostRegister_v2(there, 8 * KILO, 0)
    cu.cuMemHostUnregister(there)
    cu.fails(NOT_REGISTERED, "cuMemHostUnregister", there)


@scenario
def arrays():
    context()
    one = new("cuArrayCreate_v2", byref(Array2D(64, 4, FLOAT, 2)))
    two = new("cuArray3DCreate_v2", byref(Array3D(8, 8, 8, FLOAT, 1, 0)))
    three = new("cuMipmappedArrayCreate", byref(Array3D(64, 64, 0, FLOAT, 4, 0)), 3)
    level = new("cuMipmappedArrayGetLevel", three, 1)
    cu.fails(400, "cuArrayDestroy", level)
    cu.cuArrayDestroy(one)
    cu.cuMipmappedArrayDestroy(three)
    new("cuArrayCreate_v2", byref(Array2D(10, 0, FLOAT, 1)))
    cu.cuArrayDestroy(two)


@scenario
def physical():
    """Handles may be released while mapped; the memory goes with the last of both."""
    context()
    where = Allocation(type=1, location=1, id=0)
    start = new("cuMemAddressReserve", 4 * GRANULE, 0, 0, 0, kind=c_uint64)
    first = new("cuMemCreate", GRANULE, byref(where), 0)
    second = new("cuMemCreate", 2 * GRANULE, byref(where), 0)
    cu.cuMemMap(start, GRANULE, 0, first, 0)
    cu.cuMemMap(start + GRANULE, 2 * GRANULE, 0, second, 0)
    cu.cuMemRelease(first)
    again = new("cuMemRetainAllocationHandle", start)
    cu.cuMemUnmap(start, GRANULE)
    cu.cuMemRelease(again)
    memory(KILO)  # the peak is to see that `first` is gone by now
    cu.cuMemRelease(second)
    cu.cuMemUnmap(start + GRANULE, 2 * GRANULE)
    cu.cuMemAddressFree(start, 4 * GRANULE)
    new("cuMemCreate", GRANULE, byref(where), 0)


@scenario
def peaks():
    context()
    one, two = memory(KILO), memory(2 * KILO)
    cu.cuMemFree_v2(one)
    three = memory(KILO // 2)
    cu.cuMemFree_v2(two)
    cu.cuMemFree_v2(three)
    memory(100)


@scenario
def wrong_frees():
    """Free of nothing, of freed memory, of what was never allocated, of the middle."""
    context()
    address = memory(KILO)
    cu.cuMemFree_v2(0)
    cu.fails(INVALID_VALUE, "cuMemFree_v2", address + 64)
    cu.cuMemFree_v2(address)
    cu.fails(INVALID_VALUE, "cuMemFree_v2", address)
    cu.fails(INVALID_VALUE, "cuMemFree_v2", 12345)
    cu.fails(INVALID_VALUE, "cuMemAlloc_v2", None, KILO)
    cu.fails(INVALID_VALUE, "cuMemAlloc_v2", byref(c_uint64()), 0)
    cu.fails(OUT_OF_MEMORY, "cuMemAlloc_v2", byref(c_uint64()), 1 << 45)
    memory(KILO)


@scenario
def other_thread_frees():
    shared = context()
    kept = [memory(KILO * (1 + i)) for i in range(20)]

    def free_all(addresses):
        cu.cuCtxSetCurrent(shared)
        for address in addresses:
            cu.cuMemFree_v2(address)

    threads = [threading.Thread(target=free_all, args=(kept[i:15:3],)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@scenario
def null_pointers():
    """Functions that may be given NULL for what the caller does not want."""
    context()
    total = c_size_t()
    status = cu.status("cuMemGetInfo_v2", None, byref(total))
    if status not in (0, INVALID_VALUE):
        raise SystemExit(status)
    pitch = c_size_t()
    cu.fails(INVALID_VALUE, "cuMemAllocPitch_v2", None, byref(pitch), 8, 8, 4)
    cu.fails(INVALID_VALUE, "cuMemAllocManaged", None, 8, 1)
    cu.fails(INVALID_VALUE, "cuMemHostAlloc", None, 8, 0)
    cu.fails(INVALID_VALUE, "cuMemCreate", None, GRANULE, None, 0)
    cu.fails(INVALID_VALUE, "cuArrayCreate_v2", None, None)
    cu.fails(INVALID_VALUE, "cuDevicePrimaryCtxRetain", None, 0)
    cu.fails(INVALID_VALUE, "cuCtxGetCurrent", None)
    cu.cuCtxPopCurrent_v2(None)


@scenario
def two_devices():
    """Contexts on both, switched by push and pop, and memory of each."""
    first, second = context(0), new("cuDevicePrimaryCtxRetain", 1)
    kernels = {first: noop()}
    memory(KILO)
    cu.cuCtxPushCurrent_v2(second)
    kernels[second] = noop()
    for _ in range(3):
        launch(kernels[second])
    there = memory(3 * KILO)
    cu.cuCtxSynchronize()
    cu.cuCtxPopCurrent_v2(byref(c_void_p()))
    launch(kernels[first])
    cu.cuMemFree_v2(there)  # of the other device
    cu.cuMemcpyPeer(memory(64), first, memory(64), first, 64)
    third = new("cuCtxCreate_v2", 0, 1)
    launch(noop())
    memory(5 * KILO)
    cu.cuCtxSetCurrent(first)
    cu.cuCtxDestroy_v2(third)  # with its memory
    cu.cuCtxSynchronize()
    cu.cuDevicePrimaryCtxRelease(1)
    cu.cuCtxSetCurrent(first)
    memory(9)


@scenario
def contexts_on_one_device():
    created = new("cuCtxCreate_v2", 0, 0)
    memory(KILO)
    launch(noop())
    primary = context()
    memory(2 * KILO)
    launch(noop())
    launch(noop())
    cu.cuCtxSynchronize()
    cu.cuCtxDestroy_v2(created)  # its kernel was never waited for
    memory(KILO)
    cu.cuDevicePrimaryCtxReset_v2(0)
    cu.cuCtxSetCurrent(new("cuDevicePrimaryCtxRetain", 0))
    memory(4 * KILO)
    launch(noop())
    return primary


@scenario
def pools():
    context()
    stream = new("cuStreamCreate", 0)
    properties = ctypes.create_string_buffer(88)
    ctypes.memmove(properties, byref(Allocation(type=1, location=1, id=0)), 16)
    pool = new("cuMemPoolCreate", byref(properties))
    kept = [new("cuMemAllocFromPoolAsync", KILO * i, pool, stream, kind=c_uint64)
            for i in (1, 2, 3)]
    cu.cuMemFreeAsync(kept[0], stream)
    cu.cuMemPoolTrimTo(pool, 0)
    cu.cuMemFreeAsync(kept[1], stream)
    cu.cuMemPoolDestroy(pool)
    cu.cuMemFreeAsync(kept[2], stream)


@scenario
def of_another_process():
    """Memory of a parent, opened in a child: it is the parent's, not allocated twice."""
    read, write = os.pipe()
    back_read, back_write = os.pipe()
    child = os.fork()
    if child == 0:
        cu.cuInit(0)
        context()
        handle = Handle.from_buffer_copy(os.read(read, 64))
        out = c_uint64()
        cu.cuIpcOpenMemHandle_v2(byref(out), handle, 1)
        cu.cuMemsetD8_v2(out.value, 7, KILO)
        cu.cuIpcCloseMemHandle(out.value)
        os.write(back_write, b"x")
        os._exit(0)
    cu.cuInit(0)
    context()
    address, handle = memory(KILO), Handle()
    cu.cuIpcGetMemHandle(byref(handle), address)
    os.write(write, bytes(handle))
    os.read(back_read, 1)
    if os.waitpid(child, 0)[1]:
        raise SystemExit("the child failed")
    cu.cuMemFree_v2(address)


def sides(copy, source, to):
    for side, (kind, address) in ((copy.source, source), (copy.to, to)):
        side.type = kind
        side.pitch = 64
        if isinstance(copy, Copy3D):
            side.height = 4
        if kind == HOST:
            side.host = address
        elif kind == ARRAY:
            side.array = address
        else:
            side.device = address
    return copy


@scenario
def copies():
    """Every copy and memset that there is, and its twin for the per-thread default stream."""
    here = context()
    buffer = ctypes.create_string_buffer(64 * KILO)
    host = ctypes.addressof(buffer)
    a, b, stream = memory(64 * KILO), memory(64 * KILO), new("cuStreamCreate", 0)
    array = new("cuArrayCreate_v2", byref(Array2D(64, 0, FLOAT, 1)))
    other = new("cuArrayCreate_v2", byref(Array2D(64, 0, FLOAT, 1)))

    def twins(name, *arguments, kind="_ptds"):
        getattr(cu, name)(*arguments)
        getattr(cu, name + kind)(*arguments)

    def plain(size):
        twins("cuMemcpy", a, b, size)
        twins("cuMemcpyHtoD_v2", a, host, size)
        twins("cuMemcpyDtoH_v2", host, a, size)
        twins("cuMemcpyDtoD_v2", b, a, size)
        twins("cuMemcpyPeer", a, here, b, here, size)
        twins("cuMemcpyAsync", a, b, size, stream, kind="_ptsz")
        twins("cuMemcpyHtoDAsync_v2", a, host, size, stream, kind="_ptsz")
        twins("cuMemcpyDtoHAsync_v2", host, a, size, stream, kind="_ptsz")
        twins("cuMemcpyDtoDAsync_v2", a, b, size, stream, kind="_ptsz")
        twins("cuMemcpyPeerAsync", a, here, b, here, size, stream, kind="_ptsz")

    def with_arrays(size):
        twins("cuMemcpyDtoA_v2", array, 0, a, size)
        twins("cuMemcpyAtoD_v2", a, array, 0, size)
        twins("cuMemcpyHtoA_v2", array, 0, host, size)
        twins("cuMemcpyAtoH_v2", host, array, 0, size)
        twins("cuMemcpyAtoA_v2", array, 0, other, 0, size)
        twins("cuMemcpyHtoAAsync_v2", array, 0, host, size, stream, kind="_ptsz")
        twins("cuMemcpyAtoHAsync_v2", host, array, 0, size, stream, kind="_ptsz")

    def planes():
        ways = [(HOST, host), (DEVICE, a), (UNIFIED, b), (ARRAY, array)]
        for source in ways:
            for to in ways:
                flat = sides(Copy2D(width=16, height=1), source, to)
                twins("cuMemcpy2D_v2", byref(flat))
                twins("cuMemcpy2DUnaligned_v2", byref(flat))
                twins("cuMemcpy2DAsync_v2", byref(flat), stream, kind="_ptsz")
                deep = sides(Copy3D(width=16, height=1, depth=1), source, to)
                twins("cuMemcpy3D_v2", byref(deep))
                twins("cuMemcpy3DAsync_v2", byref(deep), stream, kind="_ptsz")
        deep = sides(Copy3D(width=16, height=2, depth=3), (DEVICE, a), (DEVICE, b))
        deep.source.context = deep.to.context = here
        twins("cuMemcpy3DPeer", byref(deep))
        twins("cuMemcpy3DPeerAsync", byref(deep), stream, kind="_ptsz")

    def sets():
        for bits, width in ((8, 1), (16, 2), (32, 4)):
            twins(f"cuMemsetD{bits}_v2", a, 1, 100)
            twins(f"cuMemsetD{bits}Async", a, 1, 100, stream, kind="_ptsz")
            twins(f"cuMemsetD2D{bits}_v2", a, 64 * width, 1, 10, 3)
            twins(f"cuMemsetD2D{bits}Async", a, 64 * width, 1, 10, 3, stream, kind="_ptsz")

    plain(100)
    with_arrays(40)
    planes()
    sets()
    cu.fails(INVALID_VALUE, "cuMemcpyHtoD_v2", 12345, host, 10)
    cu.fails(INVALID_VALUE, "cuMemcpy2D_v2", None)
    cu.fails(INVALID_VALUE, "cuMemcpy3D_v2", None)


@scenario
def batches():
    """Many copies in one call: one copy with all the bytes."""
    context()
    stream = new("cuStreamCreate", 0)
    a, b = memory(KILO), memory(KILO)
    to, source, sizes = (c_uint64 * 3)(a, a + 100, a + 300), (c_uint64 * 3)(b, b, b), \
        (c_size_t * 3)(50, 100, 150)
    attributes, indices = (ctypes.c_int * 6)(1), (c_size_t * 1)(0)
    failed = c_size_t()
    for twin in ("", "_ptsz"):
        getattr(cu, "cuMemcpyBatchAsync" + twin)(to, source, sizes, 3, attributes, indices, 1,
                                                 byref(failed), stream)
        getattr(cu, "cuMemcpyBatchAsync_v2" + twin)(to, source, sizes, 3, attributes, indices, 1,
                                                    stream)


@scenario
def async_for_other_device():
    """For a stream of the second device while a context of the first is current."""
    there = new("cuCtxCreate_v2", 0, 1)
    stream = new("cuStreamCreate", 0)
    new("cuCtxCreate_v2", 0, 0)
    first = new("cuMemAllocAsync", 4096, stream, kind=c_uint64)
    new("cuMemAllocAsync", 1024, 0, kind=c_uint64)
    cu.cuMemFreeAsync(first, stream)
    new("cuMemAllocAsync", 512, stream, kind=c_uint64)
    cu.cuCtxSetCurrent(there)


if __name__ == "__main__":
    run()
