/* SPDX-License-Identifier: MIT */
/*
 * Where a recorder's lines go: a file, a pipe, a terminal, a socket; and its waiting, which is when
 * signals and the owner's end are seen.
 */
#ifndef GPUSPY_RECORD_SINK_H
#define GPUSPY_RECORD_SINK_H

#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include "recorder.h"

struct sink {
	struct recorder *recorder;
	int fd;           /* the recorder's, or the same by another description */
	bool owner_gone;  /* the recorder's owner has ended */
	sigset_t waiting; /* the signals that are let in while it waits */
};

/* From here on SIGINT, SIGTERM and SIGHUP stop it, but those that are ignored. */
void sink_begin(struct sink *sink, struct recorder *recorder);
void sink_end(struct sink *sink);

/* Did one of these signals come? */
bool sink_stopped(void);

/* Waits so long, or until a signal or the owner's end comes. True: that end came. */
bool sink_wait(struct sink *sink, const struct timespec *time);

/*
 * One line, which it frees; NULL: there was no memory for it. Of a file whole lines alone stay. 0,
 * or the errno; ETIMEDOUT: the reader takes nothing, and 2 s ago a signal came, or 60 s ago the
 * end.
 */
int sink_line(struct sink *sink, char *line);

/* Nobody waits for the recorder any more: what it holds open of them is given back. */
void sink_answer(struct sink *sink);

#endif
