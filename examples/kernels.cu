/*
 * Linear regression by gradient descent. x has one column a variable, as R stores a matrix.
 *
 * kernels.ptx is made from this file by
 *
 *   nvcc -ptx -arch=compute_75 -o - kernels.cu |
 *       sed 's,^\.version .*,.version 6.0,; s,^\.target .*,.target sm_50,' >kernels.ptx
 *
 * nvcc writes the newest PTX version that it knows, which older drivers refuse. Nothing here needs
 * more than PTX 6.0 and a Maxwell device, so that is what kernels.ptx asks for.
 */

/* Short text matters more here than speed, hence no unrolling. */
__device__ static float residual(
	const float *x, const float *y, const float *weights, int row, int rows, int columns)
{
	float sum = 0;

#pragma unroll 1
	for (int k = 0; k < columns; k++)
		sum += x[row + (size_t)k * rows] * weights[k];
	return sum - y[row];
}

/* One thread a column. */
extern "C" __global__ void gpuspy_example_gradient(float *gradient, const float *x, const float *y,
	const float *weights, int rows, int columns)
{
	int column = blockIdx.x * blockDim.x + threadIdx.x;
	float sum = 0;

	if (column >= columns)
		return;
#pragma unroll 1
	for (int row = 0; row < rows; row++)
		sum += residual(x, y, weights, row, rows, columns) * x[row + (size_t)column * rows];
	gradient[column] = 2.0f / rows * sum;
}

/* One thread a column. */
extern "C" __global__ void gpuspy_example_step(
	float *weights, const float *gradient, float rate, int columns)
{
	int column = blockIdx.x * blockDim.x + threadIdx.x;

	if (column < columns)
		weights[column] -= rate * gradient[column];
}

/* The mean squared error, by one thread: it is asked for only now and then. */
extern "C" __global__ void gpuspy_example_loss(float *loss, const float *x, const float *y,
	const float *weights, int rows, int columns)
{
	float sum = 0;

	if (blockIdx.x || threadIdx.x)
		return;
#pragma unroll 1
	for (int row = 0; row < rows; row++) {
		float off = residual(x, y, weights, row, rows, columns);

		sum += off * off;
	}
	loss[0] = sum / rows;
}
