/* SPDX-License-Identifier: MIT */
/*
 * narrow KIB: a thread whose stack has so many KiB, of which it uses 9, asks for a library of
 * CUDA's, the first that the process asks for. Ends with 0; on a stack that is too small it
 * crashes.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void *ask(void *nothing)
{
	char own[9 * 1024];

	memset(own, 0, sizeof(own));
	__asm__ volatile("" : : "r"(own) : "memory"); /* it is used */
	dlopen("libcudnn.so.7", RTLD_LAZY);
	return nothing;
}

int main(int argc, char **argv)
{
	size_t size = argc > 1 ? strtoul(argv[1], NULL, 10) * 1024 : 0;
	pthread_attr_t narrow;
	pthread_t thread;

	if (pthread_attr_init(&narrow) || pthread_attr_setstacksize(&narrow, size) ||
		pthread_create(&thread, &narrow, ask, NULL) || pthread_join(thread, NULL))
		return 1;
	return 0;
}
