/* SPDX-License-Identifier: MIT */
/*
 * What the stand-in runtime offers: the functions of libcudart that programs use most, under
 * their own names, with our own types. A status is an int with the values of cudaError_t.
 */
#ifndef SIM_RUNTIME_H
#define SIM_RUNTIME_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sim_dim3 { /* dim3: passed by value */
	unsigned x, y, z;
};

enum sim_copy_kind { /* cudaMemcpyKind */
	SIM_HOST_TO_HOST = 0,
	SIM_HOST_TO_DEVICE = 1,
	SIM_DEVICE_TO_HOST = 2,
	SIM_DEVICE_TO_DEVICE = 3,
	SIM_COPY_DEFAULT = 4,
};

struct sim_extent {
	size_t a, b, c; /* cudaPos x, y, z; cudaExtent width, height, depth */
};
struct sim_pitched {
	void *memory;
	size_t pitch, width, height;
};
struct sim_copy_3d { /* cudaMemcpy3DParms */
	void *from_array;
	struct sim_extent from_position;
	struct sim_pitched from;
	void *to_array;
	struct sim_extent to_position;
	struct sim_pitched to;
	struct sim_extent extent;
	int kind;
};

struct sim_properties { /* the first fields of cudaDeviceProp */
	char name[256];
	unsigned char uuid[16];
	char luid[8];
	unsigned luid_mask;
	size_t total_memory;
	char rest[744];
};

/* What nvcc makes of a program's kernels: a wrapper that is registered by a constructor. */
struct sim_fat_binary { /* __fatBinC_Wrapper_t */
	unsigned magic, version;
	const void *data; /* here: a PTX text */
	void *unused;
};
#define SIM_FAT_BINARY_MAGIC 0x466243b1u

int cudaGetDeviceCount(int *count);
int cudaSetDevice(int device);
int cudaGetDevice(int *device);
int cudaRuntimeGetVersion(int *version);
int cudaDriverGetVersion(int *version);
int cudaDeviceSynchronize(void);
int cudaGetLastError(void);
int cudaPeekAtLastError(void);
const char *cudaGetErrorName(int status);
const char *cudaGetErrorString(int status);
int cudaGetDeviceProperties(struct sim_properties *properties, int device);    /* 11, 13 */
int cudaGetDeviceProperties_v2(struct sim_properties *properties, int device); /* 12 */
int cudaGetDriverEntryPoint(
	const char *name, void **function, unsigned long long flags, int *result); /* 11, 12 */
int cudaGetDriverEntryPointByVersion(const char *name, void **function, unsigned version,
	unsigned long long flags, int *result); /* 12, 13 */

int cudaMalloc(void **memory, size_t bytes);
int cudaMallocManaged(void **memory, size_t bytes, unsigned flags);
int cudaMallocAsync(void **memory, size_t bytes, void *stream);
int cudaMallocHost(void **memory, size_t bytes);
int cudaFree(void *memory);
int cudaFreeAsync(void *memory, void *stream);
int cudaFreeHost(void *memory);
int cudaMemGetInfo(size_t *free_bytes, size_t *total);
int cudaMemcpy(void *to, const void *from, size_t bytes, int kind);
int cudaMemcpy_ptds(void *to, const void *from, size_t bytes, int kind);
int cudaMemcpyAsync(void *to, const void *from, size_t bytes, int kind, void *stream);
int cudaMemcpyAsync_ptsz(void *to, const void *from, size_t bytes, int kind, void *stream);
int cudaMemcpy3D(const struct sim_copy_3d *copy);
int cudaMemset(void *to, int value, size_t bytes);
int cudaMemsetAsync(void *to, int value, size_t bytes, void *stream);

int cudaStreamCreate(void **stream);
int cudaStreamDestroy(void *stream);
int cudaStreamSynchronize(void *stream);
int cudaStreamSynchronize_ptsz(void *stream);
int cudaStreamQuery(void *stream);
int cudaStreamWaitEvent(void *stream, void *event, unsigned flags);
int cudaLaunchHostFunc(void *stream, void (*function)(void *), void *data);
int cudaEventCreate(void **event);
int cudaEventRecord(void *event, void *stream);
int cudaEventQuery(void *event);
int cudaEventSynchronize(void *event);
int cudaEventElapsedTime(float *milliseconds, void *start, void *end);
int cudaEventDestroy(void *event);
int cudaStreamBeginCapture(void *stream, int mode);
int cudaStreamEndCapture(void *stream, void **graph);
int cudaStreamIsCapturing(void *stream, int *status);
int cudaGraphLaunch(void *executable, void *stream);
int cudaGraphExecDestroy(void *executable);
int cudaGraphDestroy(void *graph);
#if defined(SIM_CUDART_MAJOR) && SIM_CUDART_MAJOR < 12
int cudaGraphInstantiate(
	void **executable, void *graph, void **error_node, char *log, size_t log_size);
#else
int cudaGraphInstantiate(void **executable, void *graph, unsigned long long flags);
#endif

int cudaLaunchKernel(const void *function, struct sim_dim3 grid, struct sim_dim3 block,
	void **params, size_t shared, void *stream);
int cudaLaunchKernel_ptsz(const void *function, struct sim_dim3 grid, struct sim_dim3 block,
	void **params, size_t shared, void *stream);
/* Since 13.0 `<<<>>>` is this one, with a handle that __cudaGetKernel gave. */
int __cudaLaunchKernel(void *kernel, struct sim_dim3 grid, struct sim_dim3 block, void **params,
	size_t shared, void *stream);
int __cudaGetKernel(void **kernel, const void *function);
void **__cudaRegisterFatBinary(void *wrapper);
void __cudaRegisterFatBinaryEnd(void **handle);
void __cudaUnregisterFatBinary(void **handle);
void __cudaRegisterFunction(void **handle, const char *host_function, char *device_function,
	const char *device_name, int thread_limit, void *thread, void *block, void *block_dim,
	void *grid_dim, int *warp_size);

#ifdef __cplusplus
}
#endif
#endif
