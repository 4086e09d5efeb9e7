"""cupy_steps.py: gradient descent with CuPy's arrays, and a kernel of its own."""

import steps as common
import cupy

ROWS, COLUMNS = 4096, 64


def gpu_count():
    try:
        return cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        common.skip(str(error))


def main():
    _, steps, _ = common.arguments()
    if not gpu_count():
        common.skip("no device")
    shrink = cupy.RawKernel("""
extern "C" __global__ void shrink(float *weights, float by, int n)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < n)
		weights[i] *= by;
}""", "shrink")
    x = cupy.sin(cupy.arange(ROWS * COLUMNS, dtype=cupy.float32)).reshape(ROWS, COLUMNS)
    truth = cupy.cos(cupy.arange(COLUMNS, dtype=cupy.float32))
    y, weights = x @ truth, cupy.zeros(COLUMNS, dtype=cupy.float32)
    launched = 0

    def step():
        nonlocal weights, launched
        wrong = x @ weights - y
        weights = weights - 0.1 * (x.T @ wrong) * (2 / ROWS)
        shrink((1,), (COLUMNS,), (weights, cupy.float32(0.9999), cupy.int32(COLUMNS)))
        launched += 1
        return (wrong * wrong).mean()

    said = common.train(step, cupy.cuda.Device().synchronize, steps)
    print(f"EXPECT kernel.shrink={launched}")
    common.result(reserved_bytes=cupy.get_default_memory_pool().total_bytes(), **said)


if __name__ == "__main__":
    main()
