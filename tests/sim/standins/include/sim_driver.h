/* SPDX-License-Identifier: MIT */
/*
 * The entry points of libcuda.so.1 that the stand-in libraries and the test clients call.
 *
 * One table, from which each user makes what it needs: prototypes to link to, a structure of
 * pointers to fill by dlsym or by cuGetProcAddress. Parameters are written with our own types
 * (handles are void *, a device is an int, a device pointer 64 bits), as cuda.h of CUDA 13.0
 * has them; the version is the one that the runtime of CUDA 13.0 asks cuGetProcAddress for.
 */
#ifndef SIM_DRIVER_H
#define SIM_DRIVER_H

#include <stddef.h>
#include <stdint.h>

struct cu_copy_3d;
typedef void (*sim_host_function)(void *data);
typedef void (*sim_stream_callback)(void *stream, int status, void *data);

/* The parameters of those that come twice: for the legacy and the per-thread default stream. */
#define SIM_TO_DEVICE   (uint64_t to, const void *from, size_t bytes)
#define SIM_FROM_DEVICE (void *to, uint64_t from, size_t bytes)
#define SIM_COPY_ASYNC  (uint64_t to, uint64_t from, size_t bytes, void *stream)
#define SIM_LAUNCH                                                                                \
	(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,     \
		unsigned block_y, unsigned block_z, unsigned shared, void *stream, void **params, \
		void **extra)
#define SIM_LIBRARY_LOAD                                                                     \
	(void **library, const void *code, void *jit, void **jit_values, unsigned jit_count, \
		void *options, void **option_values, unsigned option_count)

/* X(exported symbol, name for cuGetProcAddress, version, flags, parameters) */
#define SIM_DRIVER_FUNCTIONS(X)                                                                    \
	X(cuInit, cuInit, 2000, 0, (unsigned flags))                                               \
	X(cuDriverGetVersion, cuDriverGetVersion, 2020, 0, (int *version))                         \
	X(cuGetErrorName, cuGetErrorName, 6000, 0, (int status, const char **name))                \
	X(cuGetErrorString, cuGetErrorString, 6000, 0, (int status, const char **text))            \
	X(cuDeviceGet, cuDeviceGet, 2000, 0, (int *device, int ordinal))                           \
	X(cuDeviceGetCount, cuDeviceGetCount, 2000, 0, (int *count))                               \
	X(cuDeviceGetName, cuDeviceGetName, 2000, 0, (char *name, int size, int device))           \
	X(cuDeviceTotalMem_v2, cuDeviceTotalMem, 3020, 0, (size_t * bytes, int device))            \
	X(cuDevicePrimaryCtxRetain, cuDevicePrimaryCtxRetain, 7000, 0,                             \
		(void **context, int device))                                                      \
	X(cuDevicePrimaryCtxRelease, cuDevicePrimaryCtxRelease, 7000, 0, (int device))             \
	X(cuCtxSetCurrent, cuCtxSetCurrent, 4000, 0, (void *context))                              \
	X(cuCtxGetCurrent, cuCtxGetCurrent, 4000, 0, (void **context))                             \
	X(cuCtxSynchronize, cuCtxSynchronize, 2000, 0, (void))                                     \
	X(cuMemGetInfo_v2, cuMemGetInfo, 3020, 0, (size_t * free_bytes, size_t * total))           \
	X(cuMemAlloc_v2, cuMemAlloc, 3020, 0, (uint64_t * address, size_t bytes))                  \
	X(cuMemFree_v2, cuMemFree, 3020, 0, (uint64_t address))                                    \
	X(cuMemAllocManaged, cuMemAllocManaged, 6000, 0,                                           \
		(uint64_t * address, size_t bytes, unsigned flags))                                \
	X(cuMemAllocAsync, cuMemAllocAsync, 11020, 0,                                              \
		(uint64_t * address, size_t bytes, void *stream))                                  \
	X(cuMemFreeAsync, cuMemFreeAsync, 11020, 0, (uint64_t address, void *stream))              \
	X(cuMemHostAlloc, cuMemHostAlloc, 2020, 0, (void **memory, size_t bytes, unsigned flags))  \
	X(cuMemFreeHost, cuMemFreeHost, 2000, 0, (void *memory))                                   \
	X(cuMemcpy, cuMemcpy, 4000, 0, (uint64_t to, uint64_t from, size_t bytes))                 \
	X(cuMemcpy_ptds, cuMemcpy, 7000, 2, (uint64_t to, uint64_t from, size_t bytes))            \
	X(cuMemcpyAsync, cuMemcpyAsync, 4000, 0, SIM_COPY_ASYNC)                                   \
	X(cuMemcpyAsync_ptsz, cuMemcpyAsync, 7000, 2, SIM_COPY_ASYNC)                              \
	X(cuMemcpyHtoD_v2, cuMemcpyHtoD, 3020, 0, SIM_TO_DEVICE)                                   \
	X(cuMemcpyHtoD_v2_ptds, cuMemcpyHtoD, 7000, 2, SIM_TO_DEVICE)                              \
	X(cuMemcpyDtoH_v2, cuMemcpyDtoH, 3020, 0, SIM_FROM_DEVICE)                                 \
	X(cuMemcpyDtoH_v2_ptds, cuMemcpyDtoH, 7000, 2, SIM_FROM_DEVICE)                            \
	X(cuMemcpyDtoD_v2, cuMemcpyDtoD, 3020, 0, (uint64_t to, uint64_t from, size_t bytes))      \
	X(cuMemcpyDtoD_v2_ptds, cuMemcpyDtoD, 7000, 2, (uint64_t to, uint64_t from, size_t bytes)) \
	X(cuMemcpyHtoDAsync_v2, cuMemcpyHtoDAsync, 3020, 0,                                        \
		(uint64_t to, const void *from, size_t bytes, void *stream))                       \
	X(cuMemcpyHtoDAsync_v2_ptsz, cuMemcpyHtoDAsync, 7000, 2,                                   \
		(uint64_t to, const void *from, size_t bytes, void *stream))                       \
	X(cuMemcpyDtoHAsync_v2, cuMemcpyDtoHAsync, 3020, 0,                                        \
		(void *to, uint64_t from, size_t bytes, void *stream))                             \
	X(cuMemcpyDtoHAsync_v2_ptsz, cuMemcpyDtoHAsync, 7000, 2,                                   \
		(void *to, uint64_t from, size_t bytes, void *stream))                             \
	X(cuMemcpyDtoDAsync_v2, cuMemcpyDtoDAsync, 3020, 0, SIM_COPY_ASYNC)                        \
	X(cuMemcpyDtoDAsync_v2_ptsz, cuMemcpyDtoDAsync, 7000, 2, SIM_COPY_ASYNC)                   \
	X(cuMemcpy3D_v2, cuMemcpy3D, 3020, 0, (const struct cu_copy_3d *copy))                     \
	X(cuMemsetD8_v2, cuMemsetD8, 3020, 0, (uint64_t to, unsigned char value, size_t count))    \
	X(cuMemsetD8Async, cuMemsetD8Async, 3020, 0,                                               \
		(uint64_t to, unsigned char value, size_t count, void *stream))                    \
	X(cuModuleLoadData, cuModuleLoadData, 2000, 0, (void **module, const void *image))         \
	X(cuModuleUnload, cuModuleUnload, 2000, 0, (void *module))                                 \
	X(cuModuleGetFunction, cuModuleGetFunction, 2000, 0,                                       \
		(void **function, void *module, const char *name))                                 \
	X(cuLibraryLoadData, cuLibraryLoadData, 12000, 0, SIM_LIBRARY_LOAD)                        \
	X(cuLibraryUnload, cuLibraryUnload, 12000, 0, (void *library))                             \
	X(cuLibraryGetKernel, cuLibraryGetKernel, 12000, 0,                                        \
		(void **kernel, void *library, const char *name))                                  \
	X(cuLaunchKernel, cuLaunchKernel, 4000, 0, SIM_LAUNCH)                                     \
	X(cuLaunchKernel_ptsz, cuLaunchKernel, 7000, 2, SIM_LAUNCH)                                \
	X(cuLaunchHostFunc, cuLaunchHostFunc, 10000, 0,                                            \
		(void *stream, sim_host_function function, void *data))                            \
	X(cuStreamCreate, cuStreamCreate, 2000, 0, (void **stream, unsigned flags))                \
	X(cuStreamDestroy_v2, cuStreamDestroy, 4000, 0, (void *stream))                            \
	X(cuStreamSynchronize, cuStreamSynchronize, 2000, 0, (void *stream))                       \
	X(cuStreamSynchronize_ptsz, cuStreamSynchronize, 7000, 2, (void *stream))                  \
	X(cuStreamQuery, cuStreamQuery, 2000, 0, (void *stream))                                   \
	X(cuStreamWaitEvent, cuStreamWaitEvent, 3020, 0,                                           \
		(void *stream, void *event, unsigned flags))                                       \
	X(cuStreamAddCallback, cuStreamAddCallback, 5000, 0,                                       \
		(void *stream, sim_stream_callback callback, void *data, unsigned flags))          \
	X(cuEventCreate, cuEventCreate, 2000, 0, (void **event, unsigned flags))                   \
	X(cuEventRecord, cuEventRecord, 2000, 0, (void *event, void *stream))                      \
	X(cuEventQuery, cuEventQuery, 2000, 0, (void *event))                                      \
	X(cuEventSynchronize, cuEventSynchronize, 2000, 0, (void *event))                          \
	X(cuEventElapsedTime, cuEventElapsedTime, 2000, 0, (float *ms, void *start, void *end))    \
	X(cuEventDestroy_v2, cuEventDestroy, 4000, 0, (void *event))                               \
	X(cuStreamBeginCapture_v2, cuStreamBeginCapture, 10010, 0, (void *stream, int mode))       \
	X(cuStreamEndCapture, cuStreamEndCapture, 10000, 0, (void *stream, void **graph))          \
	X(cuStreamIsCapturing, cuStreamIsCapturing, 10000, 0, (void *stream, int *status))         \
	X(cuGraphInstantiateWithFlags, cuGraphInstantiateWithFlags, 11040, 0,                      \
		(void **executable, void *graph, unsigned long long flags))                        \
	X(cuGraphLaunch, cuGraphLaunch, 10000, 0, (void *executable, void *stream))                \
	X(cuGraphExecDestroy, cuGraphExecDestroy, 10000, 0, (void *executable))                    \
	X(cuGraphDestroy, cuGraphDestroy, 10000, 0, (void *graph))

#define SIM_DRIVER_PROTOTYPE(symbol, name, version, flags, params) extern int symbol params;
SIM_DRIVER_FUNCTIONS(SIM_DRIVER_PROTOTYPE)

#define SIM_DRIVER_FIELD(symbol, name, version, flags, params) int(*symbol) params;
struct sim_driver {
	SIM_DRIVER_FUNCTIONS(SIM_DRIVER_FIELD)
};

typedef int (*sim_get_proc_address)(
	const char *name, void **function, int version, uint64_t flags, int *result);
typedef int (*sim_get_proc_address_v1)(
	const char *name, void **function, int version, uint64_t flags);

#endif
