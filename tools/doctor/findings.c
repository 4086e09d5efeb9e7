/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"

void doctor_add(struct doctor *doctor, enum level level, const char *subject, const char *fix,
	const char *format, ...)
{
	struct finding *list =
		realloc(doctor->findings, (doctor->n_findings + 1) * sizeof(*doctor->findings));
	struct finding *finding;
	va_list arguments;

	if (!list)
		return;
	doctor->findings = list;
	finding = &list[doctor->n_findings];
	*finding = (struct finding){ .level = level, .subject = subject };
	finding->fix = fix && *fix ? strdup(fix) : NULL;
	va_start(arguments, format);
	if (vasprintf(&finding->text, format, arguments) >= 0)
		doctor->n_findings++;
	va_end(arguments);
}

void doctor_reason(struct doctor *doctor, const char *reason)
{
	if (doctor->n_findings)
		doctor->findings[doctor->n_findings - 1].reason = reason;
}

bool doctor_path(const struct doctor *doctor, char to[PATH_MAX], const char *format, ...)
{
	int used = snprintf(to, PATH_MAX, "%s", doctor->root), more;
	va_list arguments;

	if (used < 0 || used >= PATH_MAX)
		return false;
	va_start(arguments, format);
	more = vsnprintf(to + used, (size_t)(PATH_MAX - used), format, arguments);
	va_end(arguments);
	return more >= 0 && more < PATH_MAX - used;
}

bool doctor_exists(const struct doctor *doctor, const char *path)
{
	char full[PATH_MAX];

	return doctor_path(doctor, full, "%s", path) && access(full, F_OK) == 0;
}

const char *doctor_shown(const struct doctor *doctor, const char *path)
{
	size_t length = strlen(doctor->root);

	return strncmp(path, doctor->root, length) ? path : path + length;
}

int64_t doctor_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool doctor_late(const struct doctor *doctor)
{
	return doctor_now() > doctor->deadline;
}
