/* SPDX-License-Identifier: MIT */
/*
 * The terminal, by ncurses: shows a screen, reads keys. All that knows of terminals is here.
 */
#ifndef GPUSPY_TOP_TERMINAL_H
#define GPUSPY_TOP_TERMINAL_H

#include "keys.h"
#include "screen.h"

/* NULL: it was begun; else why this terminal cannot show a screen. */
const char *terminal_begin(bool mouse);
void terminal_end(void);

/*
 * Ends the process with status 0 from a signal's handler, when the terminal takes no output: what
 * waits to be shown is thrown away, its modes are restored, and its screen if it takes that at
 * once.
 */
_Noreturn void terminal_abandon(void);

/* For poll(). */
int terminal_fd(void);

/* Readable with nothing to read: there is nobody there any more. */
bool terminal_gone(void);

void terminal_size(int *width, int *height);
/* Its size may have changed. */
void terminal_resized(void);

/* `anew`: whatever else wrote to the terminal is wiped away. */
void terminal_draw(const struct screen *screen, bool color, bool anew);

enum terminal_read { TERMINAL_NOTHING, TERMINAL_INPUT, TERMINAL_OTHER };
/* One key or a click; OTHER: it was one that means nothing here. */
enum terminal_read terminal_read(struct input *input);

#endif
