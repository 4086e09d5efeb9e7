/* SPDX-License-Identifier: MIT */
#include "output_name.h"

#include <string.h>
#include <sys/utsname.h>

#include "format.h"

int output_name(char *to, size_t size, const char *pattern, pid_t pid, const char *session)
{
	struct text text = text_in(to, size);
	struct utsname host;

	for (; *pattern; pattern++) {
		char next = *pattern == '%' ? pattern[1] : 0;

		if (next == 'p')
			text_putf(&text, "%d", (int)pid);
		else if (next == 'h')
			text_put(&text, uname(&host) == 0 ? host.nodename : "unknown");
		else if (next == 's')
			text_put(&text, session);
		else
			text_put(&text, (char[2]){ *pattern, 0 });
		if (next == 'p' || next == 'h' || next == 's' || next == '%')
			pattern++;
	}
	return text.full ? -1 : 0;
}

bool output_name_doubtful(const char *pattern)
{
	while ((pattern = strchr(pattern, '%'))) {
		if (!pattern[1] || !strchr("phs%", pattern[1]))
			return true;
		pattern += 2;
	}
	return false;
}
