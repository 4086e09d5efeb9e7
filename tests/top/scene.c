/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

struct places scene_places;

static struct synthetic make(const struct scene_process *p)
{
	struct synthetic s = synthetic_new(p->pid, p->start, 0);

	s.header->parent = p->parent;
	s.header->uid = p->uid;
	s.header->command = synthetic_string(&s, p->command);
	s.header->init_calls = s.header->init_ok = 1;
	s.header->simulated = p->simulated;
	s.header->memory.live_bytes = s.header->memory.peak_bytes = p->memory;
	s.header->memory.allocations = 1;
	for (int i = 0; i < p->devices; i++)
		if (!(p->without & (1u << i)))
			synthetic_device(&s, i, "NVIDIA H200", (uint8_t)(i + 1))->memory =
				s.header->memory;
	synthetic_context(&s, 0, p->launches, p->launches);
	synthetic_function(&s, LAYER_DRIVER, "libcuda.so.1", "cuLaunchKernel",
		p->launches + p->errors, p->errors, p->errors ? 1 : 0);
	for (int i = 1; p->all_devices && i < p->devices; i++)
		if (!(p->without & (1u << i)))
			synthetic_context(&s, i, p->launches, p->launches);
	synthetic_kernel(&s, "saxpy", 0, p->launches);
	if (p->exited) {
		s.header->state = STATE_EXITED;
		s.header->exit_status = 0;
		s.header->ended_ns = s.header->started_ns + 5000000000u;
	}
	return s;
}

static struct image *decode(const struct scene_process *p)
{
	struct image *image = calloc(1, sizeof(*image));
	struct synthetic s = make(p);

	image->users = 1;
	if (snapshot_read(&image->process, &image->arena, synthetic_source(&s)))
		abort();
	synthetic_free(&s);
	/* The reader looked for this process on the machine of the test. */
	if (p->elsewhere)
		image->process.state = PROCESS_ELSEWHERE;
	else if (!p->exited)
		image->process.state = p->run_state ? PROCESS_RUNNING : PROCESS_ENDED;
	return image;
}

static int compare(const void *a, const void *b)
{
	const struct sampled_process *left = a, *right = b;
	int order = strcmp(left->session, right->session);

	if (order)
		return order;
	if (left->uid != right->uid)
		return left->uid < right->uid ? -1 : 1;
	return left->process.pid - right->process.pid;
}

struct sample *scene_sample(unsigned tick, const struct scene_process *list, unsigned count)
{
	struct sample *sample = calloc(1, sizeof(*sample));

	sample->monotonic_ns = (tick + 1u) * 1000000000ull;
	sample->realtime_ns = 1700000000000000000u + sample->monotonic_ns;
	sample->processes = arena_take(&sample->arena, count * sizeof(*sample->processes));
	sample->images = arena_take(&sample->arena, count * sizeof(*sample->images));
	for (unsigned i = 0; i < count; i++) {
		struct image *image = decode(&list[i]);

		sample->images[sample->n_images++] = image;
		sample->processes[sample->n_processes++] = (struct sampled_process){
			.process = image->process,
			.session = arena_copy(
				&sample->arena, list[i].session, strlen(list[i].session)),
			.uid = list[i].uid,
			.run_state = list[i].run_state,
			.use = { sample->monotonic_ns, list[i].cpu_ticks, list[i].host_bytes }
		};
	}
	if (count)
		qsort(sample->processes, count, sizeof(*sample->processes), compare);
	return sample;
}

void scene_update(
	struct model *model, unsigned tick, const struct scene_process *list, unsigned count)
{
	sample_free(model_update(model, scene_sample(tick, list, count)));
}

void scene_end(struct model *model, struct view *view)
{
	model_free(model);
	view_free(view);
}

const char *scene_draw(struct model *model, struct view *view, int width, int height)
{
	static char text[1 << 20];
	struct screen screen;
	size_t used = 0;

	listing_update(view, model);
	if (screen_make(&screen, width, height, view->utf8))
		abort();
	layout_draw(&screen, model, view, &scene_places);
	view->top = scene_places.top;
	for (int y = 0; y < screen.height && used + 8192 < sizeof(text); y++) {
		used += screen_line(&screen, y, text + used, 8000);
		text[used++] = '\n';
	}
	text[used] = 0;
	screen_free(&screen);
	return text;
}
