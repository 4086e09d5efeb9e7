/* SPDX-License-Identifier: MIT */
#include "witness.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../cuda/interfaces.h"
#include "../cuda/layers.h"
#include "../ground/entries.h"
#include "../ground/fork.h"
#include "../ground/large.h"
#include "../ground/lock.h"
#include "../ground/number.h"
#include "../ground/parent.h"
#include "../ground/path.h"
#include "../segment/blocks.h"
#include "../segment/own_file.h"
#include "../segment/writer.h"
#include "config.h"
#include "filtered.h"
#include "imports.h"
#include "job.h"
#include "process.h"
#include "run_page.h"
#include "session.h"

enum { BUFFER = 16384, DRIVERS_MAX = 16, FILES_MAX = 65536 };

struct look {
	struct segment_witness *to;
	int descriptors; /* the folder of them */
	unsigned seen;   /* of them */
	char buffer[BUFFER] __attribute__((aligned(8)));
};

/*
 * What was met as it was loaded. At the end the loader is not asked: a forked child may find
 * dl_iterate_phdr(3)'s lock taken for ever. Written under ld.so's load lock.
 */
static struct {
	uint32_t interfaces;
	bool filter;  /* the program has put a filter of system calls in place */
	bool sandbox; /* or has what such filters are made with */
	struct {
		uintptr_t low, high;
	} drivers[DRIVERS_MAX];
	unsigned n_drivers;
} met;

static bool is_driver(const char *path)
{
	return layer_of_library(path) == LAYER_DRIVER;
}

/* Of a library by which a GPU computes a record is kept, even in a program without CUDA. */
static void note_interface(uint32_t bits)
{
	struct segment_header *header = __atomic_load_n(&segment, __ATOMIC_ACQUIRE);

	met.interfaces |= bits; /* a loader and its driver compute together */
	if ((header || interfaces_compute(met.interfaces)) && !process_touch())
		__atomic_fetch_or(&segment->witness.interfaces, met.interfaces, __ATOMIC_RELAXED);
}

void witness_library(const char *path, uintptr_t low, uintptr_t high)
{
	uint32_t bits = interface_of_library(path);

	if (bits)
		note_interface(bits);
	met.sandbox |= after_start(path_file(path), "libseccomp.so") != NULL;
	if (!is_driver(path))
		return;
	/* One that is loaded again and again is at few places; the last is what matters. */
	met.drivers[met.n_drivers % DRIVERS_MAX].low = low;
	met.drivers[met.n_drivers++ % DRIVERS_MAX].high = high;
}

/* In the list of this namespace of the loader's; another one was made by dlmopen. */
static bool is_listed(uintptr_t address)
{
	for (unsigned i = 0; i < met.n_drivers && i < DRIVERS_MAX; i++)
		if (address >= met.drivers[i].low && address < met.drivers[i].high)
			return true;
	return false;
}

/* "7f0-7f1 r-xp 00001000 103:02 1234   /usr/lib/libcuda.so.1", proc(5). */
static void look_at_mapping(struct look *look, const char *line)
{
	const char *path = strchr(line, '/'), *rights = strchr(line, ' ');

	if (!path || !rights || rights > path)
		return;
	look->to->files |= device_file(path);
	if (strncmp(rights, " r-xp", 5) != 0)
		return;
	look->to->interfaces |= interface_of_library(path);
	if (!is_driver(path))
		return;
	look->to->drivers++;
	look->to->drivers_hidden += !is_listed(number_read(line, 16, &path));
}

static int open_own(const char *name, int flags)
{
	return open(name, O_RDONLY | O_CLOEXEC | flags);
}

/* Line by line; what does not fit in the buffer is the end of a path, which is left out. */
static int look_at_mappings(struct look *look)
{
	int fd = open_own("/proc/self/maps", 0);
	size_t used = 0;
	ssize_t got;

	if (fd < 0)
		return -1;
	while ((got = read(fd, look->buffer + used, BUFFER - 1 - used)) > 0) {
		char *line = look->buffer, *end;

		used += (size_t)got;
		look->buffer[used] = 0;
		while ((end = strchr(line, '\n'))) {
			*end = 0;
			look_at_mapping(look, line);
			line = end + 1;
		}
		used -= (size_t)(line - look->buffer);
		memmove(look->buffer, line, used);
		if (used == BUFFER - 1)
			used = 0;
	}
	close(fd);
	return got < 0 ? -1 : 0;
}

static bool look_at_descriptor(void *context, const char *name)
{
	struct look *look = context;
	char path[64];
	ssize_t n = readlinkat(look->descriptors, name, path, sizeof(path) - 1);

	if (n > 0) {
		path[n] = 0;
		look->to->files |= device_file(path);
	}
	return ++look->seen == FILES_MAX;
}

static int look_at_descriptors(struct look *look)
{
	int status;

	look->seen = 0;
	look->descriptors = open_own("/proc/self/fd", O_DIRECTORY);
	if (look->descriptors < 0)
		return -1;
	status = entries_each(look->descriptors, look->buffer, BUFFER, look_at_descriptor, look);
	close(look->descriptors);
	return status || look->seen == FILES_MAX ? -1 : 0;
}

/*
 * A sandbox may kill a process for a system call that it was not seen to make. It is told by the
 * call that puts it in place, or by the library that makes such filters; one that comes by an
 * instruction of the program's own is seen by nobody. So with GPUSPY_REPORT=never nothing is asked,
 * unless others are to have the answer: `gpuspy run`, the site's records, who looks at a job.
 */
static bool is_answer_wanted(void)
{
	return variables.rule != REPORT_NEVER || run_page_present() || config.records ||
	       job_is_there();
}

bool witness_may_ask_driver(void)
{
	return !met.filter && is_answer_wanted();
}

/* Of the last filter: who makes it is vfork(2)'s child, whose memory is another process's. */
static bool borrowed;

/* What a forked child has is its parent's; it may be killed for making its own later. */
void witness_filter_comes(const struct sock_fprog *filter)
{
	int saved = errno;

	borrowed = !met.filter && session.pid && !session_is_here() &&
		   !syscall(SYS_kcmp, getpid(), parent_now(), KCMP_VM, 0, 0);
	if (borrowed) {
		errno = saved;
		return;
	}
	filter_comes(filter);
	/* The record is to say what becomes of it. */
	if ((segment || (filter_kills() && session.pid)) && !process_touch()) {
		lock_take(LOCK_SEGMENT);
		own_file_reach_ahead();
		lock_give(LOCK_SEGMENT);
	}
	errno = saved;
}

void witness_filter_came(bool in_place)
{
	if (borrowed)
		return;
	if (in_place) {
		met.filter = met.sandbox = true;
		own_file_shut();
	} else {
		filter_fails();
	}
}

bool witness_is_filtered(void)
{
	return met.filter;
}

static void owe_look(void)
{
	if (!process_touch())
		__atomic_fetch_or(&segment->witness.looked, LOOK_IS_OWED, __ATOMIC_RELAXED);
}

/* A forked child may be killed, or become another program, before anybody has looked. */
void witness_namespace(void)
{
	static bool told;

	if (!__atomic_exchange_n(&told, true, __ATOMIC_RELAXED))
		pthread_atfork(NULL, NULL, owe_look);
	owe_look();
}

void witness_namespace_goes(unsigned drivers)
{
	if (!drivers || process_touch() || segment->witness.drivers_hidden >= drivers)
		return;
	__atomic_store_n(&segment->witness.drivers, drivers, __ATOMIC_RELAXED);
	__atomic_store_n(&segment->witness.drivers_hidden, drivers, __ATOMIC_RELAXED);
}

void witness_library_gone(uintptr_t low)
{
	for (unsigned i = 0; i < met.n_drivers && i < DRIVERS_MAX; i++)
		if (met.drivers[i].low == low)
			met.drivers[i].low = met.drivers[i].high = 0;
}

bool witness_is_device(const char *path)
{
	return device_file(path);
}

bool witness_may_be_device(const char *name)
{
	return device_name(name);
}

/* Libraries of the GPU's open its files too, and are met otherwise. */
void witness_opened(const char *path)
{
	uint32_t file = device_file(path);

	if (!file || met.n_drivers || met.interfaces)
		return;
	if (met.sandbox)
		gap(GAP_NO_WITNESS);
	else if (!process_touch())
		__atomic_fetch_or(&segment->witness.files, file | FILE_OPENED, __ATOMIC_RELAXED);
}

bool witness_is_wanted(void)
{
	uint32_t rows;

	if (!segment || process_touch())
		return false;
	if (__atomic_load_n(&segment->witness.looked, __ATOMIC_RELAXED) & LOOK_IS_OWED)
		return true;
	rows = __atomic_load_n(&segment->rows, __ATOMIC_ACQUIRE);
	for (uint32_t row = 1; row < rows; row++) {
		int kind = writer_row_at(row)->kind;
		struct segment_slot sum;

		if (kind != ROW_LAUNCHES && kind != ROW_GRAPHS)
			continue;
		sum = blocks_sum(row);
		if (kind == ROW_LAUNCHES ? sum.launches : sum.kernels)
			return false;
	}
	return true;
}

static void look_around(struct look *look, int contexts)
{
	look->to->interfaces |= met.interfaces;
	if (!met.sandbox && is_answer_wanted() && !look_at_mappings(look) &&
		!look_at_descriptors(look))
		look->to->looked |= LOOKED_AT_KERNEL;
	else
		gap(GAP_NO_WITNESS);
	/* Last: whoever is killed for a question has left no word. */
	look->to->looked |= LOOKED_AT_LIBRARIES;
	if (contexts < 0)
		return;
	look->to->looked |= LOOKED_AT_DRIVER;
	look->to->contexts = (uint32_t)contexts;
}

/* There is one, which is nobody's stack's; room for it is had without a system call. */
static struct look *new_look(struct segment_witness *to)
{
	LARGE static struct look look;

	look.to = to;
	return &look;
}

void witness_look(int contexts)
{
	look_around(new_look(&segment->witness), contexts);
}

/* Without them there is nothing to be opened. `gpuspy run` asks about every process. */
static bool has_device_files(void)
{
	static const char files[][20] = { "/dev/nvidiactl", "/dev/dxg", "/dev/kfd",
		"/dev/nvhost-ctrl", "/dev/nvmap" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!access(files[i], F_OK))
			return true;
	return run_page_present();
}

bool witness_of_bystander(void)
{
	static struct segment_witness seen;
	struct look *look;

	if (met.sandbox || imports_can_filter() || session_is_in_child() || !has_device_files())
		return false;
	look = new_look(&seen);
	return look_at_mappings(look) || look_at_descriptors(look) || seen.files || seen.drivers;
}
