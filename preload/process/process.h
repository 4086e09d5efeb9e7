/*
 * This process: when its life as a watched one begins, who it is, and how it ends.
 *
 * A process that has nothing to do with CUDA leaves no trace: its segment is made when it first
 * touches something of NVIDIA's (process_touch), or at once in an interpreter, which is what people
 * ask about.
 */
#ifndef GPUSPY_PROCESS_PROCESS_H
#define GPUSPY_PROCESS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct object;

/*
 * Opens the doors, once: called before the first constructor of any object that runs
 * __gmon_start__, and by our own constructor.
 */
void process_begin(void);

/* Makes sure that this process, and not its parent, has a segment. 0, or -1: there is none. */
int process_touch(void);

/* Facts about libraries, into the segment. */
void process_library_loaded(const struct object *object);
void process_library_asked(const char *name, const char *asker); /* asker may be NULL */

/* A relocation slot that could not be written. */
void process_missed_slot(void);

/* A copy of a name that lives as long as the process; NULL: no memory. */
const char *process_keep(const char *name);

#endif
