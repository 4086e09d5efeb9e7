/* SPDX-License-Identifier: MIT */
/*
 * What every unit test program shares.
 */
#ifndef GPUSPY_TESTS_HARNESS_H
#define GPUSPY_TESTS_HARNESS_H

#include <check.h>

/* Adds one test to a test case, several in a row: ADD(tcase, a); ADD(tcase, b); */
#define ADD(tcase, test) tcase_add_test(tcase, test)

/* Runs the suite and returns the exit status. TAP on standard output under meson. */
int run_suite(Suite *suite);

/* A new folder of this test, mode 0700; it is removed by remove_folder. */
const char *new_folder(char path[64]);
void remove_folder(const char *path);

#endif
