/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "keys.h"
#include "scene.h"

enum { MIB = 1 << 20 };

static struct model model;
static struct view view;

static struct scene_process list[] = {
	{ "1-10", "Rscript train.R", 4242, 1, 10, 0, 'R', false, 1000, 100 * MIB, 1, false },
	{ "1-10", "python3 worker.py", 4300, 4242, 11, 0, 'R', false, 0, 300 * MIB, 1, false },
	{ "named", "Rscript a.R", 77, 1, 12, 0, 0, true, 5, 0, 1, true },
	{ "other", "julia x.jl", 99, 1, 13, 0, 'T', false, 50, 2 * MIB, 1, false },
};
enum { TRAIN, WORKER, ENDED, STOPPED, ALL };

static void set_up(void)
{
	model_init(&model);
	view_init(&view);
	view.place = "/dev/shm/gpuspy-0";
	view.host = "node17";
	list[TRAIN].launches = 1000;
	list[TRAIN].start = 10;
	list[TRAIN].run_state = 'R';
	scene_update(&model, 0, list, ALL);
	listing_update(&view, &model);
}

static void tear_down(void)
{
	scene_end(&model, &view);
}

static void press(uint32_t key)
{
	keys_handle(&view, &model, &scene_places, (struct input){ key, 0, 0 });
	listing_update(&view, &model);
}

static void type(const char *text)
{
	for (; *text; text++)
		press((unsigned char)*text);
}

static const struct row *row_of(pid_t pid)
{
	for (unsigned i = 0; i < model.n_rows; i++)
		if (model.rows[i].process->pid == pid)
			return &model.rows[i];
	ck_abort_msg("no such row");
	return NULL;
}

/* The pids of the listing, sessions as 0. */
static const char *pids(void)
{
	static char text[256];
	size_t used = 0;

	text[0] = 0;
	for (unsigned i = 0; i < view.listing.count; i++) {
		const struct row *row = listing_row(&view, &model, i);

		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%d ", row ? (int)row->process->pid : 0);
	}
	return text;
}

static pid_t selected(void)
{
	const struct row *row = listing_row(&view, &model, view.selected);

	return row ? row->process->pid : 0;
}

START_TEST(first_sample_knows_no_rates)
{
	const struct row *row = row_of(4242);

	ck_assert(isnan(row->rates.kernels));
	ck_assert_int_eq(row->state, ROW_RUNNING);
	ck_assert(isnan(model.kernels));
	ck_assert_uint_eq(model.running, 3);
	ck_assert_uint_eq(model.ended, 1);
	ck_assert_uint_eq(model.n_sessions, 3);
	ck_assert_uint_eq(model.running_sessions, 2);
	ck_assert_int_eq(row_of(99)->state, ROW_STOPPED);
	ck_assert_int_eq(row_of(77)->state, ROW_EXITED);
	ck_assert_uint_eq(row->appeared, 0);
}
END_TEST

START_TEST(rates_and_states)
{
	list[TRAIN].launches = 3500;
	scene_update(&model, 2, list, ALL); /* two seconds later */
	ck_assert_double_eq(row_of(4242)->rates.kernels, 1250);
	ck_assert_int_eq(row_of(4242)->state, ROW_ACTIVE);
	ck_assert_double_eq(row_of(4300)->rates.kernels, 0);
	ck_assert_int_eq(row_of(4300)->state, ROW_QUIET);
	ck_assert_double_eq(model.kernels, 1250);
	ck_assert(isnan(row_of(77)->rates.kernels));
	ck_assert_double_eq(model.gpus.list[0].kernels, 1250);

	scene_update(&model, 7, list, ALL);
	ck_assert_int_eq(row_of(4242)->state, ROW_QUIET);
	ck_assert_double_eq(row_of(4242)->quiet, 5);
	ck_assert(!row_of(4242)->quiet_or_more);
	/* Never a kernel: quiet since it started. One with kernels before us: at least since then.
	 */
	ck_assert(!row_of(4300)->quiet_or_more);
	list[STOPPED].run_state = 'R';
	scene_update(&model, 8, list, ALL);
	list[STOPPED].run_state = 'T';
	ck_assert(row_of(99)->quiet_or_more);
	ck_assert_double_eq(row_of(99)->quiet, 8);
}
END_TEST

START_TEST(counters_that_go_back)
{
	list[TRAIN].launches = 10; /* less than before */
	scene_update(&model, 1, list, ALL);
	ck_assert(isnan(row_of(4242)->rates.kernels));
	scene_update(&model, 2, list, ALL);
	ck_assert_double_eq(row_of(4242)->rates.kernels, 0);
	list[TRAIN].launches = 20;
	list[TRAIN].start = 50; /* the same pid, another process */
	scene_update(&model, 3, list, ALL);
	ck_assert(isnan(row_of(4242)->rates.kernels));
	ck_assert_uint_ne(row_of(4242)->appeared, 0);
}
END_TEST

START_TEST(ends_are_seen)
{
	list[TRAIN].run_state = 0;
	scene_update(&model, 1, list, ALL);
	ck_assert_int_eq(row_of(4242)->state, ROW_ENDED);
	ck_assert_uint_ne(row_of(4242)->ended, 0);
	/* How long it ran is known from before. */
	ck_assert_double_gt(row_of(4242)->seconds, 0);
	scene_update(&model, 2, list, ENDED); /* its file is gone too */
	ck_assert_uint_eq(model.n_rows, 2);
}
END_TEST

START_TEST(sorting)
{
	ck_assert_str_eq(pids(), "4242 99 4300 77 ");
	press('M');
	ck_assert_str_eq(pids(), "4300 4242 99 77 ");
	press('I');
	ck_assert_str_eq(pids(), "99 4242 4300 77 "); /* ended ones stay below */
	press('I');
	press('N');
	ck_assert_str_eq(pids(), "99 4242 4300 77 ");
	press('>');
	ck_assert_int_eq(view.mode, MODE_MENU);
	ck_assert_int_eq(view.menu.selected, COLUMN_PID);
	press(PRESS_END);
	press(PRESS_ENTER);
	ck_assert_int_eq(view.sort, COLUMN_COMMAND);
	ck_assert_str_eq(pids(), "4242 99 4300 77 ");
	for (int i = 0; i < COLUMNS_MAX; i++) {
		view.sort = (enum column)i;
		listing_update(&view, &model);
		ck_assert_uint_eq(view.listing.count, ALL);
		ck_assert_int_eq((int)columns_find(column_kinds[i].name), i);
	}
}
END_TEST

START_TEST(filtering)
{
	press('\\');
	type("TRAIN");
	ck_assert_str_eq(pids(), "4242 ");
	press(PRESS_BACKSPACE);
	press(PRESS_ENTER);
	ck_assert_str_eq(view.filter, "TRAI");
	ck_assert_int_eq(view.mode, MODE_TABLE);
	press(PRESS_ESCAPE);
	ck_assert_uint_eq(view.listing.count, ALL);
	ck_assert(!view.quit);
	press('\\');
	type("q99"); /* letters are text here */
	ck_assert_uint_eq(view.listing.count, 0);
	ck_assert_ptr_nonnull(
		strstr(scene_draw(&model, &view, 80, 24), "The filter \"q99\" hides 4 processes"));
	press(PRESS_ESCAPE);
	press('e');
	ck_assert_str_eq(pids(), "4242 99 4300 ");
	press('u');
	ck_assert_int_eq(view.menu.count, 2);
	press(PRESS_DOWN);
	press(PRESS_ENTER);
	ck_assert(view.one_user);
	press('u');
	press(PRESS_HOME);
	press(PRESS_ENTER);
	ck_assert(!view.one_user);
}
END_TEST

START_TEST(searching)
{
	press('/');
	type("jul");
	ck_assert_int_eq(selected(), 99);
	press(PRESS_F0 + 3);
	ck_assert_int_eq(selected(), 99);
	press(PRESS_ESCAPE);
	press('/');
	type("r");
	press(PRESS_ENTER);
	ck_assert_int_eq(view.mode, MODE_TABLE);
	press('/');
	type("zzz");
	ck_assert_ptr_nonnull(strstr(view.message, "zzz"));
}
END_TEST

START_TEST(tree)
{
	press('t');
	ck_assert_str_eq(pids(), "0 4242 4300 0 99 0 77 ");
	ck_assert_uint_eq(view.listing.lines[2].depth, 2);
	ck_assert(view.listing.lines[2].last);
	ck_assert_ptr_nonnull(
		strstr(scene_draw(&model, &view, 100, 24), "session 1-10 (2 processes)"));
	press(PRESS_ENTER); /* a session has no page of its own */
	ck_assert_int_eq(view.mode, MODE_TABLE);
	press('\\');
	type("worker");
	ck_assert_str_eq(pids(), "0 4300 ");
}
END_TEST

START_TEST(parents_in_a_circle)
{
	struct scene_process circle[] = { list[0], list[1] };

	circle[0].parent = circle[1].pid;
	scene_update(&model, 1, circle, 2);
	press('t');
	ck_assert_uint_eq(view.listing.count, 3);
}
END_TEST

START_TEST(moving_and_following)
{
	scene_draw(&model, &view, 80, 24);
	press(PRESS_END);
	ck_assert_int_eq(selected(), 77);
	press('j');
	ck_assert_int_eq(selected(), 77);
	press(PRESS_HOME);
	press('k');
	ck_assert_int_eq(selected(), 4242);
	press('M');
	ck_assert_int_eq(selected(), 4300); /* the line stays */
	press('F');
	press('P');
	ck_assert_int_eq(selected(), 4300); /* the process stays */
	press('F');
	press('k');
	press(PRESS_ENTER);
	ck_assert_int_eq(view.mode, MODE_DETAIL);
	list[TRAIN].launches = 0;
	scene_update(&model, 1, list, ALL);
	view.sort = COLUMN_MEM;
	listing_update(&view, &model);
	ck_assert_int_eq(selected(), 99); /* the page does not become another's */
	press('q');
	ck_assert_int_eq(view.mode, MODE_TABLE);
	ck_assert(!view.quit);
	press('q');
	ck_assert(view.quit);
}
END_TEST

START_TEST(tagging)
{
	press(' ');
	ck_assert(row_of(4242)->tagged);
	ck_assert_int_eq(selected(), 99);
	ck_assert_ptr_nonnull(strstr(scene_draw(&model, &view, 80, 24), "*"));
	scene_update(&model, 1, list, ALL);
	ck_assert(row_of(4242)->tagged);
	press('U');
	ck_assert(!row_of(4242)->tagged);
}
END_TEST

START_TEST(delay)
{
	press('d');
	type("0.05");
	press(PRESS_ENTER);
	ck_assert_double_eq(view.delay, 1);
	ck_assert_ptr_nonnull(strstr(view.message, "0.1"));
	press('d');
	type("2.5");
	press(PRESS_ENTER);
	ck_assert_double_eq(view.delay, 2.5);
	ck_assert_ptr_nonnull(strstr(scene_draw(&model, &view, 80, 24), "every 2.5 s"));
}
END_TEST

START_TEST(mouse)
{
	scene_draw(&model, &view, 80, 24);
	keys_handle(&view, &model, &scene_places,
		(struct input){ PRESS_CLICK, 20, scene_places.rows_y + 2 });
	ck_assert_int_eq(selected(), 4300);
	for (int i = 0; i < scene_places.columns.count; i++)
		if (scene_places.columns.places[i].column == COLUMN_MEM)
			keys_handle(&view, &model, &scene_places,
				(struct input){ PRESS_CLICK, scene_places.columns.places[i].x + 1,
					scene_places.header_y });
	ck_assert_int_eq(view.sort, COLUMN_MEM);
	ck_assert(!view.inverted);
	keys_handle(&view, &model, &scene_places, (struct input){ PRESS_CLICK, 500, 500 });
	press(PRESS_WHEEL_DOWN);
	ck_assert_int_eq(selected(), 77);
}
END_TEST

/* To others' no signal is sent, whoever runs this. */
static void are_mine(void)
{
	for (unsigned i = 0; i < ALL; i++)
		list[i].uid = geteuid();
}

START_TEST(signals_are_refused)
{
	are_mine();
	scene_update(&model, 1, list, ALL);
	view.readonly = true;
	press(PRESS_F0 + 9);
	ck_assert_int_eq(view.mode, MODE_TABLE);
	ck_assert_ptr_nonnull(strstr(view.message, "readonly"));
	view.readonly = false;
	press(PRESS_F0 + 9); /* there is no such process, or it began at another time */
	ck_assert_int_eq(view.mode, MODE_TABLE);
	ck_assert_int_eq(view.n_targets, 0);
	press(PRESS_END);
	press(PRESS_F0 + 9);
	ck_assert_ptr_nonnull(strstr(view.message, "has ended"));
}
END_TEST

START_TEST(the_screen)
{
	const char *text;

	list[TRAIN].launches = 9400;
	scene_update(&model, 1, list, ALL);
	text = scene_draw(&model, &view, 80, 24);
	ck_assert_ptr_nonnull(strstr(text, "gpuspy-top  node17"));
	ck_assert_ptr_nonnull(strstr(text, "2 sessions  3 running  1 ended"));
	ck_assert_ptr_nonnull(strstr(text, "GPU 0 NVIDIA H200  watched 0.4 of 150 GiB ["));
	ck_assert_ptr_nonnull(strstr(text, "8.4k kern/s"));
	ck_assert_ptr_nonnull(strstr(text, "STATE     GPU     KERN/s  KERNELS   MEM  ERR"));
	ck_assert_ptr_nonnull(strstr(text, "active    YES"));
	ck_assert_ptr_nonnull(strstr(text, "SIM YES"));
	ck_assert_ptr_nonnull(strstr(text, "4242 YES: 9,400 kernels ran on NVIDIA H200"));
	ck_assert_ptr_nonnull(strstr(text, "(completed)"));
	ck_assert_ptr_null(strstr(text, "\x1b"));
	text = scene_draw(&model, &view, 200, 50);
	ck_assert_ptr_nonnull(strstr(text, "BLAS/s"));
	ck_assert_ptr_nonnull(strstr(text, "saxpy"));
	ck_assert_ptr_nonnull(strstr(text, "cuLaunchKernel"));
	text = scene_draw(&model, &view, 20, 5);
	ck_assert_str_eq(text, "3 running 8.4k kern/\n4242 YES 8.4k/s Rscr\n99 YES 0/s julia x.j\n"
			       "4300 NO 0/s python3\n77 SIM YES exited Rs\n");
	press('?');
	ck_assert_ptr_nonnull(
		strstr(scene_draw(&model, &view, 80, 24), "gpuspy-top " GPUSPY_VERSION));
}
END_TEST

/* The words of the line of a process in a screen of that width. */
static const char *line_of(pid_t pid, int width)
{
	static char line[1024];
	const char *at = scene_draw(&model, &view, width, 40);

	for (; *at; at += strcspn(at, "\n") + 1)
		if (atoi(at + strspn(at, " +-*")) == (int)pid)
			break;
	ck_assert_msg(*at, "no line of %d", (int)pid);
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
	return line;
}

static bool has(const char *text, const char *words)
{
	return strstr(text, words) != NULL;
}

START_TEST(figures_are_not_cut)
{
	struct scene_process many[] = { list[TRAIN], list[WORKER], list[STOPPED], list[TRAIN] };

	many[0].errors = 112673;
	many[0].devices = 3;
	many[0].all_devices = true;
	many[1].pid = 4301;
	many[1].devices = 8;
	many[1].all_devices = true;
	many[1].without = 0x5a; /* 0, 2, 5 and 7 are left */
	many[1].launches = 3;
	many[2].devices = 32;
	many[2].all_devices = true;
	many[2].without = 0x55555554;
	many[3].pid = 5000;
	many[3].devices = 2;
	many[3].all_devices = true;
	for (unsigned tick = 1; tick < 3; tick++)
		scene_update(&model, tick, many, 4);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(row_of(many[i].pid)->process->figures.n_devices > 1, true);
	ck_assert(has(line_of(4242, 120), " 113k "));
	ck_assert(has(line_of(4242, 120), " 0-2 "));
	ck_assert(has(line_of(4301, 120), " 0,2,5,7 "));
	ck_assert(has(line_of(99, 120), " 17 GPUs "));
	ck_assert(has(line_of(5000, 120), " 0,1 "));
}
END_TEST

START_TEST(what_hides_all)
{
	const char *text;

	strcpy(view.filter, "zzz");
	text = scene_draw(&model, &view, 80, 24);
	ck_assert(has(text, "The filter \"zzz\" hides 4 processes: \\ changes it"));
	ck_assert(has(text, "4 filtered"));
	ck_assert(!has(text, "Nothing is watched"));
	view.filter[0] = 0;
	view.one_user = true;
	view.user = 12345;
	ck_assert(has(scene_draw(&model, &view, 80, 24), "The choice of a user hides 4 processes"));
	view.one_user = false;
	scene_update(&model, 1, list, 0);
	model.sample->unwanted = 7;
	view.session = "nosuch";
	ck_assert(has(scene_draw(&model, &view, 80, 24),
		"No session is named nosuch: --session hides 7 others."));
	view.session = NULL;
	ck_assert(has(scene_draw(&model, &view, 80, 24), "--pid hides 7 processes."));
}
END_TEST

START_TEST(what_was_left_out)
{
	model.sample->left_out = 991;
	ck_assert(has(scene_draw(&model, &view, 80, 24), "991 left out"));
	view.paused = true;
	/* The most important pieces stay, and none is cut. */
	ck_assert(
		has(scene_draw(&model, &view, 40, 24), "gpuspy-top  PAUSED          991 left out"));
}
END_TEST

START_TEST(plots_of_a_session)
{
	const char *text;

	for (unsigned tick = 1; tick < 6; tick++) {
		list[TRAIN].launches += 1000 * tick;
		scene_update(&model, tick, list, ALL);
	}
	text = scene_draw(&model, &view, 120, 40);
	ck_assert(has(text, " 5.0k kern/s|"));
	ck_assert(has(text, "  400M memory|"));
	ck_assert(has(text, "    0/s copy|"));
	ck_assert(has(text, "| last 5s"));
	press(PRESS_DOWN); /* the stopped one, of another session */
	ck_assert_int_eq(selected(), 99);
	ck_assert(has(scene_draw(&model, &view, 120, 40), "2.0M memory|"));
	press('t');
	press(PRESS_HOME);
	text = scene_draw(&model, &view, 120, 40);
	ck_assert(has(text, "session 1-10, 2 processes"));
	ck_assert(has(text, "  400M memory|"));
}
END_TEST

START_TEST(elsewhere)
{
	struct scene_process away;

	are_mine();
	away = list[TRAIN];
	away.elsewhere = true;
	away.run_state = 0;
	away.pid = 5555;
	away.memory = 512 * MIB;
	for (unsigned tick = 1; tick < 4; tick++)
		scene_update(&model, tick, &away, 1);
	ck_assert_int_eq(row_of(5555)->state, ROW_ELSEWHERE);
	ck_assert(has(line_of(5555, 120), "5555 elsewhere>2s  YES "));
	ck_assert(has(line_of(5555, 120), " 512M "));
	ck_assert(has(scene_draw(&model, &view, 120, 24), "0 running  1 elsewhere  0 ended"));
	away.launches += 100; /* it lives, wherever that is */
	scene_update(&model, 4, &away, 1);
	ck_assert(has(line_of(5555, 80), "5555 elsewhere 0s  YES       100    1,100  512M"));
	scene_update(&model, 49, &away, 1);
	ck_assert(has(line_of(5555, 80), "5555 elsewhere 45s YES "));
	press(PRESS_F0 + 9);
	ck_assert(has(view.message, "elsewhere"));
}
END_TEST

START_TEST(host_figures)
{
	list[TRAIN].cpu_ticks = 1000;
	list[TRAIN].host_bytes = 300 * MIB;
	scene_update(&model, 1, list, ALL);
	ck_assert(isnan(row_of(4242)->host.cpu) || row_of(4242)->host.cpu > 0);
	list[TRAIN].cpu_ticks += 3 * (uint64_t)sysconf(_SC_CLK_TCK) / 2;
	scene_update(&model, 2, list, ALL);
	ck_assert_double_eq(row_of(4242)->host.cpu, 150);
	ck_assert(has(scene_draw(&model, &view, 120, 40),
		"host    processor 150%, resident memory 300M"));
	ck_assert(isnan(row_of(77)->host.cpu));
	list[TRAIN].cpu_ticks = 0;
}
END_TEST

START_TEST(nothing_to_see)
{
	const char *text;

	scene_update(&model, 1, list, 0);
	text = scene_draw(&model, &view, 80, 24);
	ck_assert_ptr_nonnull(strstr(text, "Nothing is watched now in /dev/shm/gpuspy-0."));
	ck_assert_ptr_nonnull(strstr(text, "gpuspy run Rscript train.R"));
	press('e');
	scene_update(&model, 2, &list[ENDED], 1);
	text = scene_draw(&model, &view, 80, 24);
	ck_assert_ptr_nonnull(strstr(text, "1 earlier process: press e."));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("view");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	ADD(tcase, first_sample_knows_no_rates);
	ADD(tcase, rates_and_states);
	ADD(tcase, counters_that_go_back);
	ADD(tcase, ends_are_seen);
	ADD(tcase, sorting);
	ADD(tcase, filtering);
	ADD(tcase, searching);
	ADD(tcase, tree);
	ADD(tcase, parents_in_a_circle);
	ADD(tcase, moving_and_following);
	ADD(tcase, tagging);
	ADD(tcase, delay);
	ADD(tcase, mouse);
	ADD(tcase, signals_are_refused);
	ADD(tcase, the_screen);
	ADD(tcase, figures_are_not_cut);
	ADD(tcase, what_hides_all);
	ADD(tcase, what_was_left_out);
	ADD(tcase, plots_of_a_session);
	ADD(tcase, elsewhere);
	ADD(tcase, host_figures);
	ADD(tcase, nothing_to_see);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
