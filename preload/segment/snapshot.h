/* SPDX-License-Identifier: MIT */
/*
 * What a segment said at one moment, decoded and checked: the form in which figures leave segments.
 *
 * Everything pointed to lives in the arena that was given, and is the caller's until arena_free().
 * Strings are as the program gave them, raw: they may hold control characters and invalid UTF-8.
 */
#ifndef GPUSPY_SEGMENT_SNAPSHOT_H
#define GPUSPY_SEGMENT_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../ground/arena.h"
#include "layout.h"

struct function_figures {
	enum segment_layer layer;
	const char *library, *name;
	uint64_t calls, errors; /* the program's calls */
	uint64_t own_calls;     /* gpuspy's own, of driver functions; not in `calls` */
	int32_t last_error;     /* last status that was not success, 0: none */
};

struct kernel_figures {
	const char *name; /* raw, C++ names mangled */
	int device;       /* -1: unknown */
	uint64_t launches, captured;
};

struct copy_figures {
	uint64_t calls, bytes;
};

struct device_figures {
	int ordinal;
	const char *name;     /* NULL: unknown */
	const uint8_t *uuid;  /* 16 bytes, NULL: unknown */
	uint64_t total_bytes; /* 0: unknown */
	uint64_t kernels;     /* launches and graph kernels */
	struct segment_memory memory;
	uint64_t held_bytes; /* as in struct totals */
	bool peak_at_least;
};

struct library_figures {
	const char *name, *path, *error; /* NULL: none or unknown */
	const char *asker, *asker_path;  /* the file name of who asked, and its path if known */
	bool loaded;
	uint32_t asked, layer, version; /* as in struct segment_library */
};

struct totals {
	uint64_t kernels; /* launches + graph_kernels */
	uint64_t launches, captured_launches, graph_launches, graph_kernels;
	uint64_t confirmed, abandoned;
	uint64_t calls[LAYERS], errors; /* errors: of all layers */
	uint64_t faults;
	struct segment_memory memory;
	bool peak_at_least; /* of several processes: there was that much at one time, or more */
	struct segment_memory host;
	/* Of the live bytes those of processes that run: the end of a process frees its memory. */
	uint64_t held_bytes, host_held_bytes;
	struct copy_figures copies[COPY_KINDS]; /* [ROW_x - ROW_HOST_TO_DEVICE] */
};

/* What the driver answered; of several processes, the one that got furthest. */
struct driver_facts {
	uint32_t init_calls;
	int32_t init_status; /* of the last cuInit; meaningless when init_calls is 0 */
	bool init_ok;
	int32_t device_count; /* -1: unknown */
	uint32_t version;     /* cuDriverGetVersion, 0: unknown */
	const char *path;     /* of libcuda, NULL: not loaded */
	bool simulated, stub;
	const char *visible;     /* CUDA_VISIBLE_DEVICES, NULL: not set */
	bool visible_by_program; /* the program itself set it */
	int32_t runtime_error;   /* first error of a runtime function, 0: none */
	int32_t fault_status;    /* 0: none */
	const char *fault_name;
	bool launch_found;     /* a function that launches was found by a way that is counted */
	bool nvidia_code;      /* some library of NVIDIA's was loaded or asked for */
	uint32_t access;       /* enum segment_access */
	const char *framework; /* path of a framework's library that was loaded, NULL: none */
	enum segment_build build;
	const char *missing_entry; /* the first entry that the driver has not, NULL: none */
	uint64_t missing_entries;
	uint32_t asked_version; /* the newest asked for by cuGetProcAddress, 0: none */
	bool fork_error;  /* a forked process called the driver, which was initialised before */
	bool forked_late; /* one came by fork from a process that had initialised it */
};

struct figures { /* of a process, or of all of a session */
	struct totals totals;
	struct driver_facts driver;
	uint64_t gaps[GAPS]; /* by enum gap */
	struct segment_witness witness;
	struct function_figures *functions; /* with calls, by layer, library, name */
	struct kernel_figures *kernels;     /* most launches first */
	struct device_figures *devices;     /* by ordinal */
	struct library_figures *libraries;
	unsigned n_functions, n_kernels, n_devices, n_libraries;
};

enum process_state {
	PROCESS_RUNNING,
	PROCESS_EXITED,    /* said so itself */
	PROCESS_KILLED,    /* known from who waited for it, see signal */
	PROCESS_ENDED,     /* gone without a word: killed, or left by a way that nobody saw */
	PROCESS_ELSEWHERE, /* of another host or pid namespace: cannot be known */
};

struct job_figures { /* as in struct segment_job */
	enum scheduler scheduler;
	const char *texts[JOB_TEXTS]; /* NULL: not known */
	int numbers[JOB_NUMBERS];     /* -1: not known */
	const char *origin;           /* NULL: none */
};

struct process_snapshot {
	pid_t pid, parent;
	uid_t uid;
	uint64_t start_ticks;
	unsigned image;                 /* N of the newest one */
	unsigned images;                /* by exec: their figures are added up */
	uint64_t started_ns, ended_ns;  /* CLOCK_REALTIME; ended 0: running or unknown */
	struct segment_times monotonic; /* the same, 0: unknown */
	const char *command, *program;
	const char *host; /* where it runs, NULL: unknown */
	uint8_t boot[16]; /* zeros: unknown */
	struct job_figures job;
	bool forked;
	enum process_state state;
	int exit_status;          /* of PROCESS_EXITED, -1: unknown */
	int signal;               /* of PROCESS_KILLED */
	uint32_t attached_tenths; /* as in struct segment_header; 0: from the start */
	int32_t attached_offset;
	bool unwitnessed; /* it could have launched kernels, and nobody looked at its end */
	struct figures figures;
};

/* What only a record can tell, in seconds; who has one fills it in (tools). */
struct recorded_times {
	bool known;
	double last_kernel; /* from the session's start */
	double longest_pause,
		pause_from; /* without kernels between two with some; negative: none */
	double busy;        /* share of the time with kernels, 0 to 1; negative: unknown */
};

struct session_snapshot {
	const char *name;
	struct process_snapshot *processes; /* oldest first */
	unsigned n_processes;
	/* Segments that were left out: broken or not ours; of another version of gpuspy. */
	unsigned unreadable, other_version;
	/* Processes of which it is known that they left no record; also set by who knows of more.
	 */
	unsigned unrecorded;
	uint64_t folded; /* processes that ended without CUDA, of which only this is kept */
	/* Others that ended, of which only the sum is kept (segment/summed.h); NULL: none. */
	const struct summed *summed;
	/* Known to `gpuspy run` (segment/run_page.h): 1 when the library did not begin in the
	 * command; processes that kept their figures in another folder. */
	unsigned not_begun, elsewhere;
	unsigned unwatched;     /* programs started without the library that may use a GPU */
	unsigned still_running; /* processes that outlive the command of gpuspy run */
	uint64_t taken_ns;      /* CLOCK_REALTIME of this snapshot */
	uint64_t taken_monotonic_ns;
	struct recorded_times recorded;
	struct figures figures; /* of all processes */
};

/*
 * Where a segment's bytes come from: reads exactly `size` bytes at `offset`, or returns -1. Readers
 * ask for bounded pieces only, so a source need not trust the figures in the segment either.
 */
struct segment_source {
	int (*read)(void *context, uint64_t offset, void *to, size_t size);
	void *context;
	bool whole;     /* what is in the process's private memory is there too */
	bool lives;     /* the caller has seen that the process is there */
	bool unordered; /* the lists stay as in the segment: figures_fold() is left to the caller */
	/* Where a hole begins at or after `offset`, and where it ends; no reader need look at
	 * holes. NULL: there are none. */
	uint64_t (*hole)(void *context, uint64_t offset);
	uint64_t (*data)(void *context, uint64_t offset);
	/* All `size` bytes of the strings and a 0, for as long as the figures are used. They only
	 * ever grow: who has as many of an earlier reading has these. NULL with errno: they cannot
	 * be had. */
	const char *(*strings)(void *context, uint32_t size);
};

/*
 * Decodes one segment. 0, or -1 with errno: EINVAL not a segment or broken, EPROTO of another
 * version of gpuspy, ENOMEM, EIO could not be read. Bounded work and memory, whatever the bytes
 * are.
 */
int snapshot_read(struct process_snapshot *out, struct arena *arena, struct segment_source source);

/*
 * Opens the file NAME of the folder for a source of one's own, with the checks that
 * snapshot_read_file makes: a descriptor, or -1 with errno.
 */
int snapshot_open(int directory, const char *name);

/*
 * Decodes the segment in the file NAME of the folder, opened without following links. It must be a
 * regular file of this user (root may read all), and hold the process that its name says. -1 as
 * above, or with the errno of what could not be opened.
 */
int snapshot_read_file(
	struct process_snapshot *out, struct arena *arena, int directory, const char *name);

/*
 * Reads all segments of a session's folder and adds them up; images of one process become one. Own
 * process: `self` (may be NULL) stands for the file of the same pid, start time and image. 0, also
 * when there is no folder but `self`; else -1 with errno.
 */
int snapshot_read_session(struct session_snapshot *out, struct arena *arena, const char *folder,
	const struct process_snapshot *self);

/*
 * The same of a folder that the caller opened and found to be the right one; negative: there is
 * none but `self`. The descriptor stays open.
 */
int snapshot_read_folder(struct session_snapshot *out, struct arena *arena, int directory,
	const char *name, const struct process_snapshot *self);

/*
 * One process of the folder, of so many images from the number 0 on, as snapshot_read_folder()
 * would show it. -1 with errno.
 */
int snapshot_read_process(struct process_snapshot *out, struct arena *arena, int directory,
	const char *first, unsigned images);

/* Of what has no segment in a session's folder; as in struct session_snapshot. */
struct session_unseen {
	uint64_t folded;
	unsigned unrecorded, not_begun, elsewhere, unwatched, still_running;
	unsigned other_version; /* files of another version's */
};

/* What stands in the folder's files for it: not the marks of lost records, which are its entries.
 */
struct session_unseen snapshot_read_unseen(int directory);

/* The figures of all processes once more, after the caller changed the list. -1: no memory. */
int snapshot_add_up(struct session_snapshot *session, struct arena *arena);

/* How long a process ran, or has been running; negative: unknown. */
double snapshot_seconds(
	const struct session_snapshot *session, const struct process_snapshot *process);

/* How long the session lasted, or has lasted, as far as that is known; negative: unknown. */
double snapshot_session_seconds(const struct session_snapshot *session);

/* CLOCK_MONOTONIC when its first process began; 0: unknown. */
uint64_t snapshot_started(const struct session_snapshot *session);

/* From the session's start to the return of its first launch; negative: unknown. */
double snapshot_first_kernel(const struct session_snapshot *session);

/* CLOCK_REALTIME and CLOCK_MONOTONIC in nanoseconds. */
uint64_t snapshot_now(void);
uint64_t snapshot_monotonic(void);

/* Of two times, of which 0 is unknown. */
static inline uint64_t snapshot_earlier(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

#endif
