/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const uint64_t message_ns = 4000000000u;

void view_init(struct view *view)
{
	*view = (struct view){ .sort = COLUMN_RATE,
		.show_ended = true,
		.side_detail = true,
		.color = true,
		.mouse = true,
		.delay = 1 };
}

void view_free(struct view *view)
{
	free(view->listing.lines);
	view->listing = (struct listing){ 0 };
}

void view_set_time(struct view *view)
{
	time_t now = time(NULL);
	struct tm local;

	view->now = sample_clock();
	if (localtime_r(&now, &local))
		view->clock = local.tm_hour * 3600L + local.tm_min * 60L + local.tm_sec;
}

void view_say(struct view *view, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(view->message, sizeof(view->message), format, arguments);
	va_end(arguments);
	view->message_until = view->now + message_ns;
}
