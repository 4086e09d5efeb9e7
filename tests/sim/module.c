/* SPDX-License-Identifier: MIT */
/* Modules and their functions. */
#include "module.h"
#include "capture.h"
#include "export.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

static enum cu_status load(void **out, struct image *image, struct context *context)
{
	struct module *module = object_new(OBJECT_MODULE);

	if (!module) {
		image_free(image);
		return CU_ERROR_OUT_OF_MEMORY;
	}
	module->context = context;
	module->image = image;
	*out = module;
	return CU_OK;
}

/* Functions are freed last first, so that the next module's first function gets the first place. */
static void free_functions(struct module *module)
{
	struct function *function = NULL, **all = NULL;
	size_t count = 0;

	while ((function = object_next(OBJECT_FUNCTION, function)))
		if (function->module == module) {
			all = realloc(all, (count + 1) * sizeof(struct function *));
			if (!all)
				return;
			all[count++] = function;
		}
	while (count)
		object_free(all[--count]);
	free(all);
}

void module_free(struct module *module)
{
	free_functions(module);
	for (unsigned i = 0; module->globals && i < module->image->global_count; i++) {
		struct memory *memory = memory_find(module->globals[i]);

		if (memory) {
			memory_leave(memory);
			free((void *)(uintptr_t)module->globals[i]);
		}
	}
	free(module->globals);
	if (!module->library)
		image_free(module->image);
	object_free(module);
}

void module_context_ended(struct context *context)
{
	struct module *module = NULL;

	while ((module = object_next(OBJECT_MODULE, module)))
		if (module->context == context)
			module_free(module);
}

struct function *module_function(struct module *module, const struct image_kernel *kernel)
{
	struct function *function = NULL;

	while ((function = object_next(OBJECT_FUNCTION, function)))
		if (function->module == module && function->kernel == kernel)
			return function;
	function = object_new(OBJECT_FUNCTION);
	if (!function)
		return NULL;
	function->module = module;
	function->kernel = kernel;
	function->block[0] = function->block[1] = function->block[2] = 1;
	return function;
}

const struct image_kernel *launchable(const void *handle, struct context **context)
{
	const struct function *function = object_get(OBJECT_FUNCTION, handle);
	const struct kernel *kernel = object_get(OBJECT_KERNEL, handle);

	if (function) {
		*context = function->module->context;
		return function->kernel;
	}
	return kernel ? kernel->kernel : NULL;
}

static enum cu_status load_data(void **out, const void *data)
{
	struct image *image;
	enum cu_status status = out ? capture_forbids() : CU_ERROR_INVALID_VALUE;

	if (status == CU_OK)
		status = image_read(data, &image);
	return status == CU_OK ? load(out, image, context_current()) : status;
}

FUNCTION(cuModuleLoadData, (void **out, const void *data), (out, data))
{
	return load_data(out, data);
}

FUNCTION(cuModuleLoadDataEx,
	(void **out, const void *data, unsigned count, int *options, void **values),
	(out, data, count, options, values))
{
	return count && (!options || !values) ? CU_ERROR_INVALID_VALUE : load_data(out, data);
}

FUNCTION(cuModuleLoadFatBinary, (void **out, const void *data), (out, data))
{
	return load_data(out, data);
}

FUNCTION(cuModuleLoad, (void **out, const char *path), (out, path))
{
	struct image *image;
	enum cu_status status = out ? image_read_file(path, &image) : CU_ERROR_INVALID_VALUE;

	return status == CU_OK ? load(out, image, context_current()) : status;
}

FUNCTION(cuModuleUnload, (void *handle), (handle))
{
	struct module *module = object_get(OBJECT_MODULE, handle);

	if (!module || module->library)
		return CU_ERROR_INVALID_HANDLE;
	module_free(module);
	return CU_OK;
}

FUNCTION(cuModuleGetFunction, (void **out, void *handle, const char *name), (out, handle, name))
{
	struct module *module = object_get(OBJECT_MODULE, handle);
	const struct image_kernel *kernel;

	if (!out || !name)
		return CU_ERROR_INVALID_VALUE;
	if (!module)
		return CU_ERROR_INVALID_HANDLE;
	kernel = image_find(module->image, name);
	if (!kernel)
		return CU_ERROR_NOT_FOUND;
	*out = module_function(module, kernel);
	return *out ? CU_OK : CU_ERROR_OUT_OF_MEMORY;
}

FUNCTION(cuModuleGetFunctionCount, (unsigned *count, void *handle), (count, handle))
{
	struct module *module = object_get(OBJECT_MODULE, handle);

	if (!module)
		return CU_ERROR_INVALID_HANDLE;
	if (!count)
		return CU_ERROR_INVALID_VALUE;
	*count = module->image->kernel_count;
	return CU_OK;
}

FUNCTION(cuModuleEnumerateFunctions, (void **out, unsigned count, void *handle),
	(out, count, handle))
{
	struct module *module = object_get(OBJECT_MODULE, handle);

	if (!module)
		return CU_ERROR_INVALID_HANDLE;
	if (!out || !count)
		return CU_ERROR_INVALID_VALUE;
	for (unsigned i = 0; i < count && i < module->image->kernel_count; i++)
		out[i] = module_function(module, &module->image->kernels[i]);
	return CU_OK;
}

static int global_index(const struct image *image, const char *name)
{
	for (unsigned i = 0; i < image->global_count; i++)
		if (strcmp(image->globals[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* Global variables live in device memory; they come into being when first asked for. */
static struct memory *global_new(struct module *module, size_t bytes)
{
	void *at = calloc(1, bytes);
	struct memory *memory = at ? memory_enter(at, bytes, MEMORY_GLOBAL) : NULL;

	if (memory)
		memory->device = module->context->device;
	else
		free(at);
	return memory;
}

enum cu_status module_global(
	struct module *module, const char *name, cu_pointer *address, size_t *bytes)
{
	const struct image *image = module->image;
	struct memory *memory;
	int i;

	if (!name || (!address && !bytes))
		return CU_ERROR_INVALID_VALUE;
	i = global_index(image, name);
	if (i < 0)
		return CU_ERROR_NOT_FOUND;
	if (!module->globals)
		module->globals = calloc(image->global_count, sizeof(cu_pointer));
	if (!module->globals)
		return CU_ERROR_OUT_OF_MEMORY;
	if (!module->globals[i]) {
		memory = global_new(module, image->globals[i].bytes);
		if (!memory)
			return CU_ERROR_OUT_OF_MEMORY;
		module->globals[i] = memory->start;
	}
	if (address)
		*address = module->globals[i];
	if (bytes)
		*bytes = image->globals[i].bytes;
	return CU_OK;
}

FUNCTION(cuModuleGetGlobal_v2,
	(cu_pointer * address, size_t *bytes, void *handle, const char *name),
	(address, bytes, handle, name))
{
	struct module *module = object_get(OBJECT_MODULE, handle);

	return module ? module_global(module, name, address, bytes) : CU_ERROR_INVALID_HANDLE;
}

FUNCTION(cuModuleGetLoadingMode, (int *mode), (mode))
{
	if (!mode)
		return CU_ERROR_INVALID_VALUE;
	*mode = 2; /* lazy */
	return CU_OK;
}
