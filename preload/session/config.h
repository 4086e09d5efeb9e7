/* SPDX-License-Identifier: MIT */
/*
 * /etc/gpuspy.conf, gpuspy.conf(5): what a site has decided for all its users. In the tools too.
 *
 * It is read at the start of every watched process: one open, which mostly finds nothing, and no
 * allocation. What cannot be understood is skipped, and is a fault that `gpuspy doctor` names.
 */
#ifndef GPUSPY_SESSION_CONFIG_H
#define GPUSPY_SESSION_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../segment/paths.h"

#define CONFIG_FILE "/etc/gpuspy.conf"

enum {
	CONFIG_SIZE = 16384, /* bytes of the file that are looked at */
	CONFIG_PATTERNS_MAX = 128,
	CONFIG_FAULTS_MAX = 16, /* that are remembered; all are counted */
};

enum config_users { USERS_NAMED, USERS_HASHED, USERS_HIDDEN };

struct config {
	/* Where nothing is set, a small program touches only what follows after these. */
	struct config_pattern {
		const char *text;
		unsigned line;
		bool include;
	} patterns[CONFIG_PATTERNS_MAX];
	struct config_fault {
		unsigned line;
		const char *why, *text; /* text: the beginning of what stands there */
	} faults[CONFIG_FAULTS_MAX];
	bool found;
	bool unread; /* GPUSPY_CONFIG names none that can be read */
	bool report_set;
	/* What stands in records. */
	bool hide_commands, hide_kernels;
	enum config_users users;
	unsigned report;     /* enum report_rule, if report_set */
	const char *folder;  /* of sessions, with %u for the user's number; NULL: the default */
	const char *records; /* folder of records; NULL: none are kept */
	unsigned keep_sessions, keep_mebibytes, keep_uncollected; /* 0: the default */
	unsigned n_patterns, n_includes, n_excludes, n_faults;
	unsigned line; /* that is being read */
};

/* Of this process, once read. */
extern struct config config;

#define CONFIG_UNREAD "GPUSPY_CONFIG is no file that can be read: no setting of a site's is used"

/* GPUSPY_CONFIG, or the site's file. */
const char *config_path(void);
void config_read(void);

/*
 * From `size` bytes at `text`, which has room for one byte more and is written to: what is pointed
 * to lies in it.
 */
void config_parse(struct config *to, char *text, size_t size);

/*
 * Is a program of that path watched? It is if it matches an include, or there are none, and no
 * exclude. `by`: the line that decides, NULL for none.
 */
bool config_watches(
	const struct config *from, const char *program, const struct config_pattern **by);

/* * stands for any characters, slashes too, ? for one. */
bool config_matches(const char *pattern, const char *text);

/* The folder of sessions of that user into `path`. False: none is set, or it is too long. */
bool config_folder(const struct config *from, uid_t uid, char path[PATHS_MAX]);

#endif
