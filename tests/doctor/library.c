/* SPDX-License-Identifier: MIT */
/*
 * library.c stands for libraries that matter by what they are called, what they need, and the
 * sections that they have.
 */
#ifdef NEEDS_CUDNN
int cudnnCreate(void **handle);
int needs_cudnn(void);

int needs_cudnn(void)
{
	void *handle;

	return cudnnCreate(&handle);
}
#endif

#ifdef NEEDS_PART
int needs_cudnn(void);
int needs_part(void);

int needs_part(void)
{
	return needs_cudnn();
}
#endif

#ifdef NEEDS_TALKS
int asks(void);
int needs_talks(void);

int needs_talks(void)
{
	return asks();
}
#endif

#ifdef GPU_CODE
/* Where nvcc puts code for GPUs. */
__attribute__((section(".nv_fatbin"), used)) static const char gpu_code[16] = { 0x50 };
#endif

#ifdef TALKS
#include <dlfcn.h>
#include <stdio.h>

int asks(void);

int asks(void)
{
	return dlopen("libcudnn.so.6", RTLD_NOW) != NULL;
}

__attribute__((constructor)) static void begin(void)
{
	puts("constructor");
	fflush(stdout);
}

__attribute__((destructor)) static void end(void)
{
	puts("destructor");
	fflush(stdout);
}
#endif

int stands_for_something(void);

int stands_for_something(void)
{
	return 1;
}
