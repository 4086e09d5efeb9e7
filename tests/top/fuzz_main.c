/* SPDX-License-Identifier: MIT */
/*
 * For compilers without libFuzzer: fuzz-corpus FILE... tries the files, and then copies of them
 * with random damage, for GPUSPY_TEST_SECONDS. GPUSPY_TEST_SEED repeats a run. With --make FOLDER
 * it writes the corpus.
 */
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "synthetic.h"

enum { INPUTS_MAX = 128, INPUT_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct input {
	uint8_t *data;
	size_t size;
} inputs[INPUTS_MAX];

static uint64_t state;

static uint64_t below(uint64_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % limit;
}

static void put(FILE *to, int part, const char *bytes, size_t size)
{
	uint8_t head[] = { (uint8_t)part, (uint8_t)size, (uint8_t)(size >> 8) };

	fwrite(head, sizeof(head), 1, to);
	fwrite(bytes, size, 1, to);
}

static void write_input(const char *folder, const char *name, struct synthetic s)
{
	char path[512];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	to = fopen(path, "wb");
	if (!to)
		exit(1);
	put(to, 0, s.bytes, sizeof(struct segment_header));
	put(to, 1, s.bytes + SEGMENT_DEVICES_OFFSET,
		s.header->devices * sizeof(struct segment_device));
	put(to, 2, s.bytes + SEGMENT_LIBRARIES_OFFSET,
		s.header->libraries * sizeof(struct segment_library));
	put(to, 3, s.bytes + SEGMENT_ROWS_OFFSET, s.header->rows * sizeof(struct segment_row));
	put(to, 4, s.bytes + SEGMENT_STRINGS_OFFSET, s.header->strings_size);
	for (unsigned i = 0; i < 2; i++)
		put(to, 5 + (int)i, s.bytes + SEGMENT_BLOCKS_OFFSET + i * SEGMENT_BLOCK_STRIDE,
			s.header->rows * sizeof(struct segment_slot));
	fclose(to);
	synthetic_free(&s);
}

static int make_corpus(const char *folder)
{
	struct synthetic s = synthetic_new(7, 8, 0);

	write_input(folder, "empty", s);
	s = synthetic_training(4242, 99, 0);
	write_input(folder, "training", s);
	s = synthetic_training(4242, 99, 0);
	s.header->state = STATE_RUNNING;
	s.header->fault_status = 700;
	s.header->fault_name = synthetic_string(&s, "cuCtx\x1b[2JSynchronize");
	s.header->faults = 3;
	s.header->simulated = 1;
	write_input(folder, "fault", s);
	s = synthetic_new(5, 6, 1);
	s.header->init_calls = 1;
	s.header->init_status = 100;
	s.header->visible_set = 1;
	s.header->visible = synthetic_string(&s, "\xff\x1b]0;x\x07");
	s.header->command = synthetic_string(&s, "python3 \xe2\x80\xae\xc2\x9b"
						 "31m fit.py");
	synthetic_library(&s, "libcudnn.so.9", false, "cannot\nopen");
	write_input(folder, "hidden", s);
	return 0;
}

static bool load(struct input *input, const char *path)
{
	FILE *from = fopen(path, "rb");

	if (!from)
		return false;
	input->data = malloc(INPUT_MAX);
	input->size = fread(input->data, 1, INPUT_MAX, from);
	fclose(from);
	return input->size > 0;
}

static void damage(uint8_t *data, size_t size)
{
	for (uint64_t n = 1 + below(12); n; n--) {
		static const uint64_t special[] = { 0, 1, 0xff, 0xffff, INT32_MAX, UINT32_MAX,
			UINT64_MAX, 0x1b5b1b5b9b9bc29b };
		uint64_t value = below(2) ? special[below(8)] : below(UINT64_MAX);
		size_t width = (size_t)1 << below(4), at = below(size);

		/* The magic and the sizes are let pass mostly, or all ends there. */
		if (at < 100 && below(16))
			continue;
		if (at + width <= size)
			memcpy(data + at, &value, width);
	}
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *value = getenv(variable);

	return value ? strtoull(value, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	uint64_t seed = number_from(
		"GPUSPY_TEST_SEED", (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid());
	static uint8_t copy[INPUT_MAX];
	unsigned long runs = 0;
	int count = 0;
	time_t end;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc == 3 && !strcmp(argv[1], "--make"))
		return make_corpus(argv[2]);
	state = seed | 1;
	printf("1..1\n# GPUSPY_TEST_SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	for (int i = 1; i < argc && count < INPUTS_MAX; i++)
		count += load(&inputs[count], argv[i]);
	for (int i = 0; i < count; i++)
		LLVMFuzzerTestOneInput(inputs[i].data, inputs[i].size);
	end = time(NULL) + (time_t)number_from("GPUSPY_TEST_SECONDS", 3);
	for (; count && time(NULL) < end; runs++) {
		const struct input *input = &inputs[below((uint64_t)count)];

		memcpy(copy, input->data, input->size);
		damage(copy, input->size);
		LLVMFuzzerTestOneInput(copy, input->size);
	}
	/* What goes wrong aborts. */
	printf("%s 1 - %d inputs, %lu times damaged\n", count ? "ok" : "not ok", count, runs);
	for (int i = 0; i < count; i++)
		free(inputs[i].data);
	return !count;
}
