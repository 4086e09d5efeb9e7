#!/usr/bin/env python3
"""scenario_launches.py NAME: launches, graphs, kernels' names and synchronisation, against the
simulated driver. Run by test_calls.py, which compares gpuspy's figures with the ledger."""

import ctypes

from driver import *  # noqa: F403 -- made for it
from scenarios import run, scenario

INVALID_VALUE, INVALID_HANDLE, NOT_READY, ILLEGAL_ADDRESS = 1, 400, 600, 700
CAPTURE_INVALIDATED = 901
LEGACY, PER_THREAD, RELAXED = 1, 2, 2


@scenario
def entry_points():
    """Every function that launches, and its twin."""
    context()
    kernel, stream = noop(), new("cuStreamCreate", 0)
    for name in ("cuLaunchKernel", "cuLaunchKernel_ptsz"):
        for where in (0, LEGACY, PER_THREAD, stream):
            launch(kernel, where, name)
    config = LaunchConfig((1, 1, 1), (1, 1, 1), 0, stream, None, 0)
    for name in ("cuLaunchKernelEx", "cuLaunchKernelEx_ptsz"):
        getattr(cu, name)(byref(config), kernel, None, None)
    for name in ("cuLaunchCooperativeKernel", "cuLaunchCooperativeKernel_ptsz"):
        getattr(cu, name)(kernel, 1, 1, 1, 1, 1, 1, 0, stream, None)
    both = (LaunchParams * 1)(LaunchParams(kernel, (1, 1, 1), (1, 1, 1), 0, stream, None))
    cu.cuLaunchCooperativeKernelMultiDevice(both, 1, 0)
    cu.cuFuncSetBlockShape(kernel, 1, 1, 1)
    cu.cuLaunch(kernel)
    cu.cuLaunchGrid(kernel, 2, 2)
    cu.cuLaunchGridAsync(kernel, 2, 2, stream)
    launch(0, code=cu.status("cuLaunchKernel", 0, 1, 1, 1, 1, 1, 1, 0, 0, None, None))
    launch(kernel, 12345, code=INVALID_HANDLE)
    cu.fails(INVALID_VALUE, "cuLaunchKernelEx", None, kernel, None, None)
    cu.cuCtxSynchronize()


@scenario
def multi_device():
    """One call, a kernel on each of two devices."""
    contexts = [context(0), new("cuDevicePrimaryCtxRetain", 1)]
    entries = []
    for one in contexts:
        cu.cuCtxSetCurrent(one)
        entries.append(LaunchParams(noop(), (1, 1, 1), (1, 1, 1), 0, new("cuStreamCreate", 0),
                                    None))
    cu.cuLaunchCooperativeKernelMultiDevice((LaunchParams * 2)(*entries), 2, 0)


@scenario
def reused_handles():
    """After an unload the next module's functions may have the same handles."""
    context()
    seen = set()
    for i in range(6):
        name = f"kernel_{i % 3}".encode()
        module = new("cuModuleLoadData", ctypes.c_char_p(b"sim:" + name))
        kernel = new("cuModuleGetFunction", module, ctypes.c_char_p(name))
        seen.add(kernel)
        for _ in range(i + 1):
            launch(kernel)
        cu.cuModuleUnload(module)
    if len(seen) != 1:
        raise SystemExit("the handles were not reused: nothing was tested")


@scenario
def libraries():
    """A CUkernel is launched as it is, and through the function made of it; and after an unload."""
    context()
    for names in ("one,two", "three,four"):
        library = new("cuLibraryLoadData", ctypes.c_char_p(b"sim:" + names.encode()), None, None,
                      0, None, None, 0)
        first, second = names.encode().split(b",")
        kernel = new("cuLibraryGetKernel", library, ctypes.c_char_p(first))
        launch(kernel)
        launch(new("cuKernelGetFunction", kernel))
        both = (c_void_p * 2)()
        cu.cuLibraryEnumerateKernels(both, 2, library)
        for handle in both:
            launch(handle)
        module = new("cuLibraryGetModule", library)
        launch(new("cuModuleGetFunction", module, ctypes.c_char_p(second)))
        functions = (c_void_p * 2)()
        cu.cuModuleEnumerateFunctions(functions, 2, module)
        for handle in functions:
            launch(handle)
        cu.cuLibraryUnload(library)


@scenario
def many_names():
    """Hundreds of kernels, some with names as C++ templates have them."""
    context()
    for i in range(300):
        launch(function(f"_ZN{i}" + "N" * (i % 90)))
    cu.cuCtxSynchronize()


def capture(stream, body, begin="cuStreamBeginCapture_v2"):
    graph = c_void_p()
    getattr(cu, begin)(stream, RELAXED)
    body()
    cu.cuStreamEndCapture(stream, byref(graph))
    return graph.value


@scenario
def captures():
    """What is captured is not run; what runs beside it on another stream is."""
    context()
    kernel, stream, other = noop(), new("cuStreamCreate", 0), new("cuStreamCreate", 0)
    target = memory(64)
    buffer = ctypes.create_string_buffer(64)

    def record():
        launch(kernel, stream)
        launch(kernel, other)  # runs
        cu.cuMemcpyHtoDAsync_v2(target, ctypes.addressof(buffer), 64, stream)
        cu.cuMemsetD8Async(target, 0, 64, stream)
        launch(kernel, stream)
        config = LaunchConfig((1, 1, 1), (1, 1, 1), 0, stream, None, 0)
        cu.cuLaunchKernelEx(byref(config), kernel, None, None)

    graph = capture(stream, record)
    capture(stream, record, "cuStreamBeginCapture_v2_ptsz")
    executable = new("cuGraphInstantiateWithFlags", graph, 0)
    launch(kernel, stream)
    for _ in range(5):
        cu.cuGraphLaunch(executable, stream)
    cu.cuGraphLaunch_ptsz(executable, stream)
    cu.cuStreamSynchronize(stream)


@scenario
def recaptured():
    """A stream that is known to be free is captured once more."""
    context()
    kernel, stream, graph = noop(), new("cuStreamCreate", 0), new("cuGraphCreate", 0)
    launch(kernel, stream)
    cu.cuStreamBeginRecaptureToGraph(stream, RELAXED, graph, None, None)
    launch(kernel, stream)
    cu.cuStreamEndCapture(stream, byref(c_void_p()))
    cu.cuCtxSynchronize()


@scenario
def captured_default_stream():
    """The per-thread default stream can be captured, under both of its names."""
    context()
    kernel = noop()
    graph = c_void_p()
    cu.cuStreamBeginCapture_v2_ptsz(0, RELAXED)
    launch(kernel, 0, "cuLaunchKernel_ptsz")
    launch(kernel, PER_THREAD)
    cu.cuStreamEndCapture_ptsz(0, byref(graph))
    launch(kernel, 0, "cuLaunchKernel_ptsz")
    launch(kernel, PER_THREAD)
    launch(kernel, 0)
    cu.cuGraphLaunch(new("cuGraphInstantiateWithFlags", graph.value, 0), PER_THREAD)


@scenario
def captured_from_another_stream():
    """A stream joins a capture by waiting for an event, and is captured too."""
    context()
    kernel, stream, other = noop(), new("cuStreamCreate", 0), new("cuStreamCreate", 0)
    events = [new("cuEventCreate", 0) for _ in range(2)]

    def record():
        launch(kernel, stream)
        cu.cuEventRecord(events[0], stream)
        cu.cuStreamWaitEvent(other, events[0], 0)
        launch(kernel, other)
        cu.cuEventRecord(events[1], other)
        cu.cuStreamWaitEvent(stream, events[1], 0)

    graph = capture(stream, record)
    launch(kernel, other)
    cu.cuGraphLaunch(new("cuGraphInstantiateWithFlags", graph, 0), stream)
    cu.cuCtxSynchronize()


@scenario
def broken_capture():
    """A capture that goes wrong ends with an error; launches run again afterwards."""
    context()
    kernel, stream = noop(), new("cuStreamCreate", 0)
    graph = c_void_p()
    cu.cuStreamBeginCapture_v2(stream, 0)
    launch(kernel, stream)
    status = cu.status("cuStreamSynchronize", stream)
    if not status:
        raise SystemExit("waiting did not invalidate the capture")
    cu.fails(CAPTURE_INVALIDATED, "cuStreamEndCapture", stream, byref(graph))
    for _ in range(3):
        launch(kernel, stream)
    cu.cuStreamSynchronize(stream)


def kernel_node(graph, kernel, version="_v2"):
    return new("cuGraphAddKernelNode" + version, graph, None, 0, byref(KernelNode(kernel)))


@scenario
def graphs():
    """Kernels of child graphs run too; each way to instantiate; a launch recorded into another."""
    context()
    one, two, three = function("one"), function("two"), function("three")
    stream = new("cuStreamCreate", 0)
    inner, middle, outer = (new("cuGraphCreate", 0) for _ in range(3))
    kernel_node(inner, one)
    kernel_node(inner, one, "")
    new("cuGraphAddChildGraphNode", middle, None, 0, inner)
    new("cuGraphAddChildGraphNode", middle, None, 0, inner)
    kernel_node(middle, two)
    new("cuGraphAddChildGraphNode", outer, None, 0, middle)
    kernel_node(outer, three)
    new("cuGraphAddEmptyNode", outer, None, 0)
    made = [new("cuGraphInstantiate_v2", outer, None, None, 0),
            new("cuGraphInstantiate", outer, None, None, 0),
            new("cuGraphInstantiateWithFlags", outer, 0)]
    parameters = (c_uint64 * 4)()
    made.append(new("cuGraphInstantiateWithParams", outer, parameters))
    made.append(new("cuGraphInstantiateWithParams_ptsz", outer, parameters))
    for i, executable in enumerate(made):
        for _ in range(i + 1):
            cu.cuGraphLaunch(executable, stream)
    clone = new("cuGraphClone", outer)
    cu.cuGraphDestroy(outer)
    cu.cuGraphLaunch(new("cuGraphInstantiateWithFlags", clone, 0), stream)
    recorded = capture(stream, lambda: cu.cuGraphLaunch(made[0], stream))
    cu.cuGraphLaunch(new("cuGraphInstantiateWithFlags", recorded, 0), stream)
    for executable in made:
        cu.cuGraphExecDestroy(executable)
    cu.fails(INVALID_VALUE, "cuGraphLaunch", made[0], stream)
    cu.cuStreamSynchronize(stream)


@scenario
def graph_for_the_device():
    """Kernels may launch it, which nobody sees on the host."""
    context()
    graph = new("cuGraphCreate", 0)
    kernel_node(graph, function("one"))
    cu.cuGraphLaunch(new("cuGraphInstantiateWithFlags", graph, 4), 0)
    cu.cuGraphLaunch(new("cuGraphInstantiateWithParams", graph, (c_uint64 * 4)(4)), 0)
    cu.cuCtxSynchronize()


@scenario
def untold_name_in_graph():
    """Run with a driver that does not name what it enumerates: its node is not the old one."""
    context()
    graph = new("cuGraphCreate", 0)
    node = kernel_node(graph, function("one"))
    executable = new("cuGraphInstantiateWithFlags", graph, 0)
    module, nameless = c_void_p(), (c_void_p * 2)()
    cu.cuModuleLoadData(byref(module), b"sim:two")
    cu.cuModuleEnumerateFunctions(nameless, 1, module)
    cu.cuGraphLaunch(executable, 0)
    cu.cuGraphExecKernelNodeSetParams_v2(executable, node, byref(KernelNode(nameless[0])))
    cu.cuGraphLaunch(executable, 0)
    cu.cuCtxSynchronize()


@scenario
def graph_updates():
    context()
    one, two, three = function("one"), function("two"), function("three")
    stream = new("cuStreamCreate", 0)
    graph, other = new("cuGraphCreate", 0), new("cuGraphCreate", 0)
    node = kernel_node(graph, one)
    second = kernel_node(graph, one)
    kernel_node(other, two)
    kernel_node(other, three)
    executable = new("cuGraphInstantiateWithFlags", graph, 0)

    def run_it():
        cu.cuGraphLaunch(executable, stream)

    run_it()
    cu.cuGraphExecKernelNodeSetParams_v2(executable, node, byref(KernelNode(two)))
    run_it()
    cu.cuGraphExecKernelNodeSetParams(executable, node, byref(KernelNode(three)))
    run_it()
    cu.cuGraphNodeSetEnabled(executable, second, 0)
    run_it()
    cu.cuGraphNodeSetEnabled(executable, second, 1)
    run_it()
    cu.cuGraphKernelNodeSetParams_v2(node, byref(KernelNode(three)))  # of the graph alone
    run_it()
    cu.cuGraphExecUpdate_v2(executable, other, (c_uint64 * 3)())
    run_it()
    kernel_node(other, one)  # not of the executable
    run_it()
    status = cu.status("cuGraphExecUpdate_v2", executable, other, (c_uint64 * 3)())
    if not status:
        raise SystemExit("an update with another shape went through")
    run_it()
    cu.cuGraphExecUpdate(executable, graph, byref(c_void_p()), byref(c_int()))
    run_it()


@scenario
def graph_node_params():
    """Later ways to add and to change nodes."""
    context()
    one, two = function("one"), function("two")
    graph, inner, other = (new("cuGraphCreate", 0) for _ in range(3))
    kernel_node(inner, one)
    kernel_node(other, two)
    parameters = ctypes.create_string_buffer(256)  # CUgraphNodeParams

    def fill(kind, what):
        ctypes.memset(parameters, 0, 256)
        parameters[0] = kind
        ctypes.memmove(ctypes.addressof(parameters) + 16, byref(what), ctypes.sizeof(what))

    fill(0, KernelNode(one))
    node = new("cuGraphAddNode", graph, None, 0, parameters)
    new("cuGraphAddNode_v2", graph, None, None, 0, parameters)
    fill(4, c_void_p(inner))
    child = new("cuGraphAddNode_v2", graph, None, None, 0, parameters)
    executable = new("cuGraphInstantiateWithFlags", graph, 0)
    cu.cuGraphLaunch(executable, 0)
    fill(0, KernelNode(two))
    cu.cuGraphExecNodeSetParams(executable, node, parameters)
    cu.cuGraphLaunch(executable, 0)
    cu.cuGraphExecChildGraphNodeSetParams(executable, child, other)
    cu.cuGraphLaunch(executable, 0)


@scenario
def kernels_in_graphs():
    """A node can hold a CUkernel instead of a function."""
    context()
    library = new("cuLibraryLoadData", ctypes.c_char_p(b"sim:alpha,beta"), None, None, 0, None,
                  None, 0)
    kernel = new("cuLibraryGetKernel", library, ctypes.c_char_p(b"beta"))
    graph = new("cuGraphCreate", 0)
    new("cuGraphAddKernelNode_v2", graph, None, 0, byref(KernelNode(None, kernel)))
    executable = new("cuGraphInstantiateWithFlags", graph, 0)
    cu.cuGraphLaunch(executable, 0)
    cu.cuCtxSynchronize()


def confirmed_by(name, *arguments):
    """One kernel before a call that waits, one after it."""
    kernel = noop()
    launch(kernel)
    getattr(cu, name)(*arguments)
    launch(kernel)


@scenario
def wait_context():
    context()
    confirmed_by("cuCtxSynchronize")


@scenario
def wait_context_v2():
    confirmed_by("cuCtxSynchronize_v2", context())


@scenario
def wait_stream():
    context()
    confirmed_by("cuStreamSynchronize", 0)


@scenario
def wait_stream_ptsz():
    context()
    confirmed_by("cuStreamSynchronize_ptsz", 0)


@scenario
def wait_copy_back():
    context()
    confirmed_by("cuMemcpyDtoH_v2", ctypes.create_string_buffer(8), memory(8), 8)


def copied_back(name, copy):
    """From a device to the host, which waits."""
    host = ctypes.create_string_buffer(64)
    for side, kind in ((copy.source, 2), (copy.to, 1)):
        side.type, side.pitch, side.height = kind, 64, 1
    copy.source.device, copy.to.host = memory(64), ctypes.addressof(host)
    confirmed_by(name, byref(copy))


@scenario
def wait_copy_back_2d():
    context()
    copied_back("cuMemcpy2DUnaligned_v2", Copy2D(width=16, height=1))


@scenario
def wait_copy_back_3d():
    context()
    copied_back("cuMemcpy3D_v2", Copy3D(width=16, height=1, depth=1))


@scenario
def primary_reset():
    """What was allocated in the context is gone with it."""
    context()
    memory(64)
    confirmed_by("cuCtxSynchronize")
    cu.cuDevicePrimaryCtxReset(0)


@scenario
def primary_release():
    context()
    memory(64)
    confirmed_by("cuCtxSynchronize")
    cu.cuDevicePrimaryCtxRelease(0)


@scenario
def wait_query():
    """NOT_READY is an answer and no error; it confirms nothing."""
    context()
    stream, kernel = new("cuStreamCreate", 0), noop()
    launch(kernel, stream)
    while cu.status("cuStreamQuery", stream) == NOT_READY:
        pass
    launch(kernel, stream)
    cu.fails(NOT_READY, "cuStreamQuery", stream)


@scenario
def wait_event():
    context()
    event, kernel = new("cuEventCreate", 0), noop()
    launch(kernel)
    cu.cuEventRecord(event, 0)
    cu.cuEventSynchronize(event)
    launch(kernel)


@scenario
def wait_event_query():
    context()
    event, kernel = new("cuEventCreate", 0), noop()
    launch(kernel)
    cu.cuEventRecord(event, 0)
    while cu.status("cuEventQuery", event) == NOT_READY:
        pass
    launch(kernel)


def recorded(stream=0, event=None):
    event = event or new("cuEventCreate", 0)
    cu.cuEventRecord(event, stream)
    return event


@scenario
def event_of_before():
    """It was recorded before the launches, and says nothing about them."""
    context()
    kernel, event = noop(), recorded()
    for _ in range(3):
        launch(kernel)
    cu.cuEventQuery(event)
    cu.cuEventSynchronize(event)


@scenario
def event_of_between():
    context()
    kernel = noop()
    launch(kernel)
    event = recorded()
    launch(kernel)
    cu.cuEventSynchronize(event)
    launch(kernel)


@scenario
def event_never_recorded():
    context()
    launch(noop())
    cu.cuEventQuery(new("cuEventCreate", 0))


@scenario
def event_recorded_again():
    """It stands for its last record, also when a wait began before that one."""
    context()
    kernel, event = noop(), recorded()
    launch(kernel)
    recorded(event=event)
    launch(kernel)
    cu.cuEventSynchronize(event)


def event_given_back(destroy):
    """What a destroyed event stood for is nothing to the next one with its handle."""
    context()
    launch(noop())
    event = recorded()
    getattr(cu, destroy)(event)
    again = new("cuEventCreate", 0)
    if again != event:
        raise SystemExit("the handle was not reused: nothing was tested")
    cu.cuEventQuery(again)


@scenario
def event_handle_again():
    event_given_back("cuEventDestroy")


@scenario
def event_handle_again_v2():
    event_given_back("cuEventDestroy_v2")


def elapsed_by(name):
    context()
    kernel, start = noop(), recorded()
    launch(kernel)
    end = recorded()
    launch(kernel)
    getattr(cu, name)(byref(c_uint64()), start, end)


@scenario
def event_elapsed():
    elapsed_by("cuEventElapsedTime")


@scenario
def event_elapsed_v2():
    elapsed_by("cuEventElapsedTime_v2")


@scenario
def event_of_other_context():
    """An event of one context that is waited for while another one is current: its kernels, and
    not the current one's."""
    first = new("cuCtxCreate_v2", 0, 0)
    launch(noop())
    launch(noop())
    event = recorded(new("cuStreamCreate", 0))
    new("cuCtxCreate_v2", 0, 0)
    launch(noop())
    cu.cuEventSynchronize(event)
    cu.cuCtxSetCurrent(first)


def two_streams(flags, wait):
    """Two kernels in a stream, one in the default one, and three in a third."""
    context()
    kernel, stream, other = noop(), new("cuStreamCreate", flags), new("cuStreamCreate", 1)
    for where in (stream, stream, 0, other, other, other):
        launch(kernel, where)
    wait(stream)


@scenario
def event_of_other_stream():
    """It does not confirm what no stream of its own has done."""
    two_streams(1, lambda stream: cu.cuEventSynchronize(recorded(new("cuStreamCreate", 1))))


@scenario
def event_of_one_stream():
    two_streams(1, lambda stream: cu.cuEventSynchronize(recorded(stream)))


@scenario
def event_of_blocking_stream():
    """It waits for the default stream, too."""
    two_streams(0, lambda stream: cu.cuEventSynchronize(recorded(stream)))


@scenario
def event_of_default_stream():
    """It waits for blocking streams, and not for the third."""
    two_streams(0, lambda stream: cu.cuEventSynchronize(recorded()))


@scenario
def event_of_own_stream():
    """The thread's own stream waits for the default one."""
    def wait(stream):
        launch(noop(), 0, "cuLaunchKernel_ptsz")
        event = new("cuEventCreate", 0)
        cu.cuEventRecord_ptsz(event, 0)
        cu.cuEventSynchronize(event)
    two_streams(0, wait)


@scenario
def wait_for_one_stream():
    two_streams(1, cu.cuStreamSynchronize)


@scenario
def wait_for_default_stream():
    two_streams(1, lambda stream: cu.cuStreamSynchronize(0))


@scenario
def wait_for_destroyed_stream():
    """What a stream had to do when it was destroyed, its context waits for."""
    def wait(stream):
        cu.cuStreamDestroy_v2(stream)
        cu.cuCtxSynchronize()
    two_streams(1, wait)


@scenario
def host_function():
    """A program may learn from one that its kernels finished; nobody is told."""
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    call = kind(lambda data: None)
    two_streams(1, lambda stream: cu.cuLaunchHostFunc(stream, call, 0))


@scenario
def more_streams_than_lanes():
    """Streams for which there is no room are confirmed with their context, and not before."""
    context()
    kernel = noop()
    streams = [new("cuStreamCreate", 1) for _ in range(1100)]
    for stream in streams:
        launch(kernel, stream)
    for stream in streams:
        cu.cuStreamSynchronize(stream)


@scenario
def more_streams_than_lanes_in_all():
    more_streams_than_lanes()
    cu.cuCtxSynchronize()


@scenario
def more_streams_wait_than_lanes():
    """Those that only wait take no room from those that launch."""
    context()
    kernel = noop()
    first = new("cuStreamCreate", 1)
    launch(kernel, first)
    event = recorded(first)
    for _ in range(1100):
        cu.cuStreamWaitEvent(new("cuStreamCreate", 0), event, 0)
    for _ in range(1000):
        stream = new("cuStreamCreate", 1)
        launch(kernel, stream)
        cu.cuStreamSynchronize(stream)
    cu.cuEventSynchronize(event)


def stream_given_back(destroy):
    """Its handle is that of another device's stream now. Launched from here, it runs there."""
    there = new("cuCtxCreate_v2", 0, 1)
    kernel = noop()
    here = new("cuCtxCreate_v2", 0, 0)
    first = new("cuStreamCreate", 0)
    launch(noop(), first)
    cu.cuMemAllocAsync(byref(c_uint64()), 64, first)  # gpuspy asks whose stream it is
    getattr(cu, destroy)(first)
    cu.cuCtxSetCurrent(there)
    again = new("cuStreamCreate", 0)
    if again != first:
        raise SystemExit("the handle was not reused: nothing was tested")
    cu.cuCtxSetCurrent(here)
    launch(kernel, again)
    cu.cuStreamSynchronize(again)


@scenario
def stream_handle_again():
    stream_given_back("cuStreamDestroy")


@scenario
def stream_handle_again_v2():
    stream_given_back("cuStreamDestroy_v2")


def followed(end):
    """A stream of another context waits for an event; two of three kernels came before it."""
    first = new("cuCtxCreate_v2", 0, 0)
    kernel, stream = noop(), new("cuStreamCreate", 1)
    launch(kernel, stream)
    launch(kernel, stream)
    event = recorded(stream)
    launch(kernel, stream)
    new("cuCtxCreate_v2", 0, 1)
    end(event, new("cuStreamCreate", 1))
    cu.cuCtxSetCurrent(first)


@scenario
def follow_by_stream():
    def end(event, stream):
        cu.cuStreamWaitEvent(stream, event, 0)
        cu.cuStreamSynchronize(stream)
    followed(end)


@scenario
def follow_by_context():
    def end(event, stream):
        cu.cuStreamWaitEvent(stream, event, 0)
        cu.cuCtxSynchronize()
    followed(end)


@scenario
def follow_by_event():
    def end(event, stream):
        cu.cuStreamWaitEvent(stream, event, 0)
        cu.cuEventSynchronize(recorded(stream))
    followed(end)


@scenario
def follow_by_default_stream():
    def end(event, stream):
        cu.cuStreamWaitEvent(0, event, 0)
        cu.cuMemcpyDtoH_v2(ctypes.create_string_buffer(8), memory(8), 8)
    followed(end)


def followed_by_default(waits):
    """The default stream waits for blocking streams, and so for what these wait for."""
    def end(event, _):
        cu.cuStreamWaitEvent(waits(), event, 0)
        cu.cuMemcpyDtoH_v2(ctypes.create_string_buffer(8), memory(8), 8)
    followed(end)


@scenario
def follow_by_blocking():
    followed_by_default(lambda: new("cuStreamCreate", 0))


@scenario
def follow_by_own_stream():
    followed_by_default(lambda: 2)


@scenario
def follow_in_vain():
    """Another stream waits, or the event was recorded before the wait was asked for."""
    def end(event, stream):
        early = recorded(stream)
        cu.cuStreamWaitEvent(stream, event, 0)
        cu.cuEventSynchronize(early)
        cu.cuStreamSynchronize(new("cuStreamCreate", 1))
        cu.cuMemcpyDtoH_v2(ctypes.create_string_buffer(8), memory(8), 8)
    followed(end)


def green_context():
    """It, and its handle as a context, which is made current with two kernels in it."""
    resource = ctypes.create_string_buffer(256)
    cu.cuDeviceGetDevResource(0, resource, 1)
    green = new("cuGreenCtxCreate", new("cuDevResourceGenerateDesc", resource, 1), 0, 1)
    handle = new("cuCtxFromGreenCtx", green)
    cu.cuCtxSetCurrent(handle)
    kernel, stream = noop(), new("cuStreamCreate", 1)
    launch(kernel, stream)
    launch(kernel)
    return green, handle


@scenario
def green_by_primary():
    """Who waits for the primary context waits for the green ones."""
    primary = context()
    green_context()
    cu.cuCtxSetCurrent(primary)
    launch(noop())
    cu.cuCtxSynchronize()


@scenario
def green_and_nothing():
    """It has made the primary context active, and that is all."""
    resource = ctypes.create_string_buffer(256)
    new("cuGreenCtxCreate", new("cuDevResourceGenerateDesc", resource, 1), 0, 0)


@scenario
def green_alone():
    context()
    launch(noop())
    green_context()
    cu.cuCtxSynchronize()


@scenario
def green_streams():
    """Of more green contexts than there are places for, each seen by a stream alone."""
    context()
    kernel, resource = noop(), ctypes.create_string_buffer(256)
    description = new("cuDevResourceGenerateDesc", resource, 1)
    for _ in range(600):
        green = new("cuGreenCtxCreate", description, 0, 1)
        stream = new("cuGreenCtxStreamCreate", green, 1, 0)
        launch(kernel, stream)
        cu.cuCtxSynchronize()
        cu.cuGreenCtxDestroy(green)


@scenario
def green_keeps_primary():
    """The last of the green contexts ends the primary one, with its memory."""
    context()
    memory(1000)
    launch(noop())
    green, _ = green_context()
    cu.cuCtxSynchronize()
    cu.cuDevicePrimaryCtxRelease_v2(0)
    cu.cuGreenCtxDestroy(green)


@scenario
def event_of_context():
    """It stands for what all streams had to do, and nothing that comes later."""
    one, event = context(), new("cuEventCreate", 0)
    kernel, stream = noop(), new("cuStreamCreate", 1)
    launch(kernel)
    launch(kernel, stream)
    cu.cuCtxRecordEvent(one, event)
    launch(kernel)
    cu.cuEventSynchronize(event)


@scenario
def event_of_green_context():
    context()
    launch(noop())
    event = new("cuEventCreate", 0)
    green, _ = green_context()
    cu.cuGreenCtxRecordEvent(green, event)
    launch(noop())
    cu.cuEventSynchronize(event)


@scenario
def event_of_other_green_context():
    """Recorded again, it does not stand for what it stood for."""
    context()
    launch(noop())
    event = recorded()
    green, _ = green_context()
    cu.cuCtxSynchronize()
    cu.cuGreenCtxRecordEvent(green, event)
    cu.cuEventSynchronize(event)


@scenario
def event_of_launch():
    """A launch that records an event, in another stream than it was recorded before."""
    context()
    kernel, event = noop(), new("cuEventCreate", 0)
    launch(kernel)
    for attribute in (7, 12):
        recorded(event=event)
        entry = (c_uint64 * 9)(attribute, event)
        config = LaunchConfig((1, 1, 1), (1, 1, 1), 0, new("cuStreamCreate", 1),
                              ctypes.addressof(entry), 1)
        cu.cuLaunchKernelEx(byref(config), kernel, None, None)
        cu.cuEventSynchronize(event)


@scenario
def event_of_graph():
    """A graph that records an event, in another stream than it was recorded before."""
    context()
    launch(noop())
    event = recorded()
    graph = new("cuGraphCreate", 0)
    new("cuGraphAddEventRecordNode", graph, None, 0, event)
    cu.cuGraphLaunch(new("cuGraphInstantiateWithFlags", graph, 0), new("cuStreamCreate", 1))
    cu.cuEventSynchronize(event)


def context_follows(wait):
    """A whole context waits for an event of another one; two of three kernels came before it."""
    def end(event, stream):
        cu.cuCtxWaitEvent(new("cuCtxGetCurrent"), event)
        wait(stream)
    followed(end)


@scenario
def follow_all_by_stream():
    context_follows(cu.cuStreamSynchronize)


@scenario
def follow_all_by_context():
    context_follows(lambda stream: cu.cuCtxSynchronize())


@scenario
def follow_by_green_context():
    context()
    kernel, stream = noop(), new("cuStreamCreate", 1)
    launch(kernel, stream)
    event = recorded(stream)
    launch(kernel, stream)
    green, _ = green_context()
    cu.cuGreenCtxWaitEvent(green, event)
    cu.cuStreamSynchronize(new("cuStreamCreate", 1))


@scenario
def wait_copy_back_unified():
    """The driver finds out by itself that it is one."""
    context()
    here = ctypes.create_string_buffer(8)
    confirmed_by("cuMemcpy", ctypes.addressof(here), memory(8), 8)


@scenario
def wait_copy_unified():
    """Neither to the device, nor on it."""
    context()
    here, there = ctypes.create_string_buffer(8), memory(8)
    launch(noop())
    cu.cuMemcpy(there, ctypes.addressof(here), 8)
    cu.cuMemcpy(there, memory(8), 8)


@scenario
def wait_copy_back_2d_unified():
    context()
    host = ctypes.create_string_buffer(64)
    copy = Copy2D(width=16, height=1)
    for side, address in ((copy.source, memory(64)), (copy.to, ctypes.addressof(host))):
        side.type, side.pitch, side.device = 4, 64, address
    confirmed_by("cuMemcpy2D_v2", byref(copy))


@scenario
def wait_for_nothing():
    """Asynchronous copies and another context's synchronisation confirm nothing."""
    other, here = new("cuCtxCreate_v2", 0, 0), context()
    launch(noop())
    buffer, stream = ctypes.create_string_buffer(8), new("cuStreamCreate", 0)
    cu.cuMemcpyDtoHAsync_v2(buffer, memory(8), 8, stream)
    cu.cuCtxSetCurrent(other)
    cu.cuCtxSynchronize()
    cu.cuCtxSetCurrent(here)


@scenario
def fault():
    """A fault is told by what waits next, and by everything after that."""
    context()
    launch(noop())
    cu.cuCtxSynchronize()
    launch(function("sim_fault"))
    cu.fails(ILLEGAL_ADDRESS, "cuCtxSynchronize")
    cu.fails(ILLEGAL_ADDRESS, "cuMemAlloc_v2", byref(c_uint64()), 10)


@scenario
def fault_and_reset():
    """Another context works on; the process has seen a fault all the same."""
    context()
    launch(function("sim_fault"))
    cu.fails(ILLEGAL_ADDRESS, "cuCtxSynchronize")
    cu.cuDevicePrimaryCtxReset_v2(0)
    context()
    launch(noop())
    cu.cuCtxSynchronize()


@scenario
def refused():
    """Whatever SIM_FAIL lets fail is tried, and gone on without."""
    context()
    kernel, buffer = noop(), ctypes.create_string_buffer(64)
    out = c_uint64()
    cu.status("cuMemAlloc_v2", byref(out), 64)
    address = out.value
    for _ in range(3):
        cu.status("cuMemAlloc_v2", byref(out), 1000)
        cu.status("cuMemcpyHtoD_v2", address, buffer, 64)
        cu.status("cuMemcpyDtoH_v2", buffer, address, 64)
        cu.status("cuLaunchKernel", kernel, 1, 1, 1, 1, 1, 1, 0, 0, None, None)
        cu.status("cuCtxSynchronize")
    cu.status("cuMemFree_v2", address)
    cu.status("cuMemFree_v2", address)


if __name__ == "__main__":
    run()
