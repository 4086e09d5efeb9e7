/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a segment, through reader, model and layout: they must come back, and nothing that
 * a terminal would act on may come out.
 *
 * An input is cut into pieces, each a byte that says to which part it belongs, a 2-byte length and
 * so many bytes; what no piece covers is zeros, as in a file with holes. Small inputs thus reach
 * all parts. With libFuzzer (clang):
 *
 *     ninja -C build tests/top/fuzz-segment && build/tests/top/fuzz-segment FOLDER tests/top/corpus
 *
 * Without it (fuzz_main.c) the corpus is tried as it is, and with random damage.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "layout.h"
#include "listing.h"
#include "report/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint64_t parts[] = { 0, SEGMENT_DEVICES_OFFSET, SEGMENT_LIBRARIES_OFFSET,
	SEGMENT_ROWS_OFFSET, SEGMENT_STRINGS_OFFSET, SEGMENT_BLOCKS_OFFSET,
	SEGMENT_BLOCKS_OFFSET + SEGMENT_BLOCK_STRIDE };

enum { PARTS = sizeof(parts) / sizeof(*parts) };

struct bytes {
	const uint8_t *data;
	size_t size;
};

/* What of the piece lies in [offset, offset + size) goes there. */
static void put_piece(
	char *to, uint64_t offset, size_t size, uint64_t at, const uint8_t *piece, size_t length)
{
	uint64_t from = at > offset ? at : offset;
	uint64_t end = at + length < offset + size ? at + length : offset + size;

	if (from < end)
		memcpy(to + (from - offset), piece + (from - at), end - from);
}

static int read_bytes(void *context, uint64_t offset, void *to, size_t size)
{
	const struct bytes *bytes = context;
	size_t used[PARTS] = { 0 };

	/* The file ends behind two blocks: more would only take time. */
	if (offset + size > SEGMENT_BLOCKS_OFFSET + 2 * SEGMENT_BLOCK_STRIDE)
		return -1;
	memset(to, 0, size);
	for (size_t i = 0; i + 3 <= bytes->size;) {
		unsigned part = bytes->data[i] % PARTS;
		size_t length = bytes->data[i + 1] | (size_t)bytes->data[i + 2] << 8;

		i += 3;
		if (length > bytes->size - i)
			length = bytes->size - i;
		put_piece(to, offset, size, parts[part] + used[part], bytes->data + i, length);
		used[part] += length;
		i += length;
	}
	return 0;
}

/* C0, DEL, C1 and what is no UTF-8 at all must not get out. */
static void check_text(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 0x20 && c != '\n') || c == 0x7f ||
			(c == 0xc2 && (unsigned char)text[1] < 0xa0))
			abort();
	}
}

static void show(struct model *model, struct view *view, int width, int height)
{
	static char line[8192];
	struct places places;
	struct screen screen;

	listing_update(view, model);
	if (screen_make(&screen, width, height, view->utf8))
		return;
	layout_draw(&screen, model, view, &places);
	for (int y = 0; y < height; y++) {
		screen_line(&screen, y, line, sizeof(line));
		check_text(line);
	}
	screen_free(&screen);
}

static void show_batch(struct model *model, struct view *view)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return;
	batch_print(to, model, view, 132);
	fclose(to);
	check_text(text);
	free(text);
}

static struct sample *sample_of(const uint8_t *data, size_t size, unsigned tick)
{
	struct bytes bytes = { data, size };
	struct sample *sample = calloc(1, sizeof(*sample));
	struct image *image = calloc(1, sizeof(*image));

	image->users = 1;
	if (snapshot_read(&image->process, &image->arena,
		    (struct segment_source){ read_bytes, &bytes })) {
		arena_free(&image->arena);
		free(image);
		free(sample);
		return NULL;
	}
	sample->monotonic_ns = (tick + 1u) * 1000000000ull;
	sample->realtime_ns = 1700000000000000000u;
	sample->processes = arena_take(&sample->arena, sizeof(*sample->processes));
	sample->images = arena_take(&sample->arena, sizeof(*sample->images));
	sample->images[sample->n_images++] = image;
	sample->processes[sample->n_processes++] =
		(struct sampled_process){ image->process, "1-2", 0, 'R' };
	return sample;
}

static void report(const struct session_row *session)
{
	static char text[TEXT_REPORT_MAX];

	if (!session->judged)
		return;
	text_report(text, sizeof(text), &session->snapshot, &session->judgement);
	check_text(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model model;
	struct sample *sample = sample_of(data, size, 0);
	struct view view;

	if (!sample)
		return 0;
	view_init(&view);
	view.utf8 = size % 2;
	model_init(&model);
	sample_free(model_update(&model, sample));
	/* The second half as what it was a second later: rates of anything to anything. */
	sample = sample_of(data, size - size / 4, 1);
	if (sample)
		sample_free(model_update(&model, sample));
	show(&model, &view, 80, 24);
	show(&model, &view, 200, 60);
	show_batch(&model, &view);
	view.tree = true;
	show(&model, &view, 50, 10);
	report(&model.sessions[0]);
	view.tree = false;
	view.mode = MODE_DETAIL;
	listing_update(&view, &model);
	show(&model, &view, 100, 40);
	model_free(&model);
	view_free(&view);
	return 0;
}
