/* SPDX-License-Identifier: MIT */
/*
 * libcudnn.so.9: no code of its own. The first call of a function loads the part that has it from
 * beside this library ($ORIGIN), and looks up the very same name there, as the real one does.
 */
#include <dlfcn.h>
#include <pthread.h>

#include "cudnn.h"

/* The few functions that return no status return a version or a text. */
#define IS_STATUS(value)  _Generic((value), int : 1, default : 0)
#define PART_STATUS(type) _Generic((type)0, int : DNN_PART_MISSING, default : (type)0)

struct part {
	const char *file;
	void *handle;
};

static struct part graph = { "libcudnn_graph.so.9", NULL };
static struct part ops = { "libcudnn_ops.so.9", NULL };
static struct part cnn = { "libcudnn_cnn.so.9", NULL };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *function_of(struct part *part, const char *name)
{
	void *handle;

	pthread_mutex_lock(&lock);
	if (!part->handle)
		part->handle = dlopen(part->file, RTLD_NOW);
	handle = part->handle;
	pthread_mutex_unlock(&lock);
	return handle ? dlsym(handle, name) : NULL;
}

#define SHIM(part, type, name, params, args)                                             \
	type name params                                                                 \
	{                                                                                \
		static type(*cached) params;                                             \
		struct ledger_entry *entry = standin_enter(STANDIN_SONAME, #name);       \
		type(*function) params = __atomic_load_n(&cached, __ATOMIC_ACQUIRE);     \
		type value = PART_STATUS(type);                                          \
                                                                                         \
		if (!function) {                                                         \
			function = (type(*) params)(uintptr_t)function_of(&part, #name); \
			__atomic_store_n(&cached, function, __ATOMIC_RELEASE);           \
		}                                                                        \
		if (function) {                                                          \
			standin_inner();                                                 \
			value = function args;                                           \
		}                                                                        \
		if (IS_STATUS(value))                                                    \
			standin_leave(entry, (int)(intptr_t)value);                      \
		return value;                                                            \
	}

#define SHIM_GRAPH(type, name, params, args) SHIM(graph, type, name, params, args)
#define SHIM_OPS(type, name, params, args)   SHIM(ops, type, name, params, args)
#define SHIM_CNN(type, name, params, args)   SHIM(cnn, type, name, params, args)

SIM_CUDNN_GRAPH(SHIM_GRAPH)
SIM_CUDNN_OPS(SHIM_OPS)
SIM_CUDNN_CNN(SHIM_CNN)
