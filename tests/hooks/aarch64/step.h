/* SPDX-License-Identifier: MIT */
/*
 * A program cannot step through itself here. All instructions of the assembly are made to be
 * brk, and each becomes itself again when it was come to: a loop of ldxr and stxr, which a signal
 * makes fail, goes through the second time.
 */
#ifndef STEP_H
#define STEP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { STEP_LEAST = 500, STEP_PARTS = 4 };

static struct step_part {
	uint32_t *code, *kept;
	size_t n;
} step_parts[STEP_PARTS];

static inline uintptr_t step_at(const ucontext_t *context)
{
	return context->uc_mcontext.pc;
}

static inline void step_flag(ucontext_t *context, bool on)
{
	(void)context;
	(void)on;
}

static inline void step_part(uintptr_t low, uintptr_t high)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = low & -page;
	struct step_part *part = step_parts;

	while (part->n)
		part++;
	part->code = (uint32_t *)low;
	part->kept = malloc(high - low);
	memcpy(part->kept, part->code, high - low);
	part->n = (high - low) / sizeof(*part->code);
	if (mprotect((void *)start, high - start, PROT_READ | PROT_WRITE | PROT_EXEC)) {
		perror("walk: the library's code");
		exit(2);
	}
}

static inline void step_changed(struct step_part *part, size_t i, size_t n)
{
	__builtin___clear_cache((char *)&part->code[i], (char *)&part->code[i + n]);
}

static inline void step_begin(void)
{
	static const uint32_t brk = 0xd4200000;

	for (struct step_part *part = step_parts; part->n; part++) {
		for (size_t i = 0; i < part->n; i++)
			part->code[i] = brk;
		step_changed(part, 0, part->n);
	}
}

static inline void step_over(uintptr_t address)
{
	for (struct step_part *part = step_parts; part->n; part++) {
		size_t i = (size_t)((const uint32_t *)address - part->code);

		if (i >= part->n)
			continue;
		part->code[i] = part->kept[i];
		step_changed(part, i, 1);
	}
}

static inline void step_end(void)
{
	for (struct step_part *part = step_parts; part->n; part++) {
		memcpy(part->code, part->kept, part->n * sizeof(*part->code));
		step_changed(part, 0, part->n);
	}
}

#endif
