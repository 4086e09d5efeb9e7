/* SPDX-License-Identifier: MIT */
#include "in_r.h"

#include <string.h>

#include "format.h"

static const struct {
	char command[72], function[64];
} words[] = {
	{ "please report it, with gpuspy report --json",
		"please report it, with gpu_report() and gpu_sitrep()" },
	{ "gpuspy report --json lists all", "as.data.frame(gpu_report(), what = \"functions\")" },
	{ "gpuspy run --record FILE, gpuspy report --html FILE", "gpu_watch(record = TRUE)" },
	{ "(gpuspy run, or LD_PRELOAD)", "(gpu_run())" },
	{ "start them with gpuspy, as in `sudo gpuspy run COMMAND'; leave", "leave" },
	{ "let the command wait for what it starts",
		"end the workers first: parallel::stopCluster(), p$wait()" },
	{ "gpuspy report tells of kernels", "gpu_report() tells of kernels" },
	{ "gpuspy doctor", "gpu_doctor()" },
};

enum { WORDS = sizeof(words) / sizeof(*words) };

static unsigned found_at(const char *at)
{
	unsigned i = 0;

	while (i < WORDS && strncmp(at, words[i].command, strlen(words[i].command)) != 0)
		i++;
	return i;
}

void in_r(struct judgement *judgement)
{
	char said[sizeof(judgement->advice)], piece[2] = "";
	struct text text = text_in(said, sizeof(said));

	for (const char *at = judgement->advice; *at;) {
		unsigned i = found_at(at);

		piece[0] = *at;
		text_put(&text, i < WORDS ? words[i].function : piece);
		at += i < WORDS ? strlen(words[i].command) : 1;
	}
	if (!text.full)
		strcpy(judgement->advice, said);
}
