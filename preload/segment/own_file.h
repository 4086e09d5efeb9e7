/* SPDX-License-Identifier: MIT */
/*
 * The file under the segment of this process: made, found again, given space, lost.
 *
 * No descriptor is kept, for programs close all that they do not know.
 */
#ifndef GPUSPY_SEGMENT_OWN_FILE_H
#define GPUSPY_SEGMENT_OWN_FILE_H

#include <stdbool.h>

#include "layout.h"

/* The segment of this process; NULL until writer_open(). In gaps.c, for a gap may come before. */
extern struct segment_header *segment;

/*
 * Makes the file of FOLDER/NAME and the two folders above it, with space for the parts before the
 * blocks, and maps these. NULL with errno when it cannot be had.
 */
void *own_file_make(const char *folder, const char *name);

/* Makes that folder alone, and the one above it. -1 with errno when it cannot be had. */
int own_file_folders(const char *folder);

/*
 * Gives it its name, when its header is there: a process can be killed at any time. -1 with errno:
 * it is gone.
 */
int own_file_name(void);

/*
 * A descriptor, the caller's to close. -1: there is no file; if it is gone, that is a gap. It may
 * also be out of reach: the process became another user or changed its root folder, and goes on
 * with what is mapped of it.
 */
int own_file_open(void);
bool own_file_out_of_reach(void);

/* Is the root folder another one than when the file was made (chroot(2))? */
bool own_file_root_changed(void);

/* Space is taken in pieces of so many bytes: whole pages. */
uint64_t own_file_piece(void);

/* A part of it, to be written; MAP_FAILED with errno. */
void *own_file_map(int fd, uint64_t offset, uint64_t size);

/* Makes it that long, if it is not. -1 with errno. */
int own_file_reach(int fd, uint64_t end);

/*
 * Before a filter of system calls is put in place, under LOCK_SEGMENT: makes it as long as it may
 * get. After that the file is shut: it goes on as one that is out of reach. What has no file yet
 * may still make one.
 */
void own_file_reach_ahead(void);
void own_file_shut(void);
bool own_file_is_shut(void);

/* Makes [offset, offset + size) usable at `address`: space in the file, else private memory. */
int own_file_space(int fd, void *address, uint64_t offset, uint64_t size);
/*
 * The two halves of it. The first gives 0, an error of errno(3), or -1 without a file; the address
 * is that of a mapping of the file, and is needed only where that is out of reach.
 */
int own_file_take(int fd, void *address, uint64_t offset, uint64_t size);
int own_file_private(void *address, uint64_t size, int error);

/* False, with errno: writing beyond what the process may write would be a SIGXFSZ. */
bool own_file_size_allowed(uint64_t size);

/* False when the segment is in private memory. Somebody may have removed the file. */
bool own_file_made(void);

/* It was made and is there. */
bool own_file_there(void);

/* The file was there and was removed by somebody else. Leaves a mark for the session's others. */
bool own_file_lost(void);

/*
 * The session's other processes are to know that here is one whose figures they miss: an empty file
 * PID-START-N.lost. It needs no descriptor, and no space but for its name.
 */
void own_file_mark_lost(void);

/* It was there before all others of its session. */
bool own_file_is_first(void);

/* Takes the file away. The segment stays in memory. */
void own_file_remove(void);

#endif
