/* SPDX-License-Identifier: MIT */
#include "folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../preload/session/config.h"
#include "../say.h"

const char *records_folder(const char *who, const char *given)
{
	if (!given)
		given = config.records;
	if (!given)
		say("%s: no folder of records: --records DIR, or gpuspy.conf(5)", who);
	return given;
}

/* strptime(3) takes the 30th of February, which timegm(3) makes a day in March. */
static int read_date(const char *text, time_t *since)
{
	struct tm day, read;
	const char *end;

	memset(&day, 0, sizeof(day));
	end = strptime(text, "%Y-%m-%d", &day);
	if (!end || *end)
		return -1;
	read = day;
	*since = timegm(&day);
	return day.tm_mday == read.tm_mday ? 0 : -1;
}

int records_since(const char *who, const char *text, time_t *since)
{
	static const struct {
		char letter;
		long seconds;
	} units[] = { { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	char *end;
	unsigned long number;

	*since = 0;
	if (!text || !read_date(text, since))
		return 0;
	number = strtoul(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (*text < '0' || *text > '9' || *end != units[i].letter || end[1] ||
			number > 100000)
			continue;
		*since = time(NULL) - (time_t)number * units[i].seconds;
		return 0;
	}
	say("%s: --since: neither a time as 7d, 12h or 30m nor a date: '%s'", who, text);
	return -1;
}
