/* SPDX-License-Identifier: MIT */
#include "list.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

void list_add(struct list *list, const char *path)
{
	char *real = realpath(path, NULL);

	for (unsigned i = 0; real && i < list->n; i++) {
		if (!strcmp(list->at[i], real)) {
			free(real);
			return;
		}
	}
	if (real && list->n < list->max)
		list->at[list->n++] = real;
	else
		free(real);
}

void list_add_glob(struct list *list, const char *pattern)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		list_add(list, found.gl_pathv[i]);
	globfree(&found);
}

void list_free(struct list *list)
{
	while (list->n)
		free(list->at[--list->n]);
}
