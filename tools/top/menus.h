/* SPDX-License-Identifier: MIT */
/*
 * The menus and what choosing in them does.
 */
#ifndef GPUSPY_TOP_MENUS_H
#define GPUSPY_TOP_MENUS_H

#include "view.h"

void menus_sort(struct view *view);
void menus_user(struct view *view, const struct model *model);
void menus_setup(struct view *view);

/* The selected item was chosen. */
void menus_choose(struct view *view);

/* The menu is left without a choice. */
void menus_leave(struct view *view);

#endif
