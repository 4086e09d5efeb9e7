/* SPDX-License-Identifier: MIT */
/* A plugin of client-plugin that is linked to the driver itself. */
#include "../clients/check.h"
#include "../sim/standins/include/sim_driver.h"

int plugin_work(int rounds);
int part(void);

__attribute__((constructor)) static void at_start(void)
{
	CHECK(cuInit(0));
}

int plugin_work(int rounds)
{
	int version = 0, i;

#ifdef PLUGIN_PART
	CHECK_EQUAL(part(), 1);
#endif
	for (i = 0; i < rounds; i++)
		CHECK(cuDriverGetVersion(&version));
	return 1;
}
