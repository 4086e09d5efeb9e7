/* SPDX-License-Identifier: MIT */
/*
 * gpuspy run: a command under watch.
 */
#ifndef GPUSPY_TOOLS_RUN_H
#define GPUSPY_TOOLS_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "segment/paths.h"
#include "run_signals.h"
#include "segment/run_page.h"

/* As /proc has it. */
struct run_before {
	pid_t pid;
	uint64_t start_ticks;
};

struct run {
	const char *who;                      /* says what is wrong: "gpuspy run" */
	char **command;                       /* its words, NULL at the end */
	const char *json;                     /* file for the JSON report, NULL: none */
	int json_fd;                          /* -1: to be opened at the end */
	const char *record;                   /* file for a record, NULL: none */
	double record_delay;                  /* 0: as it fits */
	bool require;                         /* GPU work, */
	double require_kernels, require_rate; /* so many kernels at least, and so many a second */
	char base[PATHS_MAX];
	char session[SESSION_NAME_MAX];
	char outer[SESSION_NAME_MAX]; /* the session in which gpuspy itself was started; "": none */
	bool outer_told;
	struct run_page *page; /* NULL: none could be made */

	pid_t pid;            /* of the command */
	uint64_t start_ticks; /* of the command's process */
	uint64_t started_ns, ended_ns;
	uint64_t started_monotonic_ns, ended_monotonic_ns;
	char name_at_end[16];   /* the kernel's name for it, "": unknown */
	int status;             /* as waitpid gives it */
	unsigned still_running; /* processes that outlive the command */
	struct run_signals signals;
	int *descriptors; /* which it has from its caller, but the standard ones */
	unsigned n_descriptors;
	struct run_before *before; /* children from before the command, as it began at start_tick */
	unsigned n_before;
	uint64_t start_tick;
	int exec_error; /* errno of the exec that failed, 0: it ran */
};

/* Does it all; the exit status of gpuspy. `run` holds what is asked for and no more. */
int run_watched(struct run *run);

/* The absolute path of libgpuspy.so. -1: not found, or not fit for LD_PRELOAD, which `who' says. */
int run_find_library(char path[PATHS_MAX], const char *who);

/* Warns of variables with bad values. */
void run_check_environment(void);

/* Which reports are wanted: the word of GPUSPY_REPORT, else the site's. */
const char *run_report_rule(void);

/* Sets the environment of the command in this process. -1: no memory. */
int run_set_environment(const struct run *run, const char *library);

/* Makes the page in which the command's processes leave their marks, and names it in GPUSPY_RUN. */
void run_make_page(struct run *run);

/* At the start, while the environment is that of gpuspy: finds run->outer. */
void run_find_outer(struct run *run);

/*
 * Who reports the outer session is to know that it has not all: before the command starts, for
 * gpuspy may be killed. It is taken back where the command's session is a NO, or nothing was
 * started.
 */
void run_tell_outer(struct run *run);
void run_untell_outer(struct run *run);

/* Which descriptors are there from the caller: before any is opened here. */
void run_note_descriptors(struct run *run);

/* Once the command has them, closes those, but for what the report may still go to. */
void run_give_up_descriptors(struct run *run);

/* Starts the command and waits for its end; signals to this process are passed on. -1: no process.
 */
int run_wait(struct run *run);

/* Just before the command is started: who is there, gpuspy's own processes, too. */
void run_note_others(struct run *run);

/* Others that came to this process and have ended are waited for; not the command. */
void run_let_go(struct run *run);

/*
 * The command has ended: run->still_running. Helpers that end because it did (Python's resource
 * tracker) are given a moment.
 */
void run_wait_for_others(struct run *run);

/* The report of the session, delivered; gives back the exit status. */
int run_report(struct run *run);

#endif
