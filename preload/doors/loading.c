#include "loading.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cuda/layers.h"
#include "../ground/fork.h"
#include "../ground/lock.h"
#include "../ground/names.h"
#include "../loader/search.h"
#include "../segment/writer.h"
#include "libraries.h"
#include "loaded.h"
#include "needs.h"

enum { WAITING_MAX = 16, FOLLOWED_MAX = 64 };

struct asked {
	char name[256];
	char asker[232]; /* path of the object that asked, "": the program or unknown */
	bool nvidia;
};

/* Under LOCK_LOADING. The next one overwrites the oldest when all are taken. */
static struct asked waiting[WAITING_MAX];
static unsigned n_waiting;
static pid_t owner; /* a forked child does not settle what its parent asked for */

void loading_start(void)
{
	needs_start(getenv("LD_LIBRARY_PATH"));
}

static void note(const struct asked *asked)
{
	pid_t pid = getpid();

	lock_take(LOCK_LOADING);
	if (owner != pid)
		n_waiting = 0;
	owner = pid;
	if (n_waiting == WAITING_MAX)
		memmove(waiting, waiting + 1, --n_waiting * sizeof(*waiting));
	waiting[n_waiting] = *asked;
	__atomic_store_n(&n_waiting, n_waiting + 1, __ATOMIC_RELEASE);
	lock_give(LOCK_LOADING);
}

static bool take(struct asked *to)
{
	bool any = false;

	if (!__atomic_load_n(&n_waiting, __ATOMIC_ACQUIRE))
		return false;
	lock_take(LOCK_LOADING);
	if (owner != getpid())
		n_waiting = 0;
	if (n_waiting) {
		*to = waiting[--n_waiting];
		any = true;
	}
	lock_give(LOCK_LOADING);
	return any;
}

void loading_asked(const char *name, const struct object *caller)
{
	struct asked asked;

	if (!*name ||
		(size_t)snprintf(asked.name, sizeof(asked.name), "%s", name) >= sizeof(asked.name))
		return;
	asked.nvidia = layer_is_asked(name);
	snprintf(asked.asker, sizeof(asked.asker), "%s", caller ? caller->path : "");
	if (asked.nvidia)
		library_asked(name, caller ? name_of_file(caller->path) : NULL);
	note(&asked);
}

/* What needs nothing of NVIDIA's is followed once, though it may be opened many times. */
static bool followed_before(const char *name)
{
	static uint64_t names[FOLLOWED_MAX];
	static unsigned next;
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	bool before = false;

	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	lock_take(LOCK_LOADING);
	for (unsigned i = 0; i < FOLLOWED_MAX; i++)
		before |= names[i] == hash;
	if (!before)
		names[next++ % FOLLOWED_MAX] = hash;
	lock_give(LOCK_LOADING);
	return before;
}

static void settle_nvidia(const struct asked *asked, const char *path, bool final)
{
	const char *words = library_words(*path ? path : asked->name);

	if (*path)
		library_there(asked->name, path, false);
	if (words)
		library_failed(asked->name, words, NULL);
	else if (*path && !needs_follow(path, asked->asker) && final)
		/* Before the end, another thread may just be loading it. */
		library_failed(asked->name, "it was found, but could not be loaded", NULL);
	if (!*path)
		needs_versions(asked->name, asked->asker);
}

static void settle(const struct asked *asked, bool final)
{
	char path[PATH_MAX] = "";
	bool loaded = library_is_loaded(asked->name);

	if (!loaded && (asked->nvidia || !followed_before(asked->name)) &&
		needs_find(asked->name, asked->asker, path))
		loaded = library_is_loaded(path);
	if (loaded && asked->nvidia)
		library_there(asked->name, NULL, true);
	else if (!loaded && asked->nvidia)
		settle_nvidia(asked, path, final);
	else if (!loaded && *path)
		needs_follow(path, asked->asker);
}

void loading_settle(void)
{
	struct asked asked;

	while (take(&asked))
		settle(&asked, false);
}

/* The number i in the list of libraries that were asked for and have neither come nor an error. */
static bool open_entry(unsigned i, struct asked *to)
{
	const struct segment_library *all =
		(const struct segment_library *)((const char *)segment + SEGMENT_LIBRARIES_OFFSET);
	const char *name = writer_string_at(all[i].name);

	if (all[i].loaded || all[i].error || !all[i].asked || !name)
		return false;
	memset(to, 0, sizeof(*to));
	to->nvidia = true;
	snprintf(to->name, sizeof(to->name), "%s", name);
	return true;
}

bool loading_waits(void)
{
	return __atomic_load_n(&n_waiting, __ATOMIC_ACQUIRE) != 0;
}

void loading_end(void)
{
	struct asked asked;

	while (take(&asked))
		settle(&asked, true);
	for (unsigned i = 0; segment && !fork_happened() && i < segment->libraries; i++)
		if (open_entry(i, &asked))
			settle(&asked, true);
	libraries_explain();
}
