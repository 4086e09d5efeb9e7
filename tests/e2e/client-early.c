/* SPDX-License-Identifier: MIT */
/*
 * client-early: calls from before main: constructors of a library with an IFUNC resolver (early.c),
 * and of the program, by priority; and after it: atexit, destructors. client-preinit makes one from
 * DT_PREINIT_ARRAY too, when not even libc's own constructor has run.
 */
#include <dlfcn.h>

#include "../clients/check.h"
#include "../sim/standins/include/sim_driver.h"

extern int early_value(void);

static int calls;

static void call(void)
{
	int version = 0;

	CHECK(cuDriverGetVersion(&version));
	calls++;
}

#ifdef EARLY_PREINIT
static void before_all(void)
{
	call();
}

__attribute__((section(".preinit_array"), used)) static void (*const preinit)(void) = before_all;
#endif

__attribute__((constructor(101))) static void early(void)
{
	call();
}

__attribute__((constructor)) static void later(void)
{
	call();
}

__attribute__((destructor)) static void at_end(void)
{
	call();
}

int main(void)
{
	atexit(call);
	call();
	printf("early %d, calls before the end %d\n", early_value(), calls);
	return 0;
}
