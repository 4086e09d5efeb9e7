/* SPDX-License-Identifier: MIT */
/*
 * What `gpuspy run` and the processes of its command tell each other: one page of shared memory.
 *
 * `gpuspy run` makes it, keeps it open for the command and names it in GPUSPY_RUN. The library
 * marks in it that it began, and what becomes of its segments, each with one store. So `gpuspy run`
 * knows what it did not see, and does not take it for nothing. What could not be seen stays with
 * the session in the file "run", for later readers.
 *
 * Like a segment, it is hostile input for whoever reads it: figures, never offsets.
 */
#ifndef GPUSPY_SEGMENT_RUN_PAGE_H
#define GPUSPY_SEGMENT_RUN_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../ground/hash.h"

/* The last letter is the layout's: another gpuspy's page is nothing to this one. */
#define RUN_PAGE_MAGIC    "GPUSPYR2"
#define RUN_PAGE_VARIABLE "GPUSPY_RUN"
#define RUN_PAGE_FILE     "run"

enum { RUN_PAGE_APART = 8 };

/* GPUSPY_RUN: where the page is to be had, by descriptor or by the process that made it. */
#define RUN_PAGE_FORMAT "%d:%d:%llu:%llu"

struct run_page_place {
	int fd;
	pid_t pid;
	uint64_t device, inode; /* of the page: another file may have taken the descriptor */
};

struct run_page {
	char magic[8];
	uint64_t folder; /* run_page_folder() of the session's, as `gpuspy run` looks for it */
	uint64_t error_device, error_inode; /* its standard error, fstat(2); zeros: it has none */

	int32_t command;        /* pid; in it, the library and nobody else writes the next three */
	uint32_t command_begun; /* images of the command in which the library began */
	uint32_t command_ended; /* 1: the last of them said that it ends */
	char command_name[16];  /* the kernel's name for the last of them: PR_GET_NAME, prctl(2) */

	uint32_t segments;  /* made as files of that folder */
	uint32_t elsewhere; /* made as files of another folder or session */
	uint32_t without;   /* made in private memory */
	uint32_t lost;      /* removed while their process ran, seen at its end */
	uint32_t unwatched; /* programs started without the library that may use a GPU */
	/*
	 * Programs that are started with it, and will not be of this session: of another user, or
	 * after its owner's end. Each that begins takes itself away, and marks its segments above.
	 */
	uint32_t apart;
	int32_t apart_by[RUN_PAGE_APART]; /* who is to become one, or starts it; 0: nobody */
};

_Static_assert(sizeof(struct run_page) == 120, "it has a new letter with each change");

/* A number for a path: the page is to be small enough for any limit on the size of files. */
static inline uint64_t run_page_folder(const char *path)
{
	return hash_text(path);
}

/* The file "run": what `gpuspy run` found missing when the command had ended. */
#define RUN_UNSEEN_MAGIC "GPUSPYR1"

struct run_unseen {
	char magic[8];
	/* As in struct session_snapshot; of what is unwatched, what the folder does not say. */
	uint32_t not_begun, elsewhere, unrecorded, unwatched, still_running;
};

_Static_assert(sizeof(struct run_unseen) == 28, "it has a new letter with each change");

#endif
