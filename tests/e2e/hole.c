/* SPDX-License-Identifier: MIT */
/* A library that needs no other one, and fits where the driver was: for client-ways. */
int open(void);

char filling[128 << 10] = { 1 };

int open(void)
{
	return 41;
}
