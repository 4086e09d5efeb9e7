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

#ifdef GPU_CODE
/* Where nvcc puts code for GPUs. */
__attribute__((section(".nv_fatbin"), used)) static const char gpu_code[16] = { 0x50 };
#endif

int stands_for_something(void);

int stands_for_something(void)
{
	return 1;
}
