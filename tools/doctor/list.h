/* SPDX-License-Identifier: MIT */
/*
 * A short list of folders, each once.
 */
#ifndef GPUSPY_DOCTOR_LIST_H
#define GPUSPY_DOCTOR_LIST_H

enum { LIST_MAX = 32 };

struct list {
	char *at[LIST_MAX]; /* real paths */
	unsigned n, max;
};

/* If it is there. */
void list_add(struct list *list, const char *path);
/* All that match. */
void list_add_glob(struct list *list, const char *pattern);
void list_free(struct list *list);

#endif
