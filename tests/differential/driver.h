/* SPDX-License-Identifier: MIT */
/*
 * The functions of the driver that the random programs call, and the doors by which they get at
 * them. The parameters are those of cuda.h, with the types of cuda_abi.h.
 */
#ifndef DIFFERENTIAL_DRIVER_H
#define DIFFERENTIAL_DRIVER_H

#include "../../preload/cuda/abi.h"

/* Parameters that several functions have. */
#define P_SIDES   (cu_pointer to, cu_pointer from, size_t bytes)
#define P_SIDES_S (cu_pointer to, cu_pointer from, size_t bytes, void *stream)
#define P_IN      (cu_pointer to, const void *from, size_t bytes)
#define P_IN_S    (cu_pointer to, const void *from, size_t bytes, void *stream)
#define P_OUT     (void *to, cu_pointer from, size_t bytes)
#define P_OUT_S   (void *to, cu_pointer from, size_t bytes, void *stream)
#define P_PEER    (cu_pointer to, void *to_context, cu_pointer from, void *from_context, size_t bytes)
#define P_PEER_S                                                                             \
	(cu_pointer to, void *to_context, cu_pointer from, void *from_context, size_t bytes, \
		void *stream)
#define P_2D       (const struct cu_copy_2d *copy)
#define P_2D_S     (const struct cu_copy_2d *copy, void *stream)
#define P_3D       (const struct cu_copy_3d *copy)
#define P_3D_S     (const struct cu_copy_3d *copy, void *stream)
#define P_SET(t)   (cu_pointer to, t value, size_t n)
#define P_SET_S(t) (cu_pointer to, t value, size_t n, void *stream)
#define P_SET2(t)  (cu_pointer to, size_t pitch, t value, size_t width, size_t height)
#define P_SET2_S(t) \
	(cu_pointer to, size_t pitch, t value, size_t width, size_t height, void *stream)
#define P_BATCH                                                                                   \
	(cu_pointer * to, cu_pointer * from, size_t * sizes, size_t n,                            \
		struct cu_copy_attributes * attributes, size_t * indices, size_t attribute_count, \
		size_t * failed, void *stream)
#define P_BATCH_2                                                                                 \
	(cu_pointer * to, cu_pointer * from, size_t * sizes, size_t n,                            \
		struct cu_copy_attributes * attributes, size_t * indices, size_t attribute_count, \
		void *stream)
#define P_ATTRIBUTES                                                                           \
	(cu_pointer to, cu_pointer from, size_t bytes, struct cu_copy_attributes * attributes, \
		void *stream)
#define P_OPERATION \
	(struct cu_copy_3d_operation * operation, unsigned long long flags, void *stream)
#define P_FABRIC \
	(size_t n, struct cu_fabric_operation * operations, unsigned long long flags, void *stream)
#define P_LAUNCH                                                                          \
	(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, \
		unsigned bz, unsigned shared, void *stream, void **params, void **extra)
#define P_COOPERATIVE                                                                     \
	(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, \
		unsigned bz, unsigned shared, void *stream, void **params)
#define P_LAUNCH_EX \
	(const struct cu_launch_config *config, void *function, void **params, void **extra)
#define P_HOST_FUNCTION   (void *stream, void (*function)(void *), void *data)
#define P_HOST_FUNCTION_2 (void *stream, void (*function)(void *), void *data, unsigned waiting)
#define P_CALLBACK        (void *stream, void (*function)(void *, int, void *), void *data, unsigned flags)
#define P_NODE(...)       (void **node, void *graph, void *const *needs, size_t count, __VA_ARGS__)
#define P_STREAM          (void *stream)
#define P_HANDLE          (void *handle)
#define P_MAKE            (void **handle, unsigned flags)

#define DRIVER_START(X)                                                                          \
	X(cuInit, (unsigned flags))                                                              \
	X(cuDriverGetVersion, (int *version))                                                    \
	X(cuGetErrorName, (int status, const char **name))                                       \
	X(cuGetProcAddress, (const char *name, void **function, int version, uint64_t flags))    \
	X(cuGetProcAddress_v2,                                                                   \
		(const char *name, void **function, int version, uint64_t flags, int *result))   \
	X(cuDeviceGet, (cu_device * device, int ordinal))                                        \
	X(cuDeviceGetCount, (int *count))                                                        \
	X(cuDeviceGetName, (char *name, int size, cu_device device))                             \
	X(cuDeviceTotalMem_v2, (size_t * bytes, cu_device device))                               \
	X(cuDeviceGetDefaultMemPool, (void **pool, cu_device device))                            \
	X(cuDevicePrimaryCtxRetain, (void **context, cu_device device))                          \
	X(cuDevicePrimaryCtxRelease, (cu_device device))                                         \
	X(cuDevicePrimaryCtxRelease_v2, (cu_device device))                                      \
	X(cuDevicePrimaryCtxReset, (cu_device device))                                           \
	X(cuDevicePrimaryCtxReset_v2, (cu_device device))                                        \
	X(cuCtxCreate, (void **context, unsigned flags, cu_device device))                       \
	X(cuCtxCreate_v2, (void **context, unsigned flags, cu_device device))                    \
	X(cuCtxCreate_v3,                                                                        \
		(void **context, void *affinities, int n, unsigned flags, cu_device device))     \
	X(cuCtxCreate_v4, (void **context, void *params, unsigned flags, cu_device device))      \
	X(cuCtxAttach, (void **context, unsigned flags))                                         \
	X(cuCtxDetach, P_HANDLE)                                                                 \
	X(cuCtxDestroy, P_HANDLE)                                                                \
	X(cuCtxDestroy_v2, P_HANDLE)                                                             \
	X(cuCtxPushCurrent, P_HANDLE)                                                            \
	X(cuCtxPushCurrent_v2, P_HANDLE)                                                         \
	X(cuCtxPopCurrent, (void **context))                                                     \
	X(cuCtxPopCurrent_v2, (void **context))                                                  \
	X(cuCtxSetCurrent, P_HANDLE)                                                             \
	X(cuCtxGetCurrent, (void **context))                                                     \
	X(cuCtxGetDevice, (cu_device * device))                                                  \
	X(cuCtxSynchronize, (void))                                                              \
	X(cuCtxSynchronize_v2, P_HANDLE)                                                         \
	X(cuDeviceGetDevResource, (cu_device device, void *resource, int type))                  \
	X(cuDevResourceGenerateDesc, (void **description, void *resources, unsigned n))          \
	X(cuGreenCtxCreate, (void **green, void *description, cu_device device, unsigned flags)) \
	X(cuGreenCtxDestroy, P_HANDLE)                                                           \
	X(cuGreenCtxRecordEvent, (void *green, void *event))                                     \
	X(cuGreenCtxWaitEvent, (void *green, void *event))                                       \
	X(cuCtxRecordEvent, (void *context, void *event))                                        \
	X(cuCtxWaitEvent, (void *context, void *event))                                          \
	X(cuCtxFromGreenCtx, (void **context, void *green))

#define DRIVER_CODE(X)                                                                       \
	X(cuModuleLoadData, (void **module, const void *image))                              \
	X(cuModuleLoadDataEx,                                                                \
		(void **module, const void *image, unsigned n, int *options, void **values)) \
	X(cuModuleUnload, P_HANDLE)                                                          \
	X(cuModuleGetFunction, (void **function, void *module, const char *name))            \
	X(cuModuleEnumerateFunctions, (void **functions, unsigned n, void *module))          \
	X(cuLibraryLoadData,                                                                 \
		(void **library, const void *image, int *options, void **values, unsigned n, \
			int *library_options, void **library_values, unsigned library_n))    \
	X(cuLibraryUnload, P_HANDLE)                                                         \
	X(cuLibraryGetKernel, (void **kernel, void *library, const char *name))              \
	X(cuLibraryEnumerateKernels, (void **kernels, unsigned n, void *library))            \
	X(cuLibraryGetModule, (void **module, void *library))                                \
	X(cuKernelGetFunction, (void **function, void *kernel))                              \
	X(cuFuncGetName, (const char **name, void *function))                                \
	X(cuFuncSetBlockShape, (void *function, int x, int y, int z))                        \
	X(cuParamSetSize, (void *function, unsigned bytes))                                  \
	X(cuLaunchKernel, P_LAUNCH)                                                          \
	X(cuLaunchKernel_ptsz, P_LAUNCH)                                                     \
	X(cuLaunchKernelEx, P_LAUNCH_EX)                                                     \
	X(cuLaunchKernelEx_ptsz, P_LAUNCH_EX)                                                \
	X(cuLaunchCooperativeKernel, P_COOPERATIVE)                                          \
	X(cuLaunchCooperativeKernel_ptsz, P_COOPERATIVE)                                     \
	X(cuLaunchCooperativeKernelMultiDevice,                                              \
		(struct cu_launch_params * list, unsigned n, unsigned flags))                \
	X(cuLaunch, P_HANDLE)                                                                \
	X(cuLaunchGrid, (void *function, int width, int height))                             \
	X(cuLaunchGridAsync, (void *function, int width, int height, void *stream))          \
	X(cuLaunchHostFunc, P_HOST_FUNCTION)                                                 \
	X(cuLaunchHostFunc_ptsz, P_HOST_FUNCTION)                                            \
	X(cuLaunchHostFunc_v2, P_HOST_FUNCTION_2)                                            \
	X(cuLaunchHostFunc_v2_ptsz, P_HOST_FUNCTION_2)                                       \
	X(cuStreamAddCallback, P_CALLBACK)                                                   \
	X(cuStreamAddCallback_ptsz, P_CALLBACK)

#define DRIVER_MEMORY(X)                                                                           \
	X(cuMemGetInfo_v2, (size_t * available, size_t * total))                                   \
	X(cuMemAlloc_v2, (cu_pointer * address, size_t bytes))                                     \
	X(cuMemAllocPitch_v2, (cu_pointer * address, size_t * pitch, size_t width, size_t height,  \
				      unsigned element))                                           \
	X(cuMemAllocManaged, (cu_pointer * address, size_t bytes, unsigned flags))                 \
	X(cuMemFree_v2, (cu_pointer address))                                                      \
	X(cuMemAllocAsync, (cu_pointer * address, size_t bytes, void *stream))                     \
	X(cuMemAllocAsync_ptsz, (cu_pointer * address, size_t bytes, void *stream))                \
	X(cuMemAllocFromPoolAsync, (cu_pointer * address, size_t bytes, void *pool, void *stream)) \
	X(cuMemAllocFromPoolAsync_ptsz,                                                            \
		(cu_pointer * address, size_t bytes, void *pool, void *stream))                    \
	X(cuMemFreeAsync, (cu_pointer address, void *stream))                                      \
	X(cuMemFreeAsync_ptsz, (cu_pointer address, void *stream))                                 \
	X(cuMemPoolCreate, (void **pool, const struct cu_pool_properties *properties))             \
	X(cuMemPoolDestroy, P_HANDLE)                                                              \
	X(cuMemPoolTrimTo, (void *pool, size_t keep))                                              \
	X(cuMemAllocHost_v2, (void **memory, size_t bytes))                                        \
	X(cuMemHostAlloc, (void **memory, size_t bytes, unsigned flags))                           \
	X(cuMemFreeHost, (void *memory))                                                           \
	X(cuMemHostRegister, (void *memory, size_t bytes, unsigned flags))                         \
	X(cuMemHostRegister_v2, (void *memory, size_t bytes, unsigned flags))                      \
	X(cuMemHostUnregister, (void *memory))                                                     \
	X(cuMemAddressReserve, (cu_pointer * address, size_t bytes, size_t alignment,              \
				       cu_pointer wanted, unsigned long long flags))               \
	X(cuMemAddressFree, (cu_pointer address, size_t bytes))                                    \
	X(cuMemCreate,                                                                             \
		(void **handle, size_t bytes, const struct cu_allocation_properties *properties,   \
			unsigned long long flags))                                                 \
	X(cuMemRelease, P_HANDLE)                                                                  \
	X(cuMemRetainAllocationHandle, (void **handle, void *address))                             \
	X(cuMemMap, (cu_pointer address, size_t bytes, size_t offset, void *handle,                \
			    unsigned long long flags))                                             \
	X(cuMemUnmap, (cu_pointer address, size_t bytes))                                          \
	X(cuMemSetAccess,                                                                          \
		(cu_pointer address, size_t bytes, const struct cu_access *access, size_t n))      \
	X(cuArrayCreate_v2, (void **array, const struct cu_array_2d *description))                 \
	X(cuArray3DCreate_v2, (void **array, const struct cu_array_3d *description))               \
	X(cuArrayDestroy, P_HANDLE)                                                                \
	X(cuMipmappedArrayCreate,                                                                  \
		(void **mipmap, const struct cu_array_3d *description, unsigned levels))           \
	X(cuMipmappedArrayDestroy, P_HANDLE)

#define DRIVER_COPIES(X)                                                                    \
	X(cuMemcpy, P_SIDES)                                                                \
	X(cuMemcpy_ptds, P_SIDES)                                                           \
	X(cuMemcpyAsync, P_SIDES_S)                                                         \
	X(cuMemcpyAsync_ptsz, P_SIDES_S)                                                    \
	X(cuMemcpyHtoD_v2, P_IN)                                                            \
	X(cuMemcpyHtoD_v2_ptds, P_IN)                                                       \
	X(cuMemcpyHtoDAsync_v2, P_IN_S)                                                     \
	X(cuMemcpyHtoDAsync_v2_ptsz, P_IN_S)                                                \
	X(cuMemcpyDtoH_v2, P_OUT)                                                           \
	X(cuMemcpyDtoH_v2_ptds, P_OUT)                                                      \
	X(cuMemcpyDtoHAsync_v2, P_OUT_S)                                                    \
	X(cuMemcpyDtoHAsync_v2_ptsz, P_OUT_S)                                               \
	X(cuMemcpyDtoD_v2, P_SIDES)                                                         \
	X(cuMemcpyDtoD_v2_ptds, P_SIDES)                                                    \
	X(cuMemcpyDtoDAsync_v2, P_SIDES_S)                                                  \
	X(cuMemcpyDtoDAsync_v2_ptsz, P_SIDES_S)                                             \
	X(cuMemcpyPeer, P_PEER)                                                             \
	X(cuMemcpyPeer_ptds, P_PEER)                                                        \
	X(cuMemcpyPeerAsync, P_PEER_S)                                                      \
	X(cuMemcpyPeerAsync_ptsz, P_PEER_S)                                                 \
	X(cuMemcpyDtoA_v2, (void *array, size_t offset, cu_pointer from, size_t bytes))     \
	X(cuMemcpyAtoD_v2, (cu_pointer to, void *array, size_t offset, size_t bytes))       \
	X(cuMemcpyHtoA_v2, (void *array, size_t offset, const void *from, size_t bytes))    \
	X(cuMemcpyAtoH_v2, (void *to, void *array, size_t offset, size_t bytes))            \
	X(cuMemcpyAtoA_v2,                                                                  \
		(void *to, size_t to_offset, void *from, size_t from_offset, size_t bytes)) \
	X(cuMemcpyHtoAAsync_v2,                                                             \
		(void *array, size_t offset, const void *from, size_t bytes, void *stream)) \
	X(cuMemcpyAtoHAsync_v2,                                                             \
		(void *to, void *array, size_t offset, size_t bytes, void *stream))         \
	X(cuMemcpy2D_v2, P_2D)                                                              \
	X(cuMemcpy2D_v2_ptds, P_2D)                                                         \
	X(cuMemcpy2DUnaligned_v2, P_2D)                                                     \
	X(cuMemcpy2DUnaligned_v2_ptds, P_2D)                                                \
	X(cuMemcpy2DAsync_v2, P_2D_S)                                                       \
	X(cuMemcpy2DAsync_v2_ptsz, P_2D_S)                                                  \
	X(cuMemcpy3D_v2, P_3D)                                                              \
	X(cuMemcpy3D_v2_ptds, P_3D)                                                         \
	X(cuMemcpy3DAsync_v2, P_3D_S)                                                       \
	X(cuMemcpy3DAsync_v2_ptsz, P_3D_S)                                                  \
	X(cuMemcpy3DPeer, P_3D)                                                             \
	X(cuMemcpy3DPeer_ptds, P_3D)                                                        \
	X(cuMemcpy3DPeerAsync, P_3D_S)                                                      \
	X(cuMemcpy3DPeerAsync_ptsz, P_3D_S)                                                 \
	X(cuMemcpyBatchAsync, P_BATCH)                                                      \
	X(cuMemcpyBatchAsync_ptsz, P_BATCH)                                                 \
	X(cuMemcpyBatchAsync_v2, P_BATCH_2)                                                 \
	X(cuMemcpyBatchAsync_v2_ptsz, P_BATCH_2)                                            \
	X(cuMemcpyWithAttributesAsync, P_ATTRIBUTES)                                        \
	X(cuMemcpyWithAttributesAsync_ptsz, P_ATTRIBUTES)                                   \
	X(cuMemcpy3DWithAttributesAsync, P_OPERATION)                                       \
	X(cuMemcpy3DWithAttributesAsync_ptsz, P_OPERATION)                                  \
	X(cuFabricCpyBatchAsync, P_FABRIC)                                                  \
	X(cuFabricCpyBatchAsync_ptsz, P_FABRIC)                                             \
	X(cuMemsetD8_v2, P_SET(unsigned char))                                              \
	X(cuMemsetD8_v2_ptds, P_SET(unsigned char))                                         \
	X(cuMemsetD8Async, P_SET_S(unsigned char))                                          \
	X(cuMemsetD8Async_ptsz, P_SET_S(unsigned char))                                     \
	X(cuMemsetD16_v2, P_SET(unsigned short))                                            \
	X(cuMemsetD16_v2_ptds, P_SET(unsigned short))                                       \
	X(cuMemsetD16Async, P_SET_S(unsigned short))                                        \
	X(cuMemsetD16Async_ptsz, P_SET_S(unsigned short))                                   \
	X(cuMemsetD32_v2, P_SET(unsigned))                                                  \
	X(cuMemsetD32_v2_ptds, P_SET(unsigned))                                             \
	X(cuMemsetD32Async, P_SET_S(unsigned))                                              \
	X(cuMemsetD32Async_ptsz, P_SET_S(unsigned))                                         \
	X(cuMemsetD2D8_v2, P_SET2(unsigned char))                                           \
	X(cuMemsetD2D8_v2_ptds, P_SET2(unsigned char))                                      \
	X(cuMemsetD2D8Async, P_SET2_S(unsigned char))                                       \
	X(cuMemsetD2D8Async_ptsz, P_SET2_S(unsigned char))                                  \
	X(cuMemsetD2D16_v2, P_SET2(unsigned short))                                         \
	X(cuMemsetD2D16_v2_ptds, P_SET2(unsigned short))                                    \
	X(cuMemsetD2D16Async, P_SET2_S(unsigned short))                                     \
	X(cuMemsetD2D16Async_ptsz, P_SET2_S(unsigned short))                                \
	X(cuMemsetD2D32_v2, P_SET2(unsigned))                                               \
	X(cuMemsetD2D32_v2_ptds, P_SET2(unsigned))                                          \
	X(cuMemsetD2D32Async, P_SET2_S(unsigned))                                           \
	X(cuMemsetD2D32Async_ptsz, P_SET2_S(unsigned))

#define DRIVER_STREAMS(X)                                                                        \
	X(cuStreamCreate, P_MAKE)                                                                \
	X(cuStreamCreateWithPriority, (void **stream, unsigned flags, int priority))             \
	X(cuStreamDestroy, P_STREAM)                                                             \
	X(cuStreamDestroy_v2, P_STREAM)                                                          \
	X(cuStreamSynchronize, P_STREAM)                                                         \
	X(cuStreamSynchronize_ptsz, P_STREAM)                                                    \
	X(cuStreamQuery, P_STREAM)                                                               \
	X(cuStreamQuery_ptsz, P_STREAM)                                                          \
	X(cuStreamWaitEvent, (void *stream, void *event, unsigned flags))                        \
	X(cuStreamWaitEvent_ptsz, (void *stream, void *event, unsigned flags))                   \
	X(cuStreamBeginCapture, P_STREAM)                                                        \
	X(cuStreamBeginCapture_ptsz, P_STREAM)                                                   \
	X(cuStreamBeginCapture_v2, (void *stream, int mode))                                     \
	X(cuStreamBeginCapture_v2_ptsz, (void *stream, int mode))                                \
	X(cuStreamBeginCaptureToGraph, (void *stream, void *graph, void *const *needs,           \
					       const struct cu_edge *edges, size_t n, int mode)) \
	X(cuStreamBeginRecaptureToGraph,                                                         \
		(void *stream, int mode, void *graph, void *callback, void *data))               \
	X(cuStreamBeginCaptureToCig, (void *stream, struct cu_cig_capture *params))              \
	X(cuStreamBeginCaptureToCig_ptsz, (void *stream, struct cu_cig_capture *params))         \
	X(cuStreamEndCaptureToCig, P_STREAM)                                                     \
	X(cuStreamEndCaptureToCig_ptsz, P_STREAM)                                                \
	X(cuTomorrowGo, P_STREAM)                                                                \
	X(cuStreamEndCapture, (void *stream, void **graph))                                      \
	X(cuStreamEndCapture_ptsz, (void *stream, void **graph))                                 \
	X(cuStreamIsCapturing, (void *stream, int *status))                                      \
	X(cuThreadExchangeStreamCaptureMode, (int *mode))                                        \
	X(cuEventCreate, P_MAKE)                                                                 \
	X(cuEventDestroy, P_HANDLE)                                                              \
	X(cuEventDestroy_v2, P_HANDLE)                                                           \
	X(cuEventRecord, (void *event, void *stream))                                            \
	X(cuEventRecord_ptsz, (void *event, void *stream))                                       \
	X(cuEventRecordWithFlags, (void *event, void *stream, unsigned flags))                   \
	X(cuEventRecordWithFlags_ptsz, (void *event, void *stream, unsigned flags))              \
	X(cuEventQuery, P_HANDLE)                                                                \
	X(cuEventSynchronize, P_HANDLE)                                                          \
	X(cuEventElapsedTime, (float *milliseconds, void *start, void *end))                     \
	X(cuEventElapsedTime_v2, (float *milliseconds, void *start, void *end))

#define DRIVER_GRAPHS(X)                                                                           \
	X(cuGraphCreate, P_MAKE)                                                                   \
	X(cuGraphDestroy, P_HANDLE)                                                                \
	X(cuGraphClone, (void **clone, void *graph))                                               \
	X(cuGraphGetNodes, (void *graph, void **nodes, size_t *count))                             \
	X(cuGraphNodeFindInClone, (void **node, void *original, void *clone))                      \
	X(cuGraphDestroyNode, P_HANDLE)                                                            \
	X(cuGraphAddKernelNode, P_NODE(const struct cu_kernel_node_params *params))                \
	X(cuGraphAddKernelNode_v2, P_NODE(const struct cu_kernel_node_params *params))             \
	X(cuGraphAddMemcpyNode, P_NODE(const struct cu_copy_3d *copy, void *context))              \
	X(cuGraphAddMemsetNode, P_NODE(const struct cu_memset_node_params *params, void *context)) \
	X(cuGraphAddHostNode, P_NODE(const struct cu_host_node_params *params))                    \
	X(cuGraphAddChildGraphNode, P_NODE(void *child))                                           \
	X(cuGraphAddEmptyNode, (void **node, void *graph, void *const *needs, size_t count))       \
	X(cuGraphAddNode, P_NODE(struct cu_node_params *params))                                   \
	X(cuGraphAddNode_v2,                                                                       \
		(void **node, void *graph, void *const *needs, const struct cu_edge *edges,        \
			size_t count, struct cu_node_params *params))                              \
	X(cuGraphAddNode_v3,                                                                       \
		(void **node, void *graph, void *const *needs, const struct cu_edge *edges,        \
			size_t count, struct cu_node_params *params))                              \
	X(cuGraphChildGraphNodeGetGraph, (void *node, void **graph))                               \
	X(cuGraphKernelNodeSetParams, (void *node, const struct cu_kernel_node_params *params))    \
	X(cuGraphKernelNodeSetParams_v2, (void *node, const struct cu_kernel_node_params *params)) \
	X(cuGraphNodeSetParams_v2, (void *node, struct cu_node_params *params))                    \
	X(cuGraphInstantiate,                                                                      \
		(void **exec, void *graph, void **error_node, char *log, size_t log_size))         \
	X(cuGraphInstantiate_v2,                                                                   \
		(void **exec, void *graph, void **error_node, char *log, size_t log_size))         \
	X(cuGraphInstantiateWithFlags, (void **exec, void *graph, unsigned long long flags))       \
	X(cuGraphInstantiateWithParams,                                                            \
		(void **exec, void *graph, struct cu_instantiate_params *params))                  \
	X(cuGraphInstantiateWithParams_ptsz,                                                       \
		(void **exec, void *graph, struct cu_instantiate_params *params))                  \
	X(cuGraphExecKernelNodeSetParams,                                                          \
		(void *exec, void *node, const struct cu_kernel_node_params *params))              \
	X(cuGraphExecKernelNodeSetParams_v2,                                                       \
		(void *exec, void *node, const struct cu_kernel_node_params *params))              \
	X(cuGraphExecChildGraphNodeSetParams, (void *exec, void *node, void *child))               \
	X(cuGraphExecNodeSetParams, (void *exec, void *node, struct cu_node_params *params))       \
	X(cuGraphExecUpdate, (void *exec, void *graph, void **error_node, int *result))            \
	X(cuGraphExecUpdate_v2, (void *exec, void *graph, struct cu_update_result *result))        \
	X(cuGraphNodeSetEnabled, (void *exec, void *node, unsigned enabled))                       \
	X(cuGraphUpload, (void *exec, void *stream))                                               \
	X(cuGraphLaunch, (void *exec, void *stream))                                               \
	X(cuGraphLaunch_ptsz, (void *exec, void *stream))                                          \
	X(cuGraphExecDestroy, P_HANDLE)

#define DRIVER_FUNCTIONS(X) \
	DRIVER_START(X)     \
	DRIVER_CODE(X)      \
	DRIVER_MEMORY(X)    \
	DRIVER_COPIES(X)    \
	DRIVER_STREAMS(X)   \
	DRIVER_GRAPHS(X)

#define DRIVER_PROTOTYPE(name, params) extern int name params;
DRIVER_FUNCTIONS(DRIVER_PROTOTYPE)

#define DRIVER_ID(name, params) ID_##name,
enum driver_id { DRIVER_FUNCTIONS(DRIVER_ID) DRIVER_COUNT };

#define DRIVER_FIELD(name, params) int(*name) params;
struct driver {
	DRIVER_FUNCTIONS(DRIVER_FIELD)
};

enum door {
	DOOR_LINKED, /* called by name */
	DOOR_TABLE,  /* through addresses that stand in the program's data */
	DOOR_DLSYM,
	DOOR_LOOKUP, /* cuGetProcAddress */
	DOORS,
};

/* Opens them all; the look-ups are calls too, and are in the tally. False: one was not found. */
bool doors_open(void);
/* The functions as this door gave them. */
const struct driver *door_functions(enum door door);
const char *driver_name(enum driver_id id);

/* A call by a door that the seed chooses. It is in the tally when it has returned. */
#define CALL(function, ...)                                                          \
	({                                                                           \
		enum door call_door = thread_door();                                 \
                                                                                     \
		tally_driver(ID_##function,                                          \
			call_door == DOOR_LINKED                                     \
				? function(__VA_ARGS__)                              \
				: door_functions(call_door)->function(__VA_ARGS__)); \
	})

/* The function or, when `twin` is true, its twin for the per-thread default stream. */
#define CALL_PTSZ(twin, function, ...) \
	((twin) ? CALL(function##_ptsz, __VA_ARGS__) : CALL(function, __VA_ARGS__))
#define CALL_PTDS(twin, function, ...) \
	((twin) ? CALL(function##_ptds, __VA_ARGS__) : CALL(function, __VA_ARGS__))

/* random-client.c */
enum door thread_door(void);

#endif
