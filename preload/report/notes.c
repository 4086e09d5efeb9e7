/* SPDX-License-Identifier: MIT */
/*
 * What the figures leave out, in plain words: nothing that was missed is passed over in silence.
 */
#include <string.h>

#include "../cuda/layers.h"
#include "gaps.h"
#include "text.h"

enum { VERSION_COLUMNS = 16 };

/* "10.9.0" of "libnvinfer.so.10.9.0", as far as the name tells. */
static const char *version_in(const char *name)
{
	const char *so = strstr(name, ".so.");

	return so ? so + strlen(".so.") : "";
}

/* What is not counted of a loaded library; NULL: it is counted, or computes nothing. */
static const char *uncounted(const struct library_figures *library)
{
	return library->loaded ? layer_uncounted(library->name) : NULL;
}

/* NPP is a dozen libraries. */
static bool named_before(const struct figures *figures, unsigned n, const char *title)
{
	for (unsigned i = 0; i < n; i++) {
		const char *other = uncounted(&figures->libraries[i]);

		if (other && !strcmp(other, title))
			return true;
	}
	return false;
}

/* Kernels are, in the driver. */
static void put_uncounted(struct text *text, const struct figures *figures)
{
	const char *before = "  note      loaded, with kernels counted and calls not: ";
	bool any = false;

	for (unsigned i = 0; i < figures->n_libraries; i++) {
		const struct library_figures *library = &figures->libraries[i];
		const char *title = uncounted(library), *version = version_in(library->name);

		if (!title || named_before(figures, i, title))
			continue;
		text_putf(text, "%s%s%s", before, title, *version ? " " : "");
		text_put_escaped(text, version, VERSION_COLUMNS);
		before = ", ";
		any = true;
	}
	text_put(text, any ? "\n" : "");
}

/* A program calls TensorRT by C++'s virtual functions, which nothing binds by name. */
static void put_partly(struct text *text, const struct figures *figures)
{
	for (unsigned i = 0; i < figures->n_libraries; i++) {
		const struct library_figures *library = &figures->libraries[i];

		if (!library->loaded || library->layer != LAYER_TENSORRT)
			continue;
		text_put(text, "  note      TensorRT ");
		text_put_escaped(text, version_in(library->name), VERSION_COLUMNS);
		text_put(text, ": its kernels are counted, and of its calls only those that make "
			       "its objects (the rest is C++)\n");
		return;
	}
}

/* CUPTI alone tells nothing: torch brings it with each start. */
static void put_tool(struct text *text, const struct figures *figures)
{
	for (unsigned i = 0; i < figures->n_libraries; i++) {
		const struct library_figures *library = &figures->libraries[i];
		const char *title = library->loaded ? layer_tool(library->name) : NULL;

		if (!title)
			continue;
		text_putf(text,
			"  note      %s was in the program too: what it calls in the driver is "
			"counted with the rest, and it takes time\n",
			title);
		return;
	}
}

/* Kernels were counted, and there may be more. Without any, the word itself says so. */
static void put_hidden(struct text *text, const struct figures *figures)
{
	const struct segment_witness *witness = &figures->witness;
	const char *what = "";

	if (!figures->totals.kernels)
		return;
	if (witness->drivers_hidden)
		what = "  note      not watched: a driver that was loaded by dlmopen\n";
	else if ((witness->looked & LOOK_IS_OWED) && !(witness->looked & LOOKED_AT_KERNEL))
		what = "  note      not watched: what was loaded by dlmopen, and nobody looked at "
		       "what it is\n";
	text_put(text, what);
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
	put_hidden(text, &session->figures);
	put_uncounted(text, &session->figures);
	put_partly(text, &session->figures);
	put_tool(text, &session->figures);
}
