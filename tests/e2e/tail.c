/* SPDX-License-Identifier: MIT */
/* A library of NVIDIA's by its name, whose function ends in a jump to another one (a sibling call).
 */
int curandTail(int (*function)(int *), int *argument);

/* Where a processor has a second way to call functions, which no hook can know, this is called so.
 */
#ifdef __aarch64__
#define OTHER_WAY __attribute__((aarch64_vector_pcs))
#else
#define OTHER_WAY
#endif
OTHER_WAY int curandVectors(int status);

int curandTail(int (*function)(int *), int *argument)
{
	return function(argument);
}

OTHER_WAY int curandVectors(int status)
{
	return status;
}
