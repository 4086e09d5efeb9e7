/* SPDX-License-Identifier: MIT */
/*
 * In which session this process counts: the one with a segment of its number and start.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "place.h"
#include "segment/folded.h"
#include "segment/paths.h"
#include "values.h"

static DIR *open_listing(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = own < 0 ? NULL : fdopendir(own);

	if (!folder && own >= 0)
		close(own);
	return folder;
}

static bool has_segment(const struct place *place, const char *session, const char *start)
{
	int fd = place_open_session(place, session);
	DIR *folder = fd < 0 ? NULL : open_listing(fd);
	struct dirent *entry;
	bool found = false;

	while (folder && !found && (entry = readdir(folder)))
		found = !strncmp(entry->d_name, start, strlen(start));
	if (folder)
		closedir(folder);
	if (fd >= 0)
		close(fd);
	return found;
}

/* A process that becomes another by exec keeps its session, so there is one at most. */
SEXP package_find(SEXP base)
{
	char start[64], found[SESSION_NAME_MAX] = "";
	struct place place;
	struct dirent *entry;
	DIR *folder;

	snprintf(start, sizeof(start), "%d-%llu-", (int)getpid(),
		(unsigned long long)paths_start_ticks(getpid()));
	if (place_open(&place, Rf_translateChar(STRING_ELT(base, 0))))
		return value_string(NULL);
	folder = open_listing(place.fd);
	while (folder && !*found && (entry = readdir(folder)))
		if (paths_session_valid(entry->d_name) && has_segment(&place, entry->d_name, start))
			strcpy(found, entry->d_name);
	if (folder)
		closedir(folder);
	close(place.fd);
	return value_string(*found ? found : NULL);
}

/* The folder of all sessions, for that value of GPUSPY_DIR. */
SEXP package_base(SEXP variable)
{
	const char *value = Rf_translateChar(STRING_ELT(variable, 0));
	char path[PATHS_MAX];

	if (paths_base(path, *value ? value : NULL))
		paths_base(path, NULL);
	return value_path(path);
}

SEXP package_tell(SEXP base, SEXP name, SEXP told)
{
	const char *under = Rf_translateChar(STRING_ELT(base, 0));
	const char *session = Rf_translateChar(STRING_ELT(name, 0));
	char folder[PATHS_MAX + SESSION_NAME_MAX + 1];
	struct place place;
	int fd;

	if (!paths_session_valid(session) || place_open(&place, under))
		return value_flag(false);
	fd = place_open_session(&place, session);
	close(place.fd);
	if (fd < 0)
		return value_flag(false);
	close(fd);
	snprintf(folder, sizeof(folder), "%s/%s", under, session);
	return value_flag(
		Rf_asLogical(told) ? folded_add_apart(folder) : folded_take_apart(folder));
}
