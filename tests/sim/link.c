/* SPDX-License-Identifier: MIT */
/*
 * The linker of code. What it makes is PTX again: all that was PTX, and of all else an entry for
 * each kernel. cuModuleLoadData and its like take it, from a file too.
 */
#include "export.h"
#include "module.h"

#include <stdlib.h>
#include <string.h>

enum input { INPUT_PTX = 1, INPUT_FAT = 2, INPUT_KINDS = 6 }; /* CUjitInputType; 0: a cubin */

static bool add_text(struct linker *linker, const char *text)
{
	size_t n = strlen(text);
	char *bigger = realloc(linker->text, linker->used + n + 1);

	if (!bigger)
		return false;
	linker->text = bigger;
	memcpy(bigger + linker->used, text, n + 1);
	linker->used += n;
	return true;
}

static bool add_entry(struct linker *linker, const char *name)
{
	return add_text(linker, ".visible .entry ") && add_text(linker, name) &&
	       add_text(linker, "() { }\n");
}

static enum cu_status add_image(struct linker *linker, struct image *image, const char *text)
{
	bool good = true;

	if (text && !strncmp(text, "sim:", 4))
		text = NULL;
	if (text)
		good = add_text(linker, text) && add_text(linker, "\n");
	for (unsigned i = 0; !text && good && i < image->kernel_count; i++)
		good = add_entry(linker, image->kernels[i].name);
	image_free(image);
	return good ? CU_OK : CU_ERROR_OUT_OF_MEMORY;
}

/* Objects, archives and NVVM's intermediate code have functions for the others, and no kernels. */
static enum cu_status add(struct linker *linker, unsigned type, const void *data, size_t bytes)
{
	struct image *image;
	enum cu_status status;
	char *copy;

	if (!linker || linker->complete)
		return CU_ERROR_INVALID_HANDLE;
	if (!data || !bytes || type >= INPUT_KINDS)
		return CU_ERROR_INVALID_VALUE;
	if (type > INPUT_FAT)
		return CU_OK;
	copy = malloc(bytes + 1);
	if (!copy)
		return CU_ERROR_OUT_OF_MEMORY;
	memcpy(copy, data, bytes);
	copy[bytes] = 0;
	status = image_read(copy, &image);
	if (status == CU_OK)
		status = add_image(linker, image, type == INPUT_PTX ? copy : NULL);
	free(copy);
	return status;
}

static enum cu_status add_file(struct linker *linker, unsigned type, const char *path)
{
	size_t bytes;
	char *data = path ? image_file(path, &bytes) : NULL;
	enum cu_status status;

	if (!data)
		return path ? CU_ERROR_FILE_NOT_FOUND : CU_ERROR_INVALID_VALUE;
	status = add(linker, type, data, bytes);
	free(data);
	return status;
}

#define CREATE (unsigned n, int *options, void **values, void **out)
#define ADD_DATA                                                                              \
	(void *handle, unsigned type, void *data, size_t bytes, const char *name, unsigned n, \
		int *options, void **values)
#define ADD_FILE \
	(void *handle, unsigned type, const char *path, unsigned n, int *options, void **values)

FUNCTION(cuLinkCreate_v2, CREATE, (n, options, values, out))
{
	struct linker *linker;

	if (!out || (n && (!options || !values)))
		return CU_ERROR_INVALID_VALUE;
	linker = object_new(OBJECT_LINKER);
	if (!linker || !add_text(linker, ".version 7.0\n"))
		return CU_ERROR_OUT_OF_MEMORY;
	*out = linker;
	return CU_OK;
}

FUNCTION(cuLinkAddData_v2, ADD_DATA, (handle, type, data, bytes, name, n, options, values))
{
	(void)name;
	if (n && (!options || !values))
		return CU_ERROR_INVALID_VALUE;
	return add(object_get(OBJECT_LINKER, handle), type, data, bytes);
}

FUNCTION(cuLinkAddFile_v2, ADD_FILE, (handle, type, path, n, options, values))
{
	if (n && (!options || !values))
		return CU_ERROR_INVALID_VALUE;
	return add_file(object_get(OBJECT_LINKER, handle), type, path);
}

/* The end of the text is part of what there is. */
FUNCTION(cuLinkComplete, (void *handle, void **out, size_t *bytes), (handle, out, bytes))
{
	struct linker *linker = object_get(OBJECT_LINKER, handle);

	if (!linker)
		return CU_ERROR_INVALID_HANDLE;
	if (!out)
		return CU_ERROR_INVALID_VALUE;
	linker->complete = true;
	*out = linker->text;
	if (bytes)
		*bytes = linker->used + 1;
	return CU_OK;
}

FUNCTION(cuLinkDestroy, (void *handle), (handle))
{
	struct linker *linker = object_get(OBJECT_LINKER, handle);

	if (!linker)
		return CU_ERROR_INVALID_HANDLE;
	free(linker->text);
	object_free(linker);
	return CU_OK;
}

ALIAS(cuLinkCreate, cuLinkCreate_v2, CREATE, (n, options, values, out))
ALIAS(cuLinkAddData, cuLinkAddData_v2, ADD_DATA,
	(handle, type, data, bytes, name, n, options, values))
ALIAS(cuLinkAddFile, cuLinkAddFile_v2, ADD_FILE, (handle, type, path, n, options, values))
