/* SPDX-License-Identifier: MIT */
/*
 * What the user chose to see: sorting, filter, selection, and what is open.
 */
#ifndef GPUSPY_TOP_VIEW_H
#define GPUSPY_TOP_VIEW_H

#include <stdbool.h>
#include <sys/types.h>

#include "columns.h"

enum mode {
	MODE_TABLE,
	MODE_DETAIL, /* of one process, on the whole screen */
	MODE_HELP,
	MODE_SEARCH, /* these three: a line of text is typed */
	MODE_FILTER,
	MODE_DELAY,
	MODE_MENU,
	MODE_CONFIRM, /* a signal is about to be sent */
};

enum menu_kind { MENU_SORT, MENU_USER, MENU_SETUP, MENU_SIGNAL };
enum { MENU_MAX = 40, TYPED_MAX = 64, TARGETS_MAX = 64 };

struct menu {
	enum menu_kind kind;
	const char *title;
	struct {
		char label[48];
		int value;
	} items[MENU_MAX];
	int count, selected;
};

/* A process that a signal is meant for, held so that no other can come in its place. */
struct target {
	int pidfd;
	pid_t pid;
};

struct line {           /* of the table */
	bool session;   /* else a process */
	bool job;       /* else neither: the job of a session */
	unsigned index; /* into the model's sessions or rows */
	unsigned depth; /* in the tree; 0: no tree */
	bool last;      /* of its siblings */
};

struct listing {
	struct line *lines;
	unsigned count, room;
	/* Processes that are not shown: of others than the chosen user, without the filter's text,
	 * and of what is left those that have ended. */
	unsigned hidden_by_user, hidden_by_filter, hidden_ended;
};

struct view {
	enum mode mode;
	enum column sort;
	bool inverted, tree, show_ended, full_command, paused, follow;
	bool side_detail; /* the pane, where there is room for it */
	bool color, utf8, readonly, mouse;
	bool all_users; /* of root: the folders of all are looked at */
	bool one_user;  /* only rows of `user` are shown */
	uid_t user;
	double delay;
	char filter[TYPED_MAX], search[TYPED_MAX], typed[TYPED_MAX];
	char message[160];
	uint64_t message_until; /* CLOCK_MONOTONIC */

	unsigned selected, top; /* lines of the listing */
	struct followed {       /* what the selection sticks to */
		pid_t pid;
		uint64_t start_ticks;
	} on;
	unsigned scroll; /* of the detail, of the help */
	struct menu menu;
	struct target targets[TARGETS_MAX];
	int n_targets, signal;

	const char *host, *place; /* for the title; where was looked for segments */
	const char *session;      /* only this one is looked at; NULL: all */
	const char *settings;     /* the file; NULL: there is no place for one */
	bool quit, redraw;
	uint64_t now; /* CLOCK_MONOTONIC of the drawing */
	long clock;   /* seconds of the day, for the title */
	struct listing listing;
};

void view_init(struct view *view);
void view_free(struct view *view);

/* What time it is, for the next drawing. */
void view_set_time(struct view *view);

/* Says something in the line above the keys, for a while. */
void view_say(struct view *view, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
