/* SPDX-License-Identifier: MIT */
/* A library for test_objects.c, which looks at where it is. */
int object_number(void);

int object_number(void)
{
	return OBJECT;
}
