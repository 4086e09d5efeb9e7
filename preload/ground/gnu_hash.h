/* SPDX-License-Identifier: MIT */
/*
 * The table of DT_GNU_HASH as it lies in memory: four words, a filter of words of the machine, the
 * buckets, the chains (glibc's elf/dl-lookup.c).
 */
#ifndef GPUSPY_GROUND_GNU_HASH_H
#define GPUSPY_GROUND_GNU_HASH_H

#include <link.h>
#include <stdint.h>

/*
 * Behind the last symbol that the table has, which is the last one of the object: nothing else
 * tells how many there are. 0: it has none.
 */
static inline uint32_t gnu_hash_end(const uint32_t *table)
{
	uint32_t n = table[0], first = table[1], last = 0;
	const uint32_t *buckets = (const uint32_t *)((const ElfW(Addr) *)(table + 4) + table[2]);
	const uint32_t *chains = buckets + n;

	for (uint32_t i = 0; i < n; i++)
		if (buckets[i] > last)
			last = buckets[i];
	if (last < first)
		return 0;
	while (!(chains[last - first] & 1))
		last++;
	return last + 1;
}

#endif
