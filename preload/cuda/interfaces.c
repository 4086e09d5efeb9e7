/* SPDX-License-Identifier: MIT */
#include "interfaces.h"

#include <stddef.h>

#include "../ground/path.h"

/* The loaders of OpenCL and of Level Zero alone reach nothing: an ICD does. */
static const struct {
	char name[28]; /* up to ".so", or what comes before a version or a hash */
	uint32_t bits;
} libraries[] = {
	{ "libnvidia-opencl", INTERFACE_OPENCL },
	{ "libamdocl64", INTERFACE_OPENCL },
	{ "libigdrcl", INTERFACE_OPENCL },
	{ "libMesaOpenCL", INTERFACE_OPENCL },
	{ "libRusticlOpenCL", INTERFACE_OPENCL },
	{ "libvulkan", INTERFACE_VULKAN },
	{ "libGLX_nvidia", INTERFACE_GRAPHICS | INTERFACE_VULKAN_ICD },
	{ "libEGL_nvidia", INTERFACE_GRAPHICS },
	{ "libnvidia-vulkan-producer", INTERFACE_VULKAN_ICD },
	{ "libnvidia-glvkspirv", INTERFACE_VULKAN_ICD },
	{ "libvulkan_radeon", INTERFACE_VULKAN_ICD },
	{ "libvulkan_intel", INTERFACE_VULKAN_ICD },
	{ "libvulkan_nouveau", INTERFACE_VULKAN_ICD },
	{ "libnvidia-encode", INTERFACE_VIDEO },
	{ "libnvcuvid", INTERFACE_VIDEO },
	{ "libnvoptix", INTERFACE_OPTIX },
	{ "libamdhip64", INTERFACE_ROCM },
	{ "libhsa-runtime64", INTERFACE_ROCM },
	{ "libze_intel_gpu", INTERFACE_LEVEL_ZERO },
	{ "libnvidia-ml", INTERFACE_NVML },
};

static const struct {
	char begin[36];
	bool number; /* a number follows */
	uint32_t bit;
} files[] = {
	{ "/dev/nvidiactl", false, FILE_CONTROL },
	{ "/dev/nvidia-uvm", false, FILE_UVM },
	{ "/dev/nvidia", true, FILE_DEVICE },
	{ "/dev/nvidia", false, FILE_OTHER },
	{ "/dev/dxg", false, FILE_WSL },
	{ "/dev/nvhost", false, FILE_TEGRA },
	{ "/dev/nvgpu", false, FILE_TEGRA },
	{ "/dev/nvmap", false, FILE_TEGRA },
	{ "/dev/kfd", false, FILE_KFD },
	/* A file in memory, which the simulated driver keeps open as a driver does its devices. */
	{ "/memfd:gpuspy-simulated-device", false, FILE_SIMULATED },
};

uint32_t interface_of_library(const char *path)
{
	const char *name = path_file(path);

	if (!after_start(name, "lib"))
		return 0;
	for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++) {
		const char *rest = name[3] == libraries[i].name[3]
					   ? after_start(name, libraries[i].name)
					   : NULL;

		if (rest && (*rest == '-' || after_start(rest, ".so")))
			return libraries[i].bits;
	}
	return 0;
}

bool interfaces_compute(uint32_t interfaces)
{
	const uint32_t vulkan = INTERFACE_VULKAN | INTERFACE_VULKAN_ICD;

	return (interfaces & (INTERFACE_OPENCL | INTERFACE_VIDEO | INTERFACE_OPTIX |
				     INTERFACE_ROCM | INTERFACE_LEVEL_ZERO)) ||
	       (interfaces & vulkan) == vulkan;
}

bool device_name(const char *name)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (after_start(name, files[i].begin + sizeof("/dev/") - 1))
			return true;
	return false;
}

uint32_t device_file(const char *path)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const char *rest = after_start(path, files[i].begin);

		if (rest && (!files[i].number || (*rest >= '0' && *rest <= '9')))
			return files[i].bit;
	}
	return 0;
}
