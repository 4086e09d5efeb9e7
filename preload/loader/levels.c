/* SPDX-License-Identifier: MIT */
#include "levels.h"

#include <gnu/libc-version.h>
#include <string.h>

#include "../ground/number.h"

#if defined(__x86_64__)
#include <cpuid.h>

#define LEVEL "glibc-hwcaps/x86-64-v"

/* Features by the bits of cpuid, as glibc's sysdeps/x86/get-isa-level.h takes them together. */
enum {
	V2_1C = bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT,
	V2_81C = bit_LAHF_LM,
	V3_1C = bit_FMA | bit_MOVBE | bit_OSXSAVE | bit_AVX | bit_F16C,
	V3_7B = bit_BMI | bit_AVX2 | bit_BMI2,
	V3_81C = bit_LZCNT,
	V4_7B = bit_AVX512F | bit_AVX512DQ | bit_AVX512CD | bit_AVX512BW,
};

/* Which registers the system saves: XMM and YMM, then AVX-512's three. */
static unsigned saved_registers(void)
{
	unsigned low, high;

	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

static bool has(unsigned bits, unsigned wanted)
{
	return (bits & wanted) == wanted;
}

static int processor_level(void)
{
	unsigned a, b, c1 = 0, d, b7 = 0, c81 = 0, c, saved;

	if (!__get_cpuid(1, &a, &b, &c1, &d) || !__get_cpuid(0x80000001, &a, &b, &c81, &d) ||
		!has(c1, V2_1C) || !has(c81, V2_81C))
		return 1;
	if (!__get_cpuid_count(7, 0, &a, &b7, &c, &d) || !has(c1, V3_1C) || !has(b7, V3_7B) ||
		!has(c81, V3_81C))
		return 2;
	saved = saved_registers();
	if (!has(saved, 0x6))
		return 2;
	/* AVX512VL is the sign bit of an int. */
	return has(b7, V4_7B) && b7 >> 31 && has(saved, 0xe6) ? 4 : 3;
}

static const char *level_of(int processor)
{
	static const char names[][28] = { "", "", LEVEL "2/", LEVEL "3/", LEVEL "4/" };

	return names[processor];
}

#else

static int processor_level(void)
{
	return 1;
}

static const char *level_of(int processor)
{
	(void)processor;
	return "";
}

#endif

/* Of those with AT_PLATFORM: on processors that glibc calls "haswell" there are more. */
static const char old_levels[][20] = { "tls/x86_64/x86_64/", "tls/x86_64/", "tls/",
	"x86_64/x86_64/", "x86_64/" };

enum { OLD_LEVELS = sizeof(old_levels) / sizeof(*old_levels) };

/* Is the loader that of glibc 2.MINOR or a later one? */
static bool is_glibc(unsigned minor)
{
	const char *version = gnu_get_libc_version(), *end;

	return strncmp(version, "2.", 2) != 0 || number_read(version + 2, 10, &end) >= minor;
}

static unsigned old_count(void)
{
#if defined(__x86_64__)
	return is_glibc(37) ? 0 : OLD_LEVELS;
#else
	return 0;
#endif
}

const char *loader_level(unsigned n)
{
	static int level; /* a hypervisor makes cpuid slow */
	unsigned mine, old = old_count();

	if (!level)
		level = is_glibc(33) ? processor_level() : 1; /* glibc-hwcaps came with it */
	mine = (unsigned)level - 1;
	if (n < mine)
		return level_of((int)(mine + 1 - n));
	if (n < mine + old)
		return old_levels[n - mine];
	return n == mine + old ? "" : NULL;
}

bool loader_is_of_level(const char *path, const char *level)
{
	static const char folder[] = "/glibc-hwcaps/";
	const char *at = strstr(path, folder);

	if (!at)
		return !*level;
	return !strncmp(at + 1, level, strlen(level)) && *level;
}
