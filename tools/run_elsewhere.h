/* SPDX-License-Identifier: MIT */
/*
 * What the command's launchers (srun, mpirun) started elsewhere, where its sessions or their
 * records can be reached from here: in the folder of sessions, if hosts share it, and in the site's
 * folder of records. They are known by the name of this session, which they found in their
 * environment (segment/job.h).
 */
#ifndef GPUSPY_TOOLS_RUN_ELSEWHERE_H
#define GPUSPY_TOOLS_RUN_ELSEWHERE_H

#include "jobs/view.h"
#include "run.h"
#include "sessions.h"

struct elsewhere {
	struct jobs jobs;
	struct view view; /* of the command's session and of those that it started */
};

/* False: there is nothing; else it is the caller's until elsewhere_free(). */
bool elsewhere_look(struct elsewhere *to, const struct run *run, struct session *session);
void elsewhere_free(struct elsewhere *elsewhere);

/* All of it is known: then it is no gap of the session. */
void elsewhere_settle(const struct elsewhere *elsewhere, struct session_snapshot *session);

#endif
