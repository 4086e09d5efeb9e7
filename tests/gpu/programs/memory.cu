/*
 * memory: every kind of device memory. The program adds up what it took, as the contract counts it,
 * and CUPTI has its own records.
 */
#include <cuda.h>
#include <dlfcn.h>

#include "program.h"

enum { KIB = 1024, MIB = 1024 * KIB };

static long long taken, live, peak, allocations;

static void took(long long bytes)
{
	taken += bytes;
	live += bytes;
	allocations++;
	if (live > peak)
		peak = live;
}

static void gave(long long bytes)
{
	live -= bytes;
}

extern "C" __global__ void touch(char *bytes)
{
	bytes[0] = 1;
}

static void plain_and_managed(void)
{
	char *plain, *managed, *pitched;
	size_t pitch;

	CHECK(cudaMalloc(&plain, 3 * MIB));
	took(3 * MIB);
	CHECK(cudaMallocManaged(&managed, MIB));
	took(MIB);
	CHECK(cudaMallocPitch(&pitched, &pitch, 1000, 50));
	took((long long)pitch * 50);
	touch<<<1, 1>>>(managed);
	CHECK(cudaGetLastError());
	CHECK(cudaDeviceSynchronize());
	CHECK_TRUE(managed[0] == 1);
	CHECK(cudaFree(pitched));
	gave((long long)pitch * 50);
	CHECK(cudaFree(managed));
	gave(MIB);
	CHECK(cudaFree(plain));
	gave(3 * MIB);
	CHECK(cudaFree(NULL));
}

static void from_pools(void)
{
	cudaMemPoolProps props = {};
	cudaMemPool_t pool;
	cudaStream_t stream;
	char *a, *b;

	CHECK(cudaStreamCreate(&stream));
	CHECK(cudaMallocAsync(&a, 2 * MIB, stream));
	took(2 * MIB);
	props.allocType = cudaMemAllocationTypePinned;
	props.location.type = cudaMemLocationTypeDevice;
	CHECK(cudaMemPoolCreate(&pool, &props));
	CHECK(cudaMallocFromPoolAsync(&b, 5 * MIB, pool, stream));
	took(5 * MIB);
	touch<<<1, 1, 0, stream>>>(a);
	CHECK(cudaGetLastError());
	CHECK(cudaFreeAsync(a, stream));
	gave(2 * MIB);
	CHECK(cudaFreeAsync(b, stream));
	gave(5 * MIB);
	CHECK(cudaStreamSynchronize(stream));
	CHECK(cudaMemPoolTrimTo(pool, 0));
	CHECK(cudaMemPoolDestroy(pool));
	CHECK(cudaStreamDestroy(stream));
}

static void arrays(void)
{
	cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
	cudaArray_t array, cube;

	CHECK(cudaMallocArray(&array, &format, 64, 32));
	took(64 * 32 * (long long)sizeof(float));
	CHECK(cudaMalloc3DArray(&cube, &format, make_cudaExtent(16, 8, 4)));
	took(16 * 8 * 4 * (long long)sizeof(float));
	CHECK(cudaFreeArray(array));
	CHECK(cudaFreeArray(cube));
	gave((64 * 32 + 16 * 8 * 4) * (long long)sizeof(float));
}

/* By dlsym: linked to libcuda, the program would not start without a driver. */
#define DRIVER(name) ((decltype(&name))driver(#name))

static void *driver(const char *name)
{
	static void *handle;
	void *function;

	if (!handle)
		handle = dlopen("libcuda.so.1", RTLD_NOW);
	function = handle ? dlsym(handle, name) : NULL;
	CHECK_TRUE(function);
	return function;
}

static void virtual_memory(void)
{
	CUmemAllocationProp props = {};
	CUmemAccessDesc access = {};
	CUmemGenericAllocationHandle handle;
	CUdeviceptr address;
	size_t size = 0;

	props.type = CU_MEM_ALLOCATION_TYPE_PINNED;
	props.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
	CHECK(DRIVER(cuMemGetAllocationGranularity)(
		&size, &props, CU_MEM_ALLOC_GRANULARITY_MINIMUM));
	CHECK(DRIVER(cuMemAddressReserve)(&address, size, 0, 0, 0));
	CHECK(DRIVER(cuMemCreate)(&handle, size, &props, 0));
	took((long long)size);
	CHECK(DRIVER(cuMemMap)(address, size, 0, handle, 0));
	access.location = props.location;
	access.flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
	CHECK(DRIVER(cuMemSetAccess)(address, size, &access, 1));
	/* Released while it is mapped, it is in use until it is unmapped. */
	CHECK(DRIVER(cuMemRelease)(handle));
	touch<<<1, 1>>>((char *)address);
	CHECK(cudaGetLastError());
	CHECK(cudaDeviceSynchronize());
	CHECK(DRIVER(cuMemUnmap)(address, size));
	gave((long long)size);
	CHECK(DRIVER(cuMemAddressFree)(address, size));
}

static void pinned(void)
{
	void *host;

	CHECK(cudaMallocHost(&host, MIB));
	expect("host_memory.allocations", 1);
	expect("host_memory.allocated_bytes", MIB);
	CHECK(cudaFreeHost(host));
}

int main(void)
{
	size_t available = 0, total = 0;
	char *too_much = NULL;

	need_device();
	plain_and_managed();
	from_pools();
	arrays();
	virtual_memory();
	expect("kernel.touch", 3);
	pinned();
	CHECK(cudaMemGetInfo(&available, &total));
	CHECK_TRUE(cudaMalloc(&too_much, 4 * total) == cudaErrorMemoryAllocation);
	expect("memory.allocations", allocations);
	expect("memory.allocated_bytes", taken);
	expect("memory.peak_bytes", peak);
	expect("memory.live_bytes", live);
	return 0;
}
