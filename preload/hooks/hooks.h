/* SPDX-License-Identifier: MIT */
/*
 * Hooks: what stands between a caller and one function of an NVIDIA library.
 *
 * A hook belongs to a target (an address), not to a name: whoever asks for the same target gets the
 * same hook. The code of a hook is a stub in arch/.../hooks.S that loads the address of its
 * descriptor and goes on to one of the routines of routines.h. None of them knows the function's
 * prototype: arguments stay where they are.
 */
#ifndef GPUSPY_HOOKS_HOOKS_H
#define GPUSPY_HOOKS_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "../segment/layout.h"

enum { HOOKS_MAX = 4096 };

/*
 * A call on its way, in this thread's frame area. hooks.S fills it and knows the offsets. The
 * arguments are there for an observed call only.
 */
struct frame {
	uintptr_t return_address;
	uintptr_t saved; /* the caller's value of the register that leads hooks.S back here */
	struct hook *hook;
	uintptr_t stack;        /* stack pointer on entry; -1: free; more in evidence.h */
	uintptr_t arguments[9]; /* integers and pointers, in order */
	uint64_t note[2]; /* from an observer's `before` to its `after`, zeros to begin with */
	uint64_t result;  /* hooks.S keeps the result here while `after` runs */
};

/*
 * Which arguments of a call are kept for its observer. Those on the stack only where the function
 * has so many: above the return address a stack may end.
 */
enum arguments {
	FIRST_SIX,
	FIRST_NINE,
	FIRST_AND_NINTH, /* all nine, or while it dozes these two alone, for `launched` */
};

struct observer {
	const char *name;                               /* as exported, without _ptsz and _ptds */
	void (*before)(struct frame *frame);            /* may be NULL */
	void (*after)(struct frame *frame, int status); /* may be NULL */
	/* Of FIRST_AND_NINTH: instead, while it dozes; after success, so it returns 0. */
	int (*launched)(void *first, void *ninth, const struct hook *hook);
	enum arguments arguments;
	bool direct; /* hooks.S calls `after` itself: it keeps errno and calls hook_failed() */
	bool dozes;  /* `before` is not called until hooks_wake(); the note is not set till then */

	/* What the subject must know of this one. Arguments have their place, from 0. */
	uint8_t stream; /* which argument; 0: none, for it is never the first */
	union {
		struct {
			uint8_t direction;      /* enum segment_row_kind */
			uint8_t bytes_argument; /* how many are copied */
		};
		uint8_t element_bytes; /* of each that is set */
		uint8_t memory;        /* enum memory_kind */
		uint8_t handle;        /* enum kernel_handle */
		bool pool_given;       /* an argument says from which pool */
		bool green;            /* the context is a green one */
		bool short_params;     /* the parameters have the form of before CUDA 12 */
	};
};

struct hook {
	void *target;
	uint32_t row;   /* in the segment */
	uint16_t flags; /* HOOK_... */
	uint8_t layer;  /* enum segment_layer */
	uint8_t reserved;
	uint64_t slot; /* offset of the row's slot in a thread's block, bytes */
	void (*after)(struct frame *frame, int status); /* of an observed one: what hooks.S calls */
	const struct observer *observer;                /* NULL: none */
	const void *routine;
	const char *name;
	const char *library; /* file name, without folder */
};

/*
 * Who looks at calls of the driver: a table that ends with an entry without a name. Given at the
 * start, before there are hooks.
 */
void hooks_watch(const struct observer *table);

/* Who looks at functions of the driver whose names nobody knows. */
void hooks_watch_unknown(const struct observer *observer);

/* From now on the observers that doze are called before the call too. Once is enough. */
void hooks_wake(void);

/* Who is told of calls of a layer that returned an error. */
typedef void hook_failed_function(struct hook *hook, int status);
void hooks_on_failure(enum segment_layer layer, hook_failed_function *function);

enum {
	HOOK_PER_THREAD = 1 << 0, /* a _ptsz or _ptds twin: stream 0 is the thread's own stream */
	HOOK_STALE = 1 << 1,      /* its library is gone; the hook waits for it to come back */
};

/*
 * The code address to hand out for `target`, making a hook on first sight; NULL when none is left
 * (said in the report). `name` is the exported name, `library` the file name without folder. Both
 * are copied.
 */
void *hook_for(void *target, enum segment_layer layer, const char *library, const char *name);

/* The hook of a target that has one, else NULL. */
struct hook *hook_find(const void *target);

/* Is the address a hook's? */
bool hook_is_ours(const void *address);

/* Of a hook, or of something in it, the function for which it stands; else the address itself. */
void *hook_meant(void *address);

/* Marks the hooks of all targets in [low, high) stale: their library is gone. */
void hooks_forget(uintptr_t low, uintptr_t high);

/*
 * For a call that finds no block, or is counted and finds no frame (hooks.S): NULL, try again, or
 * where to jump.
 */
void *hook_slow(struct hook *hook, uintptr_t stack, bool counted);

/* Around an observed call, and after any call that returned a status other than 0 (hooks.S). */
void hook_before(struct frame *frame);
void hook_after(struct frame *frame, int status);
void hook_failed(struct hook *hook, int status);

/* An argument of an observed call. */
#define ARGUMENT(frame, index, type) ((type)(frame)->arguments[index])

#endif
