/* SPDX-License-Identifier: MIT */
/*
 * Users without their names: the same user has the same code in all records of a folder, and nobody
 * finds out whose it is who has not the key that lies in it.
 */
#ifndef GPUSPY_COLLECT_HASHED_H
#define GPUSPY_COLLECT_HASHED_H

#include <stdint.h>
#include <sys/types.h>

enum { HASHED_MAX = 24 };

/* FOLDER/.key is made if it is not there, for its owner alone. -1 with errno. */
int hashed_user(char to[HASHED_MAX], const char *folder, uid_t uid);

/* Any word by the same key. */
int hashed_number(uint64_t *to, const char *folder, uint64_t word);

/* SipHash-2-4 (Aumasson, Bernstein), of one word of eight bytes. */
uint64_t hashed_word(const uint64_t key[2], uint64_t word);

#endif
