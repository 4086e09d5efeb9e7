/* SPDX-License-Identifier: MIT */
/*
 * What the user chose to see, kept in a file: ~/.config/gpuspy/top. It is written when the user
 * asks for it, never by itself, and only gpuspy-top on a screen reads it: what scripts see does not
 * depend on it.
 */
#ifndef GPUSPY_TOP_SETTINGS_H
#define GPUSPY_TOP_SETTINGS_H

#include "view.h"

/* Its path, as the environment says: XDG_CONFIG_HOME, else HOME. NULL: neither says it. */
const char *settings_path(void);

/* Into the view. What is wrong in the file is ignored, and said. */
void settings_read(struct view *view, const char *path);

/* -1 with errno. */
int settings_write(const struct view *view, const char *path);

/* On and off, for the menu. */
struct settings_switch {
	const char *name;  /* in the file */
	const char *label; /* in the menu */
	size_t offset;     /* of a bool in the view */
};
enum { SETTINGS_SWITCHES = 8 };
extern const struct settings_switch settings_switches[SETTINGS_SWITCHES];
bool *settings_at(struct view *view, int index);

#endif
