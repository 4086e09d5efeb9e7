/* SPDX-License-Identifier: MIT */
/*
 * What the kernels of known names do, on host memory. A kernel of another name does nothing.
 *
 * A pointer that is not device memory makes an illegal address fault, as on a device.
 */
#include "memory.h"
#include "module.h"

#include <string.h>

struct kernel_code {
	const char *name;
	const char *params; /* p: a pointer, i: an int, f: a float */
	enum cu_status (*run)(void **params);
};

static int int_at(void **params, int i)
{
	return *(int *)params[i];
}

static float float_at(void **params, int i)
{
	return *(float *)params[i];
}

/* The floats that a pointer parameter points to; NULL: it may not be used. */
static float *floats_at(void **params, int i, size_t count)
{
	cu_pointer address = *(cu_pointer *)params[i];

	if (!memory_covers(address, count * sizeof(float)) || address % sizeof(float))
		return NULL;
	return (float *)(uintptr_t)address;
}

static double residual(
	const float *x, const float *y, const float *weights, int row, int rows, int columns)
{
	double sum = 0;

	for (int k = 0; k < columns; k++)
		sum += x[row + (size_t)k * (size_t)rows] * weights[k];
	return sum - y[row];
}

/* The model that both examples share: out, x, y, weights, rows, columns. */
struct model {
	float *out, *x, *y, *weights;
	int rows, columns;
};

static bool model_of(struct model *model, void **params, bool out_per_column)
{
	size_t rows, columns;

	model->rows = int_at(params, 4);
	model->columns = int_at(params, 5);
	if (model->rows <= 0 || model->columns <= 0)
		return false;
	rows = (size_t)model->rows;
	columns = (size_t)model->columns;
	model->out = floats_at(params, 0, out_per_column ? columns : 1);
	model->x = floats_at(params, 1, rows * columns);
	model->y = floats_at(params, 2, rows);
	model->weights = floats_at(params, 3, columns);
	return model->out && model->x && model->y && model->weights;
}

static enum cu_status run_gradient(void **params)
{
	struct model m;

	if (!model_of(&m, params, true))
		return CU_ERROR_ILLEGAL_ADDRESS;
	for (int c = 0; c < m.columns; c++) {
		double sum = 0;

		for (int row = 0; row < m.rows; row++)
			sum += residual(m.x, m.y, m.weights, row, m.rows, m.columns) *
			       m.x[row + (size_t)c * (size_t)m.rows];
		m.out[c] = (float)(2.0 / m.rows * sum);
	}
	return CU_OK;
}

static enum cu_status run_loss(void **params)
{
	struct model m;
	double sum = 0;

	if (!model_of(&m, params, false))
		return CU_ERROR_ILLEGAL_ADDRESS;
	for (int row = 0; row < m.rows; row++) {
		double off = residual(m.x, m.y, m.weights, row, m.rows, m.columns);

		sum += off * off;
	}
	m.out[0] = (float)(sum / m.rows);
	return CU_OK;
}

static enum cu_status run_step(void **params)
{
	int columns = int_at(params, 3);
	float *weights = floats_at(params, 0, (size_t)columns);
	float *gradient = floats_at(params, 1, (size_t)columns);

	if (columns <= 0 || !weights || !gradient)
		return CU_ERROR_ILLEGAL_ADDRESS;
	for (int i = 0; i < columns; i++)
		weights[i] -= float_at(params, 2) * gradient[i];
	return CU_OK;
}

static enum cu_status run_add(void **params)
{
	int n = int_at(params, 3);
	float *out = floats_at(params, 0, (size_t)n);
	float *a = floats_at(params, 1, (size_t)n), *b = floats_at(params, 2, (size_t)n);

	if (n < 0 || !out || !a || !b)
		return CU_ERROR_ILLEGAL_ADDRESS;
	for (int i = 0; i < n; i++)
		out[i] = a[i] + b[i];
	return CU_OK;
}

static enum cu_status run_noop(void **params)
{
	(void)params;
	return CU_OK;
}

static enum cu_status run_fault(void **params)
{
	(void)params;
	return CU_ERROR_ILLEGAL_ADDRESS;
}

static const struct kernel_code codes[] = {
	{ "gpuspy_example_gradient", "ppppii", run_gradient },
	{ "gpuspy_example_step", "ppfi", run_step },
	{ "gpuspy_example_loss", "ppppii", run_loss },
	{ "sim_noop", "", run_noop },
	{ "sim_add", "pppi", run_add },
	{ "sim_fault", "", run_fault },
};

const struct kernel_code *kernel_code(const char *name)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].name, name) == 0)
			return &codes[i];
	return NULL;
}

void kernel_code_params(const struct kernel_code *code, struct image_kernel *kernel)
{
	kernel->param_count = kernel->param_bytes = 0;
	for (const char *type = code->params; *type; type++) {
		unsigned size = *type == 'p' ? 8 : 4;
		unsigned offset = (kernel->param_bytes + size - 1) / size * size;

		kernel->params[kernel->param_count++] = (struct image_param){ offset, size };
		kernel->param_bytes = offset + size;
	}
}

enum cu_status kernel_run(const struct kernel_code *code, void **params)
{
	if (*code->params && !params)
		return CU_ERROR_ILLEGAL_ADDRESS;
	return code->run(params);
}
