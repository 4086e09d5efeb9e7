/* SPDX-License-Identifier: MIT */
/* The driver functions that the simulator's own tests call, and what these tests share. */
#ifndef SIM_CHECK_DRIVER_H
#define SIM_CHECK_DRIVER_H

#include "../../preload/cuda/abi.h"

#include <check.h>

#define OK(call)            ck_assert_int_eq(call, CU_OK)
#define FAILS(status, call) ck_assert_int_eq(call, status)

int cuInit(unsigned flags);
int cuDriverGetVersion(int *version);
int cuGetErrorName(int status, const char **name);
int cuDeviceGet(int *device, int ordinal);
int cuDeviceGetCount(int *count);
int cuDeviceGetName(char *name, int size, int device);
int cuDeviceGetUuid_v2(struct cu_uuid *uuid, int device);
int cuDevicePrimaryCtxRetain(void **context, int device);
int cuDevicePrimaryCtxReset_v2(int device);
int cuCtxCreate_v2(void **context, unsigned flags, int device);
int cuCtxDestroy_v2(void *context);
int cuCtxSetCurrent(void *context);
int cuCtxGetCurrent(void **context);
int cuCtxPushCurrent_v2(void *context);
int cuCtxPopCurrent_v2(void **context);
int cuCtxGetDevice(int *device);
int cuCtxSynchronize(void);
int cuDevicePrimaryCtxRelease_v2(int device);
int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active);
int cuGreenCtxCreate(void **green, void *description, int device, unsigned flags);
int cuGreenCtxDestroy(void *green);
int cuGreenCtxStreamCreate(void **stream, void *green, unsigned flags, int priority);
int cuGreenCtxRecordEvent(void *green, void *event);
int cuCtxFromGreenCtx(void **context, void *green);
int cuCtxRecordEvent(void *context, void *event);
int cuCtxWaitEvent(void *context, void *event);
int cuStreamGetCtx_v2(void *stream, void **context, void **green);
int cuModuleLoadData(void **module, const void *image);
int cuModuleUnload(void *module);
int cuModuleGetFunction(void **function, void *module, const char *name);
int cuModuleGetGlobal_v2(cu_pointer *address, size_t *bytes, void *module, const char *name);
int cuFuncGetName(const char **name, void *function);
int cuFuncGetParamInfo(void *function, size_t index, size_t *offset, size_t *size);
int cuFuncSetBlockShape(void *function, int x, int y, int z);
int cuParamSeti(void *function, int offset, unsigned value);
int cuParamSetv(void *function, int offset, void *value, unsigned bytes);
int cuParamSetSize(void *function, unsigned bytes);
int cuLaunchGrid(void *function, int width, int height);
int cuLibraryLoadData(void **library, const void *code, int *options, void **values, unsigned count,
	int *library_options, void **library_values, unsigned library_count);
int cuLibraryUnload(void *library);
int cuLibraryGetKernel(void **kernel, void *library, const char *name);
int cuKernelGetFunction(void **function, void *kernel);
int cuMemAlloc_v2(cu_pointer *address, size_t bytes);
int cuMemAllocPitch_v2(
	cu_pointer *address, size_t *pitch, size_t width, size_t height, unsigned element);
int cuMemAllocManaged(cu_pointer *address, size_t bytes, unsigned flags);
int cuMemAllocAsync(cu_pointer *address, size_t bytes, void *stream);
int cuMemFreeAsync(cu_pointer address, void *stream);
int cuMemFree_v2(cu_pointer address);
int cuMemGetInfo_v2(size_t *available, size_t *total);
int cuMemGetAddressRange_v2(cu_pointer *start, size_t *bytes, cu_pointer address);
int cuMemHostAlloc(void **address, size_t bytes, unsigned flags);
int cuMemFreeHost(void *address);
int cuMemAddressReserve(cu_pointer *address, size_t bytes, size_t alignment, cu_pointer wanted,
	unsigned long long flags);
int cuMemAddressFree(cu_pointer address, size_t bytes);
int cuMemCreate(void **allocation, size_t bytes, const struct cu_allocation_properties *properties,
	unsigned long long flags);
int cuMemMap(cu_pointer address, size_t bytes, size_t offset, void *allocation,
	unsigned long long flags);
int cuMemSetAccess(cu_pointer address, size_t bytes, const struct cu_access *access, size_t count);
int cuMemUnmap(cu_pointer address, size_t bytes);
int cuMemExportToShareableHandle(int *file, void *allocation, int type, unsigned long long flags);
int cuMemImportFromShareableHandle(void **allocation, void *file, int type);
int cuMemRelease(void *allocation);
int cuArray3DCreate_v2(void **array, const struct cu_array_3d *description);
int cuArrayDestroy(void *array);
int cuIpcGetMemHandle(struct cu_ipc_handle *handle, cu_pointer address);
int cuIpcOpenMemHandle_v2(cu_pointer *address, struct cu_ipc_handle handle, unsigned flags);
int cuPointerGetAttribute(void *value, int attribute, cu_pointer address);
int cuMemcpy(cu_pointer to, cu_pointer from, size_t bytes);
int cuMemcpyHtoD_v2(cu_pointer to, const void *from, size_t bytes);
int cuMemcpyDtoH_v2(void *to, cu_pointer from, size_t bytes);
int cuMemcpyDtoD_v2(cu_pointer to, cu_pointer from, size_t bytes);
int cuMemcpyDtoDAsync_v2(cu_pointer to, cu_pointer from, size_t bytes, void *stream);
int cuMemcpyPeer(
	cu_pointer to, void *to_context, cu_pointer from, void *from_context, size_t bytes);
int cuMemcpyHtoA_v2(void *array, size_t offset, const void *from, size_t bytes);
int cuMemcpy2D_v2(const struct cu_copy_2d *copy);
int cuMemcpy3D_v2(const struct cu_copy_3d *copy);
int cuMemcpyBatchAsync_v2(const cu_pointer *to, const cu_pointer *from, const size_t *sizes,
	size_t count, const struct cu_copy_attributes *attributes, const size_t *indices,
	size_t attribute_count, void *stream);
int cuMemsetD32_v2(cu_pointer to, unsigned value, size_t n);
int cuMemsetD2D8_v2(cu_pointer to, size_t pitch, unsigned char value, size_t width, size_t height);
int cuStreamCreate(void **stream, unsigned flags);
int cuStreamDestroy_v2(void *stream);
int cuStreamSynchronize(void *stream);
int cuStreamQuery(void *stream);
int cuStreamWaitEvent(void *stream, void *event, unsigned flags);
int cuStreamBeginCapture_v2(void *stream, int mode);
int cuStreamEndCapture(void *stream, void **graph);
int cuStreamIsCapturing(void *stream, int *state);
int cuEventCreate(void **event, unsigned flags);
int cuEventRecord(void *event, void *stream);
int cuEventQuery(void *event);
int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
	unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes, void *stream,
	void **params, void **extra);
int cuLaunchKernel_ptsz(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
	unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes, void *stream,
	void **params, void **extra);
int cuLaunchKernelEx(
	const struct cu_launch_config *config, void *function, void **params, void **extra);
int cuLaunchHostFunc(void *stream, void (*function)(void *), void *data);
int cuGraphCreate(void **graph, unsigned flags);
int cuGraphDestroy(void *graph);
int cuGraphAddKernelNode_v2(void **node, void *graph, void *const *needs, size_t count,
	const struct cu_kernel_node_params *params);
int cuGraphAddChildGraphNode(
	void **node, void *graph, void *const *needs, size_t count, void *child);
int cuGraphAddEmptyNode(void **node, void *graph, void *const *needs, size_t count);
int cuGraphAddNode_v2(void **node, void *graph, void *const *needs, const struct cu_edge *edges,
	size_t count, struct cu_node_params *params);
int cuGraphConditionalHandleCreate(
	uint64_t *handle, void *graph, void *context, unsigned value, unsigned flags);
int cuGraphAddDependencies(void *graph, void *const *from, void *const *to, size_t count);
int cuGraphGetNodes(void *graph, void **nodes, size_t *count);
int cuGraphNodeGetType(void *node, int *type);
int cuGraphInstantiateWithFlags(void **exec, void *graph, unsigned long long flags);
int cuGraphExecUpdate_v2(void *exec, void *graph, struct cu_update_result *result);
int cuGraphExecKernelNodeSetParams_v2(
	void *exec, void *node, const struct cu_kernel_node_params *params);
int cuGraphNodeSetEnabled(void *exec, void *node, unsigned enabled);
int cuGraphLaunch(void *exec, void *stream);
int cuGraphExecDestroy(void *exec);
int cuGetProcAddress(const char *symbol, void **out, int version, uint64_t flags);
int cuGetProcAddress_v2(const char *symbol, void **out, int version, uint64_t flags, int *result);
int cuLinkCreate_v2(unsigned n, int *options, void **values, void **linker);
int cuLinkAddData_v2(void *linker, int type, const void *data, size_t bytes, const char *name,
	unsigned n, int *options, void **values);
int cuLinkAddFile_v2(
	void *linker, int type, const char *path, unsigned n, int *options, void **values);
int cuLinkComplete(void *linker, void **image, size_t *bytes);
int cuLinkDestroy(void *linker);
int cuModuleLoad(void **module, const char *path);
int cuTexObjectCreate(
	uint64_t *object, const void *resource, const void *sampling, const void *view);
int cuTexObjectDestroy(uint64_t object);
int cuTexObjectGetResourceDesc(void *resource, uint64_t object);
int cuTexRefDestroy(void *reference); /* one that the simulator does not support */

/* A ledger of its own for this test. */
void use_ledger(void);
uint64_t calls_of(const char *symbol);
uint64_t errors_of(const char *symbol);
uint64_t total_of(const char *key);

/* cuInit, and device 0's primary context made current. */
void start(void);
void *function_of(const char *image, const char *name);
/* A launch of one thread. */
int launch(void *function, void *stream, void **params);
cu_pointer floats_on_device(const float *values, size_t count);

TCase *tests_of_lookups(void);
TCase *tests_of_devices(void);
TCase *tests_of_memory(void);
TCase *tests_of_code(void);
TCase *tests_of_graphs(void);
TCase *tests_of_ledger(void);

#endif
