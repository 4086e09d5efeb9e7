/* SPDX-License-Identifier: MIT */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "listing.h"
#include "procstat.h"

static const struct {
	int number;
	const char *name;
} known[] = { { SIGTERM, "SIGTERM" }, { SIGINT, "SIGINT" }, { SIGHUP, "SIGHUP" },
	{ SIGQUIT, "SIGQUIT" }, { SIGUSR1, "SIGUSR1" }, { SIGUSR2, "SIGUSR2" },
	{ SIGSTOP, "SIGSTOP" }, { SIGCONT, "SIGCONT" }, { SIGKILL, "SIGKILL" } };

const char *signals_name(int number)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].number == number)
			return known[i].name;
	return "?";
}

void signals_cancel(struct view *view)
{
	for (int i = 0; i < view->n_targets; i++)
		close(view->targets[i].pidfd);
	view->n_targets = 0;
}

static bool add_target(struct view *view, const struct row *row)
{
	struct target *target = &view->targets[view->n_targets];

	if (row->uid != geteuid()) {
		view_say(view, "process %d is not yours", (int)row->process->pid);
		return false;
	}
	if (row->state == ROW_ELSEWHERE) {
		view_say(view, "process %d is elsewhere", (int)row->process->pid);
		return false;
	}
	if (!row_running(row)) {
		view_say(view, "process %d has ended", (int)row->process->pid);
		return false;
	}
	if (view->n_targets >= TARGETS_MAX) {
		view_say(view, "no more than %d processes at once", TARGETS_MAX);
		return false;
	}
	target->pid = row->process->pid;
	target->pidfd = procstat_pin(row->process->pid, row->process->start_ticks);
	if (target->pidfd < 0) {
		view_say(view, "process %d: %s", (int)target->pid, strerror(errno));
		return false;
	}
	view->n_targets++;
	return true;
}

/* All or none of those that are tagged; the selected one when none is. */
static bool pin_targets(struct view *view, const struct model *model)
{
	const struct row *selected = listing_row(view, model, view->selected);
	bool any = false;

	for (unsigned i = 0; i < model->n_rows; i++) {
		if (!model->rows[i].tagged || !row_running(&model->rows[i]))
			continue;
		any = true;
		if (!add_target(view, &model->rows[i]))
			return false;
	}
	if (any)
		return true;
	if (!selected)
		view_say(view, "select a process first");
	return selected && add_target(view, selected);
}

void signals_menu(struct view *view, const struct model *model)
{
	struct menu *menu = &view->menu;

	if (view->readonly) {
		view_say(view, "signals are switched off (--readonly)");
		return;
	}
	signals_cancel(view);
	if (!pin_targets(view, model)) {
		signals_cancel(view);
		return;
	}
	*menu = (struct menu){ .kind = MENU_SIGNAL, .title = "Send a signal", .count = 1 };
	snprintf(menu->items[0].label, sizeof(menu->items[0].label), "Cancel");
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++, menu->count++) {
		menu->items[menu->count].value = known[i].number;
		snprintf(menu->items[menu->count].label, sizeof(menu->items[0].label), "%2d %s",
			known[i].number, known[i].name);
	}
	view->mode = MODE_MENU;
}

void signals_send(struct view *view)
{
	int sent = 0, error = 0;

	for (int i = 0; i < view->n_targets; i++) {
		if (syscall(SYS_pidfd_send_signal, view->targets[i].pidfd, view->signal, NULL, 0))
			error = errno;
		else
			sent++;
	}
	if (error)
		view_say(view, "%s sent to %d of %d: %s", signals_name(view->signal), sent,
			view->n_targets, strerror(error));
	else
		view_say(view, "%s sent to %d %s", signals_name(view->signal), sent,
			sent == 1 ? "process" : "processes");
	signals_cancel(view);
}
