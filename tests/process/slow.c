/* SPDX-License-Identifier: MIT */
/* An auditor, rtld-audit(7), that keeps a program from starting for a while: no preloaded library
 * has come before it. */
#include <time.h>

unsigned la_version(unsigned version);

unsigned la_version(unsigned version)
{
	nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
	return version;
}
