/* SPDX-License-Identifier: MIT */
/*
 * Command lines, as short as people know them.
 */
#include <string.h>

#include "text.h"

/* What Rscript puts between R and the script (R 3 and 4); they say nothing about the program. */
static const char r_noise[][16] = { "--no-echo", "--slave", "--no-restore", "--no-save",
	"--vanilla", "--args" };

enum { WORD_MAX = 256 };

static bool is_noise(const char *word)
{
	for (size_t i = 0; i < sizeof(r_noise) / sizeof(*r_noise); i++)
		if (!strcmp(word, r_noise[i]))
			return true;
	return false;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* The next word into `word`, cut to fit; what follows it. */
static const char *next_word(char word[WORD_MAX], const char *command)
{
	size_t length = strcspn(command, " ");
	size_t kept = length < WORD_MAX ? length : WORD_MAX - 1;

	memcpy(word, command, kept);
	word[kept] = 0;
	command += length;
	while (*command == ' ')
		command++;
	return command;
}

/* R's front end writes a space within an argument as ~+~ (src/unix/system.c). */
static void put_spaces(struct text *line, const char *word)
{
	const char *space;

	for (; (space = strstr(word, "~+~")); word = space + 3) {
		text_putf(line, "%.*s", (int)(space - word), word);
		text_put(line, " ");
	}
	text_put(line, word);
}

static void put_r_words(struct text *line, const char *rest)
{
	char word[WORD_MAX];

	while (*rest) {
		rest = next_word(word, rest);
		if (is_noise(word))
			continue;
		text_put(line, " ");
		put_spaces(line, strncmp(word, "--file=", 7) ? word : file_name(word + 7));
	}
}

void text_put_command(struct text *text, const char *command, size_t columns)
{
	char words[1200], word[WORD_MAX];
	struct text line = text_in(words, sizeof(words));
	const char *rest = next_word(word, command);

	text_put(&line, file_name(word));
	if (!strcmp(file_name(word), "R")) {
		put_r_words(&line, rest);
	} else if (*rest) {
		text_put(&line, " ");
		text_put(&line, rest);
	}
	text_put_escaped(text, words, columns);
}
