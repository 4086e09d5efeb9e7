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
#include "listing.h"
#include "terminal.h"

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
	else if (info.ssi_signo != SIGCONT)
		display->view->quit = true;
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

static void watch(struct display *display)
{
	struct pollfd fds[] = { { terminal_fd(), POLLIN, 0 }, { display->signals, POLLIN, 0 },
		{ display->collector.ready_fd, POLLIN, 0 } };

	while (!display->view->quit) {
		draw(display);
		if (poll(fds, 3, patience(display->view)) < 0) {
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

int interactive_run(const struct options *options, struct sampler *sampler, struct view *view)
{
	static const int caught[] = { SIGWINCH, SIGCONT, SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct display display = { .view = view, .samples_left = options->count };
	sigset_t set;

	model_init(&display.model);
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	display.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (display.signals < 0 || collector_start(&display.collector, sampler, view->delay)) {
		terminal_end();
		say("gpuspy-top: no thread or descriptor for sampling");
		return 1;
	}
	watch(&display);
	terminal_end();
	collector_stop(&display.collector);
	model_free(&display.model);
	close(display.signals);
	return 0;
}
