/* SPDX-License-Identifier: MIT */
/*
 * A good segment with random damage, again and again: the reader, the verdict and the report must
 * come back, whatever the bytes are. Run it under -Db_sanitize=address,undefined to see more.
 * GPUSPY_TEST_SEED repeats a run, GPUSPY_TEST_SECONDS sets how long it goes on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/text.h"
#include "synthetic.h"

static time_t seconds(void)
{
	const char *value = getenv("GPUSPY_TEST_SECONDS");

	return value ? (time_t)strtoull(value, NULL, 10) : 3;
}

/* The parts that hold something, so that damage hits. */
static size_t random_place(const struct synthetic *s)
{
	const struct segment_header *h = s->header;
	size_t starts[] = { 0, SEGMENT_DEVICES_OFFSET, SEGMENT_LIBRARIES_OFFSET,
		SEGMENT_ROWS_OFFSET, SEGMENT_STRINGS_OFFSET, SEGMENT_BLOCKS_OFFSET };
	size_t sizes[] = { sizeof(*h), 256, 3 * 32, 16 * 64, 1024, 16 * 16 };
	size_t part = synthetic_random() % 6;

	return starts[part] + synthetic_random() % sizes[part];
}

static uint64_t random_value(void)
{
	static const uint64_t special[] = { 0, 1, 0xff, 0x7fff, 0xffff, INT32_MAX, UINT32_MAX,
		INT64_MAX, UINT64_MAX, SEGMENT_ROWS_MAX, SEGMENT_STRINGS_SIZE,
		SEGMENT_STRINGS_SIZE - 1 };

	return synthetic_random() % 2
		       ? synthetic_random()
		       : special[synthetic_random() % (sizeof(special) / sizeof(*special))];
}

static void damage(struct synthetic *s)
{
	for (uint64_t n = synthetic_random() % 12 + 1; n; n--) {
		size_t size = (size_t)1 << synthetic_random() % 4,
		       at = random_place(s) / size * size;
		uint64_t value = random_value();

		/* Mostly the checks of the header are let pass, or nothing behind them is tried. */
		if (at < offsetof(struct segment_header, pid) && synthetic_random() % 16)
			continue;
		memcpy(s->bytes + at, &value, size);
	}
}

static bool clean(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 && *text != '\n')
			return false;
	return true;
}

static bool try_once(struct synthetic *s, char *report)
{
	struct process_snapshot process;
	struct session_snapshot session = {
		.name = "1-2", .processes = &process, .n_processes = 1
	};
	struct judgement judgement;
	struct arena arena = { 0 };
	bool fine = true;

	if (snapshot_read(&process, &arena, synthetic_source(s)) == 0) {
		fine = snapshot_add_up(&session, &arena) == 0;
		verdict_judge(&judgement, &session);
		text_report(report, TEXT_REPORT_MAX, &session, &judgement);
		fine = fine && clean(report) && strlen(report) < TEXT_REPORT_MAX &&
		       process.figures.totals.confirmed <= process.figures.totals.kernels;
	}
	arena_free(&arena);
	return fine;
}

int main(void)
{
	time_t end = time(NULL) + seconds();
	struct synthetic good = synthetic_training(4242, 99, 0),
			 s = synthetic_training(4242, 99, 0);
	char *report = malloc(TEXT_REPORT_MAX);
	unsigned long runs = 0;
	bool fine = report != NULL;

	printf("1..1\n");
	synthetic_seed();
	while (fine && time(NULL) < end) {
		memcpy(s.bytes, good.bytes, SEGMENT_BLOCKS_OFFSET + 4096);
		damage(&s);
		fine = try_once(&s, report);
		runs++;
	}
	printf("%s 1 - %lu damaged segments\n", fine ? "ok" : "not ok", runs);
	free(report);
	synthetic_free(&good);
	synthetic_free(&s);
	return !fine;
}
