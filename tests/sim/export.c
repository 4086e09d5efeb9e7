/* SPDX-License-Identifier: MIT */
#include "export.h"
#include "ledger.h"
#include "state.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libcuda.so.1"

/* How gpuspy knows that this driver is not NVIDIA's. */
extern SIM_PUBLIC const int gpuspy_simulated_driver;
const int gpuspy_simulated_driver = 1;

/*
 * The functions that nobody needs: counted, and NOT_SUPPORTED. They take whatever they are called
 * with, which the calling convention allows. For all others only the address is wanted here; their
 * real prototypes stand where they are defined.
 */
#define EXPORT(name, since, needs)            \
	SIM_PUBLIC enum cu_status name(void); \
	enum cu_status private_##name(void);  \
	DEFINE_##needs(name)
#define DEFINE_NEEDS_NOTHING(name)
#define DEFINE_NEEDS_INIT(name)
#define DEFINE_NEEDS_CONTEXT(name)
#define DEFINE_UNSUPPORTED(name)                                          \
	enum cu_status name(void)                                         \
	{                                                                 \
		return call_end(ID_##name, call_begin(ID_##name, false)); \
	}                                                                 \
	enum cu_status private_##name(void)                               \
	{                                                                 \
		return call_end(ID_##name, call_begin(ID_##name, false)); \
	}
#include "exports_core.h"
#include "exports_memory.h"
#include "exports_stream.h"
#undef EXPORT

const struct export exports[EXPORTS] = {
#define EXPORT(name, since, needs) { #name, since, needs, (void *)name, (void *)private_##name },
#include "exports_core.h"
#include "exports_memory.h"
#include "exports_stream.h"
#undef EXPORT
};

static struct ledger_entry *entries[EXPORTS];
static uint64_t calls[EXPORTS]; /* of this process, for SIM_FAIL */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t lock_process; /* the process that the lock's state is of */

static struct ledger_entry *entry_of(enum export_id id)
{
	struct ledger_entry *entry = __atomic_load_n(&entries[id], __ATOMIC_RELAXED);

	if (!entry) {
		entry = ledger_find(LIBRARY, exports[id].name);
		__atomic_store_n(&entries[id], entry, __ATOMIC_RELAXED);
	}
	return entry;
}

/* A forked child has a copy of a lock that one of the parent's other threads may have held. */
static void take_lock(void)
{
	pid_t now = getpid(), then = __atomic_load_n(&lock_process, __ATOMIC_ACQUIRE);

	if (then != now && __atomic_compare_exchange_n(&lock_process, &then, now, 0,
				   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		pthread_mutex_init(&lock, NULL);
	pthread_mutex_lock(&lock);
}

/* SIM_FAIL=symbol@N=code,symbol@*=code,...: the answer to this call, or CU_OK. */
static enum cu_status injected(enum export_id id)
{
	const char *at = getenv("SIM_FAIL"), *name = exports[id].name;
	size_t length = strlen(name);
	uint64_t which = ++calls[id];

	for (; at && *at; at = strchr(at, ','), at = at ? at + 1 : NULL) {
		char *end;
		bool every;

		if (strncmp(at, name, length) != 0 || at[length] != '@')
			continue;
		every = at[length + 1] == '*';
		if (!every && strtoull(at + length + 1, &end, 10) != which)
			continue;
		if (every)
			end = (char *)(uintptr_t)at + length + 2;
		if (*end == '=')
			return (enum cu_status)strtol(end + 1, NULL, 10);
	}
	return CU_OK;
}

static enum cu_status check(enum export_needs needs)
{
	struct context *context;

	if (needs == NEEDS_NOTHING)
		return CU_OK;
	if (!driver_ready())
		return CU_ERROR_NOT_INITIALIZED;
	if (needs == UNSUPPORTED)
		return CU_ERROR_NOT_SUPPORTED;
	if (needs == NEEDS_INIT)
		return CU_OK;
	context = context_current();
	if (!context)
		return context_none();
	return context->fault;
}

enum cu_status call_begin(enum export_id id, bool per_thread)
{
	enum cu_status status;

	ledger_add_call(entry_of(id));
	take_lock();
	this_thread.per_thread = per_thread;
	status = injected(id);
	return status == CU_OK ? check(exports[id].needs) : status;
}

enum cu_status call_end(enum export_id id, enum cu_status status)
{
	pthread_mutex_unlock(&lock);
	if (status != CU_OK && status != CU_ERROR_NOT_READY)
		ledger_add_error(entry_of(id));
	return status;
}

void call_out(void (*function)(void *), void *data)
{
	bool per_thread = this_thread.per_thread;

	/* The function may call the driver, and may leave by longjmp or an exception. */
	pthread_mutex_unlock(&lock);
	function(data);
	take_lock();
	this_thread.per_thread = per_thread;
}

bool call_per_thread(void)
{
	return this_thread.per_thread;
}

bool call_is_private(void)
{
	const char *value = getenv("SIM_PROC_PRIVATE");

	return value && *value && strcmp(value, "0") != 0;
}
