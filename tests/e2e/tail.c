/* SPDX-License-Identifier: MIT */
/* A library of NVIDIA's by its name, whose function ends in a jump to another one (a sibling call).
 */
int curandTail(int (*function)(int *), int *argument);

int curandTail(int (*function)(int *), int *argument)
{
	return function(argument);
}
