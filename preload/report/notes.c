/* SPDX-License-Identifier: MIT */
/*
 * What the figures leave out, in plain words: nothing that was missed is passed over in silence.
 */
#include <string.h>

#include "../loader/search.h"
#include "gaps.h"
#include "text.h"

/* NVIDIA's libraries of which no call is counted; their kernels are, in the driver. */
static const struct {
	char stem[20], title[12];
} uncounted[] = { { "libnvinfer", "TensorRT" }, { "libcutensor", "cuTENSOR" },
	{ "libcudss", "cuDSS" }, { "libnvshmem_host", "NVSHMEM" }, { "libnvjpeg", "nvJPEG" },
	{ "libnppc", "NPP" }, { "libcufile", "cuFile" }, { "libnvrtc", "NVRTC" },
	{ "libnvJitLink", "nvJitLink" } };

enum { VERSION_COLUMNS = 16 };

/* "10.9.0" of "libnvinfer.so.10.9.0", as far as the name tells. */
static const char *version_in(const char *name)
{
	const char *so = strstr(name, ".so.");

	return so ? so + strlen(".so.") : "";
}

static const struct library_figures *loaded(const struct figures *figures, const char *stem)
{
	for (unsigned i = 0; i < figures->n_libraries; i++)
		if (figures->libraries[i].loaded &&
			loader_same_stem(figures->libraries[i].name, stem))
			return &figures->libraries[i];
	return NULL;
}

static void put_uncounted(struct text *text, const struct figures *figures)
{
	const char *before = "  note      loaded, with kernels counted and calls not: ";
	bool any = false;

	for (size_t i = 0; i < sizeof(uncounted) / sizeof(*uncounted); i++) {
		const struct library_figures *library = loaded(figures, uncounted[i].stem);

		if (!library)
			continue;
		text_putf(text, "%s%s ", before, uncounted[i].title);
		text_put_escaped(text, version_in(library->name), VERSION_COLUMNS);
		before = ", ";
		any = true;
	}
	text_put(text, any ? "\n" : "");
}

void text_put_notes(struct text *text, const struct session_snapshot *session)
{
	for (int i = 0; i < GAPS; i++) {
		uint64_t count = gap_of_session(session, (enum gap)i);

		if (!count)
			continue;
		text_put(text, "  note      ");
		gap_put(text, (enum gap)i, count);
		text_put(text, "\n");
	}
	put_uncounted(text, &session->figures);
}
