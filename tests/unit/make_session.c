/* SPDX-License-Identifier: MIT */
/*
 * Writes one made-up segment, for tests of the tools: make-session FOLDER KIND [PID START [IMAGE]].
 * Without PID it is one of its own process, which is still there while it runs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "segment/paths.h"
#include "synthetic.h"

#define MARKUP(field)                                                                      \
	"\"'></td></script></style></title><script>document.title='" field                 \
	" won'</script><img src=x onerror=\"document.title='" field " won'\"><b id=" field \
	">&amp;\x1b" field

/* Names from outside that would like to be more than names, one in each field. */
static struct synthetic make_markup(pid_t pid, uint64_t start, unsigned image)
{
	struct synthetic s = synthetic_training(pid, start, image);
	struct segment_library *library =
		synthetic_library(&s, MARKUP("library"), false, MARKUP("error"));

	library->path = synthetic_string(&s, MARKUP("path"));
	library->asker = synthetic_string(&s, MARKUP("asker"));
	library = synthetic_library(&s, "libcuda.so.1", true, MARKUP("words"));
	synthetic_device(&s, 1, MARKUP("device"), 0xcd);
	synthetic_kernel(&s, MARKUP("kernel"), 1, 3);
	synthetic_context(&s, 1, 3, 3);
	synthetic_function(&s, LAYER_CUDNN, MARKUP("so"), MARKUP("function"), 2, 1, 9);
	s.header->command = synthetic_string(&s, MARKUP("command"));
	s.header->program = synthetic_string(&s, MARKUP("program"));
	strncpy(s.header->place.host, "<b id=host>&amp;\x1bhost", sizeof(s.header->place.host) - 1);
	s.header->job.texts[JOB_ID] = synthetic_string(&s, "<i>&amp;\x1bjob");
	s.header->job.texts[JOB_INDEX] = synthetic_string(&s, "<i>index");
	s.header->job.numbers[JOB_TASK] = 1 + 3;
	s.header->fault_status = 700;
	s.header->fault_name = synthetic_string(&s, MARKUP("fault"));
	s.header->gaps[GAP_SLOTS] = 3;
	return s;
}

static struct synthetic make(const char *kind, pid_t pid, uint64_t start, unsigned image)
{
	struct synthetic s = synthetic_training(pid, start, image);

	if (!strcmp(kind, "training"))
		return s;
	if (!strcmp(kind, "simulated")) {
		s.header->simulated = 1;
		return s;
	}
	if (!strcmp(kind, "markup")) {
		synthetic_free(&s);
		return make_markup(pid, start, image);
	}
	if (!strcmp(kind, "version")) { /* of a gpuspy to come */
		s.header->version++;
		return s;
	}
	if (!strcmp(kind, "partly")) { /* some counts are nowhere to be read */
		s.header->gaps[GAP_PRIVATE] = 4096;
		return s;
	}
	if (!strcmp(kind, "marks")) { /* DEL, NEL, ALM, RLM, LS, PS, RLO, RLI, and letters */
		s.header->command = synthetic_string(&s,
			"python3 a\x7f\xc2\x85\xd8\x9c\xe2\x80\x8f\xe2\x80\xa8\xe2\x80\xa9"
			"\xe2\x80\xae\xe2\x81\xa7\xc3\xa4\xe6\xbc\xa2\xf0\x9f\x98\x80");
		return s;
	}
	if (!strcmp(kind, "huge")) { /* counts of which JSON integers fall short */
		s.header->memory.allocated_bytes = UINT64_MAX;
		return s;
	}
	if (!strcmp(kind, "hostile")) { /* all that a reader allows, and more */
		s.header->devices = s.header->libraries = s.header->rows = UINT32_MAX;
		s.header->strings_size = s.header->blocks = s.header->block_slots = UINT32_MAX;
		return s;
	}
	if (!strcmp(kind, "newer")) {
		s.header->version++;
		return s;
	}
	if (!strcmp(kind, "partial")) { /* of a thread without space in the file */
		synthetic_free(&s);
		s = synthetic_new(pid, start, image);
		s.header->gaps[GAP_PRIVATE] = 16384;
		return s;
	}
	synthetic_free(&s);
	s = synthetic_new(pid, start, image);
	if (!strcmp(kind, "hidden")) {
		s.header->init_calls = 1;
		s.header->init_status = 100;
		s.header->visible_set = 1;
		s.header->command =
			synthetic_string(&s, "python3 fit.py \xff\xfe \x1b]0;title\x07");
		synthetic_library(&s, "libcuda.so.1", true, NULL);
	} else if (strcmp(kind, "running") != 0) {
		fprintf(stderr, "make-session: no such kind: %s\n", kind);
		exit(2);
	}
	return s;
}

int main(int argc, char **argv)
{
	pid_t pid = getpid();
	uint64_t start = paths_start_ticks(pid);
	unsigned image = 0;
	struct synthetic s;

	if (argc < 3)
		return 2;
	if (argc > 4) {
		pid = atoi(argv[3]);
		start = strtoull(argv[4], NULL, 10);
	}
	if (argc > 5)
		image = (unsigned)atoi(argv[5]);
	if (mkdir(argv[1], 0700) && errno != EEXIST)
		return 1;
	s = make(argv[2], pid, start, image);
	synthetic_write(&s, argv[1]);
	synthetic_free(&s);
	return 0;
}
