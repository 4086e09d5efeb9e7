#!/usr/bin/env python3
"""scenario_capture.py NAME: what is recorded by a capture and not run, whoever began it, and what
CUDA 13.1 to 13.5 brought. Run by test_calls.py."""

import ctypes
import threading

from driver import *  # noqa: F403 -- made for it
from scenarios import run, scenario

INVALID_VALUE, NOT_SUPPORTED, CAPTURE_UNSUPPORTED = 1, 801, 900
CAPTURE_INVALIDATED, RECAPTURE_FAILURE = 901, 918
RELAXED, PER_THREAD = 2, 2
RECAPTURE = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_int)


class Cig(ctypes.Structure):
    _fields_ = [("type", c_int), ("data", c_void_p)]


class CigCapture(ctypes.Structure):
    _fields_ = [("cig", c_void_p)]


class Attribute(ctypes.Structure):
    _fields_ = [("id", c_int), ("pad", c_int), ("event", c_void_p), ("flags", c_int),
                ("rest", ctypes.c_ubyte * 52)]


class Operand(ctypes.Structure):
    _fields_ = [("type", c_int), ("address", c_uint64), ("length", c_size_t),
                ("height", c_size_t), ("location", c_int), ("id", c_int)]


class Operation(ctypes.Structure):
    _fields_ = [("source", Operand), ("to", Operand), ("width", c_size_t), ("height", c_size_t),
                ("depth", c_size_t), ("order", c_int), ("flags", ctypes.c_uint)]


class FabricOperand(ctypes.Structure):
    _fields_ = [("type", c_int), ("address", c_uint64), ("offset", c_uint64)]


class FabricOperation(ctypes.Structure):
    _fields_ = [("source", FabricOperand), ("to", FabricOperand), ("size", c_size_t),
                ("flags", ctypes.c_uint)]


def elsewhere(body):
    """In another thread, to its end."""
    failed = []

    def play():
        try:
            cu.cuCtxSetCurrent(CONTEXT[0])
            body()
        except SystemExit as error:
            failed.append(error)

    thread = threading.Thread(target=play)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


CONTEXT = []


def begin():
    CONTEXT.append(context())
    return noop(), new("cuStreamCreate", 1)


def end(stream, name="cuStreamEndCapture", code=0):
    graph = c_void_p()
    cu.fails(code, name, stream, byref(graph))
    return graph.value


@scenario
def every_begin():
    kernel, stream = begin()
    graph = new("cuGraphCreate", 0)
    for twin in ("", "_ptsz"):
        for name, arguments in (("cuStreamBeginCapture", ()),
                                ("cuStreamBeginCapture_v2", (RELAXED,)),
                                ("cuStreamBeginCaptureToGraph", (graph, None, None, 0, RELAXED))):
            for where in (stream, PER_THREAD):
                launch(kernel, where)
                getattr(cu, name + twin)(where, *arguments)
                launch(kernel, where)
                launch(kernel, where)
                end(where, "cuStreamEndCapture" + twin)
                launch(kernel, where)
    cu.cuCtxSynchronize()


@scenario
def recaptures():
    """Into a graph that is there: its nodes take the new work in their order."""
    kernel, stream = begin()
    other, calls = function("other"), []
    graph = new("cuGraphCreate", 0)

    def differs(data, node, was, is_now, how):
        calls.append((data, how))
        return 0

    callback = RECAPTURE(differs)

    def record(*kernels):
        cu.cuStreamBeginRecaptureToGraph(stream, RELAXED, graph, callback, 7)
        for one in kernels:
            launch(one, stream)

    record(kernel, kernel)  # into an empty one
    end(stream)
    executable = new("cuGraphInstantiateWithFlags", graph, 0)
    record(kernel, other)
    end(stream)
    if calls != [(7, 0)]:
        raise SystemExit(f"the callback was called with {calls}")
    cu.cuGraphLaunch(executable, stream)  # as it was
    cu.cuGraphExecUpdate_v2(executable, graph, (c_uint64 * 3)())
    cu.cuGraphLaunch(executable, stream)
    cu.cuStreamBeginRecaptureToGraph_ptsz(stream, RELAXED, graph, None, None)
    launch(kernel, stream)
    end(stream, code=RECAPTURE_FAILURE)  # a node too few
    record(kernel, kernel)
    launch(kernel, stream, code=RECAPTURE_FAILURE)  # one too many
    end(stream, code=CAPTURE_INVALIDATED)
    launch(kernel, stream)


@scenario
def capture_to_a_graphics_api():
    """What is put into the stream runs when the graphics API says so, which nobody sees."""
    kernel, stream = begin()
    target, other = memory(64), new("cuStreamCreate", 1)
    graph = new("cuGraphCreate", 0)
    new("cuGraphAddKernelNode_v2", graph, None, 0, byref(KernelNode(kernel)))
    executable = new("cuGraphInstantiateWithFlags", graph, 0)
    cig = Cig(1, 1)
    for twin in ("", "_ptsz"):
        for where in (stream, PER_THREAD):
            launch(kernel, where)
            getattr(cu, "cuStreamBeginCaptureToCig" + twin)(
                where, byref(CigCapture(ctypes.addressof(cig))))
            for _ in range(3):
                launch(kernel, where)
            elsewhere(lambda: launch(kernel, stream if where == stream else other))
            cu.cuMemsetD8Async(target, 0, 64, where)
            cu.cuMemcpyDtoDAsync_v2(target, target + 32, 32, where)
            cu.cuGraphLaunch(executable, where)
            launch(kernel, other)  # runs
            elsewhere(lambda: launch(kernel, PER_THREAD))  # its own, which runs
            cu.fails(CAPTURE_UNSUPPORTED, "cuStreamSynchronize", where)
            getattr(cu, "cuStreamEndCaptureToCig" + twin)(where)
            launch(kernel, where)
            cu.cuGraphLaunch(executable, where)
    cu.fails(INVALID_VALUE, "cuStreamBeginCaptureToCig", stream, None)
    cu.fails(INVALID_VALUE, "cuStreamEndCaptureToCig", stream)
    launch(kernel, stream)
    # A new stream may have the handle of one that ended in the middle.
    cu.cuStreamBeginCaptureToCig(stream, byref(CigCapture(ctypes.addressof(cig))))
    cu.cuStreamDestroy_v2(stream)
    again = new("cuStreamCreate", 1)
    if again != stream:
        raise SystemExit("the handle was not used again: nothing was tested")
    launch(kernel, again)


@scenario
def one_kernel_in_two_default_streams():
    """Handle 0 is the legacy stream, or the thread's own one that is being captured."""
    kernel, _ = begin()
    for _ in range(3):
        launch(kernel, 0)
        launch(kernel, 0, "cuLaunchKernel_ptsz")
    cu.cuStreamBeginCapture_v2_ptsz(0, RELAXED)
    launch(kernel, 0, "cuLaunchKernel_ptsz")
    elsewhere(lambda: launch(kernel, 0, "cuLaunchKernel_ptsz"))  # another stream, which runs
    launch(kernel, 0, "cuLaunchKernel_ptsz")
    end(0, "cuStreamEndCapture_ptsz")
    launch(kernel, 0, "cuLaunchKernel_ptsz")


@scenario
def other_threads_begin_and_end():
    """This thread launched into the stream before, and remembers that it was free."""
    kernel, stream = begin()
    for _ in range(4):
        launch(kernel, stream)
        elsewhere(lambda: cu.cuStreamBeginCapture_v2(stream, RELAXED))
        launch(kernel, stream)
        launch(kernel, stream)
        elsewhere(lambda: end(stream))
        launch(kernel, stream)
    joined, event = new("cuStreamCreate", 1), new("cuEventCreate", 0)
    launch(kernel, joined)
    cu.cuStreamBeginCapture_v2(stream, RELAXED)
    cu.cuEventRecord(event, stream)
    launch(kernel, joined)  # runs
    elsewhere(lambda: cu.cuStreamWaitEvent(joined, event, 0))
    launch(kernel, joined)
    cu.cuEventRecord(event, joined)
    cu.cuStreamWaitEvent(stream, event, 0)
    end(stream)
    launch(kernel, joined)


@scenario
def other_threads_break_it():
    """What was recorded before does not run, and nothing can be recorded after."""
    kernel, stream = begin()
    for breaker in (lambda: cu.fails(CAPTURE_UNSUPPORTED, "cuMemAlloc_v2", byref(c_uint64()), 64),
                    lambda: cu.fails(CAPTURE_UNSUPPORTED, "cuStreamSynchronize", stream)):
        cu.cuStreamBeginCapture_v2(stream, 0)
        launch(kernel, stream)
        elsewhere(breaker)
        launch(kernel, stream, code=CAPTURE_INVALIDATED)
        end(stream, code=CAPTURE_INVALIDATED)
        launch(kernel, stream)


@scenario
def of_copies():
    """Copies with attributes, and over a fabric: run, recorded, and in nodes."""
    cu.cuInit(0)
    kernel, stream = begin()
    target, other = memory(4096), memory(4096)

    def operation(n):
        return Operation(Operand(1, target, 0, 0, 0, 0), Operand(1, other, 0, 0, 0, 0), n, 1, 1)

    def fabric(*operands):
        sides = [FabricOperand(1 if one else 2, one, 0) for one in operands]
        return (FabricOperation * 1)(FabricOperation(*sides, 300))

    def all_of_them(twin):
        getattr(cu, "cuMemcpyWithAttributesAsync" + twin)(target, other, 100, None, stream)
        getattr(cu, "cuMemcpy3DWithAttributesAsync" + twin)(byref(operation(200)), 0, stream)
        getattr(cu, "cuFabricCpyBatchAsync" + twin)(1, fabric(target, other), 0, stream)
        getattr(cu, "cuFabricCpyBatchAsync" + twin)(1, fabric(target, 0), 0, stream)
        launch(kernel, stream)

    for twin in ("", "_ptsz"):
        all_of_them(twin)
        cu.cuStreamBeginCapture_v2(stream, RELAXED)
        all_of_them(twin)
        cu.cuGraphLaunch(new("cuGraphInstantiateWithFlags", end(stream), 0), stream)
    cu.fails(INVALID_VALUE, "cuMemcpyWithAttributesAsync", 0, other, 100, None, stream)
    cu.fails(INVALID_VALUE, "cuFabricCpyBatchAsync", 0, None, 0, stream)
    parameters = ctypes.create_string_buffer(256)
    addresses, sizes, attributes = (c_uint64 * 2)(target, target), (c_uint64 * 2)(8, 16), (
        c_uint64 * 16)()
    batch = (c_uint64 * 8)(2, ctypes.addressof(addresses), ctypes.addressof(addresses),
                           ctypes.addressof(sizes), ctypes.addressof(attributes),
                           ctypes.addressof(sizes), 1, 0)
    parameters[0] = 14
    ctypes.memmove(ctypes.addressof(parameters) + 16, batch, 64)
    graph = new("cuGraphCreate", 0)
    node = new("cuGraphAddNode_v3", graph, None, None, 0, parameters)
    new("cuGraphAddKernelNode_v2", graph, None, 0, byref(KernelNode(kernel)))
    cu.cuGraphLaunch(new("cuGraphInstantiateWithFlags", graph, 0), stream)
    read = ctypes.create_string_buffer(256)
    cu.cuGraphNodeGetParams(node, read)
    if read.raw[0] != 14:
        raise SystemExit("the node's parameters are not its own")
    cu.cuGraphNodeSetParams_v2(node, parameters)


@scenario
def of_later_entry_points():
    """The rest of what 13.1 to 13.5 brought."""
    cu.cuInit(0)
    kernel, stream = begin()
    event, number, count = new("cuEventCreate", 0), c_uint64(), c_size_t()
    for kind in (7, 12, 17, 18):
        attributes = Attribute(kind, 0, event if kind < 17 else 1)
        config = LaunchConfig((1, 1, 1), (1, 1, 1), 0, stream, ctypes.addressof(attributes), 1)
        cu.cuLaunchKernelEx(byref(config), kernel, None, None)
        cu.cuEventSynchronize(event)
    attributes = Attribute(19, 0, None)
    config.attributes = ctypes.addressof(attributes)
    cu.fails(INVALID_VALUE, "cuLaunchKernelEx", byref(config), kernel, None, None)
    cu.cuFuncGetParamCount(kernel, byref(count))
    ran = []
    callback = CALLBACK(ran.append)
    for twin in ("", "_ptsz"):
        getattr(cu, "cuLaunchHostFunc_v2" + twin)(stream, callback, 5, 1)
    if ran != [5, 5]:
        raise SystemExit(f"host functions: {ran}")
    graph = new("cuGraphCreate", 0)
    node = new("cuGraphAddKernelNode_v2", graph, None, 0, byref(KernelNode(kernel)))
    executable = new("cuGraphInstantiateWithFlags", graph, 0)
    for name, handle in (("cuGraphGetId", graph), ("cuGraphExecGetId", executable),
                         ("cuGraphNodeGetLocalId", node), ("cuGraphNodeGetToolsId", node),
                         ("cuGraphNodeGetContainingGraph", node)):
        getattr(cu, name)(handle, byref(number))
    if number.value != graph:
        raise SystemExit("the node is not in its graph")
    cu.cuDeviceGetCliqueCount(byref(count), 0)
    cu.cuMemGetLocationInfo(memory(64), 64, 0, 0, byref(number))
    for name in """cuCheckpointOperationComplete cuCoredumpDeregisterCompleteCallback
            cuCoredumpDeregisterStartCallback cuCoredumpRegisterCompleteCallback
            cuCoredumpRegisterStartCallback cuDevSmResourceSplit cuDeviceGetFabricClusterUuid
            cuLogicalEndpointAddDevice cuLogicalEndpointBindAddr cuLogicalEndpointBindMem
            cuLogicalEndpointCreate cuLogicalEndpointDestroy cuLogicalEndpointExport
            cuLogicalEndpointGetLimits cuLogicalEndpointIdRelease cuLogicalEndpointIdReserve
            cuLogicalEndpointImport cuLogicalEndpointQuery cuLogicalEndpointUnbind
            cuMulticastBindAddr_v2 cuMulticastBindMem_v2 cuStreamGetDevResource
            cuTensorMapSetAllocationClass cuSubgridCreate cuSubgridWorksetCreate
            cuSubgridWorkerGridCreate""".split():
        cu.fails(NOT_SUPPORTED, name)


@scenario
def tomorrow():
    """Functions that nobody knows: one begins a capture, and its name does not say so."""
    kernel, stream = begin()
    joined, event = new("cuStreamCreate", 1), new("cuEventCreate", 0)
    launch(kernel, stream)
    launch(kernel, joined)
    cu.cuTomorrowGo(stream)
    launch(kernel, stream)
    cu.cuEventRecord(event, stream)
    cu.cuStreamWaitEvent(joined, event, 0)
    launch(kernel, joined)
    cu.cuEventRecord(event, joined)
    cu.cuStreamWaitEvent(stream, event, 0)
    end(stream)
    launch(kernel, stream)
    launch(kernel, joined)


@scenario
def untold_capture():
    """Run with a driver that does not say whether a stream is being captured."""
    kernel, stream = begin()
    cu.cuStreamBeginCapture_v2(stream, RELAXED)
    launch(kernel, stream)
    end(stream)
    launch(kernel, 0)
    cu.cuCtxSynchronize()


@scenario
def tomorrow_launches():
    kernel, stream = begin()
    cu.cuTomorrowLaunch(stream, kernel)


run()
