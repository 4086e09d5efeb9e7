/* SPDX-License-Identifier: MIT */
#include "versions.h"

#include <stddef.h>
#include <string.h>

/*
 * The CUDA versions with which an entry point got its second, third, ... form. From cudaTypedefs.h
 * of CUDA 13.0 to 13.5 (PFN_cuMemAlloc_v2000, PFN_cuMemAlloc_v3020, ...), cudaGL.h and cudaVDPAU.h.
 * Entry points with one form only are not listed.
 */
static const struct {
	char name[36];
	int since[3]; /* of _v2, _v3, _v4 */
} forms[] = {
	{ "cuArray3DCreate", { 3020 } },
	{ "cuArray3DGetDescriptor", { 3020 } },
	{ "cuArrayCreate", { 3020 } },
	{ "cuArrayGetDescriptor", { 3020 } },
	{ "cuCtxCreate", { 3020, 11040, 12050 } },
	{ "cuCtxDestroy", { 4000 } },
	{ "cuCtxGetDevice", { 13000 } },
	{ "cuCtxPopCurrent", { 4000 } },
	{ "cuCtxPushCurrent", { 4000 } },
	{ "cuCtxSynchronize", { 13000 } },
	{ "cuDeviceGetUuid", { 11040 } },
	{ "cuDevicePrimaryCtxRelease", { 11000 } },
	{ "cuDevicePrimaryCtxReset", { 11000 } },
	{ "cuDevicePrimaryCtxSetFlags", { 11000 } },
	{ "cuDeviceTotalMem", { 3020 } },
	{ "cuEventDestroy", { 4000 } },
	{ "cuEventElapsedTime", { 12080 } },
	{ "cuGLCtxCreate", { 3020 } },
	{ "cuGLGetDevices", { 6050 } },
	{ "cuGLMapBufferObject", { 3020 } },
	{ "cuGLMapBufferObjectAsync", { 3020 } },
	{ "cuGetProcAddress", { 12000 } },
	{ "cuGraphAddDependencies", { 12030 } },
	{ "cuGraphAddKernelNode", { 12000 } },
	{ "cuGraphAddNode", { 12030, 13040 } },
	{ "cuGraphExecKernelNodeSetParams", { 12000 } },
	{ "cuGraphExecUpdate", { 12000 } },
	{ "cuGraphGetEdges", { 12030 } },
	{ "cuGraphInstantiate", { 11000 } },
	{ "cuGraphKernelNodeGetParams", { 12000 } },
	{ "cuGraphKernelNodeSetParams", { 12000 } },
	{ "cuGraphNodeGetDependencies", { 12030 } },
	{ "cuGraphNodeGetDependentNodes", { 12030 } },
	{ "cuGraphNodeSetParams", { 13040 } },
	{ "cuGraphRemoveDependencies", { 12030 } },
	{ "cuGraphicsResourceGetMappedPointer", { 3020 } },
	{ "cuGraphicsResourceSetMapFlags", { 6050 } },
	{ "cuIpcOpenMemHandle", { 11000 } },
	{ "cuLaunchHostFunc", { 13010 } },
	{ "cuLinkAddData", { 6050 } },
	{ "cuLinkAddFile", { 6050 } },
	{ "cuLinkCreate", { 6050 } },
	{ "cuMemAdvise", { 12020 } },
	{ "cuMemAlloc", { 3020 } },
	{ "cuMemAllocHost", { 3020 } },
	{ "cuMemAllocPitch", { 3020 } },
	{ "cuMemFree", { 3020 } },
	{ "cuMemGetAddressRange", { 3020 } },
	{ "cuMemGetInfo", { 3020 } },
	{ "cuMemHostGetDevicePointer", { 3020 } },
	{ "cuMemHostRegister", { 6050 } },
	{ "cuMemPrefetchAsync", { 12020 } },
	{ "cuMemcpy2D", { 3020 } },
	{ "cuMemcpy2DAsync", { 3020 } },
	{ "cuMemcpy2DUnaligned", { 3020 } },
	{ "cuMemcpy3D", { 3020 } },
	{ "cuMemcpy3DAsync", { 3020 } },
	{ "cuMemcpy3DBatchAsync", { 13000 } },
	{ "cuMemcpyAtoA", { 3020 } },
	{ "cuMemcpyAtoD", { 3020 } },
	{ "cuMemcpyAtoH", { 3020 } },
	{ "cuMemcpyAtoHAsync", { 3020 } },
	{ "cuMemcpyBatchAsync", { 13000 } },
	{ "cuMemcpyDtoA", { 3020 } },
	{ "cuMemcpyDtoD", { 3020 } },
	{ "cuMemcpyDtoDAsync", { 3020 } },
	{ "cuMemcpyDtoH", { 3020 } },
	{ "cuMemcpyDtoHAsync", { 3020 } },
	{ "cuMemcpyHtoA", { 3020 } },
	{ "cuMemcpyHtoAAsync", { 3020 } },
	{ "cuMemcpyHtoD", { 3020 } },
	{ "cuMemcpyHtoDAsync", { 3020 } },
	{ "cuMemsetD16", { 3020 } },
	{ "cuMemsetD2D16", { 3020 } },
	{ "cuMemsetD2D32", { 3020 } },
	{ "cuMemsetD2D8", { 3020 } },
	{ "cuMemsetD32", { 3020 } },
	{ "cuMemsetD8", { 3020 } },
	{ "cuModuleGetGlobal", { 3020 } },
	{ "cuMulticastBindAddr", { 13010 } },
	{ "cuMulticastBindMem", { 13010 } },
	{ "cuStreamBatchMemOp", { 11070 } },
	{ "cuStreamBeginCapture", { 10010 } },
	{ "cuStreamDestroy", { 4000 } },
	{ "cuStreamGetCaptureInfo", { 11030, 12030 } },
	{ "cuStreamGetCtx", { 12050 } },
	{ "cuStreamUpdateCaptureDependencies", { 12030 } },
	{ "cuStreamWaitValue32", { 11070 } },
	{ "cuStreamWaitValue64", { 11070 } },
	{ "cuStreamWriteValue32", { 11070 } },
	{ "cuStreamWriteValue64", { 11070 } },
	{ "cuTexRefGetAddress", { 3020 } },
	{ "cuTexRefSetAddress", { 3020 } },
	{ "cuTexRefSetAddress2D", { 3020, 4010 } },
	{ "cuVDPAUCtxCreate", { 3020 } },
};

int versions_form(const char *name, int version)
{
	int form = 1;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strcmp(forms[i].name, name))
			continue;
		while (form < 4 && forms[i].since[form - 1] && forms[i].since[form - 1] <= version)
			form++;
		break;
	}
	return form;
}
