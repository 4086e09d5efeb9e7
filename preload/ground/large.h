/* SPDX-License-Identifier: MIT */
/*
 * Where large tables lie: behind all else that is zero at the start. What a small program touches
 * of this library then is on two or three pages, and not on twelve; each costs it a fault.
 *
 * The name is one that compilers for every processor take for zeros, and that no linker puts into
 * .bss. With another one (.lbss is known for x86 alone) they would be bytes of the file, 700 KiB of
 * it, and what is mapped from a file cannot be wiped by a fork (fork.c).
 */
#ifndef GPUSPY_GROUND_LARGE_H
#define GPUSPY_GROUND_LARGE_H

#define LARGE __attribute__((section(".sbss")))

#endif
