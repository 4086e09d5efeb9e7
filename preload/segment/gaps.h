/* SPDX-License-Identifier: MIT */
/*
 * Gaps: what gpuspy knows that it did not see, or could not count. Each has a number in the segment
 * and, in report/gaps.c, a code, its words, whether it can hide a kernel, and what to do about it.
 *
 * Whoever passes something over says so on the spot, from whatever room, in whatever thread, with
 * or without a segment:
 *
 *     gap(GAP_CONTEXTS);           one more
 *     gap_add(GAP_PRIVATE, bytes); so many more
 *
 * To add a gap: a line here, and one in the table of report/gaps.c.
 */
#ifndef GPUSPY_SEGMENT_GAPS_H
#define GPUSPY_SEGMENT_GAPS_H

#include <stdint.h>

enum gap {
	/* Why the segment, or a part of it, is not in a file that others can read. */
	GAP_NO_SPACE,
	GAP_READ_ONLY,
	GAP_FOREIGN_FOLDER,
	GAP_NO_DESCRIPTORS,
	GAP_NO_PERMISSION,
	GAP_SIZE_LIMIT,
	GAP_NO_FOLDER,
	GAP_FILE_FAILED,
	/* What comes of it. */
	GAP_NO_FILE,       /* the segment is in private memory: so may be those of children */
	GAP_PRIVATE,       /* bytes of counts in private memory, which this reader has not seen */
	GAP_PRIVATE_SHOWN, /* the same, and this reader is the process itself */
	GAP_REMOVED,       /* the file was removed while the process ran */
	GAP_CHILD_NO_FILE, /* a forked child had no file, or lost it */
	/* Ways in that are not watched. */
	GAP_DOORS,           /* gpuspy could not begin its work: nothing is watched */
	GAP_OBJECTS,         /* more objects are loaded than are looked at */
	GAP_FUNCTIONS,       /* functions of the driver that got no hook */
	GAP_FUNCTIONS_ABOVE, /* of the libraries above: what they do reaches the driver */
	GAP_SLOTS,           /* places that lead to the driver and could not be written */
	GAP_SLOTS_ABOVE,
	GAP_NAMESPACE,        /* the driver was used in another namespace of the loader (dlmopen) */
	GAP_UNKNOWN_FUNCTION, /* functions of a driver that is newer than gpuspy knows */
	GAP_ATTACHED_LATE,    /* the driver was there before gpuspy was */
	GAP_LATE_ABOVE,       /* libraries above the driver were */
	GAP_NOT_PASSED_ON,    /* attached late, and what was started afterwards is not watched */
	GAP_WORKERS_BEFORE,   /* attached late, and workers that had been started are not watched */
	/* Calls that were seen, and not wholly counted. */
	GAP_CALLS,         /* of threads that could have no block: not counted at all */
	GAP_NOT_OBSERVED,  /* counted, but what they did was not looked at */
	GAP_NO_STATUS,     /* counted, but not whether they failed */
	GAP_CONTEXTS,      /* calls whose context could not be told apart from the others */
	GAP_MANY_CONTEXTS, /* contexts whose kernels are counted, and cannot be confirmed */
	GAP_STREAMS,       /* streams whose kernels are confirmed only with their whole context */
	GAP_GRAPHS,        /* launches of graphs with an unknown number of kernels */
	GAP_CAPTURES,      /* work beside a change of its stream's capture: it counts as recorded */
	GAP_KERNEL_NAMES,  /* kernels without a row of their own: in the totals, not by name */
	GAP_NAMES,         /* names that found no room, or were cut */
	GAP_LIBRARIES,     /* libraries that found no room */
	GAP_DEVICES,       /* devices that found no room */
	GAP_ALLOCATIONS,   /* not remembered: live bytes are too high */
	GAP_ARRAYS,        /* of a format whose size is not known: bytes too low */
	/* The second witness (struct segment_witness). */
	GAP_NO_WITNESS, /* it could not look */
	/* What a reader finds out. */
	GAP_NO_END,        /* the process ended without a word, so there was no witness */
	GAP_UNREADABLE,    /* segments that could not be read */
	GAP_OTHER_VERSION, /* segments of another version of gpuspy */
	GAP_NO_RECORD,     /* processes without any record */
	GAP_NOT_BEGUN,     /* the library did not begin in the command of gpuspy run */
	GAP_ELSEWHERE,     /* processes of gpuspy run whose record is in another folder */
	GAP_UNWATCHED,     /* programs that could use a GPU, started without the library */
	GAP_STILL_RUNNING, /* processes of gpuspy run that outlive its command */
	GAP_LAUNCHED,      /* launchers that may have started programs elsewhere */
	GAP_AS_USER,       /* records of processes that had become another user, in his folder */
	GAP_GOES_ON,       /* kernels that threads launched while the process reported itself */
	GAP_STARTS,        /* libraries begin unseen: nobody tells us, or one has no _init */
	GAPS,
	SEGMENT_GAPS_MAX = 64, /* places in the segment */
};

_Static_assert((int)GAPS <= (int)SEGMENT_GAPS_MAX, "the segment has a place for each");

/* Takes no lock and asks the system for nothing. Before there is a segment the number waits. */
void gap_add(enum gap gap, uint64_t count);

static inline void gap(enum gap which)
{
	gap_add(which, 1);
}

/* What waits goes into the segment that is there now. */
void gaps_settle(void);

/* The numbers that wait for a segment: of a process that has none. */
const uint64_t *gaps_waiting(void);

/* The gap for why a file could not be had: errno of it. */
enum gap gap_of_error(int error);

#endif
