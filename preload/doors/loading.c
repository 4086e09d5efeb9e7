#include "loading.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../loader/search.h"
#include "../process/fork.h"
#include "../process/process.h"
#include "../segment/writer.h"
#include "doors.h"
#include "layers.h"
#include "needs.h"
#include "real.h"

enum { WAITING_MAX = 16, FOLLOWED_MAX = 64, WORDS_MAX = 512, LOOK = RTLD_LAZY | RTLD_NOLOAD };

struct asked {
	char name[256];
	char asker[232]; /* path of the object that asked, "": the program or unknown */
	const void *ret; /* in that object, for arch_call_from(); NULL: unknown */
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
	asked.ret = caller ? caller->ret : NULL;
	snprintf(asked.asker, sizeof(asked.asker), "%s", caller ? caller->path : "");
	if (asked.nvidia)
		process_library_asked(name, caller ? object_file(caller) : NULL);
	note(&asked);
}

static int is_named(struct dl_phdr_info *info, size_t size, void *data)
{
	const char *name = data, *loaded = info->dlpi_name ? info->dlpi_name : "";

	(void)size;
	if (strchr(name, '/'))
		return !strcmp(loaded, name);
	return !strcmp(loader_file_name(loaded), name);
}

bool loading_is_loaded(const char *name)
{
	char copy[256];

	snprintf(copy, sizeof(copy), "%s", name);
	return dl_iterate_phdr(is_named, copy) != 0;
}

enum outcome loading_outcome(const void *ret, const char *name, const char **words)
{
	const void *flags = (const void *)(uintptr_t)LOOK;
	void *handle;

	dlerror();
	handle = ret ? arch_call_from(ret, (void *)real_dlopen, name, flags, NULL)
		     : real_dlopen(name, LOOK);
	*words = NULL;
	if (handle) {
		dlclose(handle);
		return OUTCOME_LOADED;
	}
	*words = dlerror();
	return *words ? OUTCOME_MISSING : OUTCOME_REFUSED;
}

/*
 * The object that asked may have been closed since; it is kept open while its code stands for the
 * caller. `pin`: to be closed again, NULL: nothing. The return instruction, NULL: no longer there.
 */
static const void *still_there(const struct asked *asked, void **pin)
{
	struct link_map *map = NULL;
	Dl_info info;

	*pin = NULL;
	if (!asked->ret || !*asked->asker)
		return asked->ret; /* the program itself stays */
	*pin = real_dlopen(asked->asker, LOOK);
	if (!*pin || !dladdr1(asked->ret, &info, (void **)&map, RTLD_DL_LINKMAP))
		return NULL;
	return map == *pin ? asked->ret : NULL; /* glibc's handles are these */
}

static enum outcome outcome_for(const struct asked *asked, char words[WORDS_MAX])
{
	const char *said;
	void *pin;
	const void *ret = still_there(asked, &pin);
	enum outcome outcome = loading_outcome(ret, asked->name, &said);

	snprintf(words, WORDS_MAX, "%s", said ? said : "");
	if (pin)
		dlclose(pin);
	return outcome;
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

static void settle_nvidia(const struct asked *asked, bool final)
{
	char words[WORDS_MAX];

	switch (outcome_for(asked, words)) {
	case OUTCOME_LOADED:
		process_library_there(asked->name, NULL, true);
		break;
	case OUTCOME_MISSING:
		process_library_failed(asked->name, words, NULL);
		needs_versions(asked->name, asked->asker);
		break;
	case OUTCOME_REFUSED:
		/* Another thread may just be loading it: only the end is certain. */
		if (!needs_follow(asked->name, asked->asker) && final)
			process_library_failed(
				asked->name, "it was found, but could not be loaded", NULL);
		break;
	}
}

static void settle(const struct asked *asked, bool final)
{
	char words[WORDS_MAX];

	if (asked->nvidia)
		settle_nvidia(asked, final);
	else if (!loading_is_loaded(asked->name) && !followed_before(asked->name) &&
		 outcome_for(asked, words) == OUTCOME_REFUSED)
		needs_follow(asked->name, asked->asker);
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

void loading_end(void)
{
	struct asked asked;

	while (take(&asked))
		settle(&asked, true);
	for (unsigned i = 0; segment && !fork_happened() && i < segment->libraries; i++)
		if (open_entry(i, &asked))
			settle(&asked, true);
	process_explain();
}
