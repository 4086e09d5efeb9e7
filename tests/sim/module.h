/* SPDX-License-Identifier: MIT */
/* Modules, libraries, and the functions in them. */
#ifndef SIM_MODULE_H
#define SIM_MODULE_H

#include "state.h"

struct image_param {
	unsigned offset, size;
};

struct image_kernel {
	char *name;
	unsigned param_count, param_bytes;
	struct image_param params[KERNEL_PARAMS_MAX];
};

struct image_global {
	char *name;
	size_t bytes;
};

struct image { /* what an image says, after reading */
	unsigned kernel_count, global_count;
	struct image_kernel *kernels;
	struct image_global *globals;
	bool has_all; /* a part cannot be read: it has what it is asked for */
	struct asked *asked;
};

struct asked {
	struct image_kernel kernel;
	struct asked *next;
};

struct linker {
	struct object object;
	char *text;
	size_t used;
	bool complete;
};

struct module {
	struct object object;
	struct context *context;
	struct library *library; /* NULL: loaded on its own */
	struct image *image;     /* a library's module has the library's */
	cu_pointer *globals;
};

struct function {
	struct object object;
	struct module *module;
	const struct image_kernel *kernel;
	int attributes[16]; /* as set by the program */
	/* Of cuFuncSetBlockShape, cuParamSet*, cuLaunch. */
	unsigned block[3], shared_bytes;
	char params[256];
};

struct library {
	struct object object;
	struct image *image;
};

struct kernel {
	struct object object;
	struct library *library;
	const struct image_kernel *kernel;
};

/* image.c */
enum cu_status image_read(const void *data, struct image **image);
enum cu_status image_read_file(const char *path, struct image **image);
enum cu_status image_add(struct image *image, const void *data);
char *image_file(const char *path, size_t *bytes); /* with a 0 behind it; NULL: it has none */
void image_free(struct image *image);
const struct image_kernel *image_find(struct image *image, const char *name);

/* fatbin.c */
bool fatbin_is(const void *data);
enum cu_status fatbin_add(struct image *image, const void *data);

/* module.c */
void module_free(struct module *module);
void module_context_ended(struct context *context);
struct function *module_function(struct module *module, const struct image_kernel *kernel);
enum cu_status module_global(
	struct module *module, const char *name, cu_pointer *address, size_t *bytes);
/* What a launch's handle says: a function, or a kernel; NULL: neither. */
const struct image_kernel *launchable(const void *handle, struct context **context);

/* library.c */
struct module *library_module(struct library *library, struct context *context);

/* kernels.c: what kernels of known names do */
struct kernel_code;
const struct kernel_code *kernel_code(const char *name);
void kernel_code_params(const struct kernel_code *code, struct image_kernel *kernel);
/* Run it over host memory; the fault it makes, or CU_OK. */
enum cu_status kernel_run(const struct kernel_code *code, void **params);

#endif
