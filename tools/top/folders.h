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

#include "segment/paths.h"
#include "segment/snapshot.h"

/* One reading of one segment; samples share those that change no more. */
struct image {
	struct arena arena;
	struct process_snapshot process;
	unsigned users;
};

struct segment_file {
	char name[64];
	pid_t pid;
	uint64_t start_ticks;
	unsigned number;
	struct image *last; /* of a process that is gone: it changes no more. Else NULL */
	uint64_t calls;     /* and kernels, at the last reading */
	int pidfd;          /* -1: none */
	int wait_status;    /* -1: not known */
};

struct session_folder {
	char name[SESSION_NAME_MAX];
	struct timespec changed; /* of the folder, when it was listed */
	bool listed, found;
	struct segment_file *files;
	unsigned n_files, unreadable;
};

struct user_folder {
	char path[PATHS_MAX];
	uid_t uid;
	bool any_owner; /* a folder that the user named: only its files are checked */
	struct timespec changed;
	bool listed, found;
	struct session_folder *sessions;
	unsigned n_sessions, unreadable;
};

struct folders {
	/* What to look at. */
	const char *named;   /* GPUSPY_DIR, NULL: not set */
	const char *session; /* only this one, NULL: all */
	bool all_users;      /* else those of `uid` */
	uid_t uid;

	struct user_folder *users;
	unsigned n_users, unreadable;
};

/* Lists what there is. `visit` gets each session's folder, opened. */
typedef void visit_session(void *context, const struct user_folder *user,
	struct session_folder *session, int directory);
void folders_visit(struct folders *folders, visit_session *visit, void *context);

void folders_free(struct folders *folders);

/* Of all folders, at the last visit. */
unsigned folders_unreadable(const struct folders *folders);

/* Descriptors of processes that are held. */
unsigned folders_pinned(const struct folders *folders);

void image_release(struct image *image); /* NULL is fine */

#endif
