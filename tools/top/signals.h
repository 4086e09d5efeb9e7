/* SPDX-License-Identifier: MIT */
/*
 * Sending signals to processes: only to the user's own, and to the one that was meant.
 */
#ifndef GPUSPY_TOP_SIGNALS_H
#define GPUSPY_TOP_SIGNALS_H

#include "view.h"

/* Opens the menu for the tagged processes, or for the selected one. Says why not, if not. */
void signals_menu(struct view *view, const struct model *model);

/* Sends view->signal to the targets and says what came of it. */
void signals_send(struct view *view);

/* Lets the targets go. */
void signals_cancel(struct view *view);

const char *signals_name(int number);

#endif
