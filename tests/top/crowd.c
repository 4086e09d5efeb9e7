/* SPDX-License-Identifier: MIT */
/*
 * Many watched processes that do nothing but count, to measure a viewer by:
 *
 *     crowd FOLDER PROCESSES FUNCTIONS SECONDS [SESSION]
 *
 * Each is a session of its own, unless SESSION names one for all. Their segments are made up.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "segment/paths.h"
#include "synthetic.h"

static const char *folder, *session;
static int functions;

/* Holes stay holes, as in a real segment. */
static void write_sparse(const char *path, const struct synthetic *s)
{
	static const char zeros[4096];
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)s->size))
		exit(1);
	for (size_t at = 0; at < s->size; at += sizeof(zeros)) {
		size_t size = s->size - at < sizeof(zeros) ? s->size - at : sizeof(zeros);

		if (memcmp(s->bytes + at, zeros, size) &&
			pwrite(fd, s->bytes + at, size, (off_t)at) != (ssize_t)size)
			exit(1);
	}
	close(fd);
}

static struct synthetic make(pid_t pid, uint64_t start)
{
	struct synthetic s = synthetic_training(pid, start, 0);
	char name[64];

	for (int i = 0; i < functions; i++) {
		snprintf(name, sizeof(name), "cuFunctionNumber%d", i);
		synthetic_function(&s, LAYER_DRIVER, "libcuda.so.1", name, 1, 0, 0);
	}
	s.header->state = STATE_RUNNING;
	s.header->ended_ns = 0;
	s.header->started_ns = snapshot_now();
	return s;
}

/* Ten times a second a few kernels more. */
static void count(const char *path, size_t size, uint64_t slot)
{
	int fd = open(path, O_RDWR);
	char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint64_t *counter;

	if (bytes == MAP_FAILED)
		exit(1);
	close(fd);
	for (counter = (void *)(bytes + slot);; *counter += 7)
		usleep(100000);
}

static uint64_t launches_slot(const struct synthetic *s)
{
	uint32_t row = 0;

	while (s->rows[row].kind != ROW_LAUNCHES)
		row++;
	return SEGMENT_BLOCKS_OFFSET + row * sizeof(struct segment_slot);
}

static void be_watched(void)
{
	pid_t pid = getpid();
	uint64_t start = paths_start_ticks(pid), slot;
	char path[512], own[64];
	struct synthetic s = make(pid, start);
	size_t size = s.size;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(own, sizeof(own), "%d-%llu", (int)pid, (unsigned long long)start);
	snprintf(path, sizeof(path), "%s/%s", folder, session ? session : own);
	if (mkdir(path, 0700) && errno != EEXIST)
		exit(1);
	snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%s-0.seg", own);
	write_sparse(path, &s);
	slot = launches_slot(&s);
	synthetic_free(&s);
	count(path, size, slot);
}

int main(int argc, char **argv)
{
	int processes, seconds;

	if (argc < 5)
		return 2;
	folder = argv[1];
	processes = atoi(argv[2]);
	functions = atoi(argv[3]);
	seconds = atoi(argv[4]);
	session = argv[5];
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (pid == 0)
			be_watched();
	}
	puts("ready");
	fflush(stdout);
	sleep((unsigned)seconds);
	return 0;
}
