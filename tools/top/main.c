/* SPDX-License-Identifier: MIT */
/*
 * gpuspy-top: what programs under gpuspy do with the GPU, as it happens.
 */
#include <langinfo.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../say.h"
#include "batch.h"
#include "interactive.h"
#include "segment/own_program.h"
#include "settings.h"

OWN_PROGRAM;

enum { KEPT_MEMORY = 8 << 20 };

static void set_folders(struct folders *folders, const struct options *options)
{
	const char *named = getenv("GPUSPY_DIR");
	char path[PATHS_MAX];

	folders->session = options->session;
	folders->uid = options->one_user ? options->user : geteuid();
	folders->all_users = !options->one_user && geteuid() == 0;
	if (!named || !*named)
		return;
	if (paths_base(path, named))
		say("gpuspy-top: GPUSPY_DIR is no absolute path of less than %d bytes: "
		    "ignored",
			PATHS_MAX);
	else
		folders->named = named;
}

/* Where segments are looked for, in words. */
static const char *name_place(const struct folders *folders)
{
	static char place[PATHS_MAX];

	if (folders->named)
		return folders->named;
	if (folders->all_users)
		return "/dev/shm/gpuspy-*";
	snprintf(place, sizeof(place), "/dev/shm/gpuspy-%u", (unsigned)folders->uid);
	return place;
}

static bool wants_screen(const struct options *options)
{
	return !options->batch && !options->json && isatty(STDOUT_FILENO);
}

/* What the command line says stands above what was saved. */
static void apply_options(struct view *view, const struct options *options)
{
	if (options->delay > 0)
		view->delay = options->delay;
	if (options->sort != COLUMNS_MAX)
		view->sort = options->sort;
	view->tree |= options->tree;
	view->color &= !options->no_color;
	view->mouse &= !options->no_mouse;
	view->readonly = options->readonly;
	view->session = options->session;
	if (options->filter)
		snprintf(view->filter, sizeof(view->filter), "%s", options->filter);
}

static void set_view(
	struct view *view, const struct options *options, const struct folders *folders)
{
	static char host[256];

	view_init(view);
	view_set_time(view);
	view->settings = settings_path();
	if (view->settings && wants_screen(options))
		settings_read(view, view->settings);
	apply_options(view, options);
	view->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	view->all_users = geteuid() == 0;
	view->one_user = options->one_user && folders->named;
	view->user = options->user;
	view->place = name_place(folders);
	if (gethostname(host, sizeof(host) - 1) == 0)
		view->host = host;
}

static void warn_of_others(const struct options *options)
{
	if (geteuid() != 0 &&
		(options->all_users || (options->one_user && options->user != geteuid())))
		say("gpuspy-top: sessions of other users are visible to root only");
}

/* How many samples batch takes: without -b and -n one, as a look at what is now. */
static long batch_count(const struct options *options)
{
	if (options->count > 0)
		return options->count;
	return options->batch ? 0 : 1;
}

static int run(const struct options *options, struct sampler *sampler, struct view *view)
{
	const char *why;

	if (!wants_screen(options))
		return batch_run(options, batch_count(options), sampler, view);
	why = interactive_begin(view->mouse);
	if (!why)
		return interactive_run(options, sampler, view);
	say("gpuspy-top: %s: plain lines instead", why);
	return batch_run(options, options->count > 0 ? options->count : 0, sampler, view);
}

int main(int argc, char **argv)
{
	struct sampler sampler = { 0 };
	struct options options;
	struct view view;
	int status;

	say_keep_numbers();
	/* Characters as in the user's language, figures as everywhere. */
	setlocale(LC_CTYPE, "");
	options_parse(&options, argc, argv);
	/* Huge pages would be mostly empty. And the memory of a sample is that of the next one. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY);
	mallopt(M_MMAP_THRESHOLD, KEPT_MEMORY);
	sample_prepare();
	set_folders(&sampler.folders, &options);
	set_view(&view, &options, &sampler.folders);
	warn_of_others(&options);
	sampler.pids = options.pids;
	sampler.n_pids = options.n_pids;
	sampler.nvml = nvml_open();
	status = run(&options, &sampler, &view);
	folders_free(&sampler.folders);
	nvml_close(sampler.nvml);
	view_free(&view);
	return status;
}
