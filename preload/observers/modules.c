/* SPDX-License-Identifier: MIT */
/*
 * Modules and libraries: where the handles of kernels come from and when they end.
 */
#include <stddef.h>

#include "kernels.h"
#include "note.h"
#include "observers.h"

/* (CUfunction *, CUmodule, name), (CUkernel *, CUlibrary, name) */
static void after_look_up(struct frame *frame, int status)
{
	void **handle = ARGUMENT(frame, 0, void **);

	if (!status && handle)
		kernel_named(*handle, (enum kernel_handle)frame->hook->observer->handle,
			ARGUMENT(frame, 2, const char *), ARGUMENT(frame, 1, void *));
}

/* (CUfunction *, CUkernel) */
static void after_kernel_function(struct frame *frame, int status)
{
	void **function = ARGUMENT(frame, 0, void **);

	if (!status && function)
		kernel_same(*function, HANDLE_FUNCTION, ARGUMENT(frame, 1, void *));
}

/* (handles[], count, CUmodule or CUlibrary) */
static void after_enumerate(struct frame *frame, int status)
{
	void **handles = ARGUMENT(frame, 0, void **);
	unsigned n = ARGUMENT(frame, 1, unsigned);

	for (unsigned i = 0; !status && handles && i < n; i++)
		if (handles[i])
			kernel_seen(handles[i], (enum kernel_handle)frame->hook->observer->handle,
				ARGUMENT(frame, 2, void *));
}

static void before_unload(struct frame *frame)
{
	note_of(frame)->unloading = kernels_unload(ARGUMENT(frame, 0, void *));
}

static void after_unload(struct frame *frame, int status)
{
	unsigned number = note_of(frame)->unloading;

	if (number && status)
		kernels_stay(number);
	else if (number)
		kernels_unloaded(number);
}

const struct observer module_observers[] = {
	{ "cuModuleGetFunction", NULL, after_look_up, .handle = HANDLE_FUNCTION },
	{ "cuLibraryGetKernel", NULL, after_look_up, .handle = HANDLE_KERNEL },
	{ "cuKernelGetFunction", NULL, after_kernel_function },
	{ "cuModuleEnumerateFunctions", NULL, after_enumerate, .handle = HANDLE_FUNCTION },
	{ "cuLibraryEnumerateKernels", NULL, after_enumerate, .handle = HANDLE_KERNEL },
	{ "cuModuleUnload", before_unload, after_unload },
	{ "cuLibraryUnload", before_unload, after_unload },
	{ NULL },
};
