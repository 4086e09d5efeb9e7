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
/* It was asked for and did not come; `asker` NULL: as it was said before. */
void process_library_failed(const char *name, const char *error, const char *asker);
/* Needed by a library that therefore could not be loaded. */
void process_library_needed(const char *name, const char *error, const char *by);
/* It lies at `path` (NULL: unknown); loaded, or not. */
void process_library_there(const char *name, const char *path, bool loaded);

/* A framework's library was loaded. */
void process_framework_loaded(const char *path);

/* The driver has no entry of that name. */
void process_entry_missing(const char *name);

/* Something failed: notes the kernel's side, once. */
void process_note_access(void);

/* At exit: works out what is said of the framework. */
void process_explain(void);

/* A relocation slot that could not be written. */
void process_missed_slot(void);

/* A copy of a name that lives as long as the process; NULL: no memory. */
const char *process_keep(const char *name);

#endif
