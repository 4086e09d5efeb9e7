/* SPDX-License-Identifier: MIT */
/* Initialised before libc (-z initfirst), as the libraries of valgrind are. */
int comes_first;
