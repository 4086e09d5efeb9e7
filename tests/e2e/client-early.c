/*
 * client-early: calls from before main: an IFUNC resolver of a library (early.c), the program's
 * DT_PREINIT_ARRAY, constructors by priority; and after it: atexit, destructors.
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

static void before_all(void)
{
	call();
}

__attribute__((section(".preinit_array"), used)) static void (*const preinit)(void) = before_all;

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
