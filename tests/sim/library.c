/* SPDX-License-Identifier: MIT */
/* Libraries: code that belongs to no context, and its kernels. */
#include "export.h"
#include "module.h"

static enum cu_status load(void **out, struct image *image)
{
	struct library *library = object_new(OBJECT_LIBRARY);

	if (!library) {
		image_free(image);
		return CU_ERROR_OUT_OF_MEMORY;
	}
	library->image = image;
	*out = library;
	return CU_OK;
}

/* The library's module in a context, made when first wanted. */
struct module *library_module(struct library *library, struct context *context)
{
	struct module *module = NULL;

	while ((module = object_next(OBJECT_MODULE, module)))
		if (module->library == library && module->context == context)
			return module;
	module = object_new(OBJECT_MODULE);
	if (module) {
		module->library = library;
		module->context = context;
		module->image = library->image;
	}
	return module;
}

static struct kernel *kernel_of(struct library *library, const struct image_kernel *wanted)
{
	struct kernel *kernel = NULL;

	while ((kernel = object_next(OBJECT_KERNEL, kernel)))
		if (kernel->library == library && kernel->kernel == wanted)
			return kernel;
	kernel = object_new(OBJECT_KERNEL);
	if (kernel) {
		kernel->library = library;
		kernel->kernel = wanted;
	}
	return kernel;
}

FUNCTION(cuLibraryLoadData,
	(void **out, const void *code, int *options, void **values, unsigned count,
		int *library_options, void **library_values, unsigned library_count),
	(out, code, options, values, count, library_options, library_values, library_count))
{
	struct image *image;
	enum cu_status status = out ? CU_OK : CU_ERROR_INVALID_VALUE;

	if ((count && (!options || !values)) ||
		(library_count && (!library_options || !library_values)))
		status = CU_ERROR_INVALID_VALUE;
	if (status == CU_OK)
		status = image_read(code, &image);
	return status == CU_OK ? load(out, image) : status;
}

FUNCTION(cuLibraryLoadFromFile,
	(void **out, const char *path, int *options, void **values, unsigned count,
		int *library_options, void **library_values, unsigned library_count),
	(out, path, options, values, count, library_options, library_values, library_count))
{
	struct image *image;
	enum cu_status status = out ? CU_OK : CU_ERROR_INVALID_VALUE;

	if ((count && (!options || !values)) ||
		(library_count && (!library_options || !library_values)))
		status = CU_ERROR_INVALID_VALUE;
	if (status == CU_OK)
		status = image_read_file(path, &image);
	return status == CU_OK ? load(out, image) : status;
}

FUNCTION(cuLibraryUnload, (void *handle), (handle))
{
	struct library *library = object_get(OBJECT_LIBRARY, handle);
	struct kernel *kernel = NULL;
	struct module *module = NULL;

	if (!library)
		return CU_ERROR_INVALID_HANDLE;
	while ((kernel = object_next(OBJECT_KERNEL, kernel)))
		if (kernel->library == library)
			object_free(kernel);
	while ((module = object_next(OBJECT_MODULE, module)))
		if (module->library == library)
			module_free(module);
	image_free(library->image);
	object_free(library);
	return CU_OK;
}

FUNCTION(cuLibraryGetKernel, (void **out, void *handle, const char *name), (out, handle, name))
{
	struct library *library = object_get(OBJECT_LIBRARY, handle);
	const struct image_kernel *kernel;

	if (!library)
		return CU_ERROR_INVALID_HANDLE;
	if (!out || !name)
		return CU_ERROR_INVALID_VALUE;
	kernel = image_find(library->image, name);
	if (!kernel)
		return CU_ERROR_NOT_FOUND;
	*out = kernel_of(library, kernel);
	return *out ? CU_OK : CU_ERROR_OUT_OF_MEMORY;
}

FUNCTION(cuLibraryGetKernelCount, (unsigned *count, void *handle), (count, handle))
{
	struct library *library = object_get(OBJECT_LIBRARY, handle);

	if (!library)
		return CU_ERROR_INVALID_HANDLE;
	if (!count)
		return CU_ERROR_INVALID_VALUE;
	*count = library->image->kernel_count;
	return CU_OK;
}

FUNCTION(
	cuLibraryEnumerateKernels, (void **out, unsigned count, void *handle), (out, count, handle))
{
	struct library *library = object_get(OBJECT_LIBRARY, handle);

	if (!library)
		return CU_ERROR_INVALID_HANDLE;
	if (!out || !count)
		return CU_ERROR_INVALID_VALUE;
	for (unsigned i = 0; i < count && i < library->image->kernel_count; i++)
		out[i] = kernel_of(library, &library->image->kernels[i]);
	return CU_OK;
}

FUNCTION(cuLibraryGetModule, (void **out, void *handle), (out, handle))
{
	struct library *library = object_get(OBJECT_LIBRARY, handle);

	if (!library)
		return CU_ERROR_INVALID_HANDLE;
	if (!out)
		return CU_ERROR_INVALID_VALUE;
	*out = library_module(library, context_current());
	return *out ? CU_OK : CU_ERROR_OUT_OF_MEMORY;
}

static enum cu_status global(cu_pointer *address, size_t *bytes, void *handle, const char *name)
{
	struct library *library = object_get(OBJECT_LIBRARY, handle);
	struct module *module;

	if (!library)
		return CU_ERROR_INVALID_HANDLE;
	module = library_module(library, context_current());
	return module ? module_global(module, name, address, bytes) : CU_ERROR_OUT_OF_MEMORY;
}

FUNCTION(cuLibraryGetGlobal, (cu_pointer * address, size_t *bytes, void *library, const char *name),
	(address, bytes, library, name))
{
	return global(address, bytes, library, name);
}

FUNCTION(cuLibraryGetManaged,
	(cu_pointer * address, size_t *bytes, void *library, const char *name),
	(address, bytes, library, name))
{
	return global(address, bytes, library, name);
}

FUNCTION(cuKernelGetFunction, (void **out, void *handle), (out, handle))
{
	struct kernel *kernel = object_get(OBJECT_KERNEL, handle);
	struct module *module;

	if (!kernel)
		return CU_ERROR_INVALID_HANDLE;
	if (!out)
		return CU_ERROR_INVALID_VALUE;
	module = library_module(kernel->library, context_current());
	*out = module ? module_function(module, kernel->kernel) : NULL;
	return *out ? CU_OK : CU_ERROR_OUT_OF_MEMORY;
}

FUNCTION(cuKernelGetLibrary, (void **out, void *handle), (out, handle))
{
	struct kernel *kernel = object_get(OBJECT_KERNEL, handle);

	if (!kernel)
		return CU_ERROR_INVALID_HANDLE;
	if (!out)
		return CU_ERROR_INVALID_VALUE;
	*out = kernel->library;
	return CU_OK;
}

FUNCTION(cuKernelGetName, (const char **name, void *handle), (name, handle))
{
	struct kernel *kernel = object_get(OBJECT_KERNEL, handle);

	if (!kernel)
		return CU_ERROR_INVALID_HANDLE;
	if (!name)
		return CU_ERROR_INVALID_VALUE;
	*name = kernel->kernel->name;
	return CU_OK;
}
