/* SPDX-License-Identifier: MIT */
#include "../levels.h"

#include <cpuid.h>
#include <stdbool.h>
#include <string.h>

#define LEVEL "glibc-hwcaps/x86-64-v"

/* Features by the bits of cpuid, as glibc's sysdeps/x86/get-isa-level.h takes them together. */
enum {
	V2_1C = bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT,
	V2_81C = bit_LAHF_LM,
	V3_1C = bit_FMA | bit_MOVBE | bit_OSXSAVE | bit_AVX | bit_F16C,
	V3_7B = bit_BMI | bit_AVX2 | bit_BMI2,
	V3_81C = bit_LZCNT,
	V4_7B = bit_AVX512F | bit_AVX512DQ | bit_AVX512CD | bit_AVX512BW,
	PHI_7B = bit_AVX512CD | 1 << 26 | 1 << 27, /* AVX512PF and ER, which gcc 15 names no more */
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

static unsigned level_of(unsigned b7)
{
	unsigned a, b, c1 = 0, d, c81 = 0, saved;

	if (!__get_cpuid(1, &a, &b, &c1, &d) || !__get_cpuid(0x80000001, &a, &b, &c81, &d) ||
		!has(c1, V2_1C) || !has(c81, V2_81C))
		return 1;
	if (!has(c1, V3_1C) || !has(b7, V3_7B) || !has(c81, V3_81C))
		return 2;
	saved = saved_registers();
	if (!has(saved, 0x6))
		return 2;
	/* AVX512VL is the sign bit of an int. */
	return has(b7, V4_7B) && b7 >> 31 && has(saved, 0xe6) ? 4 : 3;
}

enum { PARTS_MAX = 4, OLD_MAX = 1 << PARTS_MAX };

/* A hypervisor makes cpuid slow: it is asked once. */
static struct {
	unsigned level; /* 0: not asked yet */
	char platform[12];
	unsigned n_old;
	char old[OLD_MAX][32];
} processor;

static bool is_of_intel(void)
{
	unsigned a, b = 0, c, d;

	return __get_cpuid(0, &a, &b, &c, &d) && b == signature_INTEL_ebx;
}

/*
 * What glibc calls Intel's processors, and no others, in $PLATFORM (sysdeps/x86/cpu-features.c,
 * 2.26 to 2.43). Those that have what the third level takes are all that have what it asks for.
 */
static const char *platform_of(unsigned level, unsigned b7)
{
	if (level < 3 || !is_of_intel())
		return "x86_64";
	return has(b7, PHI_7B) ? "xeon_phi" : "haswell";
}

/*
 * All that can be made of the parts, in their order; the one without any is the folder itself. Two
 * parts may have one name: then some are there twice, as in ld.so's own list.
 */
static void list_old(unsigned level)
{
	const bool avx512 = level == 4 && *processor.platform == 'h';
	const char *parts[PARTS_MAX] = { "tls/", processor.platform,
		avx512 ? "avx512_1/" : "x86_64/", "x86_64/" };
	const unsigned n = avx512 ? 4 : 3;

	processor.n_old = (1u << n) - 1;
	for (unsigned set = processor.n_old; set; set--) {
		char *end = processor.old[processor.n_old - set];

		for (unsigned i = 0; i < n; i++)
			if (set >> (n - 1 - i) & 1)
				end = stpcpy(stpcpy(end, parts[i]), i == 1 ? "/" : "");
	}
}

static void ask(void)
{
	unsigned a, b7 = 0, c, d, level;

	if (__atomic_load_n(&processor.level, __ATOMIC_ACQUIRE))
		return;
	if (!__get_cpuid_count(7, 0, &a, &b7, &c, &d))
		b7 = 0;
	level = level_of(b7);
	strcpy(processor.platform, platform_of(level, b7));
	list_old(level);
	__atomic_store_n(&processor.level, level, __ATOMIC_RELEASE);
}

unsigned arch_levels(void)
{
	ask();
	return processor.level - 1;
}

const char *arch_level(unsigned n)
{
	static const char names[][28] = { "", "", LEVEL "2/", LEVEL "3/", LEVEL "4/" };

	ask();
	return names[processor.level - n];
}

const char *arch_platform(void)
{
	ask();
	return processor.platform;
}

unsigned arch_old_levels(void)
{
	ask();
	return processor.n_old;
}

const char *arch_old_level(unsigned n)
{
	ask();
	return processor.old[n];
}
