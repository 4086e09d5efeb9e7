/* SPDX-License-Identifier: MIT */
#include "reading.h"

#include <stdlib.h>
#include <unistd.h>

#include "place.h"
#include "segment/paths.h"

static void give_back(SEXP owner)
{
	struct reading *reading = R_ExternalPtrAddr(owner);

	if (!reading)
		return;
	R_ClearExternalPtr(owner);
	arena_free(&reading->arena);
	free(reading);
}

static int open_session(const char *base, const char *name)
{
	struct place place;
	int fd;

	if (!paths_session_valid(name) || place_open(&place, base))
		return -1;
	fd = place_open_session(&place, name);
	close(place.fd);
	return fd;
}

struct reading *reading_open(SEXP base, SEXP name, SEXP *owner)
{
	const char *folder = Rf_translateChar(STRING_ELT(base, 0));
	const char *session = Rf_translateChar(STRING_ELT(name, 0));
	struct reading *reading = calloc(1, sizeof(*reading));
	int fd, status;

	*owner = PROTECT(R_MakeExternalPtr(reading, R_NilValue, R_NilValue));
	R_RegisterCFinalizer(*owner, give_back);
	UNPROTECT(1);
	fd = reading ? open_session(folder, session) : -1;
	if (fd < 0)
		return NULL;
	status = snapshot_read_folder(&reading->session, &reading->arena, fd, session, NULL);
	close(fd);
	return status ? NULL : reading;
}

struct process_snapshot *reading_process(struct reading *reading, int pid)
{
	for (unsigned i = 0; i < reading->session.n_processes; i++)
		if (reading->session.processes[i].pid == pid &&
			reading->session.processes[i].state == PROCESS_RUNNING)
			return &reading->session.processes[i];
	return NULL;
}
