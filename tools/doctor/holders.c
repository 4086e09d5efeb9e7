/* SPDX-License-Identifier: MIT */
#include "holders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"

enum { COMMAND_COLUMNS = 60, FIRST_PID_NAMESPACE = 0xEFFFFFFC, LATELY_NS = 60 };

/* NVML tells the numbers of the machine, which are others in a container. */
static bool is_first_namespace(void)
{
	struct stat status;

	return !stat("/proc/self/ns/pid", &status) &&
	       (unsigned long long)status.st_ino == (unsigned)FIRST_PID_NAMESPACE;
}

static void put_command(struct text *text, int pid)
{
	char path[64], command[256];
	size_t n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	file = fopen(path, "re");
	if (file) {
		n = fread(command, 1, sizeof(command) - 1, file);
		fclose(file);
	}
	for (size_t i = 0; i + 1 < n; i++)
		if (!command[i])
			command[i] = ' ';
	command[n] = 0;
	if (!n)
		return;
	text_put(text, " (");
	text_put_escaped(text, command, COMMAND_COLUMNS);
	text_put(text, ")");
}

static bool is_of(const struct session_snapshot *session, int pid)
{
	for (unsigned i = 0; session && i < session->n_processes; i++)
		if (session->processes[i].pid == pid)
			return true;
	return false;
}

bool holders_put(struct text *text, const struct device_holders *holders,
	const struct session_snapshot *without)
{
	const bool here = is_first_namespace();
	bool any = false;

	for (unsigned i = 0; i < holders->n && i < PROBE_HOLDERS; i++) {
		const struct holder *holder = &holders->at[i];

		if (here && is_of(without, holder->pid))
			continue;
		text_putf(text, "%sprocess %d", any ? ", " : "", (int)holder->pid);
		if (here)
			put_command(text, holder->pid);
		else
			text_put(text, " of the machine");
		text_put(text, " holds ");
		text_put_bytes(text, holder->bytes);
		any = true;
	}
	return any;
}

static bool is_lately(const struct session_snapshot *session)
{
	const struct process_snapshot *first = session->processes;

	return session->n_processes &&
	       (!first->ended_ns ||
		       first->ended_ns + LATELY_NS * 1000000000ull > session->taken_ns);
}

void holders_tell(struct judgement *judgement, const struct session_snapshot *session)
{
	const size_t used = strlen(judgement->evidence);
	struct text text = text_in(judgement->evidence + used, sizeof(judgement->evidence) - used);
	struct probe *probe;

	if (strcmp(judgement->reason, "out-of-memory") != 0 || session->figures.driver.simulated ||
		!is_lately(session))
		return;
	probe = calloc(1, sizeof(*probe));
	if (!probe)
		return;
	probe_start(probe, ask_nvml, NULL);
	if (probe_finish(probe, doctor_now() + DRIVER_WAIT) == PROBE_ANSWERED &&
		probe->answer.loaded && !probe->answer.status) {
		for (int i = 0; i < probe->answer.count && i < PROBE_DEVICES; i++) {
			char line[512];
			struct text one = text_in(line, sizeof(line));

			if (!holders_put(&one, &probe->answer.holders[i], session))
				continue;
			text_putf(&text, "; now, on GPU %d, %s", i, line);
		}
	}
	free(probe);
}
