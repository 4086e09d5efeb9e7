/* SPDX-License-Identifier: MIT */
/* The trap flag, which step.S sets, raises a SIGTRAP after every instruction. */
#ifndef STEP_H
#define STEP_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

enum { STEP_LEAST = 3000 };

static inline uintptr_t step_at(const ucontext_t *context)
{
	return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

/* In a handler: whether one is raised after each instruction of who was interrupted. */
static inline void step_flag(ucontext_t *context, bool on)
{
	const greg_t flag = 0x100;
	greg_t *flags = &context->uc_mcontext.gregs[REG_EFL];

	*flags = on ? *flags | flag : *flags & ~flag;
}

static inline void step_part(uintptr_t low, uintptr_t high)
{
	(void)low;
	(void)high;
}

static inline void step_begin(void)
{
}

static inline void step_over(uintptr_t address)
{
	(void)address;
}

static inline void step_end(void)
{
}

#endif
