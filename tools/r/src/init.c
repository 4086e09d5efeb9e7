/* SPDX-License-Identifier: MIT */
#include "package.h"

#include <R_ext/Rdynload.h>
#include <R_ext/Visibility.h>

#define CALL(function, arguments)                       \
	{                                               \
#function, (DL_FUNC)function, arguments \
	}

static const R_CallMethodDef calls[] = { CALL(package_here, 0), CALL(package_report, 4),
	CALL(package_kernels, 3), CALL(package_find, 1), CALL(package_base, 1),
	CALL(package_tell, 3), { NULL, NULL, 0 } };

void attribute_visible R_init_gpuspy(DllInfo *library);

void attribute_visible R_init_gpuspy(DllInfo *library)
{
	R_registerRoutines(library, NULL, calls, NULL, NULL);
	R_useDynamicSymbols(library, FALSE);
	R_forceSymbols(library, TRUE);
}
