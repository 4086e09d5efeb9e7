/*
 * Names that are kept for as long as the process lives.
 */
#ifndef GPUSPY_GROUND_NAMES_H
#define GPUSPY_GROUND_NAMES_H

/* A copy; NULL: no memory. */
const char *name_keep(const char *name);

/* What follows the last slash of a path; the path itself where there is none. */
const char *name_of_file(const char *path);

#endif
