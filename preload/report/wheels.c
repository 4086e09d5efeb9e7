/* SPDX-License-Identifier: MIT */
#include "wheels.h"

#include <string.h>

#include "../ground/number.h"
#include "../ground/path.h"

enum { CUDA_FIRST = 11, CUDAS = 3, CUDA_USUAL = 12 };

/*
 * As PyPI has them (November 2026): nvidia-WHEEL-cu12, and from CUDA 13 on nvidia-WHEEL, but for
 * those that have versions of their own. libcusolver.so.11 and libcusparse.so.12 are of two CUDAs.
 */
static const struct wheel {
	char library[16], name[16];
	int versions[CUDAS]; /* of the library in CUDA 11, 12, 13; 0: it does not tell */
	bool own_versions;
} wheels[] = {
	{ "libcublas", "cublas", { 11, 12, 13 }, false },
	{ "libcudart", "cuda-runtime", { 11, 12, 13 }, false },
	{ "libcudnn", "cudnn", { 0 }, true },
	{ "libcufft", "cufft", { 10, 11, 12 }, false },
	{ "libcupti", "cuda-cupti", { 11, 12, 13 }, false },
	{ "libcurand", "curand", { 0 }, false },
	{ "libcusolver", "cusolver", { 0, 0, 12 }, false },
	{ "libcusparseLt", "cusparselt", { 0 }, true },
	{ "libcusparse", "cusparse", { 11, 0, 0 }, false },
	{ "libnccl", "nccl", { 0 }, true },
	{ "libnvJitLink", "nvjitlink", { 0, 12, 13 }, false },
	{ "libnvToolsExt", "nvtx", { 0 }, false },
	{ "libnvrtc", "cuda-nvrtc", { 11, 12, 13 }, false },
	{ "libnvvm", "cuda-nvcc", { 0 }, false },
};

enum { WHEELS = sizeof(wheels) / sizeof(*wheels) };

/* The parts of a library (libcudnn_ops, libcublasLt) are in its wheel. */
static const struct wheel *wheel_of(const char *library)
{
	const char *name = path_file(library);

	for (unsigned i = 0; i < WHEELS; i++)
		if (after_start(name, wheels[i].library))
			return &wheels[i];
	return NULL;
}

static int version_of(const char *library)
{
	const char *version = strstr(path_file(library), ".so."), *end;

	return version ? (int)number_read(version + strlen(".so."), 10, &end) : 0;
}

/* 12 of libcublas.so.12 and of libcufft.so.11; 0: the name does not tell. */
static int cuda_of(const char *library)
{
	const struct wheel *wheel = wheel_of(library);
	const int version = version_of(library);

	for (int i = 0; wheel && version && i < CUDAS; i++)
		if (wheel->versions[i] == version)
			return CUDA_FIRST + i;
	return 0;
}

static int cuda_meant(
	const struct figures *figures, const struct library_figures *const *libraries, unsigned n)
{
	int cuda = 0;

	for (unsigned i = 0; i < n && !cuda; i++)
		cuda = cuda_of(libraries[i]->name);
	for (unsigned i = 0; i < figures->n_libraries && !cuda; i++)
		cuda = cuda_of(figures->libraries[i].name);
	return cuda ? cuda : CUDA_USUAL;
}

static void put_wheel(struct text *text, const struct wheel *wheel, int cuda, const char *library)
{
	const int version = version_of(library);
	const bool pinned = version && !strcmp(wheel->name, "cudnn");

	text_putf(text, pinned ? " \"nvidia-%s" : " nvidia-%s", wheel->name);
	if (cuda < CUDA_FIRST + CUDAS - 1 || wheel->own_versions)
		text_putf(text, "-cu%d", cuda);
	if (pinned)
		text_putf(text, "==%d.*\"", version);
}

bool put_wheels(struct text *text, const struct figures *figures,
	const struct library_figures *const *libraries, unsigned n)
{
	const int cuda = cuda_meant(figures, libraries, n);
	bool put[WHEELS] = { false }, any = false;

	for (unsigned i = 0; i < n; i++) {
		const struct wheel *wheel = wheel_of(libraries[i]->name);

		if (!wheel || put[wheel - wheels])
			continue;
		put[wheel - wheels] = any = true;
		put_wheel(text, wheel, cuda, libraries[i]->name);
	}
	return any;
}

/* By ctypes (_ctypes.cpython-311-x86_64-linux-gnu.so), or by what lies below lib/python3.11. */
bool asked_by_python(const struct library_figures *library)
{
	const char *error = library->error;
	const char *needed = error ? strstr(error, "(needed by ") : NULL;

	return (library->asker && strstr(library->asker, "python")) ||
	       (needed && strstr(needed, "/python3"));
}
