/* SPDX-License-Identifier: MIT */
#include "needs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../ground/path.h"
#include "../cuda/layers.h"
#include "../ground/arena.h"
#include "../loader/drivers.h"
#include "../loader/search.h"
#include "../loader/why.h"
#include "../objects/objects.h"
#include "libraries.h"

LARGE static char library_path[4096];

void needs_start(const char *path)
{
	if (path)
		memcpy(library_path, path, strnlen(path, sizeof(library_path) - 1));
}

static const char *loaded(const char *name, void *data)
{
	const struct object_list *all = objects_all();

	(void)data;
	for (unsigned i = 0; i < all->n; i++) {
		const char *soname = all->at[i]->image.soname;

		if (!strcmp(path_file(all->at[i]->path), name) || (soname && !strcmp(soname, name)))
			return all->at[i]->path;
	}
	return NULL;
}

/* The program itself and the vDSO have no path there. */
static void each_loaded(bool (*visit)(const char *path, void *mine), void *mine, void *data)
{
	const struct object_list *all = objects_all();

	(void)data;
	for (unsigned i = 0; i < all->n; i++)
		if (*all->at[i]->path == '/' && !visit(all->at[i]->path, mine))
			return;
}

/* Too big for a thread's stack. */
struct asking {
	struct why_question question;
	char program[PATH_MAX], called[PATH_MAX];
};

static const char *read_link(const char *link, char to[PATH_MAX])
{
	ssize_t n = readlink(link, to, PATH_MAX - 1);

	to[n > 0 ? n : 0] = 0;
	return n > 0 ? to : NULL;
}

/* The first argument, where it is a path: a virtualenv's python is a link, of which exe does not
   tell. */
static const char *read_called(char to[PATH_MAX])
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	if (getcwd(to, PATH_MAX / 2))
		used = strlen(to);
	to[used++] = '/';
	n = fd < 0 ? 0 : read(fd, to + used, PATH_MAX - used - 1);
	if (fd >= 0)
		close(fd);
	to[used + (size_t)(n > 0 ? n : 0)] = 0;
	if (to[used] == '/')
		return to + used;
	return strchr(to + used, '/') ? to : NULL;
}

static struct asking *ask(const char *name, const char *asker)
{
	struct asking *asking = mmap(
		NULL, sizeof(*asking), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (asking == MAP_FAILED)
		return NULL;
	asking->question = (struct why_question){
		.root = "",
		.library_path = library_path,
		.program = read_link("/proc/self/exe", asking->program),
		.called = read_called(asking->called),
		.name = name,
		.asker = *asker ? asker : NULL,
		.loaded = loaded,
		.each_loaded = each_loaded,
	};
	return asking;
}

static void answered(struct asking *asking)
{
	munmap(asking, sizeof(*asking));
}

bool needs_find(const char *name, const char *asker, char path[PATH_MAX])
{
	struct asking *asking = ask(name, asker);
	bool found = asking && loader_where(&asking->question, path);

	if (asking)
		answered(asking);
	else
		*path = 0;
	return found;
}

/* Where it lies, or another version of it. */
static void tell_place(const struct why *why, void *data)
{
	(void)data;
	if (!layer_is_asked(why->name))
		return;
	if (why->kind == WHY_NEARBY)
		library_lies(why->name, why->path);
	else if (why->kind == WHY_VERSION)
		library_lies(path_file(why->path), why->path);
	else if (why->kind == WHY_BROKEN)
		library_broken(why->name, why->path, why->words);
}

static void tell_why(const struct why *why, void *data)
{
	bool *any = data;

	if (!layer_is_asked(why->name))
		return;
	if (why->kind == WHY_MISSING)
		library_needed(why->name, why->words, why->by ? path_file(why->by) : NULL);
	tell_place(why, NULL);
	*any = true;
}

bool needs_follow(const char *path, const char *asker)
{
	struct asking *asking = ask(path, asker);
	bool any = false;

	if (!asking)
		return false;
	asking->question.tell = tell_why;
	asking->question.data = &any;
	loader_why(&asking->question);
	answered(asking);
	return any;
}

void needs_versions(const char *name, const char *asker)
{
	struct asking *asking = ask(name, asker);

	if (!asking)
		return;
	asking->question.tell = tell_place;
	loader_why(&asking->question);
	answered(asking);
}

/* A link, in whatever folder, may lead to the toolkit's stub. */
static void follow_link(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char link[32], real[1024];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = fd < 0 ? -1 : readlink(link, real, sizeof(real) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	real[n] = 0;
	if (strstr(real, "/stubs/"))
		library_real_driver(real);
}

void needs_other_driver(void)
{
	const char *path = library_useless_driver();
	struct arena arena = { NULL };
	struct loader_other_driver *other = path ? arena_take(&arena, sizeof(*other)) : NULL;

	if (other && loader_other_driver(other, "", library_path, path))
		library_other_driver(other->path, other->words);
	if (path)
		follow_link(path);
	arena_free(&arena);
}
