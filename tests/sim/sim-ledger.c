/* SPDX-License-Identifier: MIT */
/*
 * sim-ledger [--json] FILE: print a ledger.
 *
 * Lines of "library symbol calls errors", sorted; or one JSON object: {"libcuda.so.1": {"cuInit":
 * {"calls": 1, "errors": 0}, ...}, ..., "total": {"launches": 3, ...}}.
 */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct ledger_entry *found[LEDGER_ENTRIES];
static size_t count;

static int by_name(const void *a, const void *b)
{
	const struct ledger_entry *const *one = a, *const *other = b;
	int order = strcmp((*one)->library, (*other)->library);

	return order ? order : strcmp((*one)->symbol, (*other)->symbol);
}

static void print_lines(void)
{
	for (size_t i = 0; i < count; i++)
		printf("%s %s %llu %llu\n", found[i]->library, found[i]->symbol,
			(unsigned long long)found[i]->calls, (unsigned long long)found[i]->errors);
}

static void print_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
			printf("\\u%04x", *text);
		else
			putchar(*text);
	}
	putchar('"');
}

static void print_figures(const struct ledger_entry *entry)
{
	print_string(entry->symbol);
	if (strcmp(entry->library, "total") == 0)
		printf(": %lld", (long long)entry->calls);
	else
		printf(": {\"calls\": %llu, \"errors\": %llu}", (unsigned long long)entry->calls,
			(unsigned long long)entry->errors);
}

static void print_json(void)
{
	const char *library = "";

	putchar('{');
	for (size_t i = 0; i < count; i++) {
		if (strcmp(library, found[i]->library) != 0) {
			printf("%s\n  ", i ? "}," : "");
			library = found[i]->library;
			print_string(library);
			printf(": {\n    ");
		} else {
			printf(",\n    ");
		}
		print_figures(found[i]);
	}
	printf("%s\n}\n", count ? "}" : "");
}

int main(int argc, char **argv)
{
	int json = argc == 3 && strcmp(argv[1], "--json") == 0;
	const struct ledger_entry *table;

	if (argc != 2 + json) {
		fprintf(stderr, "usage: sim-ledger [--json] FILE\n");
		return 2;
	}
	table = ledger_read(argv[argc - 1]);
	if (!table) {
		perror(argv[argc - 1]);
		return 1;
	}
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		if (table[i].key)
			found[count++] = &table[i];
	qsort(found, count, sizeof(found[0]), by_name);
	(json ? print_json : print_lines)();
	return 0;
}
