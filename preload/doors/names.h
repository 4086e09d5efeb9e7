/* SPDX-License-Identifier: MIT */
/*
 * Which names a look-up may ask for that concern us.
 */
#ifndef GPUSPY_DOORS_NAMES_H
#define GPUSPY_DOORS_NAMES_H

#include <stdbool.h>

/*
 * Could it be a function of an NVIDIA library, or one behind a door? Cheap: asked for every name
 * that begins as such names do ("curl_easy_init" too).
 */
bool name_is_of_interest(const char *name);

/* Is it named as the driver's functions are: cuInit? */
bool name_is_of_driver(const char *name);

#endif
