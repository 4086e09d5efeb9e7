/* SPDX-License-Identifier: MIT */
/*
 * The parts of gpuspy(1): each command has a file of its own.
 */
#ifndef GPUSPY_TOOLS_GPUSPY_H
#define GPUSPY_TOOLS_GPUSPY_H

#include "arguments.h"

enum {
	EXIT_NOTHING = 1, /* there is nothing to report */
	EXIT_USAGE = 2,
	EXIT_NO_GPU_WORK = 3,   /* run --require */
	EXIT_UNKNOWN = 4,       /* the same, where it is not known */
	EXIT_OWN_FAILURE = 125, /* as env(1) and timeout(1) */
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

/* argv[0] is "gpuspy COMMAND", for messages. They return the exit status. */
int command_collect(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_export(int argc, char **argv);
int command_jobs(int argc, char **argv);
int command_list(int argc, char **argv);
int command_record(int argc, char **argv);
int command_report(int argc, char **argv);
int command_run(int argc, char **argv);

#endif
