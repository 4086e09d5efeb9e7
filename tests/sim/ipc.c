/* SPDX-License-Identifier: MIT */
/* Memory and events of other processes. */
#include "export.h"
#include "memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Put memory into a file that another process can open: the same bytes at the same address. */
static bool share(struct memory *memory)
{
	void *at = (void *)(uintptr_t)memory->start;
	size_t done = 0;
	int file = memfd_create("simulated device memory", MFD_CLOEXEC);

	if (file < 0)
		return false;
	while (done < memory->bytes) {
		ssize_t n = write(file, (char *)at + done, memory->bytes - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (done < memory->bytes || mmap(at, memory->bytes, PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED) {
		close(file);
		return false;
	}
	memory->shared = file;
	return true;
}

FUNCTION(cuIpcGetMemHandle, (struct cu_ipc_handle * handle, cu_pointer address), (handle, address))
{
	struct memory *memory = memory_find(address);

	if (!handle || !memory || memory->type != MEMORY_DEVICE)
		return CU_ERROR_INVALID_VALUE;
	if (memory->shared < 0 && !share(memory))
		return CU_ERROR_OUT_OF_MEMORY;
	memset(handle, 0, sizeof(*handle));
	snprintf(handle->bytes, sizeof(handle->bytes), "%d/fd/%d %zu", (int)getpid(),
		memory->shared, memory->bytes);
	return CU_OK;
}

static enum cu_status open_handle(cu_pointer *address, struct cu_ipc_handle handle)
{
	struct memory *memory;
	int pid, number, file;
	char path[64];
	size_t bytes;
	void *at;

	handle.bytes[sizeof(handle.bytes) - 1] = '\0';
	if (!address || sscanf(handle.bytes, "%d/fd/%d %zu", &pid, &number, &bytes) != 3)
		return CU_ERROR_INVALID_VALUE;
	if (pid == getpid())
		return CU_ERROR_INVALID_CONTEXT; /* only another process's */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, number);
	file = open(path, O_RDWR | O_CLOEXEC);
	if (file < 0)
		return CU_ERROR_MAP_FAILED;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	memory = at == MAP_FAILED ? NULL : memory_enter(at, bytes, MEMORY_IPC);
	if (!memory)
		return CU_ERROR_MAP_FAILED;
	memory->context = context_current();
	memory->device = memory->context->device;
	*address = memory->start;
	return CU_OK;
}

FUNCTION(cuIpcOpenMemHandle_v2, (cu_pointer * address, struct cu_ipc_handle handle, unsigned flags),
	(address, handle, flags))
{
	return flags > 1 ? CU_ERROR_INVALID_VALUE : open_handle(address, handle);
}

ALIAS(cuIpcOpenMemHandle, cuIpcOpenMemHandle_v2,
	(cu_pointer * address, struct cu_ipc_handle handle, unsigned flags),
	(address, handle, flags))

FUNCTION(cuIpcCloseMemHandle, (cu_pointer address), (address))
{
	struct memory *memory = memory_find(address);

	if (!memory || memory->start != address || memory->type != MEMORY_IPC)
		return CU_ERROR_INVALID_VALUE;
	munmap((void *)(uintptr_t)address, memory->bytes);
	memory_leave(memory);
	return CU_OK;
}
