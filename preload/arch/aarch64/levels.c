/* SPDX-License-Identifier: MIT */
#include "../levels.h"

#include <asm/hwcap.h>
#include <stdbool.h>
#include <sys/auxv.h>

/* glibc has named none for this processor. */
unsigned arch_levels(void)
{
	return 0;
}

const char *arch_level(unsigned n)
{
	(void)n;
	return "";
}

const char *arch_platform(void)
{
	return "aarch64";
}

/* As ld.so of glibc 2.31 says with LD_DEBUG=libs; every other one where there are no atomics. */
static const char old_levels[][24] = { "tls/aarch64/atomics/", "tls/aarch64/", "tls/atomics/",
	"tls/", "aarch64/atomics/", "aarch64/", "atomics/" };

static bool has_atomics(void)
{
	return getauxval(AT_HWCAP) & HWCAP_ATOMICS;
}

unsigned arch_old_levels(void)
{
	const unsigned all = sizeof(old_levels) / sizeof(*old_levels);

	return has_atomics() ? all : all / 2;
}

const char *arch_old_level(unsigned n)
{
	return old_levels[has_atomics() ? n : 2 * n + 1];
}
