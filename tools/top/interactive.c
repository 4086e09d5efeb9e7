/* SPDX-License-Identifier: MIT */
#include "interactive.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "../say.h"
#include "collector.h"
#include "keys.h"
#include "leave.h"
#include "listing.h"
#include "terminal.h"

static sigset_t caught; /* what the signalfd tells of */

struct display {
	struct collector collector;
	struct model model;
	struct view *view;
	struct places places;
	int signals;       /* a signalfd */
	long samples_left; /* -1: no end */
};

static void draw(struct display *display)
{
	struct view *view = display->view;
	struct screen screen;
	int width, height;

	view_set_time(view);
	if (view->message[0] && view->now >= view->message_until)
		view->message[0] = 0;
	listing_update(view, &display->model);
	terminal_size(&width, &height);
	if (screen_make(&screen, width, height, view->utf8))
		return;
	layout_draw(&screen, &display->model, view, &display->places);
	view->top = display->places.top;
	terminal_draw(&screen, view->color, view->redraw);
	view->redraw = false;
	screen_free(&screen);
}

static void take_sample(struct display *display)
{
	struct sample *sample = collector_take(&display->collector);

	if (!sample)
		return;
	collector_give_back(&display->collector, model_update(&display->model, sample));
	if (display->samples_left > 0 && --display->samples_left == 0)
		display->view->quit = true;
}

static void handle_keys(struct display *display)
{
	struct view *view = display->view;
	enum terminal_read got;
	struct input input;

	if (terminal_gone()) {
		view->quit = true;
		return;
	}
	while (!view->quit && (got = terminal_read(&input)) != TERMINAL_NOTHING) {
		if (got != TERMINAL_INPUT)
			continue;
		view->now = sample_clock();
		keys_handle(view, &display->model, &display->places, input);
		/* The next key is for what the user would see now. */
		listing_update(view, &display->model);
	}
	collector_set(&display->collector, view->delay, view->paused);
}

static void handle_signal(struct display *display)
{
	struct signalfd_siginfo info;

	if (read(display->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGWINCH)
		terminal_resized();
	else if (info.ssi_signo != SIGCONT) {
		leave_soon();
		display->view->quit = true;
	}
	display->view->redraw = true;
}

/* Milliseconds until the message is to go; -1: there is none. */
static int patience(const struct view *view)
{
	uint64_t now = sample_clock();

	if (!view->message[0])
		return -1;
	return now >= view->message_until ? 0 : (int)((view->message_until - now) / 1000000u) + 1;
}

static int wait_for_news(struct display *display, struct pollfd *fds, nfds_t count)
{
	int n;

	leave_watch(false);
	n = poll(fds, count, patience(display->view));
	leave_watch(true);
	return n;
}

static void watch(struct display *display)
{
	struct pollfd fds[] = { { terminal_fd(), POLLIN, 0 }, { display->signals, POLLIN, 0 },
		{ display->collector.ready_fd, POLLIN, 0 } };

	while (!display->view->quit) {
		draw(display);
		if (wait_for_news(display, fds, 3) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		if (fds[1].revents)
			handle_signal(display);
		if (fds[2].revents)
			take_sample(display);
		if (fds[0].revents & POLLIN)
			handle_keys(display);
		else if (fds[0].revents)
			return;
	}
}

const char *interactive_begin(bool mouse)
{
	const char *why;

	leave_begin(&caught);
	sigaddset(&caught, SIGWINCH);
	sigaddset(&caught, SIGCONT);
	sigprocmask(SIG_BLOCK, &caught, NULL);
	why = terminal_begin(mouse);
	if (why)
		leave_undo();
	return why;
}

/* The clock goes on ticking until the terminal is as it was. */
static void end(void)
{
	terminal_end();
	leave_watch(false);
}

int interactive_run(const struct options *options, struct sampler *sampler, struct view *view)
{
	struct display display = { .view = view, .samples_left = options->count };

	model_init(&display.model);
	display.signals = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
	if (display.signals < 0 || collector_start(&display.collector, sampler, view->delay)) {
		end();
		say("gpuspy-top: no thread or descriptor for sampling");
		return 1;
	}
	watch(&display);
	end();
	collector_stop(&display.collector);
	model_free(&display.model);
	close(display.signals);
	return 0;
}
