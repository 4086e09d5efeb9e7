#include "needs.h"

#include "../ground/path.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../cuda/layers.h"
#include "../loader/file.h"
#include "../loader/search.h"
#include "libraries.h"
#include "loaded.h"

enum { QUEUE_MAX = 64, QUEUE_PATH = 512 };

/* Too big for a thread's stack, so it has memory of its own while it is used. */
struct walk {
	struct loader_search search;
	struct loader_file file;
	char queue[QUEUE_MAX][QUEUE_PATH];
	unsigned queued;
	bool any;
	const char *wanted; /* the file name that versions are sought for */
};

static char library_path[4096];

void needs_start(const char *path)
{
	snprintf(library_path, sizeof(library_path), "%s", path ? path : "");
}

static const char *folder_of(const char *path, char folder[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	snprintf(folder, PATH_MAX, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	return folder;
}

/* A library looks where its RUNPATH says; so do, with an RPATH, those that it needs. */
static void add_runpath(struct walk *walk, const char *path)
{
	char folder[PATH_MAX];

	if (!loader_file_read(&walk->file, path) && walk->file.runpath)
		loader_search_add(&walk->search, walk->file.runpath, folder_of(path, folder));
}

static struct walk *begin(const char *asker)
{
	struct walk *walk = mmap(
		NULL, sizeof(*walk), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char program[PATH_MAX];
	ssize_t n;

	if (walk == MAP_FAILED)
		return NULL;
	loader_search_begin(&walk->search, "", library_path);
	if (!*asker) {
		n = readlink("/proc/self/exe", program, sizeof(program) - 1);
		program[n > 0 ? n : 0] = 0;
		asker = program;
	}
	add_runpath(walk, asker);
	return walk;
}

static void end(struct walk *walk)
{
	loader_search_end(&walk->search);
	munmap(walk, sizeof(*walk));
}

static void enqueue(struct walk *walk, const char *path)
{
	for (unsigned i = 0; i < walk->queued; i++)
		if (!strcmp(walk->queue[i], path))
			return;
	if (walk->queued < QUEUE_MAX &&
		(size_t)snprintf(walk->queue[walk->queued], QUEUE_PATH, "%s", path) < QUEUE_PATH)
		walk->queued++;
}

static void look_at(struct walk *walk, const char *needed, const char *by)
{
	enum place place;
	const char *words;
	char path[PATH_MAX];

	if (library_is_loaded(needed))
		return;
	place = loader_search_find(&walk->search, needed, path);
	/* The system's own libraries need nothing of NVIDIA's. */
	if (place == PLACE_FOLDER)
		enqueue(walk, path);
	if (place != PLACE_NONE || !layer_is_asked(needed))
		return;
	words = library_words(needed);
	if (!words)
		return;
	library_needed(needed, words, path_file(by));
	needs_versions(needed, by);
	walk->any = true;
}

static bool follow(struct walk *walk)
{
	char folder[PATH_MAX];

	for (unsigned next = 0; next < walk->queued; next++) {
		const char *path = walk->queue[next];

		if (loader_file_read(&walk->file, path))
			continue;
		if (walk->file.runpath)
			loader_search_add(
				&walk->search, walk->file.runpath, folder_of(path, folder));
		for (unsigned i = 0; i < walk->file.n_needed; i++)
			look_at(walk, walk->file.needed[i], path);
	}
	return walk->any;
}

bool needs_find(const char *name, const char *asker, char path[PATH_MAX])
{
	struct walk *walk = begin(asker);
	bool found = walk && loader_search_find(&walk->search, name, path) != PLACE_NONE;

	if (walk)
		end(walk);
	if (!found)
		*path = 0;
	return found;
}

bool needs_follow(const char *path, const char *asker)
{
	struct walk *walk = begin(asker);
	bool any;

	if (!walk)
		return false;
	enqueue(walk, path);
	any = follow(walk);
	end(walk);
	return any;
}

static bool report_version(const char *path, void *data)
{
	const struct walk *walk = data;
	const char *name = path_file(path), *dot = strstr(name, ".so.");

	if (!dot || !strcmp(name, walk->wanted))
		return true;
	library_there(name, path, false);
	return false;
}

void needs_versions(const char *name, const char *asker)
{
	struct walk *walk = begin(asker);
	char stem[128];
	const char *at;
	size_t length = loader_stem(name, &at);

	if (!walk)
		return;
	snprintf(stem, sizeof(stem), "%.*s", (int)length, at);
	walk->wanted = at;
	loader_search_versions(&walk->search, stem, report_version, walk);
	end(walk);
}
