/* SPDX-License-Identifier: MIT */
/*
 * A recorder: looks at a session from outside at regular times, and writes a line each time.
 */
#ifndef GPUSPY_RECORD_RECORDER_H
#define GPUSPY_RECORD_RECORDER_H

#include <sys/types.h>

struct recorder {
	const char *base, *session;
	int fd;       /* opened to append */
	double delay; /* between two looks, 0: as it fits */
	int owner;    /* a pipe that ends when the session's owner has; -1: by the session's name */
	int answer;   /* is closed when a line was written after that end; -1: nobody waits */
};

/* Opens FILE anew for a record; "-" is standard output. -1 with errno. */
int recorder_open(const char *file);

/* What FILE is called in messages. */
const char *recorder_name(const char *file);

/*
 * Until the session has ended, or a signal stops it, which is told by the last line. 0, or the
 * errno of what failed.
 */
int recorder_run(struct recorder *recorder);

/* What failed, in words. */
const char *recorder_error(int error);

struct run;

/* A recorder in a process of its own, for a session whose command is still to be started. */
struct recorder_child {
	pid_t pid;
	int owner, answer; /* the other ends */
};

/* Of the run's session into its record. -1 with errno. */
int recorder_start(struct recorder_child *child, const struct run *run);

/* The command has ended: waits until the record has it, for some seconds at most. */
void recorder_finish(struct recorder_child *child);

#endif
