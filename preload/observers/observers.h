/*
 * Observers: what the driver's own calls tell, one file a subject.
 *
 * Each subject has a table of functions that it looks at (struct observer), ended by an entry
 * without a name; table.c lists the subjects. A function is counted whether it is observed or not.
 */
#ifndef GPUSPY_OBSERVERS_OBSERVERS_H
#define GPUSPY_OBSERVERS_OBSERVERS_H

#include "../hooks/hooks.h"

/* The subjects' tables, in their files. */
extern const struct observer init_observers[], lookup_observers[], context_observers[],
	memory_observers[], physical_observers[], array_observers[], copy_observers[],
	launch_observers[], graph_observers[], module_observers[], sync_observers[],
	stream_observers[];

/* What looks at the function; the name may end in _ptsz or _ptds. NULL: nothing. */
const struct observer *observer_of(const char *name);

/* A call returned a status that is an error. */
void observe_failure(struct hook *hook, int status);

/* In a child after fork: nothing that the parent had is known to its driver. */
void observers_forget(void);

/* Parts of the above, by subject. */
void contexts_forget(void);
void memory_forget(void);
void physical_forget(void);
void kernels_forget(void);
void graphs_forget(void);

/*
 * A call into the driver of gpuspy's own. It goes past the hooks and is noted as own_calls of the
 * function's row. Static, with the name alone to begin with.
 */
struct own_call {
	const char *name;
	void *function;
	struct hook *hook;
};

/* The function to call now; NULL: the driver has none of that name. */
void *own_call(struct own_call *call);

/* An argument of an observed call. */
#define ARGUMENT(frame, index, type) ((type)(frame)->arguments[index])

#endif
