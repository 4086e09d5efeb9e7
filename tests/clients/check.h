/* SPDX-License-Identifier: MIT */
/* A check of a client: says where and with what it failed, and ends the client with status 1. */
#ifndef CLIENTS_CHECK_H
#define CLIENTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK_EQUAL(expression, expected)                                                    \
	do {                                                                                 \
		long long check_value = (long long)(expression);                             \
		long long check_expected = (long long)(expected);                            \
                                                                                             \
		if (check_value != check_expected) {                                         \
			fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, \
				#expression, check_value, check_expected);                   \
			exit(1);                                                             \
		}                                                                            \
	} while (0)

#define CHECK_TRUE(expression) CHECK_EQUAL(!!(expression), 1)
/* A call that has to return success. */
#define CHECK(expression) CHECK_EQUAL(expression, 0)

#endif
