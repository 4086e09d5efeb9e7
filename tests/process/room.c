/* SPDX-License-Identifier: MIT */
/* A program with room in it for tables as another linker would have written them: test_linked.py.
 */
#include <stdio.h>

char room[8192] __attribute__((aligned(16), used)) = "here is room for tables";

int main(void)
{
	puts("it runs");
	return 0;
}
