#include "loading.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../loader/search.h"
#include "../process/fork.h"
#include "../process/process.h"
#include "../segment/writer.h"
#include "layers.h"
#include "needs.h"
#include "real.h"

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
		process_library_asked(name, caller ? object_file(caller) : NULL);
	note(&asked);
}

struct wanted {
	const char *name;
	struct stat file; /* of a name that is a path, once `by_file` */
	bool is_path, by_file;
};

/* The program itself has no name there; the vDSO's is no file. */
static bool is_same_file(const struct wanted *wanted, const char *loaded)
{
	struct stat file;

	return *loaded && !stat(loaded, &file) && file.st_dev == wanted->file.st_dev &&
	       file.st_ino == wanted->file.st_ino;
}

static int is_wanted(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct wanted *wanted = data;
	const char *loaded = info->dlpi_name ? info->dlpi_name : "";
	struct elf_image image;

	(void)size;
	if (wanted->by_file)
		return is_same_file(wanted, loaded);
	if (wanted->is_path)
		return !strcmp(loaded, wanted->name);
	if (!strcmp(loader_file_name(loaded), wanted->name))
		return 1;
	elf_read(&image, info);
	return image.soname && !strcmp(image.soname, wanted->name);
}

bool loading_is_loaded(const char *name)
{
	struct wanted wanted = { .name = name, .is_path = strchr(name, '/') != NULL };

	if (dl_iterate_phdr(is_wanted, &wanted))
		return true;
	/* By another name; asking for the file of every object is slow where they are many. */
	wanted.by_file = wanted.is_path && !stat(name, &wanted.file);
	return wanted.by_file && dl_iterate_phdr(is_wanted, &wanted);
}

const char *loading_words(const char *name)
{
	void *handle;

	dlerror();
	handle = real_dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
	if (handle)
		dlclose(handle); /* another thread has loaded it just now */
	return handle ? NULL : dlerror();
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
	const char *words = loading_words(*path ? path : asked->name);

	if (*path)
		process_library_there(asked->name, path, false);
	if (words)
		process_library_failed(asked->name, words, NULL);
	else if (*path && !needs_follow(path, asked->asker) && final)
		/* Before the end, another thread may just be loading it. */
		process_library_failed(asked->name, "it was found, but could not be loaded", NULL);
	if (!*path)
		needs_versions(asked->name, asked->asker);
}

static void settle(const struct asked *asked, bool final)
{
	char path[PATH_MAX] = "";
	bool loaded = loading_is_loaded(asked->name);

	if (!loaded && (asked->nvidia || !followed_before(asked->name)) &&
		needs_find(asked->name, asked->asker, path))
		loaded = loading_is_loaded(path);
	if (loaded && asked->nvidia)
		process_library_there(asked->name, NULL, true);
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
	process_explain();
}
