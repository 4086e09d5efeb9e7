/* SPDX-License-Identifier: MIT */
#include "run_page.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../ground/fork.h"
#include "../ground/number.h"
#include "../ground/parent.h"
#include "../segment/run_page.h"
#include "filtered.h"

static struct run_page *page;
static pid_t runner;    /* gpuspy run */
static bool is_command; /* the process that `gpuspy run` waits for; true in its children, too */
static bool hidden;
static uint32_t number;
static bool as_user;    /* gpuspy run knows that this process goes on as another user */
static bool of_another; /* the page is another user's */

static bool read_place(struct run_page_place *place)
{
	const char *value = getenv(RUN_PAGE_VARIABLE);
	uint64_t figures[4];
	const char *end;

	for (unsigned i = 0; i < 4; i++) {
		if (!value || *value < '0' || *value > '9')
			return false;
		figures[i] = number_read(value, 10, &end);
		if (*end != (i < 3 ? ':' : 0))
			return false;
		value = end + 1;
	}
	*place = (struct run_page_place){ .pid = (pid_t)figures[0],
		.fd = (int)figures[1],
		.device = figures[2],
		.inode = figures[3] };
	return true;
}

/* The size cannot change any more: gpuspy run has sealed it. Another one is another version's. */
static void map_page(int fd, const struct run_page_place *place)
{
	struct stat st;
	void *map;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_dev != place->device ||
		st.st_ino != place->inode || st.st_size != (off_t)sizeof(*page))
		return;
	map = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return;
	page = map;
	of_another = st.st_uid != geteuid();
	number = (uint32_t)st.st_ino ? (uint32_t)st.st_ino : 1;
	if (!memcmp(page->magic, RUN_PAGE_MAGIC, sizeof(page->magic)))
		return;
	munmap(map, sizeof(*page));
	page = NULL;
}

/* Where somebody has closed the descriptor (Python, sudo), the page is asked for by name. */
static void find_page(const struct run_page_place *place)
{
	char path[64];
	int fd;

	map_page(place->fd, place);
	if (page)
		return;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)place->pid, place->fd);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return;
	map_page(fd, place);
	close(fd);
}

static void count(uint32_t *figure)
{
	__atomic_fetch_add(figure, 1, __ATOMIC_RELAXED);
}

/* The number of this process, or its starter's, among those who wait for one to begin. */
static bool take_from_apart(int32_t by)
{
	for (unsigned i = 0; i < RUN_PAGE_APART; i++) {
		int32_t expected = by;

		if (__atomic_compare_exchange_n(&page->apart_by[i], &expected, 0, false,
			    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

/* From here on this process tells of itself. */
static void begin_apart(void)
{
	if (take_from_apart(getpid()) || (of_another && take_from_apart(parent_now())))
		__atomic_fetch_sub(&page->apart, 1, __ATOMIC_RELAXED);
}

void run_page_begin(void)
{
	struct run_page_place place;

	if (!read_place(&place))
		return;
	find_page(&place);
	if (!page)
		return;
	runner = place.pid;
	if (__atomic_load_n(&page->apart, __ATOMIC_RELAXED))
		begin_apart();
	if (page->command != getpid())
		return;
	is_command = true;
	prctl(PR_GET_NAME, page->command_name, 0, 0, 0);
	__atomic_store_n(&page->command_ended, 0, __ATOMIC_RELAXED);
	__atomic_fetch_add(&page->command_begun, 1, __ATOMIC_RELEASE);
}

bool run_page_present(void)
{
	return page != NULL;
}

bool run_page_took_over(pid_t parent)
{
	static pid_t told; /* it was so before: an inner run may have ended since */
	pid_t self;

	if (!page || (parent != runner && !told) || filter_kills())
		return false;
	self = getpid();
	if (parent == runner && self != page->command)
		told = self;
	return told == self;
}

bool run_page_same_error(void)
{
	struct stat st;

	return page && !fstat(STDERR_FILENO, &st) && st.st_dev == page->error_device &&
	       st.st_ino == page->error_inode;
}

void run_page_became_user(const char *folder)
{
	as_user = page && run_page_folder(folder) == page->folder;
}

/* Does it read that folder? */
static bool is_read(const char *folder)
{
	return as_user || run_page_folder(folder) == page->folder;
}

void run_page_segment(const char *folder, bool in_file)
{
	bool there = page && is_read(folder);

	if (!page)
		return;
	hidden = !in_file || !there;
	count(!in_file ? &page->without : there ? &page->segments : &page->elsewhere);
}

void run_page_folded(const char *folder)
{
	if (page && is_read(folder))
		__atomic_fetch_sub(&page->segments, 1, __ATOMIC_RELAXED);
}

uint32_t run_page_number(void)
{
	return page ? number : 0;
}

bool run_page_hidden(void)
{
	return hidden;
}

void run_page_end(void)
{
	if (page && is_command && fork_is_first())
		__atomic_store_n(&page->command_ended, 1, __ATOMIC_RELEASE);
}

/* As the kernel names it: if it comes to nothing, the name at the end is another one. */
void run_page_becomes(const char *name)
{
	if (page && page->command == getpid())
		stpncpy(page->command_name, name, sizeof(page->command_name) - 1);
}

void run_page_lost(void)
{
	if (page)
		count(&page->lost);
}

bool run_page_unwatched(void)
{
	if (page)
		count(&page->unwatched);
	return page != NULL;
}

/* Where there is no place left, nobody learns that it began. */
bool run_page_apart(void)
{
	int32_t nobody = 0;

	if (!page)
		return false;
	count(&page->apart);
	for (unsigned i = 0; i < RUN_PAGE_APART; i++, nobody = 0)
		if (__atomic_compare_exchange_n(&page->apart_by[i], &nobody, getpid(), false,
			    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
	return true;
}
