/* SPDX-License-Identifier: MIT */
#include "nearby.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../ground/path.h"
#include "search.h"

/* What is looked for. */
struct quest {
	struct loader_nearby *nearby;
	const char *name; /* of the file */
	size_t stem;      /* 0: that very file; else the length of its stem, any version will do */
};

static bool try_file(struct quest *quest, size_t used)
{
	struct loader_nearby *nearby = quest->nearby;
	size_t room = sizeof(nearby->path) - used;
	struct loader_folder *folder = &nearby->folders[NEARBY_DEPTH - 1];
	const char *name;
	bool found = false;

	if (!quest->stem)
		return (size_t)snprintf(nearby->path + used, room, "/%s", quest->name) < room &&
		       !access(nearby->path, R_OK);
	if (!loader_folder_open(folder, nearby->path))
		return false;
	while (!found && (name = loader_folder_next(folder)))
		found = loader_is_version(name, quest->name, quest->stem) &&
			strchr(name + quest->stem + 1, '.') && /* not the bare libcudnn.so */
			(size_t)snprintf(nearby->path + used, room, "/%s", name) < room &&
			!access(nearby->path, R_OK);
	loader_folder_close(folder);
	return found;
}

/* Does an entry fit a part of a pattern: a start, a star, nothing? */
static bool fits(const char *entry, const char *part, size_t length)
{
	const char *star = memchr(part, '*', length);

	return star && !strncmp(entry, part, (size_t)(star - part));
}

/* The rest of a pattern ("lib/python3*", ...) below what nearby->path has; stars end their part. */
static bool try_pattern(struct quest *quest, size_t used, const char *pattern, unsigned depth)
{
	struct loader_nearby *nearby = quest->nearby;
	const size_t length = strcspn(pattern, "/"), size = sizeof(nearby->path);
	const char *rest = pattern + length + (pattern[length] != 0), *entry;
	struct loader_folder *folder = &nearby->folders[depth];
	bool found = false;

	if (!length)
		return try_file(quest, used);
	if (used + length + 2 > size)
		return false;
	if (!memchr(pattern, '*', length)) {
		used += (size_t)sprintf(nearby->path + used, "/%.*s", (int)length, pattern);
		return try_pattern(quest, used, rest, depth);
	}
	if (depth == NEARBY_DEPTH - 1 || !loader_folder_open(folder, nearby->path))
		return false;
	while (!found && (entry = loader_folder_next(folder))) {
		size_t more = strlen(entry) + 1;

		if (!fits(entry, pattern, length) || used + more + 1 > size)
			continue;
		sprintf(nearby->path + used, "/%s", entry);
		found = try_pattern(quest, used + more, rest, depth + 1);
	}
	loader_folder_close(folder);
	return found;
}

typedef const char pattern[48];

/* A base's own patterns end with "". */
static bool try_base(struct quest *quest, const char *base, pattern *patterns)
{
	struct loader_nearby *nearby = quest->nearby;
	size_t length = strlen(base);

	if (length >= sizeof(nearby->path))
		return false;
	for (; **patterns; patterns++) {
		memmove(nearby->path, base, length + 1);
		if (try_pattern(quest, length, *patterns, 0))
			return true;
	}
	return false;
}

/* As NVIDIA's wheels, torch's and TensorRT's lie in a site-packages. */
static pattern in_site[] = { "nvidia/*/lib", "torch/lib", "tensorrt_libs", "nvidia/*/*/lib", "" };
static pattern in_prefix[] = { "lib", "lib/python3*/site-packages/nvidia/*/lib",
	"lib/python3*/site-packages/torch/lib", "lib/python3*/site-packages/tensorrt_libs",
	"targets/*/lib", "" };
static pattern in_r_library[] = { "*/lib", "*/libs", "*/*/lib", "" };
static pattern in_toolkit[] = { "lib64", "lib", "targets/*/lib", "" };
static pattern on_machine[] = { "usr/local/cuda*/lib64", "usr/local/cuda*/targets/*/lib",
	"opt/cuda*/lib64", "usr/local/cudnn*/lib*", "opt/cudnn*/lib*",
	"opt/nvidia/hpc_sdk/*/*/cuda/lib64", "usr/lib/cuda/lib64", "usr/lib/wsl/lib",
	"usr/local/cuda*/extras/CUPTI/lib64", "" };

static bool has(struct loader_nearby *nearby, size_t length, const char *entry)
{
	size_t room = sizeof(nearby->path);

	return (size_t)snprintf(nearby->path, room, "%.*s/%s", (int)length, nearby->base, entry) <
		       room &&
	       !access(nearby->path, F_OK);
}

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t n = strlen(end);

	return length > n && !memcmp(text + length - n, end, n) && text[length - n - 1] == '/';
}

/* The folder above `length` of the base; 0: there is none. */
static size_t above(const char *base, size_t length)
{
	while (length && base[length - 1] != '/')
		length--;
	return length ? length - 1 : 0;
}

static bool try_folder(struct quest *quest, size_t length)
{
	struct loader_nearby *nearby = quest->nearby;
	pattern *patterns = NULL;
	size_t end = length;

	if (ends_with(nearby->base, length, "site-packages") ||
		ends_with(nearby->base, length, "dist-packages")) {
		patterns = in_site;
	} else if (has(nearby, length, "conda-meta") || has(nearby, length, "pyvenv.cfg")) {
		patterns = in_prefix;
	} else if (has(nearby, length, "DESCRIPTION")) {
		end = above(nearby->base, length);
		patterns = in_r_library;
	}
	if (patterns && end) {
		char kept = nearby->base[end];
		bool found;

		nearby->base[end] = 0;
		found = try_base(quest, nearby->base, patterns);
		nearby->base[end] = kept;
		return found;
	}
	return false;
}

/* The folders above a file, from the innermost: what kind is each? */
static bool try_above(struct quest *quest, const char *file)
{
	struct loader_nearby *nearby = quest->nearby;

	if (!file || (size_t)snprintf(nearby->base, PATH_MAX, "%s", file) >= PATH_MAX)
		return false;
	for (size_t length = above(nearby->base, strlen(nearby->base)); length;
		length = above(nearby->base, length))
		if (try_folder(quest, length))
			return true;
	return false;
}

static bool try_variables(struct quest *quest)
{
	static const struct {
		const char *name;
		pattern *patterns;
	} variables[] = { { "VIRTUAL_ENV", in_prefix }, { "CONDA_PREFIX", in_prefix },
		{ "R_LIBS", in_r_library }, { "R_LIBS_USER", in_r_library },
		{ "R_LIBS_SITE", in_r_library }, { "CUDA_HOME", in_toolkit },
		{ "CUDA_PATH", in_toolkit }, { "CUDNN_HOME", in_toolkit } };
	struct loader_nearby *nearby = quest->nearby;

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		const char *value = getenv(variables[i].name);

		while (value && *value) {
			size_t length = strcspn(value, ":");

			if (length && length < PATH_MAX) {
				snprintf(nearby->base, PATH_MAX, "%.*s", (int)length, value);
				if (try_base(quest, nearby->base, variables[i].patterns))
					return true;
			}
			value += length + (value[length] != 0);
		}
	}
	return false;
}

static bool look(struct quest *quest)
{
	struct loader_nearby *nearby = quest->nearby;

	return try_above(quest, nearby->asker) || try_above(quest, nearby->program) ||
	       try_variables(quest) || try_base(quest, nearby->root, on_machine);
}

bool loader_nearby(struct loader_nearby *nearby, const char *name)
{
	struct quest quest = { nearby, path_file(name), 0 };

	return look(&quest);
}

bool loader_nearby_version(struct loader_nearby *nearby, const char *name)
{
	struct quest quest = { .nearby = nearby };

	quest.stem = loader_stem(name, &quest.name);
	return look(&quest);
}

const char *loader_place(const char *path)
{
	static const struct {
		const char *part, *place;
	} places[] = { { "/site-packages/", "the Python environment" },
		{ "/dist-packages/", "the Python environment" },
		{ "conda", "the conda environment" }, { "/envs/", "the conda environment" },
		{ "mamba", "the conda environment" }, { "-library/", "the R library" },
		{ "/library/", "the R library" }, { "/cuda", "the CUDA toolkit" },
		{ "/hpc_sdk/", "the CUDA toolkit" }, { "/wsl/", "WSL's folder" } };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (strstr(path, places[i].part))
			return places[i].place;
	return NULL;
}
