/* SPDX-License-Identifier: MIT */
/*
 * cuGetProcAddress: a function by its base name and a CUDA version.
 *
 * A name stands for several entry points: cuMemAlloc is cuMemAlloc (2.0) and cuMemAlloc_v2 (3.2),
 * cuStreamQuery is cuStreamQuery and cuStreamQuery_ptsz. The newest one that the asked version knew
 * is given; with the per-thread flag a _ptsz or _ptds one comes first.
 */
#include "export.h"
#include "state.h"

#include <ctype.h>
#include <string.h>

/* How much of a name is its base; whether it is a per-thread entry point. */
static size_t base_length(const char *name, bool *per_thread)
{
	size_t length = strlen(name);

	*per_thread = length > 5 &&
		      (!strcmp(name + length - 5, "_ptsz") || !strcmp(name + length - 5, "_ptds"));
	if (*per_thread)
		length -= 5;
	if (length > 3 && name[length - 3] == '_' && name[length - 2] == 'v' &&
		isdigit((unsigned char)name[length - 1]))
		length -= 3;
	return length;
}

struct search {
	const struct export *best;
	bool best_per_thread;
	bool exists; /* in this driver, for some version */
};

static void consider(
	struct search *search, const struct export *candidate, int version, bool per_thread)
{
	search->exists = true;
	if (candidate->since > version)
		return;
	if (search->best) {
		if (search->best_per_thread && !per_thread)
			return;
		/* Entry points of one kind stand in the order of their age. */
		if (search->best_per_thread == per_thread && candidate->since < search->best->since)
			return;
	}
	search->best = candidate;
	search->best_per_thread = per_thread;
}

static struct search find(const char *symbol, int version, uint64_t flags)
{
	struct search search = { NULL, false, false };
	size_t length = strlen(symbol);

	for (size_t i = 0; i < EXPORTS; i++) {
		const struct export *candidate = &exports[i];
		bool per_thread;

		if (strncmp(candidate->name, symbol, length) != 0 ||
			base_length(candidate->name, &per_thread) != length ||
			candidate->since > driver_version())
			continue;
		if (!per_thread || flags & CU_LOOKUP_PER_THREAD_STREAM)
			consider(&search, candidate, version, per_thread);
	}
	return search;
}

/*
 * As genuine drivers (470 to 550) answer: _v2 succeeds with a NULL pointer and says why in its last
 * argument, if there is one; the old form fails and leaves the pointer alone. A version above the
 * driver's own is taken for its own. SIM_PROC_UNKNOWN: what _v2 answers for a name that is not
 * found.
 */
static bool look_up(const char *symbol, void **out, int version, uint64_t flags, int *result)
{
	struct search search = find(symbol, version, flags);

	*result = search.best     ? CU_LOOKUP_FOUND
		  : search.exists ? CU_LOOKUP_VERSION_NOT_SUFFICIENT
				  : CU_LOOKUP_NOT_FOUND;
	if (search.best)
		*out = call_is_private() ? search.best->private : search.best->entry;
	return search.best;
}

static bool is_sound(const char *symbol, void *const *out, uint64_t flags)
{
	return symbol && out && flags <= CU_LOOKUP_PER_THREAD_STREAM;
}

FUNCTION(cuGetProcAddress_v2,
	(const char *symbol, void **out, int version, uint64_t flags, int *result),
	(symbol, out, version, flags, result))
{
	int unwanted;

	if (!is_sound(symbol, out, flags))
		return CU_ERROR_INVALID_VALUE;
	*out = NULL;
	if (look_up(symbol, out, version, flags, result ? result : &unwanted))
		return CU_OK;
	return (enum cu_status)sim_setting("SIM_PROC_UNKNOWN", CU_OK);
}

FUNCTION(cuGetProcAddress, (const char *symbol, void **out, int version, uint64_t flags),
	(symbol, out, version, flags))
{
	int result;

	if (!is_sound(symbol, out, flags))
		return CU_ERROR_INVALID_VALUE;
	return look_up(symbol, out, version, flags, &result) ? CU_OK : CU_ERROR_NOT_FOUND;
}

FUNCTION(cuGetExportTable, (const void **table, const struct cu_uuid *id), (table, id))
{
	if (!table || !id)
		return CU_ERROR_INVALID_VALUE;
	*table = NULL;
	return CU_ERROR_NOT_FOUND;
}
