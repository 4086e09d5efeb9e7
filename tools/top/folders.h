/* SPDX-License-Identifier: MIT */
/*
 * Where the segments are: folders of users, in them folders of sessions, in them files.
 *
 * The lists are kept from one sample to the next, and read again when a folder has changed. What
 * is not as gpuspy makes it (links, FIFOs, files of somebody else) is left out and counted.
 */
#ifndef GPUSPY_TOP_FOLDERS_H
#define GPUSPY_TOP_FOLDERS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "../place.h"
#include "budget.h"
#include "segment/paths.h"
#include "segment/snapshot.h"
#include "segment/summed.h"

/* The strings of a segment, which its readings share. */
struct names {
	unsigned users;
	uint32_t size;
	char text[];
};

/* One reading of one segment; samples share those that change no more. */
struct image {
	struct names *names; /* that the process's figures point into; NULL: none yet */
	struct arena arena;
	struct process_snapshot process;
	size_t size; /* in memory */
	unsigned users;
};

/* What a process takes of the host, and when that was read. */
struct host_use {
	uint64_t when; /* CLOCK_MONOTONIC, 0: never */
	uint64_t cpu_ticks, resident_bytes;
};

struct segment_file {
	char name[64];
	pid_t pid;
	uint64_t start_ticks;
	unsigned number;
	ino_t inode;
	int fd;              /* of the segment of a living process; -1: none is kept */
	struct image *last;  /* of a process that is gone: it changes no more. Else NULL */
	struct names *names; /* of the last reading; NULL: none */

	/* The process. */
	int pidfd;       /* -1: none */
	bool there;      /* as the pidfd says in this sample */
	int wait_status; /* -1: not known */
	char run_state;  /* in this sample, as in struct sampled_process */
	struct host_use use;
};

struct session_folder {
	char name[SESSION_NAME_MAX];
	struct timespec changed; /* of the folder, when it was listed */
	bool listed, found;
	struct segment_file *files;
	unsigned n_files, unreadable, left_out; /* of its files, as they were listed */
	unsigned missed;                        /* in this sample: could not be read */
	struct session_unseen unseen;
	size_t summed_size;          /* of the file of those that ended, 0: there is none */
	const struct summed *summed; /* in this sample, NULL: none; the sample's own */
};

enum owner {
	OWNER_OF_NAME, /* of /dev/shm/gpuspy-UID: the folder must be of that user */
	OWNER_ANY,     /* a folder that the user named: only what is in it is checked */
};

struct user_folder {
	char path[PATHS_MAX];
	uid_t uid;
	enum owner owner;
	struct place place; /* its descriptor is -1 when it is not open now */
	struct budget budget;
	struct timespec changed;
	bool listed, found;
	struct session_folder *sessions;
	unsigned n_sessions, unreadable, left_out;
};

struct folders {
	/* What to look at. */
	const char *named;   /* GPUSPY_DIR, NULL: not set */
	const char *session; /* only this one, NULL: all */
	bool all_users;      /* else those of `uid` */
	uid_t uid;
	struct allowance allowance;

	struct user_folder *users;
	unsigned n_users, unreadable;
};

/* Asks all pidfds at once which processes are there. */
void folders_ask(struct folders *folders);

/* In this order: where not all can be read, those that live come first. */
enum visit { VISIT_LIVING, VISIT_GONE, VISITS };

/* Lists what there is. `visit` gets each session twice, and reads within the user's budget. */
typedef void visit_session(
	void *context, enum visit kind, struct user_folder *user, struct session_folder *session);
void folders_visit(struct folders *folders, visit_session *visit, void *context);

/* Only while it is visited: a descriptor for reading, or -1 with errno. */
int folders_open(const struct user_folder *user, const struct session_folder *session,
	const struct segment_file *file);

/*
 * Only while it is visited, and within the user's budget: what is kept of those that ended as a
 * sum, into session->summed. False: it is too much, or cannot be read.
 */
bool folders_read_sum(
	struct user_folder *user, struct session_folder *session, struct arena *arena);

/* Is there a segment of that process, as they were listed last? It may not have been read. */
bool folders_list(const struct folders *folders, pid_t pid, uint64_t start_ticks);

void folders_free(struct folders *folders);

struct folders_sums {
	unsigned unreadable; /* files and folders that are not as gpuspy makes them */
	unsigned left_out;   /* what was too much for one sample */
	unsigned others;     /* sessions of another name than the wanted one */
	unsigned kept;       /* descriptors */
};
struct folders_sums folders_sums(const struct folders *folders);

void names_release(struct names *names); /* NULL is fine */
void image_release(struct image *image); /* the same */

#endif
