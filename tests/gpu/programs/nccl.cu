/* nccl: one rank. NCCL needs no second one to make its communicator and to run its kernels. */
#include <nccl.h>

#include "calls.h"

enum { COUNT = 4096, TIMES = 5 };

int main(void)
{
	float *in, *out;
	ncclComm_t communicator;
	cudaStream_t stream;
	int version = 0, ranks = 0, device = 0;

	need_device();
	in = filled(COUNT, 2);
	out = filled(COUNT, 0);
	CHECK(cudaStreamCreate(&stream));
	CALL(nccl, ncclGetVersion, &version);
	CALL(nccl, ncclCommInitAll, &communicator, 1, &device);
	CALL(nccl, ncclCommCount, communicator, &ranks);
	CHECK_TRUE(ranks == 1);
	for (int i = 0; i < TIMES; i++)
		CALL(nccl, ncclAllReduce, in, out, COUNT, ncclFloat, ncclSum, communicator, stream);
	CALL(nccl, ncclGroupStart);
	CALL(nccl, ncclBroadcast, in, out, COUNT, ncclFloat, 0, communicator, stream);
	CALL(nccl, ncclGroupEnd);
	CHECK(cudaStreamSynchronize(stream));
	CHECK_TRUE(first_of(out) == 2);
	CALL(nccl, ncclCommDestroy, communicator);
	say_calls();
	return 0;
}
