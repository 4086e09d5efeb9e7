/* SPDX-License-Identifier: MIT */
/* Modules, libraries, and launches by every entry point. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

static bool load(struct image *image, const char *code)
{
	image->kind = chance(2) ? IMAGE_LIBRARY : IMAGE_MODULE;
	if (image->kind == IMAGE_LIBRARY)
		return !CALL(cuLibraryLoadData, &image->handle, code, NULL, NULL, 0, NULL, NULL, 0);
	if (chance(2))
		return !CALL(cuModuleLoadDataEx, &image->handle, code, 0, NULL, NULL);
	return !CALL(cuModuleLoadData, &image->handle, code);
}

static void find_in_module(struct image *image)
{
	void *all[IMAGE_KERNELS] = { NULL };

	if (chance(3)) { /* all at once, in the order of the image */
		if (CALL(cuModuleEnumerateFunctions, all, image->n, image->handle))
			return;
		for (unsigned i = 0; i < image->n; i++)
			image->kernels[i].function = all[i];
		return;
	}
	for (unsigned i = 0; i < image->n; i++)
		if (CALL(cuModuleGetFunction, &image->kernels[i].function, image->handle,
			    kernel_names[image->kernels[i].kernel]))
			image->kernels[i].function = NULL;
}

/* What cuLibraryGetModule gives belongs to the library and to the current context. */
static void find_function(struct image *image, unsigned i)
{
	const char *name = kernel_names[image->kernels[i].kernel];
	void *module = NULL;
	int status;

	if (chance(2))
		status = CALL(
			cuKernelGetFunction, &image->kernels[i].function, image->kernels[i].object);
	else
		status = CALL(cuLibraryGetModule, &module, image->handle) ||
			 CALL(cuModuleGetFunction, &image->kernels[i].function, module, name);
	if (status)
		image->kernels[i].function = NULL;
}

static void find_in_library(struct image *image)
{
	void *all[IMAGE_KERNELS] = { NULL };
	bool at_once = chance(3);

	if (at_once && CALL(cuLibraryEnumerateKernels, all, image->n, image->handle))
		return;
	for (unsigned i = 0; i < image->n; i++) {
		image->kernels[i].object = all[i];
		if (!at_once && CALL(cuLibraryGetKernel, &image->kernels[i].object, image->handle,
					kernel_names[image->kernels[i].kernel]))
			image->kernels[i].object = NULL;
		if (image->kernels[i].object && chance(2))
			find_function(image, i);
	}
}

static void load_image(struct image *image)
{
	const struct context *context = current()->context;
	char code[256] = "sim:";

	memset(image, 0, sizeof(*image));
	image->n = 1 + below(IMAGE_KERNELS);
	for (unsigned i = 0; i < image->n; i++) {
		int kernel = KERNEL_FIRST + (int)(below(3) * IMAGE_KERNELS + i);

		/* A fault is the end of a context. */
		if (world.faults && !context->primary && chance(24))
			kernel = KERNEL_FAULT;
		image->kernels[i].kernel = kernel;
		snprintf(code + strlen(code), sizeof(code) - strlen(code), "%s%s", i ? "," : "",
			kernel_names[kernel]);
		if (kernel == KERNEL_FAULT)
			image->n = i + 1; /* no name twice */
	}
	if (!load(image, code))
		image->handle = NULL;
	else if (image->kind == IMAGE_LIBRARY)
		find_in_library(image);
	else
		find_in_module(image);
}

static void unload_image(struct image *image)
{
	if (!graphs_clean(current())) /* they have its kernels */
		return;
	if (!(image->kind == IMAGE_LIBRARY ? CALL(cuLibraryUnload, image->handle)
					   : CALL(cuModuleUnload, image->handle)))
		image->handle = NULL;
}

void step_image(void)
{
	struct image *image = &current()->images[below(IMAGES)];

	if (!image->handle)
		load_image(image);
	else if (chance(4))
		unload_image(image);
}

void images_clean(struct view *view)
{
	for (int i = 0; i < IMAGES; i++)
		if (view->images[i].handle)
			unload_image(&view->images[i]);
}

static void *kernel_of(struct view *view, int *kernel, bool function_only)
{
	for (int tries = 0; tries < 6; tries++) {
		struct image *image = &view->images[below(IMAGES)];
		unsigned i = image->handle ? below(image->n) : 0;
		void *handle = image->kernels[i].function;

		if (!image->handle)
			continue;
		if (!function_only && image->kernels[i].object && (!handle || chance(2)))
			handle = image->kernels[i].object;
		*kernel = image->kernels[i].kernel;
		if (handle)
			return handle;
	}
	return NULL;
}

void *any_kernel(int *kernel, bool function_only)
{
	return kernel_of(current(), kernel, function_only);
}

bool is_object(const void *handle)
{
	for (int i = 0; handle && i < IMAGES; i++)
		for (unsigned k = 0; k < IMAGE_KERNELS; k++)
			if (current()->images[i].kernels[k].object == handle)
				return true;
	return false;
}

static int launch_old(void *function, void **stream)
{
	*stream = NULL;
	if (CALL(cuFuncSetBlockShape, function, 32, 1, 1) || CALL(cuParamSetSize, function, 0))
		return -1;
	switch (below(3)) {
	case 0:
		return CALL(cuLaunch, function);
	case 1:
		return CALL(cuLaunchGrid, function, 2, 2);
	default:
		*stream = any_stream();
		return CALL(cuLaunchGridAsync, function, 2, 2, *stream);
	}
}

static int launch_new(void *kernel, void *stream, bool twin)
{
	unsigned block = chance(24) ? 2000 : 32; /* too many threads: an error */
	struct cu_launch_config config = {
		.grid = { 1 + below(8), 1, 1 }, .block = { block, 1, 1 }, .stream = stream
	};

	switch (below(4)) {
	case 0:
		return CALL_PTSZ(twin, cuLaunchKernelEx, &config, kernel, NULL, NULL);
	case 1:
		return CALL_PTSZ(twin, cuLaunchCooperativeKernel, kernel, 1, 1, 1, block, 1, 1, 0,
			stream, NULL);
	default:
		return CALL_PTSZ(
			twin, cuLaunchKernel, kernel, 1, 1, 1, block, 1, 1, 0, stream, NULL, NULL);
	}
}

static void launched(int kernel, void *stream, bool twin)
{
	if (is_captured(stream, twin)) {
		tally_add(TALLY_CAPTURED_LAUNCHES, 1);
		graph_record_kernel(kernel);
	} else {
		tally_add(TALLY_LAUNCHES, 1);
		kernel_ran(current(), stream, twin, kernel);
	}
}

/* A stream of another context than the current one decides where the kernel runs. */
static void launch_elsewhere(void)
{
	struct view *view = &self->views[below(VIEWS)];
	void *stream = view->streams[below(STREAMS)], *handle;
	int kernel;

	if (!view->context || !view->context->handle || !stream || view == current() ||
		stream == view->capturing)
		return;
	handle = kernel_of(view, &kernel, false);
	if (!handle || launch_new(handle, stream, chance(2)))
		return;
	tally_add(TALLY_LAUNCHES, 1);
	kernel_ran(view, stream, false, kernel);
}

/* Nothing is wrong with its context, which would make the call fail half-way. */
static bool is_sound(struct view *view, void *stream)
{
	int status;

	if (!view->context || !view->context->handle || !stream || view->capturing || world.quiet)
		return false;
	status = CALL(cuStreamQuery, stream);
	if (!status)
		stream_confirm(view, stream, false);
	return !status || status == CU_ERROR_NOT_READY;
}

/* On several devices, or contexts, with one call. */
static void launch_on_all(void)
{
	struct cu_launch_params list[VIEWS] = { 0 };
	struct view *views[VIEWS];
	int kernels[VIEWS];
	unsigned n = 0;

	for (unsigned i = 0; i < VIEWS; i++) {
		struct view *view = &self->views[i];
		void *stream = view->streams[below(STREAMS)];

		if (!is_sound(view, stream))
			continue;
		list[n].function = kernel_of(view, &kernels[n], true);
		if (!list[n].function || kernels[n] == KERNEL_FAULT)
			continue;
		views[n] = view;
		list[n].stream = stream;
		list[n].grid[0] = list[n].grid[1] = list[n].grid[2] = 1;
		list[n].block[0] = list[n].block[1] = list[n].block[2] = 1;
		n++;
	}
	if (!n || CALL(cuLaunchCooperativeKernelMultiDevice, list, n, 0))
		return;
	tally_add(TALLY_LAUNCHES, n);
	for (unsigned i = 0; i < n; i++)
		kernel_ran(views[i], list[i].stream, false, kernels[i]);
}

void step_launch(void)
{
	bool old = chance(6), twin = !old && chance(3);
	void *handle, *stream = any_stream();
	int kernel;

	if (world.foreign && !current()->capturing && chance(12)) {
		if (chance(2))
			launch_elsewhere();
		else
			launch_on_all();
		return;
	}
	handle = any_kernel(&kernel, old);
	if (!handle)
		return;
	if (!(old ? launch_old(handle, &stream) : launch_new(handle, stream, twin)))
		launched(kernel, stream, twin);
}

/* ---- host functions ---- */

struct call {
	enum driver_id id;
	bool launches;
	jmp_buf back;
};

static void do_nothing(void *data)
{
	(void)data;
}

static void ask(void *data)
{
	int version;

	(void)data;
	(void)CALL(cuDriverGetVersion, &version);
}

/* Leaves the driver's function by longjmp: it was called, and never returns. */
static void leave(void *data)
{
	struct call *call = data;

	ask(NULL);
	tally_driver(call->id, CU_OK);
	longjmp(call->back, 1);
}

static void leave_stream(void *stream, int status, void *data)
{
	(void)stream, (void)status;
	leave(data);
}

static void ask_stream(void *stream, int status, void *data)
{
	(void)stream, (void)status;
	ask(data);
}

static void leave_by_jump(void *stream)
{
	static __thread struct call call;

	if (setjmp(call.back))
		return;
	if (chance(2)) {
		call.id = ID_cuLaunchHostFunc;
		(void)CALL(cuLaunchHostFunc, stream, leave, &call);
	} else {
		call.id = ID_cuStreamAddCallback;
		(void)CALL(cuStreamAddCallback, stream, leave_stream, &call, 0);
	}
}

void step_host_function(void)
{
	void *stream = any_stream();
	bool twin = chance(3);
	int status;

	if (chance(3)) {
		(void)CALL_PTSZ(twin, cuStreamAddCallback, stream, ask_stream, NULL, 0);
		return;
	}
	if (chance(3) && !current()->capturing) {
		leave_by_jump(stream);
		return;
	}
	if (chance(3))
		status = CALL_PTSZ(twin, cuLaunchHostFunc_v2, stream, do_nothing, NULL, below(2));
	else
		status = CALL_PTSZ(
			twin, cuLaunchHostFunc, stream, chance(2) ? ask : do_nothing, NULL);
	if (!status && is_captured(stream, twin))
		graph_record_other();
}
