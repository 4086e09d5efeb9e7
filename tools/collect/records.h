/* SPDX-License-Identifier: MIT */
/*
 * Where records go: FOLDER/YYYY/MM/DD/HOST.jsonl, a line each, of which a reader never sees a part.
 */
#ifndef GPUSPY_COLLECT_RECORDS_H
#define GPUSPY_COLLECT_RECORDS_H

#include <stddef.h>

/* Only one collection of this host at a time; the lock is waited for, but not for ever. */
int records_lock(const char *folder, const char *host);

/* Appends whole lines, all of them or none. -1 with errno. */
int records_append(const char *folder, const char *host, const char *lines, size_t size);

/* This machine's name as it stands in segments and in the file's; "unknown" when there is none. */
const char *records_host(void);

#endif
