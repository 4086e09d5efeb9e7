/* SPDX-License-Identifier: MIT */
#include "missing.h"

#include <stdio.h>
#include <string.h>

#include "../ground/path.h"
#include "../loader/frameworks.h"
#include "../loader/nearby.h"
#include "../loader/search.h"
#include "../loader/why.h"
#include "facts.h"
#include "sentences.h"
#include "wheels.h"

enum { NAME_COLUMNS = 60, PATH_COLUMNS = 200, ERROR_COLUMNS = 420, NAMED_MAX = 4, FOLDERS_MAX = 4 };

static const char needed_by[] = " (needed by ", came_first[] = " came first (",
		  came_before[] = " was loaded before", has_it[] = " has it";

static bool came_otherwise(const struct figures *figures, const char *name)
{
	for (unsigned i = 0; i < figures->n_libraries; i++)
		if (figures->libraries[i].loaded &&
			loader_same_stem(figures->libraries[i].name, name))
			return true;
	return false;
}

/* The parts of a library (libcudnn_ops, libcublasLt) count as that one. */
static bool begins_as(const char *library, const char *const *names, size_t count)
{
	const char *name = path_file(library);

	for (size_t i = 0; i < count; i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

static bool has_version(const char *name)
{
	return strstr(name, ".so.") != NULL;
}

static bool is_missing(const struct figures *figures, const struct library_figures *library)
{
	return library->asked && !library->loaded &&
	       !loader_same_stem(library->name, "libcuda.so") &&
	       !came_otherwise(figures, library->name);
}

/* Does the loader's text about `library` begin with the other's name? */
static bool blames(const struct library_figures *library, const char *name)
{
	size_t length = strlen(name);

	return library->error && !strncmp(library->error, name, length) &&
	       library->error[length] == ':';
}

static bool is_blamed(const struct figures *figures, const struct library_figures *library)
{
	for (unsigned i = 0; i < figures->n_libraries; i++)
		if (&figures->libraries[i] != library && !figures->libraries[i].loaded &&
			blames(&figures->libraries[i], library->name))
			return true;
	return library->error && strstr(library->error, needed_by);
}

/* It would have come, if another one that is missing had. */
static bool is_followed(const struct figures *figures, const struct library_figures *library)
{
	for (unsigned i = 0; i < figures->n_libraries; i++)
		if (&figures->libraries[i] != library &&
			is_missing(figures, &figures->libraries[i]) &&
			blames(library, figures->libraries[i].name))
			return true;
	return false;
}

enum weight { WEIGHT_NONE, WEIGHT_BY_THE_WAY, WEIGHT_SURE };

static enum weight weigh(const struct figures *figures, const struct library_figures *library)
{
	static const char *const sure[] = { "libcudart", "libcudnn", "libcublas", "libcufft",
		"libcurand", "libcusolver", "libcusparse", "libnccl", "libnvJitLink", "libnvinfer",
		"libcutensor" };
	/* Programs try these, and go on without; NVML and tools for tracing compute nothing. */
	static const char *const by_the_way[] = { "libnvrtc", "libnvvm" };

	const struct framework *framework = framework_of(figures->driver.framework);
	bool known = begins_as(library->name, sure, sizeof(sure) / sizeof(*sure));

	if (!is_missing(figures, library))
		return WEIGHT_NONE;
	/* Of all that a framework tries, what it cannot do without. */
	if (framework && framework->musts)
		return framework_must_have(framework, library->name) ? WEIGHT_SURE
		       : known                                       ? WEIGHT_BY_THE_WAY
								     : WEIGHT_NONE;
	if (known || is_blamed(figures, library))
		return WEIGHT_SURE;
	return begins_as(library->name, by_the_way, sizeof(by_the_way) / sizeof(*by_the_way))
		       ? WEIGHT_BY_THE_WAY
		       : WEIGHT_NONE;
}

/* More is better; 0: it is no cause at all. */
static int rank(const struct figures *figures, const struct library_figures *library,
	enum missing_proof proof)
{
	enum weight weight = weigh(figures, library);

	if (weight == WEIGHT_NONE || (proof == MISSING_SURELY && weight != WEIGHT_SURE))
		return 0;
	return (weight == WEIGHT_SURE) * 8 + !is_followed(figures, library) * 4 +
	       has_version(library->name) * 2 + 1;
}

const struct library_figures *missing_library(
	const struct figures *figures, enum missing_proof proof)
{
	const struct library_figures *best = NULL;
	int highest = 0;

	for (unsigned i = 0; i < figures->n_libraries; i++) {
		int one = rank(figures, &figures->libraries[i], proof);

		if (one > highest) {
			highest = one;
			best = &figures->libraries[i];
		}
	}
	return best;
}

/* All of them, each once, the best name of each. */
struct causes {
	const struct library_figures *at[NAMED_MAX];
	unsigned n, more;
};

static bool is_named(const struct causes *causes, const struct library_figures *library)
{
	for (unsigned i = 0; i < causes->n; i++)
		if (loader_same_stem(causes->at[i]->name, library->name))
			return true;
	return false;
}

static void add_cause(struct causes *causes, const struct library_figures *library)
{
	if (causes->n < NAMED_MAX)
		causes->at[causes->n++] = library;
	else
		causes->more++;
}

static struct causes all_causes(const struct figures *figures)
{
	const struct library_figures *first = missing_library(figures, MISSING_PERHAPS);
	const enum weight weight = weigh(figures, first);
	struct causes causes = { .n = 0 };

	add_cause(&causes, first);
	/* With a version, then without. */
	for (int bare = 0; bare < 2; bare++) {
		for (unsigned i = 0; i < figures->n_libraries; i++) {
			const struct library_figures *library = &figures->libraries[i];

			if (weigh(figures, library) == weight && !is_followed(figures, library) &&
				has_version(library->name) == !bare && !is_named(&causes, library))
				add_cause(&causes, library);
		}
	}
	return causes;
}

/* "NAME: cannot open shared object file: ..."; the length of that name, 0: it says something else.
 */
static int unopened(const char *error)
{
	const char *words = error ? strstr(error, ": " WHY_NO_FILE) : NULL;

	return words ? (int)(words - error) : 0;
}

/* It is there, where the loader looks, and cannot be loaded: or what it needs cannot. */
static bool is_broken(const struct library_figures *library)
{
	const int length = unopened(library->error);
	const char *name = library->name;

	if (!library->path || !library->error)
		return false;
	if (!length)
		return !strstr(library->error, WHY_NO_FILE);
	return strncmp(library->error, library->path, (size_t)length) != 0 &&
	       ((size_t)length != strlen(name) ||
		       strncmp(library->error, name, (size_t)length) != 0);
}

/* It is there, where the loader does not look. */
static bool is_elsewhere(const struct library_figures *library)
{
	return library->path && !library->loaded && !is_broken(library);
}

void say_library_missing(struct text *text, const struct session_snapshot *session)
{
	const struct causes causes = all_causes(&session->figures);

	for (unsigned i = 0; i < causes.n; i++) {
		if (i)
			text_put(text, i + 1 == causes.n && !causes.more ? " and " : ", ");
		text_put_escaped(text, causes.at[i]->name, NAME_COLUMNS);
	}
	if (causes.more)
		text_putf(text, " and %u more", causes.more);
	if (causes.n == 1 && is_broken(causes.at[0]))
		text_put(text, " is there, but");
	text_put(text, " could not be loaded, and no kernel ran");
}

void put_loader_error(struct text *text, const struct session_snapshot *session,
	const struct library_figures *library)
{
	const char *error = library->error;

	text_put_escaped(text, library->name, PATH_COLUMNS);
	text_put(text, ": ");
	if (error) {
		size_t name = strlen(library->name);

		/* dlerror() mostly begins with the name too. */
		if (!strncmp(error, library->name, name) && !strncmp(error + name, ": ", 2))
			error += name + 2;
		text_put_escaped(text, error, ERROR_COLUMNS);
	} else {
		text_put(text, "not loaded");
		/* Why not is found out at the end. */
		text_put(text, facts_running(session) ? " so far" : " when the program ended");
	}
	if (library->asker && !(error && strstr(error, needed_by))) {
		text_put(text, " (asked for by ");
		text_put_escaped(text, library->asker, PATH_COLUMNS);
		text_put(text, ")");
	}
}

static const struct library_figures *other_version(
	const struct figures *figures, const struct library_figures *library)
{
	return is_elsewhere(library) ? NULL : facts_other_version(figures, library->name);
}

void show_library_missing(struct text *text, const struct session_snapshot *session)
{
	const struct figures *figures = &session->figures;
	const struct causes causes = all_causes(figures);
	const struct library_figures *other;

	for (unsigned i = 0; i < causes.n; i++) {
		const struct library_figures *library = causes.at[i];

		text_put(text, i ? "; " : "");
		put_loader_error(text, session, library);
		other = other_version(figures, library);
		if (!other && !is_elsewhere(library))
			continue;
		text_put(text, other ? "; there is " : "; it lies at ");
		text_put_escaped(text,
			other ? other->path ? other->path : other->name : library->path,
			PATH_COLUMNS);
	}
}

/* Advice. */

/* The folder of a path: its length. */
static int folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash - path) : 0;
}

static void put_folder(struct text *text, const char *path, int length)
{
	char folder[512];

	if (length <= 0 || length >= (int)sizeof(folder))
		return;
	memcpy(folder, path, (size_t)length);
	folder[length] = 0;
	text_put_escaped(text, folder, PATH_COLUMNS);
}

/* Those that only have to be found: the variable with all their folders. */
static bool advise_folders(
	struct text *text, const struct session_snapshot *session, const struct causes *causes)
{
	const char *first = NULL;

	for (unsigned i = 0; i < causes->n; i++) {
		const char *path = causes->at[i]->path;
		bool again = false;

		if (!is_elsewhere(causes->at[i]) || folder_of(path) <= 0)
			continue;
		for (unsigned k = 0; k < i; k++)
			again |= is_elsewhere(causes->at[k]) &&
				 folder_of(causes->at[k]->path) == folder_of(path) &&
				 !strncmp(causes->at[k]->path, path, (size_t)folder_of(path));
		if (again)
			continue;
		text_put(text, first ? ":" : "start the program with LD_LIBRARY_PATH=");
		put_folder(text, path, folder_of(path));
		first = first ? first : path;
	}
	if (!first)
		return false;
	text_put(text, ":$LD_LIBRARY_PATH");
	if (loader_place(first))
		text_putf(text, " (it is in %s, where the loader does not look)",
			loader_place(first));
	if (facts_is_r(session))
		text_put(text, "; for RStudio and services put it into R_HOME/etc/ldpaths");
	return true;
}

static void put_order(struct text *text, const char *error, const char *newer, int length)
{
	/* LD_LIBRARY_PATH helps neither against what is loaded by then, nor against an RPATH. */
	if (strstr(error, came_before)) {
		text_put(text, "load what is in ");
		put_folder(text, newer, length);
		text_put(text, " before the other (the order of imports), or install both packages "
			       "for one CUDA release");
	} else if (strstr(error, "(an RPATH)")) {
		text_put(text, "take the older file away, or install both packages for one CUDA "
			       "release: an RPATH goes before LD_LIBRARY_PATH");
	} else {
		text_put(text, "put the folder that fits first: LD_LIBRARY_PATH=");
		put_folder(text, newer, length);
		text_put(text, ":$LD_LIBRARY_PATH");
		if (strstr(error, "(LD_LIBRARY_PATH)"))
			text_put(text, ", or take the older file's folder out of it");
	}
}

/* "...; OLD came first (LD_LIBRARY_PATH), NEW has it" (loader/why_symbols.c). */
static bool advise_order(struct text *text, const char *error)
{
	const char *first = strstr(error, came_first), *new, *end;

	if (!first)
		first = strstr(error, came_before);
	new = first ? strstr(first, ", ") : NULL;
	end = new ? strstr(new, has_it) : NULL;
	if (!end)
		return false;
	new += 2;
	while (end > new &&*end != '/')
		end--;
	put_order(text, error, new, (int)(end - new));
	return true;
}

static void advise_broken(struct text *text, const struct library_figures *library)
{
	const char *error = library->error;
	char needed[128];

	if (advise_order(text, error))
		return;
	if (unopened(error)) {
		snprintf(needed, sizeof(needed), "%.*s", unopened(error), error);
		text_put(text, "install what it needs: ");
		text_put_escaped(text, needed, NAME_COLUMNS);
	} else if (strstr(error, "may not be read"))
		text_put(text, "let this user read it: chmod a+r");
	else if (strstr(error, "leads nowhere"))
		text_put(text, "install the package of that library anew, or take the link away");
	else if (strstr(error, "undefined symbol") || strstr(error, "version `"))
		text_put(text, "it and the libraries that it needs are of different versions: "
			       "install those of one CUDA release together");
	else
		text_put(text, "the file is damaged, or is no library for this machine: install it "
			       "anew");
}

static bool is_of_driver(const struct library_figures *library)
{
	return loader_same_stem(library->name, "libnvidia-ml.so");
}

static void advise_driver_part(struct text *text, const struct causes *causes, const char **before)
{
	for (unsigned i = 0; i < causes->n; i++) {
		if (!is_of_driver(causes->at[i]) || is_elsewhere(causes->at[i]))
			continue;
		text_put(text, *before);
		if (causes->n > 1)
			text_put_escaped(text, causes->at[i]->name, NAME_COLUMNS);
		else
			text_put(text, "it");
		text_put(text, " comes with the NVIDIA driver; in a container set "
			       "NVIDIA_DRIVER_CAPABILITIES=compute,utility");
		*before = "; ";
	}
}

/* In a Python environment it is a command that brings them. */
static void advise_wheels(
	struct text *text, const struct session_snapshot *session, const struct causes *causes)
{
	const char *path = session->figures.driver.framework;
	const struct framework *framework = framework_of(path);
	const struct library_figures *absent[NAMED_MAX];
	unsigned n = 0;
	char pip[256];
	struct text names = text_in(pip, sizeof(pip));

	if (framework && framework->wheels && strstr(path, "-packages/")) {
		text_putf(text, "; %s's: %s", framework->name, framework->wheels);
		return;
	}
	for (unsigned i = 0; i < causes->n; i++)
		if (!is_elsewhere(causes->at[i]) && asked_by_python(causes->at[i]))
			absent[n++] = causes->at[i];
	if (put_wheels(&names, &session->figures, absent, n))
		text_putf(text, "; PyPI's: pip install%s, and %s (nvidia/*/lib) in LD_LIBRARY_PATH",
			pip, n > 1 ? "their folders" : "its folder");
}

/* Those that are nowhere; by name, where there is another step for the others. */
static bool advise_absent(struct text *text, const struct causes *causes, const char *before)
{
	const bool all = !*before;
	unsigned n = 0;

	for (unsigned i = 0; i < causes->n; i++) {
		const struct library_figures *library = causes->at[i];

		if (is_elsewhere(library) || is_of_driver(library) || is_broken(library))
			continue;
		if (!n++)
			text_putf(text, "%sinstall ", before);
		else if (!all)
			text_put(text, ", ");
		if (!all)
			text_put_escaped(text, library->name, NAME_COLUMNS);
	}
	if (all)
		text_put(text, n > 1 ? "these libraries" : "that library");
	if (n)
		text_putf(text, ", in the version asked for, or add %s folder to LD_LIBRARY_PATH",
			n > 1 ? "their" : "its");
	return n != 0;
}

void advise_library(struct text *text, const struct session_snapshot *session)
{
	const struct causes causes = all_causes(&session->figures);
	const struct library_figures *first = causes.at[0];
	const char *before = "";

	if (is_broken(first)) {
		advise_broken(text, first);
		return;
	}
	if (advise_folders(text, session, &causes))
		before = "; ";
	advise_driver_part(text, &causes, &before);
	if (advise_absent(text, &causes, before))
		advise_wheels(text, session, &causes);
}
