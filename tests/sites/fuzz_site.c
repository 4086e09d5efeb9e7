/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a site's configuration, as a list of nodes, and as a line of records: they must come
 * back, and what is made of them must be whole. With libFuzzer (clang):
 *
 *     ninja -C build tests/sites/fuzz-site && build/tests/sites/fuzz-site FOLDER tests/sites/corpus
 *
 * Without it this file has a main of its own, which tries its corpus with random damage for
 * GPUSPY_TEST_SECONDS; GPUSPY_TEST_SEED repeats a run.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../preload/session/config.h"
#include "../../tools/jobs/job_page.h"
#include "../../tools/jobs/jobs.h"
#include "../../tools/jobs/nodes.h"
#include "../../tools/jobs/show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz-site: %s\n", what);
	abort();
}

static bool lies_in(const char *at, const char *text, size_t size)
{
	return !at ||
	       (at >= text && at <= text + size && memchr(at, 0, (size_t)(text + size + 1 - at)));
}

static void try_config(const uint8_t *data, size_t size)
{
	static char text[CONFIG_SIZE + 1], path[PATHS_MAX];
	static struct config made;
	const struct config_pattern *by;

	if (size > CONFIG_SIZE)
		size = CONFIG_SIZE;
	memcpy(text, data, size);
	config_parse(&made, text, size);
	check(made.n_patterns <= CONFIG_PATTERNS_MAX && made.n_includes <= made.n_patterns,
		"patterns");
	check(lies_in(made.folder, text, size) && lies_in(made.records, text, size), "paths");
	for (unsigned i = 0; i < made.n_patterns; i++)
		check(lies_in(made.patterns[i].text, text, size), "a pattern");
	for (unsigned i = 0; i < made.n_faults && i < CONFIG_FAULTS_MAX; i++)
		check(made.faults[i].why && lies_in(made.faults[i].text, text, size), "a fault");
	config_watches(&made, "/usr/lib/R/bin/exec/R", &by);
	if (config_folder(&made, 4294967294u, path))
		check(*path == '/' && strlen(path) < sizeof(path), "the folder");
}

static void count_name(void *context, const char *name)
{
	++*(unsigned *)context;
	check(*name && strlen(name) < NODE_NAME_MAX, "a name");
}

static void try_nodes(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	unsigned count = 0;

	nodes_each(text, NODES_MAX, count_name, &count);
	check(count <= NODES_MAX, "more names than there may be");
	check(gpus_count(text) >= -1, "GPUs");
	free(text);
}

/* Nothing that a terminal would act on. */
static void check_text(const char *text)
{
	for (; *text; text++)
		check(((unsigned char)*text >= ' ' && *text != 0x7f) || *text == '\n',
			"a control character");
}

/* Our own markup has no image, and one script, without attributes. */
static void check_page(const char *page)
{
	unsigned scripts = 0;

	for (; (page = strchr(page, '<')); page++) {
		scripts += !strncmp(page, "<script>", 8);
		check(strncmp(page, "<img", 4) != 0 && strncmp(page, "<script ", 8) != 0,
			"an element out of a name");
	}
	check(scripts == 1, "scripts");
}

static void try_text(const struct view *view, void (*show)(FILE *to, const struct view *view),
	void (*look)(const char *text))
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	check(to != NULL, "memory");
	show(to, view);
	fclose(to);
	look(text);
	check_text(text);
	free(text);
}

static void try_view(const struct job *job)
{
	struct view view;
	FILE *to;

	if (view_make(&view, job, VIEW_ALL))
		return;
	try_text(&view, show_text, check_text);
	try_text(&view, job_page_put, check_page);
	to = fopen("/dev/null", "w");
	check(!show_json(to, &view), "JSON");
	fclose(to);
	view_free(&view);
}

static void try_record(const uint8_t *data, size_t size, const char *wanted)
{
	struct jobs jobs = { .wanted = wanted };
	char *lines = strndup((const char *)data, size), *rest = lines, *line;

	while ((line = strsep(&rest, "\n")))
		jobs_take_line(&jobs, line, strlen(line));
	jobs_settle(&jobs);
	for (unsigned i = 0; i < jobs.count; i++)
		try_view(jobs.all[i]);
	jobs_free(&jobs);
	free(lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_config(data, size);
	try_nodes(data, size);
	try_record(data, size, NULL);
	try_record(data, size, "12");
	return 0;
}

#ifndef FUZZER
static const char *const corpus[] = {
	"report = never\nfolder = /scratch/gpuspy-%u\nrecords=/var/lib/x\nkeep-sessions = 7\n"
	"include = /sw/*\nexclude = */python3*\nrecord-users = hash\n# x\n",
	"n[1-3,07],m[1-2]x[3-4],h9 h10",
	"0,2-3,GPU-1234",
	"{\"brief\":{\"record\":\"session\",\"key\":\"k\",\"job\":\"12\",\"element\":null,\"node\":"
	"\"n1\","
	"\"nodes\":\"n[1-3]\",\"gpus\":\"0,1\",\"verdict\":\"gpu-work\",\"reason\":\"completed\","
	"\"kernels\":9,"
	"\"confirmed\":9,\"state\":\"ended\",\"started\":1.5,\"ended\":3,\"restarts\":1,\"ranks\":"
	"1,"
	"\"devices\":[{\"uuid\":\"GPU-1\",\"kernels\":9}]},\"schema\":1}\n"
	"{\"brief\":{\"record\":\"host\",\"job\":\"12\",\"host\":\"n2\",\"lost\":1,\"gpus\":\"0-"
	"3\",\"nodes\":\"n[1-3]\","
	"\"time\":7,\"gpus_given\":[{\"id\":\"0\",\"uuid\":\"GPU-1\"},{\"id\":\"1\",\"uuid\":null}]"
	"}}\n"
	"{\"brief\":{\"record\":\"session\",\"key\":\"<img src=x>\",\"job\":\"12\",\"node\":"
	"\"<script>\",\"user\":\"'\\\"><img>\",\"summary\":\"</td><img>\"}}\n",
};

static uint64_t state;

static uint64_t below(uint64_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return limit ? state % limit : 0;
}

static size_t damage(char *to, const char *from)
{
	size_t size = strlen(from);

	memcpy(to, from, size);
	for (uint64_t n = 1 + below(6); n; n--) {
		size_t at = below(size), length = below(size - at);

		switch (below(4)) {
		case 0:
			to[at] = (char)below(256);
			break;
		case 1: /* a piece again */
			if (size + length < CONFIG_SIZE) {
				memmove(to + at + length, to + at, size - at);
				size += length;
			}
			break;
		case 2: /* without a piece */
			memmove(to + at, to + at + length, size - at - length);
			size -= length;
			break;
		default:
			to[at] = "0123456789-[],=%*\"{}\\\n\x1b<>&'"[below(28)];
		}
	}
	return size;
}

int main(void)
{
	const char *seconds = getenv("GPUSPY_TEST_SECONDS"), *seed = getenv("GPUSPY_TEST_SEED");
	time_t end = time(NULL) + (seconds ? atoi(seconds) : 3);
	static char input[2 * CONFIG_SIZE];
	unsigned long tries = 0;

	state = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL) * 2654435761u + 1;
	printf("1..1\n# seed %llu\n", (unsigned long long)state);
	fflush(stdout);
	for (size_t i = 0; i < sizeof(corpus) / sizeof(*corpus); i++)
		LLVMFuzzerTestOneInput((const uint8_t *)corpus[i], strlen(corpus[i]));
	for (; time(NULL) < end; tries++) {
		size_t size = damage(input, corpus[below(sizeof(corpus) / sizeof(*corpus))]);

		LLVMFuzzerTestOneInput((const uint8_t *)input, size);
	}
	printf("ok 1 - %lu inputs\n", tries);
	return 0;
}
#endif
