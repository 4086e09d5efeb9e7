/* SPDX-License-Identifier: MIT */
/*
 * Processes of a session that ended and had nothing to do with CUDA: of each one only the number
 * is kept, so that a session does not grow with all that its command starts. And programs of which
 * nothing else is known.
 */
#ifndef GPUSPY_SEGMENT_FOLDED_H
#define GPUSPY_SEGMENT_FOLDED_H

#include <stdbool.h>
#include <stdint.h>

/* In the session's folder. */
#define FOLDED_FILE "folded"

struct folded_numbers {
	uint64_t processes;
	uint64_t unwatched; /* programs started without the library that may use a GPU */
	uint64_t apart;     /* the same, with the library, and with a session of their own */
};

/* One more process. False: it cannot be written down. */
bool folded_add(const char *folder);
bool folded_add_unwatched(const char *folder);
bool folded_add_apart(const char *folder);

/* What was added is taken back, by who did it: it is known by now, and was nothing. */
bool folded_take_apart(const char *folder);

/*
 * The last of these numbers itself, to be added to (folded_add_kept) when the folder is out of
 * reach, in memory and without a system call. It is not given back. NULL: it cannot be had.
 */
uint64_t *folded_keep_apart(const char *folder);
void folded_add_kept(uint64_t *number);

/*
 * Is there nothing else in the folder, but of programs that were not watched here, and the marks
 * of users (strangers.h)? It reads it anew.
 */
bool folded_is_alone(int folder);

/* Did one run here that was counted (segment/alive.h), or is that not known? */
bool folded_is_of_here(int folder);

/*
 * How many there are; a folder that is open. `other_version`, unless NULL: another version's gpuspy
 * has written there, which gives zeros, and to which nothing is added.
 */
struct folded_numbers folded_read(int folder, bool *other_version);

/*
 * One process at a time may add up what ended (summed.h): a descriptor, or -1. It ends with the
 * process, too.
 */
int folded_lock(int folder);
void folded_unlock(int lock);

#endif
