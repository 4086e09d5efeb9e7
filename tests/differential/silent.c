/* SPDX-License-Identifier: MIT */
/*
 * A library that never tells gpuspy of itself: it has no _init, as few but glibc's own. What was
 * loaded after it is met once more whenever something was closed.
 */
int random_silent = 1;
