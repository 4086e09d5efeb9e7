/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../preload/session/config.h"
#include "../../tools/collect/given.h"
#include "../../tools/collect/hashed.h"
#include "../../tools/collect/patience.h"
#include "../../tools/jobs/nodes.h"
#include "harness.h"

static char text[CONFIG_SIZE + 1];
static struct config made;

static const struct config *parse(const char *from)
{
	strcpy(text, from);
	config_parse(&made, text, strlen(from));
	return &made;
}

START_TEST(settings)
{
	const struct config *c = parse("# a comment\n\n report=never\r\n\tfolder = /scratch/x-%u \n"
				       "records = /var/lib/gpuspy\nkeep-sessions = 9\n"
				       "keep-mebibytes=100\nkeep-uncollected = 1000000\n"
				       "record-commands = no\nrecord-kernels = no\n"
				       "record-users = hash");
	char path[PATHS_MAX];

	ck_assert_uint_eq(c->n_faults, 0);
	ck_assert(c->found && c->report_set && c->report == 2);
	ck_assert_str_eq(c->folder, "/scratch/x-%u");
	ck_assert_str_eq(c->records, "/var/lib/gpuspy");
	ck_assert_uint_eq(c->keep_sessions, 9);
	ck_assert_uint_eq(c->keep_mebibytes, 100);
	ck_assert_uint_eq(c->keep_uncollected, 1000000);
	ck_assert(c->hide_commands && c->hide_kernels && c->users == USERS_HASHED);
	ck_assert(config_folder(c, 1234, path));
	ck_assert_str_eq(path, "/scratch/x-1234");
	ck_assert(!config_folder(parse("report = auto"), 1, path));
}
END_TEST

START_TEST(bad_lines_are_skipped)
{
	const struct config *c = parse("report = sometimes\nreport = always\nnonsense\nfolder = x\n"
				       "folder = /%u/%u\nfolder = /%d\nkeep-sessions = 0\n"
				       "keep-sessions = 5x\nkeep-sessions = -3\nbeep = 1\n"
				       "include = relative\nrecord-users = maybe\n= 3\n"
				       "keep-sessions = 99999999999999999999\n");
	static const unsigned lines[] = { 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };

	ck_assert_uint_eq(c->n_faults, sizeof(lines) / sizeof(*lines));
	for (unsigned i = 0; i < c->n_faults; i++)
		ck_assert_uint_eq(c->faults[i].line, lines[i]);
	ck_assert(c->report_set && c->report == 1);
	ck_assert(!c->folder && !c->keep_sessions && !c->n_patterns);
}
END_TEST

START_TEST(zero_bytes)
{
	static const char from[] = "report = never\0\nkeep-sessions = 3\n";

	memcpy(text, from, sizeof(from));
	config_parse(&made, text, sizeof(from) - 1);
	ck_assert_uint_eq(made.n_faults, 1);
	ck_assert(!made.report_set && made.keep_sessions == 3);
	config_parse(&made, text, 0);
	ck_assert(made.found && !made.n_faults);
}
END_TEST

static bool watched(const char *from, const char *program, unsigned line)
{
	const struct config_pattern *by;
	bool result = config_watches(parse(from), program, &by);

	ck_assert_uint_eq(by ? by->line : 0, line);
	return result;
}

START_TEST(programs)
{
	ck_assert(watched("", "/usr/bin/R", 0));
	ck_assert(!watched("exclude = /usr/bin/*\n", "/usr/bin/R", 1));
	ck_assert(watched("exclude = /usr/bin/*\n", "/opt/R/bin/R", 0));
	ck_assert(watched("include = */python3*\n", "/usr/bin/python3.11", 1));
	ck_assert(!watched("include = */python3*\n", "/usr/bin/perl", 0));
	ck_assert(!watched("include = /sw/*\nexclude = /sw/old/*\n", "/sw/old/R", 2));
	ck_assert(!watched("exclude = /sw/old/*\ninclude = /sw/*\n", "/sw/old/R", 1));
}
END_TEST

START_TEST(patterns)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} all[] = { { "", "", true }, { "*", "", true }, { "*", "/a/b", true },
		{ "/a", "/a", true }, { "/a", "/ab", false }, { "/a*", "/a/b/c", true },
		{ "*c", "/a/b/c", true }, { "/?/b", "/a/b", true }, { "/?/b", "//b", false },
		{ "*a*b*", "/xa/yb/", true }, { "*a*b*", "/xb/ya/", false }, { "**", "x", true },
		{ "?", "", false }, { "*.so", "a.so.so", true } };
	char many[CONFIG_SIZE], pattern[256];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		ck_assert_msg(config_matches(all[i].pattern, all[i].text) == all[i].matches,
			"%s of %s", all[i].pattern, all[i].text);
	/* What takes other matchers for ever. */
	memset(many, 'a', sizeof(many) - 1);
	many[sizeof(many) - 1] = 0;
	for (size_t i = 0; i < sizeof(pattern) - 2; i += 2)
		memcpy(pattern + i, "*a", 2);
	memcpy(pattern + sizeof(pattern) - 2, "b", 2);
	ck_assert(!config_matches(pattern, many));
}
END_TEST

START_TEST(more_patterns_than_there_is_room_for)
{
	char *at = text;

	for (unsigned i = 0; i < CONFIG_PATTERNS_MAX + 3; i++)
		at = stpcpy(at, "exclude = /x\n");
	config_parse(&made, text, (size_t)(at - text));
	ck_assert_uint_eq(made.n_patterns, CONFIG_PATTERNS_MAX);
	ck_assert_uint_eq(made.n_faults, 3);
}
END_TEST

static void add_name(void *to, const char *name)
{
	strcat(to, name);
	strcat(to, " ");
}

static void pass_over(void *context, const char *name)
{
	(void)context;
	(void)name;
}

START_TEST(hosts)
{
	/* Lists of nodes and of GPUs, as schedulers write them. */
	static const struct {
		const char *list, *names; /* NULL: it is no list */
	} lists[] = { { "", "" }, { "n1", "n1 " }, { "n[1-3]", "n1 n2 n3 " },
		{ "n[1-2,07,10-11],m7", "n1 n2 n07 n10 n11 m7 " },
		{ "a[08-10]b", "a08b a09b a10b " }, { "r[1-2]n[1-2]", "r1n1 r1n2 r2n1 r2n2 " },
		{ "h1 h2", "h1 h2 " }, { "n[1-", NULL }, { "n[]", NULL }, { "n[3-1]", NULL },
		{ "n[a]", NULL }, { "n[1-99999999]", NULL }, { "n[-3]", NULL }, { "n[1--3]", NULL },
		{ "[1-60000],[1-60000]", NULL }, { "n[[1]]", NULL } };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		*text = 0;
		if (lists[i].names) {
			ck_assert_int_eq(nodes_each(lists[i].list, NODES_MAX, add_name, text), 0);
			ck_assert_str_eq(text, lists[i].names);
		} else {
			ck_assert_msg(nodes_each(lists[i].list, NODES_MAX, pass_over, NULL) == -1,
				"%s", lists[i].list);
		}
	}
	ck_assert_int_eq(gpus_count("0"), 1);
	ck_assert_int_eq(gpus_count("0,2-3"), 3);
	ck_assert_int_eq(gpus_count("GPU-1234-5,GPU-5"), 2);
	ck_assert_int_eq(gpus_count(""), -1);
	ck_assert_int_eq(gpus_count(NULL), -1);
	ck_assert_int_eq(gpus_count("3-1"), -1);
	ck_assert_int_eq(gpus_count("all"), -1);
	ck_assert_int_eq(gpus_count("none"), 0);
	ck_assert_int_eq(gpus_count("0-4096"), -1);
	*text = 0;
	ck_assert_int_eq(gpus_each("3,GPU-1-2,10-11", add_name, text), 4);
	ck_assert_str_eq(text, "3 GPU-1-2 10 11 ");
}
END_TEST

START_TEST(hashes)
{
	/* The reference's own vector: key 00..0f, message 00..07. */
	static const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

	ck_assert_uint_eq(hashed_word(key, 0x0706050403020100), 0x93f5f5799a932462);
}
END_TEST

static char driver[] = "/tmp/gpuspy-driver-XXXXXX";

static void write_gpu(const char *bus, const char *information)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "mkdir -p %s/gpus/%s", driver, bus);
	ck_assert_int_eq(system(path), 0);
	snprintf(path, sizeof(path), "%s/gpus/%s/information", driver, bus);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	fputs(information, file);
	fclose(file);
}

static void expect_uuids(const char *zero, const char *one, const char *two)
{
	static const char *const ids[] = { "0", "1", "2" };
	const char *uuids[] = { zero, one, two };
	struct machine_gpus gpus;

	given_read(&gpus, driver);
	for (size_t i = 0; i < 3; i++)
		ck_assert_pstr_eq(given_uuid(&gpus, ids[i]), uuids[i]);
}

/* By number only where the device file's number is the place on the bus, too. */
START_TEST(gpus_by_number)
{
	struct machine_gpus gpus;
	char command[128];

	ck_assert_ptr_nonnull(mkdtemp(driver));
	expect_uuids(NULL, NULL, NULL);
	write_gpu("0000:c1:00.0", "Model: \t\t NVIDIA H100\nGPU UUID: \t GPU-c\nBus Type: \t PCIe\n"
				  "Device Minor: \t 2\n");
	write_gpu("0000:01:00.0", "GPU UUID: \t GPU-a\nDevice Minor: \t 0\n");
	write_gpu("0000:41:00.0", "GPU UUID: \t GPU-?\nDevice Minor: \t 1\n");
	expect_uuids("GPU-a", NULL, "GPU-c");
	write_gpu("0000:41:00.0", "GPU UUID: \t GPU-b\nDevice Minor: \t 2\n");
	write_gpu("0000:c1:00.0", "GPU UUID: \t GPU-c\nDevice Minor: \t 1\n");
	expect_uuids("GPU-a", NULL, NULL);
	given_read(&gpus, driver);
	ck_assert_str_eq(given_uuid(&gpus, "GPU-x"), "GPU-x");
	ck_assert_ptr_null(given_uuid(&gpus, "3"));
	ck_assert_ptr_null(given_uuid(&gpus, "0x"));
	ck_assert_ptr_null(given_uuid(&gpus, ""));
	snprintf(command, sizeof(command), "mkdir -p %s/capabilities/gpu0/mig/gi1", driver);
	ck_assert_int_eq(system(command), 0);
	expect_uuids(NULL, NULL, NULL);
	snprintf(command, sizeof(command), "rm -r %s", driver);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

/* Each user has his own time; who asks for himself has all of it. */
START_TEST(patience_ends)
{
	const uid_t slow = geteuid() + 1, other = geteuid() + 2;
	struct timespec first, now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &first);
	ck_assert(patience_begin(slow, 20));
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	while ((now.tv_sec - first.tv_sec) * 1000 + (now.tv_nsec - first.tv_nsec) / 1000000 < 30);
	patience_end(slow);
	ck_assert(!patience_begin(slow, 20));
	patience_end(slow);
	ck_assert(patience_begin(other, 20));
	patience_end(other);
	ck_assert(patience_begin(geteuid(), 0));
	patience_end(geteuid());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *tcase = tcase_create("config");

	ADD(tcase, settings);
	ADD(tcase, bad_lines_are_skipped);
	ADD(tcase, zero_bytes);
	ADD(tcase, programs);
	ADD(tcase, patterns);
	ADD(tcase, more_patterns_than_there_is_room_for);
	ADD(tcase, hosts);
	ADD(tcase, hashes);
	ADD(tcase, gpus_by_number);
	ADD(tcase, patience_ends);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
