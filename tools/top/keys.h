/* SPDX-License-Identifier: MIT */
/*
 * What keys and mouse do. Knows nothing of terminals: a test can press them too.
 */
#ifndef GPUSPY_TOP_KEYS_H
#define GPUSPY_TOP_KEYS_H

#include <stdint.h>

#include "layout.h"

/* Beyond all characters. */
enum key {
	PRESS_SPECIAL = 0x200000,
	PRESS_UP,
	PRESS_DOWN,
	PRESS_PAGE_UP,
	PRESS_PAGE_DOWN,
	PRESS_HOME,
	PRESS_END,
	PRESS_ENTER,
	PRESS_ESCAPE,
	PRESS_BACKSPACE,
	PRESS_CLICK,
	PRESS_WHEEL_UP,
	PRESS_WHEEL_DOWN,
	PRESS_F0, /* F1 is the next one */
	PRESS_F_LAST = PRESS_F0 + 12,
};

struct input {
	uint32_t key; /* a character or an enum key */
	int x, y;     /* of the mouse */
};

/* `places`: of the drawing that the user saw. */
void keys_handle(
	struct view *view, struct model *model, const struct places *places, struct input input);

#endif
