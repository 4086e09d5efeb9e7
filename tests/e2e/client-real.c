/* SPDX-License-Identifier: MIT */
/* client-real [ROUNDS]: linked to NVIDIA's libcudnn and libcudart, or opening them by name. */
#include <stdlib.h>

#include "real.h"

int main(int argc, char **argv)
{
	real_run(argc > 1 ? atoi(argv[1]) : 1);
	return 0;
}
