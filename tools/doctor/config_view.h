/* SPDX-License-Identifier: MIT */
/*
 * gpuspy doctor --config: what is in force of the site's configuration, and why a command's program
 * would be watched, or would not.
 */
#ifndef GPUSPY_DOCTOR_CONFIG_VIEW_H
#define GPUSPY_DOCTOR_CONFIG_VIEW_H

/* The command NULL: none is asked about. The exit status: 1 if there are lines that are skipped. */
int config_view(char **command);

#endif
