/* SPDX-License-Identifier: MIT */
#include "../levels.h"

#include <cpuid.h>
#include <stdbool.h>

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

static unsigned ask(void)
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

static unsigned processor_level(void)
{
	static unsigned level; /* a hypervisor makes cpuid slow */

	if (!level)
		level = ask();
	return level;
}

unsigned arch_levels(void)
{
	return processor_level() - 1;
}

const char *arch_level(unsigned n)
{
	static const char names[][28] = { "", "", LEVEL "2/", LEVEL "3/", LEVEL "4/" };

	return names[processor_level() - n];
}

/* Of those with AT_PLATFORM: on processors that glibc calls "haswell" there are more. */
static const char old_levels[][20] = { "tls/x86_64/x86_64/", "tls/x86_64/", "tls/",
	"x86_64/x86_64/", "x86_64/" };

unsigned arch_old_levels(void)
{
	return sizeof(old_levels) / sizeof(*old_levels);
}

const char *arch_old_level(unsigned n)
{
	return old_levels[n];
}
