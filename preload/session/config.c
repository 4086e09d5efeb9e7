/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../ground/number.h"
#include "../segment/strangers.h"

LARGE struct config config;

static void fault(struct config *to, const char *why, const char *text)
{
	if (to->n_faults < CONFIG_FAULTS_MAX)
		to->faults[to->n_faults] = (struct config_fault){ to->line, why, text };
	to->n_faults++;
}

static int word_of(const char *value, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(value, words[i]))
			return i;
	return -1;
}

static const char *take_report(struct config *to, const char *value, void *field)
{
	static const char *const rules[] = { "auto", "always", "never", NULL };
	int rule = word_of(value, rules);

	if (rule < 0)
		return "none of auto, always, never";
	*(unsigned *)field = (unsigned)rule;
	to->report_set = true;
	return NULL;
}

static const char *take_path(struct config *to, const char *value, void *field)
{
	(void)to;
	if (*value != '/')
		return "no absolute path";
	if (strlen(value) >= PATHS_MAX - 16)
		return "too long a path";
	*(const char **)field = value;
	return NULL;
}

static const char *take_folder(struct config *to, const char *value, void *field)
{
	const char *user = strstr(value, "%u");

	if (*value == '/' && (strchr(value, '%') != user || (user && strchr(user + 1, '%'))))
		return "% is for one %u alone, the user's number";
	return take_path(to, value, field);
}

static const char *take_number(struct config *to, const char *value, void *field)
{
	const char *end;
	uint64_t number;

	(void)to;
	if (*value < '0' || *value > '9')
		return "no number";
	number = number_read(value, 10, &end);
	if (*end)
		return "no number";
	if (number < 1 || number > 1000000)
		return "not between 1 and 1000000";
	*(unsigned *)field = (unsigned)number;
	return NULL;
}

static const char *take_shown(struct config *to, const char *value, void *field)
{
	static const char *const words[] = { "yes", "no", NULL };
	int word = word_of(value, words);

	(void)to;
	if (word < 0)
		return "neither yes nor no";
	*(bool *)field = word == 1; /* hidden */
	return NULL;
}

static const char *take_users(struct config *to, const char *value, void *field)
{
	static const char *const words[] = { "yes", "hash", "no", NULL };
	int word = word_of(value, words);

	(void)to;
	if (word < 0)
		return "none of yes, hash, no";
	*(enum config_users *)field = (enum config_users)word;
	return NULL;
}

/* field: how many of that kind there are. */
static const char *take_pattern(struct config *to, const char *value, void *field)
{
	if (*value != '/' && *value != '*')
		return "no pattern for a path: it begins with / or *";
	if (to->n_patterns == CONFIG_PATTERNS_MAX)
		return "more patterns than there is room for (128)";
	to->patterns[to->n_patterns++] = (struct config_pattern){
		.text = value, .line = to->line, .include = field == &to->n_includes
	};
	++*(unsigned *)field;
	return NULL;
}

/* To add a setting: a line here, one in gpuspy.conf(5) and one in `gpuspy doctor --config`. */
static const struct setting {
	const char *name;
	/* Takes a value into its field, or says why it cannot; NULL: taken. */
	const char *(*take)(struct config *to, const char *value, void *field);
	size_t field;
} settings[] = {
	{ "report", take_report, offsetof(struct config, report) },
	{ "folder", take_folder, offsetof(struct config, folder) },
	{ "records", take_path, offsetof(struct config, records) },
	{ "include", take_pattern, offsetof(struct config, n_includes) },
	{ "exclude", take_pattern, offsetof(struct config, n_excludes) },
	{ "keep-sessions", take_number, offsetof(struct config, keep_sessions) },
	{ "keep-mebibytes", take_number, offsetof(struct config, keep_mebibytes) },
	{ "keep-uncollected", take_number, offsetof(struct config, keep_uncollected) },
	{ "record-commands", take_shown, offsetof(struct config, hide_commands) },
	{ "record-kernels", take_shown, offsetof(struct config, hide_kernels) },
	{ "record-users", take_users, offsetof(struct config, users) },
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Without what stands around it. */
static char *trim(char *text)
{
	char *end;

	while (is_space(*text))
		text++;
	end = text + strlen(text);
	while (end > text && is_space(end[-1]))
		*--end = 0;
	return text;
}

static void take_line(struct config *to, char *text)
{
	char *name = trim(text), *value;

	if (!*name || *name == '#')
		return;
	value = strchr(name, '=');
	if (!value) {
		fault(to, "no NAME = VALUE", name);
		return;
	}
	*value = 0;
	value = trim(value + 1);
	name = trim(name);
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		const char *why;

		if (strcmp(name, settings[i].name) != 0)
			continue;
		why = settings[i].take(to, value, (char *)to + settings[i].field);
		if (why)
			fault(to, why, value);
		return;
	}
	fault(to, "no such setting", name);
}

void config_parse(struct config *to, char *text, size_t size)
{
	char *end = text + size, *next;

	memset(to, 0, sizeof(*to));
	to->found = true;
	*end = 0;
	for (char *at = text; at < end; at = next + 1) {
		next = memchr(at, '\n', (size_t)(end - at));
		if (!next)
			next = end;
		*next = 0;
		to->line++;
		if (strlen(at) != (size_t)(next - at))
			fault(to, "a zero byte", at);
		else
			take_line(to, at);
	}
}

static const char site_file[] = CONFIG_FILE; /* there need be none */

const char *config_path(void)
{
	const char *path = getenv("GPUSPY_CONFIG");

	return path && *path ? path : site_file;
}

static ssize_t read_all(int fd, char *to, size_t size)
{
	size_t done = 0;
	ssize_t n = 0;

	while (done < size && (n = read(fd, to + done, size - done)) > 0)
		done += (size_t)n;
	return n < 0 && !done ? -1 : (ssize_t)done;
}

void config_read(void)
{
	LARGE static char text[CONFIG_SIZE + 2];
	int saved = errno;
	int fd = open(config_path(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t size = fd < 0 ? -1 : read_all(fd, text, CONFIG_SIZE + 1);

	if (fd >= 0)
		close(fd);
	config.unread = size < 0 && config_path() != site_file;
	if (size >= 0) {
		config_parse(&config, text, size > CONFIG_SIZE ? CONFIG_SIZE : (size_t)size);
		config.line = 0; /* of none */
		if (size > CONFIG_SIZE)
			fault(&config, "more than 16 KiB: what follows is not read", "");
	}
	if (config.folder && config.folder[0] == '/' && strstr(config.folder, "%u"))
		strangers_folders = config.folder;
	errno = saved;
}

bool config_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) { /* the last star takes one more */
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool config_watches(
	const struct config *from, const char *program, const struct config_pattern **by)
{
	bool included = !from->n_includes;

	*by = NULL;
	for (unsigned i = 0; i < from->n_patterns; i++) {
		const struct config_pattern *pattern = &from->patterns[i];

		if (!config_matches(pattern->text, program))
			continue;
		if (!pattern->include) {
			*by = pattern;
			return false;
		}
		if (!*by)
			*by = pattern;
		included = true;
	}
	return included;
}

bool config_folder(const struct config *from, uid_t uid, char path[PATHS_MAX])
{
	const char *user = from->folder ? strstr(from->folder, "%u") : NULL;
	int n;

	if (!from->folder)
		return false;
	if (user)
		n = snprintf(path, PATHS_MAX, "%.*s%u%s", (int)(user - from->folder), from->folder,
			(unsigned)uid, user + 2);
	else
		n = snprintf(path, PATHS_MAX, "%s", from->folder);
	return n > 0 && n < PATHS_MAX;
}
