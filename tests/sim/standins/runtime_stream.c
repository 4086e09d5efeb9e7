/* SPDX-License-Identifier: MIT */
/* The stand-in runtime: streams, events, capture and graphs. */
#include "runtime.h"

RUNTIME_DRIVER(cudaStreamCreate, (void **stream), cuStreamCreate(stream, 0))
RUNTIME_DRIVER(cudaStreamDestroy, (void *stream), cuStreamDestroy_v2(stream))
RUNTIME_DRIVER(cudaStreamSynchronize, (void *stream), cuStreamSynchronize(stream))
RUNTIME_DRIVER(cudaStreamSynchronize_ptsz, (void *stream), cuStreamSynchronize_ptsz(stream))
RUNTIME_DRIVER(cudaStreamQuery, (void *stream), cuStreamQuery(stream))
RUNTIME_DRIVER(cudaStreamWaitEvent, (void *stream, void *event, unsigned flags),
	cuStreamWaitEvent(stream, event, flags))
RUNTIME_DRIVER(cudaLaunchHostFunc, (void *stream, void (*function)(void *), void *data),
	cuLaunchHostFunc(stream, function, data))

RUNTIME_DRIVER(cudaEventCreate, (void **event), cuEventCreate(event, 0))
RUNTIME_DRIVER(cudaEventRecord, (void *event, void *stream), cuEventRecord(event, stream))
RUNTIME_DRIVER(cudaEventQuery, (void *event), cuEventQuery(event))
RUNTIME_DRIVER(cudaEventSynchronize, (void *event), cuEventSynchronize(event))
RUNTIME_DRIVER(cudaEventElapsedTime, (float *milliseconds, void *start, void *end),
	cuEventElapsedTime(milliseconds, start, end))
RUNTIME_DRIVER(cudaEventDestroy, (void *event), cuEventDestroy_v2(event))

RUNTIME_DRIVER(
	cudaStreamBeginCapture, (void *stream, int mode), cuStreamBeginCapture_v2(stream, mode))
RUNTIME_DRIVER(
	cudaStreamEndCapture, (void *stream, void **graph), cuStreamEndCapture(stream, graph))
RUNTIME_DRIVER(
	cudaStreamIsCapturing, (void *stream, int *status), cuStreamIsCapturing(stream, status))
RUNTIME_DRIVER(cudaGraphLaunch, (void *executable, void *stream), cuGraphLaunch(executable, stream))
RUNTIME_DRIVER(cudaGraphExecDestroy, (void *executable), cuGraphExecDestroy(executable))
RUNTIME_DRIVER(cudaGraphDestroy, (void *graph), cuGraphDestroy(graph))

/* One name, two prototypes: a reason why nobody should hook these with a prototype. */
#if SIM_CUDART_MAJOR < 12
RUNTIME_DRIVER(cudaGraphInstantiate,
	(void **executable, void *graph, void **error_node, char *log, size_t log_size),
	cuGraphInstantiateWithFlags(
		executable, graph, ((void)error_node, (void)log, (void)log_size, 0)))
#else
RUNTIME_DRIVER(cudaGraphInstantiate, (void **executable, void *graph, unsigned long long flags),
	cuGraphInstantiateWithFlags(executable, graph, flags))
#endif
